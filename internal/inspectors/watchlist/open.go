package watchlist

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// open reads a list. Errors of its content are permanent.
func open(ctx context.Context, f File, left int) (*list, error) {
	if f.Size > MaxBytes {
		return nil, fmt.Errorf("list %.200q: %w", f.Path, tooLarge())
	}
	body, err := f.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	name, r := f.Path, io.Reader(&bounded{r: body, left: MaxBytes})
	if inner, ok := strings.CutSuffix(f.Path, ".gz"); ok {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("list %.200q: %w", f.Path, unpackError(err))
		}
		name, r = inner, &bounded{r: z, left: MaxBytes}
	}
	list, err := parse(path.Base(name), r, left)
	if err != nil {
		return nil, fmt.Errorf("list %.200q: %w", f.Path, unpackError(err))
	}
	return list, nil
}

// unpackError tells a file that is damaged from one that could not be read.
func unpackError(err error) error {
	var corrupt flate.CorruptInputError
	for _, e := range []error{gzip.ErrHeader, gzip.ErrChecksum, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, e) {
			return responder.Permanent(err)
		}
	}
	if errors.As(err, &corrupt) {
		return responder.Permanent(err)
	}
	return err
}

func tooLarge() error {
	return responder.Permanent(fmt.Errorf("more than %d MiB", MaxBytes>>20))
}

// bounded is a reader that fails where there is more than it may give.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}
