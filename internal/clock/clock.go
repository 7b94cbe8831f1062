// Package clock turns a source of time into the units of the protocol.
//
// in → out: a function that says what time it is → epoch milliseconds.
package clock

import "time"

// Clock says what time it is; time.Now, or the clock of a test.
type Clock func() time.Time

// Millis is the time in epoch milliseconds.
func (c Clock) Millis() int64 { return c().UnixMilli() }
