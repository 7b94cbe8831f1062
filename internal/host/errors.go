package host

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Error is how an error leaves the process. Lambda reports the name of an error's type; wrapped errors would
// all be called wrapError.
type Error string

func (e Error) Error() string { return string(e) }

// PermanentError is an Error that trying again will not mend: its name is the errorType that the invoker sees.
type PermanentError string

func (e PermanentError) Error() string { return string(e) }

func boundary(err error) error {
	if responder.IsPermanent(err) {
		return PermanentError(errorText(err))
	}
	return Error(errorText(err))
}

// Guard calls f for an invocation that no queue stands behind, and makes of its error or panic what may leave
// the process.
func Guard(f func() error) error {
	if err := guard(f); err != nil {
		return boundary(err)
	}
	return nil
}

const (
	maxErrorText = 1 << 10
	maxStack     = 4 << 10
)

// errorText is an error as text for people: without secrets, bounded, on one line, without control or format characters.
func errorText(err error) string {
	return entity.Cut(printable(entity.Cut(errtext.Of(err), maxErrorText)), maxErrorText)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, s)
}

// panicError is a recovered panic.
type panicError struct {
	value string
	stack string
}

func (e *panicError) Error() string { return "panic: " + e.value }

func stackOf(err error) string {
	var p *panicError
	if errors.As(err, &p) {
		return p.stack
	}
	return ""
}

// panicText is what a panic was called with; of an error, what may be said of it.
func panicText(r any) string {
	if err, ok := r.(error); ok {
		return errtext.Of(err)
	}
	return fmt.Sprint(r)
}

// guard calls f, and makes an error of a panic.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{
				value: entity.Cut(panicText(r), maxErrorText),
				stack: entity.Cut(string(debug.Stack()), maxStack),
			}
		}
	}()
	return f()
}
