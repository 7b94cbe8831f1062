package watchlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine is the bound of a line, in bytes.
const maxLine = 64 << 10

var errLong = fmt.Errorf("expected a line of %d bytes at most", maxLine-1)

// lines reads a text line by line: UTF-8, with or without byte order mark, lines ended by LF or CRLF.
type lines struct {
	r *bufio.Reader
	n int // of the line read last, from 1
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, maxLine)} }

// next gives the next line without its end; io.EOF after the last one. After errLong it goes on
// with the next line.
func (l *lines) next() (string, error) {
	l.n++
	b, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = errLong
		}
		return "", err
	}
	if err != nil && (len(b) == 0 || !errors.Is(err, io.EOF)) {
		return "", err
	}
	if l.n == 1 {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	return strings.ToValidUTF8(string(bytes.TrimRight(b, "\r\n")), "\uFFFD"), nil
}
