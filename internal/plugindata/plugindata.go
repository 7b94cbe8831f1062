// Package plugindata is the port to the table PluginData: what plugins remember.
//
// in → out: a notification that is to be shown → a lease on its destination, and what was shown there before.
// The drivers are memory and dynamo; plugindatatest is the conformance suite that both pass.
package plugindata

import (
	"context"
	"fmt"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// State is what an emitter remembers of a report. The zero State is nothing.
type State struct {
	Receipt responder.Receipt // of the last Emit that returned one
	Seq     int64             // of the notification that was last shown, or was not shown since it is the same
	Shown   string            // hash of the content that is shown
	Told    string            // hash of the pages that an actor has handed in

	// Interrupted says, of what Acquire gives, that the lease was taken more than once since it was last released: somebody
	// had it and did not give it back. Where Acquire was tried again because its answer was lost, that was oneself. Of what
	// Release is given, it says that this is still so for the next one who takes it.
	Interrupted bool
}

// Outcome says what became of Acquire.
type Outcome int

// The outcomes.
const (
	Acquired Outcome = iota + 1
	Stale            // the notification is overtaken: there is nothing to do
	Busy             // somebody else has the lease: come back
)

// String is for logs and tests.
func (o Outcome) String() string {
	switch o {
	case Acquired:
		return "acquired"
	case Stale:
		return "stale"
	case Busy:
		return "busy"
	}
	return fmt.Sprintf("Outcome(%d)", int(o))
}

// Receipts keeps one State per key, and lets one owner at a time work on it. An error means that the change
// may or may not have been made; trying again with the same owner is always safe. One method is one call.
type Receipts interface {
	// Acquire takes the lease of key for the notification seq until a time. It is Stale if seq is not above that of
	// the State, or below one that the lease was ever taken for: that one may be shown, although nothing says so, and comes
	// again if it is not. Otherwise it is Busy if another owner has a lease that ends after now. It returns the State as it
	// stands. Owners are distinct for each delivery, retries of the same delivery included.
	Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (State, Outcome, error)

	// Release gives the lease back and remembers s until expires, if no other owner has taken the lease by now, and
	// says whether it did. A nil Receipt keeps the previous one, and so does an empty Told. Seq 0 means that nothing was
	// shown: Seq and Shown stay as they are, the Receipt is remembered all the same.
	Release(ctx context.Context, key, owner string, s State, expires time.Time) (bool, error)
}

// Key is what an emitter remembers a report under.
func Key(emitterID, reportID string) string { return emitterID + "#" + reportID }

// Limits, in bytes.
const (
	maxReceipt = 64 << 10
	maxKey     = 2048 // Amazon DynamoDB Developer Guide, Quotas: length of partition key values
)

// CheckKey says what is wrong with a key and an owner.
func CheckKey(key, owner string) error {
	if key == "" || len(key) > maxKey {
		return fmt.Errorf("plugin data key: %.80q, expected 1 to %d bytes", key, maxKey)
	}
	if owner == "" {
		return fmt.Errorf("owner of the lease %.80q: empty, expected one per delivery", key)
	}
	return nil
}

// Check says what is wrong with a State that cannot be stored.
func (s State) Check() error {
	size := 0
	for name, value := range s.Receipt {
		size += len(name) + len(value)
	}
	if size > maxReceipt {
		return fmt.Errorf("receipt: %d bytes, expected at most %d", size, maxReceipt)
	}
	return nil
}

// After is the State after a Release of s: the rules of nil and zero.
func (s State) After(released State) State {
	if released.Receipt != nil {
		s.Receipt = released.Receipt
	}
	if released.Seq != 0 {
		s.Seq, s.Shown = released.Seq, released.Shown
	}
	if released.Told != "" {
		s.Told = released.Told
	}
	s.Interrupted = released.Interrupted
	return s
}
