package onaws

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// Env reads the environment, and remembers what is wrong with it.
type Env struct{ faults []error }

// Fault remembers what is wrong.
func (e *Env) Fault(err error) {
	if err != nil {
		e.faults = append(e.faults, err)
	}
}

// Err is all faults at once.
func (e *Env) Err() error { return errors.Join(e.faults...) }

// Text reads a variable that must be set.
func (e *Env) Text(name string) string {
	v := strings.TrimSpace(os.Getenv(name))
	if v == "" {
		e.Fault(fmt.Errorf("environment variable %s: empty", name))
	}
	return v
}

// Optional reads a variable that may be empty.
func (e *Env) Optional(name string) string { return strings.TrimSpace(os.Getenv(name)) }

// Seconds reads a variable that must be a whole number of seconds.
func (e *Env) Seconds(name string) time.Duration { return e.number(name, time.Second) }

// Days reads a variable that must be a whole number of days.
func (e *Env) Days(name string) time.Duration { return e.number(name, 24*time.Hour) }

func (e *Env) number(name string, unit time.Duration) time.Duration {
	v := e.Text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || n > uint64(math.MaxInt64/unit) {
		e.Fault(fmt.Errorf("environment variable %s: %.40q, expected a whole number from 0 to %d", name, v, int64(math.MaxInt64/unit)))
		return 0
	}
	return time.Duration(n) * unit
}
