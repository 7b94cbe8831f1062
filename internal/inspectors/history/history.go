// Package history knows former reports: an inspector that tells what became of them, and an emitter that writes its index.
//
// in → out: an attribute → how often it was in reports, since when, with which verdicts, and what follows from that; and
// published reports → the index, an entry for each attribute under history#<type>#<hash> in the Memory.
//
// What follows is a signal of the kind history.
//
//   - suspicious: within 30 days the attribute was what an urgent report was about.
//   - harmless: at least 10 reports of the same rule were safe, and 90 of 100; the first of them was opened a week before the
//     last one, and that at most 30 days ago; none was less severe for its sender than this alert, and no report at all
//     with the attribute was urgent.
//   - unknown: anything else. It is told, and decides nothing.
//
// It is never malicious: the company that something was in is no proof, and what was urgent once would make all urgent
// that comes near it.
//
// What an attacker can do with a history of his own making is bounded. Harmless is said for the rule that the reports were
// of: who knocked for weeks and did nothing has no credit when he logs in. It does not renew itself: a report that was safe
// only because history said harmless is not counted as safe, so after 30 days without the word of somebody else it is over. And
// it never outweighs what others say, since a reviewer goes by the strongest signal.
//
// What was on one's own side (context local) is only told, and in a former report it counts for nothing but an urgent verdict;
// likewise nothing that was found in a text (context extracted) is called harmless. Test findings and alerts that only say that
// something is over are no evidence. Of a report the first 64 attributes are kept, and none of the type json.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ID names the inspector, and what it remembers; Name is for people.
const (
	ID   = "history"
	Name = "former reports"
)

// Types are the attribute types that the inspector accepts: all.
var Types = []string{"*"}

// Options of both.
type Options struct {
	Memory responder.Memory
	// Keep is how long an entry of the index is kept after its last report, and a report in it; 90 days if zero.
	Keep time.Duration
	Now  func() time.Time // nil: time.Now
}

const usualKeep = 90 * day

const day = 24 * time.Hour

// Days reads RETENTION_DAYS: how many days reports are kept. Empty is 0, for Options to fill in.
func Days(s string) (time.Duration, error) {
	if s = strings.TrimSpace(s); s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 36500 {
		return 0, fmt.Errorf("RETENTION_DAYS: %.40q, expected 1 to 36500", s)
	}
	return time.Duration(n) * day, nil
}

// FromEnv gives the options of a function: the memory, or why there is none, and what RETENTION_DAYS says. All faults are one
// error.
func FromEnv(memory responder.Memory, missing error) (Options, error) {
	keep, odd := Days(os.Getenv("RETENTION_DAYS"))
	return Options{Memory: memory, Keep: keep}, errors.Join(missing, odd)
}

func (o Options) complete() (Options, error) {
	if o.Memory == nil {
		return o, errors.New("history: there is no memory")
	}
	if o.Keep < 0 {
		return o, fmt.Errorf("history: keep: %s, expected 0 or more", o.Keep)
	}
	o.Keep = cmp.Or(o.Keep, usualKeep)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// New makes the inspector. It costs one call of the Memory for each attribute.
func New(o Options) (responder.Inspector, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	return &inspector{o}, nil
}

// NewHistorian makes the emitter that writes the index: the function Historian. It costs two calls of the Memory for each
// attribute of a verdict, one where the entry says so already.
func NewHistorian(o Options) (responder.Emitter, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	return &historian{o}, nil
}
