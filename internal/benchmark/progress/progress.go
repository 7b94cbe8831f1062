// Package progress tells who waits what is being done.
//
// in → out: lines → one line that is written again and again on a terminal, now and then a line elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// every is how often a line is written where it stays.
const every = 10 * time.Second

// Line is where progress is shown.
type Line struct {
	Out io.Writer
	// Again says that a line can take the place of the one before.
	Again bool
	Now   func() time.Time

	mu    sync.Mutex
	begun time.Time
	last  time.Time
}

// On is a line on a file: that of a terminal, if it is one.
func On(f *os.File) *Line {
	return &Line{Out: f, Again: isatty.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb", Now: time.Now}
}

// Say shows what is being done; on anything but a terminal not each time.
func (l *Line) Say(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.begun.IsZero() {
		l.begun = now
	}
	took := now.Sub(l.begun).Round(time.Second)
	switch {
	case l.Again:
		fmt.Fprintf(l.Out, "\r\x1b[K%4s  %s", took, what)
	case l.last.IsZero(), now.Sub(l.last) >= every:
		l.last = now
		fmt.Fprintf(l.Out, "%4s  %s\n", took, what)
	}
}

// Done takes the line away.
func (l *Line) Done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Again {
		fmt.Fprint(l.Out, "\r\x1b[K")
	}
}
