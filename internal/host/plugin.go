package host

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// The wait between two attempts of a plugin is about the age of its message, between these.
const (
	minBackoff = 5 * time.Second
	maxBackoff = 15 * time.Minute
)

// byAge makes a Backoff: who has failed for long can wait for long.
func byAge(now func() time.Time) func(envelope.Delivery) time.Duration {
	return func(d envelope.Delivery) time.Duration {
		return min(max(age(d, now), minBackoff), maxBackoff)
	}
}

// age is how long ago a message was sent; 0 where the event does not say.
func age(d envelope.Delivery, now func() time.Time) time.Duration {
	if d.SentAt.IsZero() {
		return 0
	}
	return max(now().Sub(d.SentAt), 0)
}

// isNil says whether there is nothing to call: a nil interface, or a nil pointer or function in one.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Chan:
		return r.IsNil()
	}
	return false
}

// must panics with all that is missing: a plugin that cannot work is to fail at its start.
func must(what string, errs ...error) {
	if err := errors.Join(errs...); err != nil {
		panic(fmt.Sprintf("host: %s: %v", what, err))
	}
}

func given(name string, v any) error {
	if isNil(v) {
		return fmt.Errorf("%s is nil", name)
	}
	return nil
}
