package console

import (
	"context"
	"errors"
)

// The exit codes. The help text says the same.
const (
	OK          = 0
	NotDone     = 1   // something that was asked for could not be had
	BadUsage    = 2   // the command line makes no sense
	Interrupted = 130 // by Ctrl-C, as shells have it
)

// Exit is an error that says with which code the process ends. Without Err, all was said already.
type Exit struct {
	Code int
	Err  error
}

// Error implements error.
func (e Exit) Error() string {
	if e.Err == nil {
		return "failed"
	}
	return e.Err.Error()
}

// Unwrap gives what went wrong.
func (e Exit) Unwrap() error { return e.Err }

// Usage marks an error of the command line.
func Usage(err error) error { return Exit{BadUsage, err} }

// Code is the exit code of a command's error, and whether there is something left to say about it.
func Code(err error) (code int, say bool) {
	var e Exit
	switch {
	case err == nil:
		return OK, false
	case errors.As(err, &e):
		return e.Code, e.Err != nil
	case errors.Is(err, context.Canceled):
		return Interrupted, false
	}
	return NotDone, true
}
