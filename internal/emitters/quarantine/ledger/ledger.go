package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// keep is how long an action is remembered after it last changed. What is forgotten cannot be put back.
const keep = 400 * 24 * time.Hour

// Attempt bounds how long one attempt of an action takes: the function's lease on its report.
const Attempt = 2 * time.Minute

// Ledger is the one of all functions that share its Memory.
type Ledger struct {
	Memory responder.Memory
	Now    func() time.Time
	// Dry is not empty where nothing is done: a ledger of its own, with a ceiling of its own, in which each Dry, a report's id,
	// has its own targets.
	Dry string
}

// Standing is what stands for a target at one time. A change is made only where that has not changed.
type Standing struct {
	Action Action // the last one; the zero Action: there was none
	hash   string
	ver    int64
	item   item
}

// Find gives what stands for a target.
func (l Ledger) Find(ctx context.Context, t actions.Target) (Standing, error) {
	s, err := l.load(ctx, l.hash(t))
	if was := s.Action.Target; err == nil && s.item.N > 0 && (was.Kind != t.Kind || was.Value != t.Value || was.Account != t.Account) {
		return Standing{}, fmt.Errorf("%s: the record is of %s %.80q", s.Action.ID, was.Kind, was.Value)
	}
	return s, err
}

func (l Ledger) load(ctx context.Context, hash string) (Standing, error) {
	e, err := l.Memory.Load(ctx, l.key(hash))
	if err != nil {
		return Standing{}, err
	}
	return l.standing(hash, e)
}

func (l Ledger) standing(hash string, e responder.Entry) (Standing, error) {
	s := Standing{hash: hash, ver: e.Ver}
	if e.Ver == 0 || !e.Expires.IsZero() && e.Expires.Before(l.Now()) {
		return s, nil
	}
	if err := json.Unmarshal(e.Value, &s.item); err != nil || s.item.N < 1 {
		return s, fmt.Errorf("the record %s cannot be read", l.key(hash))
	}
	if err := responder.CheckVersion(s.item.V); err != nil {
		return s, fmt.Errorf("the record %s: %w", l.key(hash), err)
	}
	s.Action = s.item.Last
	return s, nil
}

// Check is nil while nobody has changed what stands for the target, ErrOvertaken after that.
func (l Ledger) Check(ctx context.Context, s Standing) error {
	now, err := l.load(ctx, s.hash)
	if err == nil && now.ver != s.ver {
		return ErrOvertaken
	}
	return err
}

// swap writes what stands for a target, unless somebody else changed it. Whose answer was lost finds what it wrote.
func (l Ledger) swap(ctx context.Context, s Standing, next Action) (Standing, error) {
	n := s.item
	n.V, n.Writer, n.Last = responder.SchemaVersion, rand.Text(), next
	text, err := n.fitting()
	if err != nil {
		return s, err
	}
	now, made, err := l.Memory.Swap(ctx, l.key(s.hash), s.ver, text, l.Now().Add(keep))
	switch {
	case err != nil:
		return s, err
	case !made && !bytes.Equal(now.Value, text):
		return s, ErrOvertaken
	}
	s.Action, s.item, s.ver = next, n, now.Ver
	return s, nil
}

// Begin records an action, with how its target was before, in state doing. It takes one of the places below the ceiling.
func (l Ledger) Begin(ctx context.Context, s Standing, a Action, ceiling int) (Standing, error) {
	if s.Action.Holds() {
		return s, fmt.Errorf("%w: %s is %s", ErrState, s.Action.ID, s.Action.State)
	}
	if len(a.Before) == 0 || a.Report == "" {
		return s, fmt.Errorf("%w: how it was before, and the report, have to be recorded", ErrState)
	}
	if s.item.N > 0 {
		s.item.Past = append(slices.Clone(s.item.Past), s.Action.past())
		s.item.Past = s.item.Past[max(len(s.item.Past)-maxPast, 0):]
	}
	s.item.N++
	a.ID, a.State, a.At, a.Tried = id(s.hash, s.item.N), Doing, l.Now().UTC(), l.Now().UTC()
	a.ARN, a.Name, a.Alert, a.Why, a.Tries = cut(a.ARN), cut(a.Name), cut(a.Alert), cut(a.Why), 1
	a.Warnings = bounded(a.Warnings)
	a.asked(a.Report)
	if err := l.place(ctx, a.ID, ceiling); err != nil {
		return s, err
	}
	return l.swap(ctx, s, a)
}

// Again records that an action that is not done is tried once more, with what is known by now of how its target was before.
func (l Ledger) Again(ctx context.Context, s Standing, before actions.Before, ceiling int) (Standing, error) {
	if s.Action.State != Doing {
		return s, fmt.Errorf("%w: %s is %s", ErrState, s.Action.ID, s.Action.State)
	}
	if err := l.place(ctx, s.Action.ID, ceiling); err != nil {
		return s, err
	}
	next := s.Action
	next.Tried, next.Before, next.Tries = l.Now().UTC(), before, next.Tries+1
	return l.swap(ctx, s, next)
}

// Join records that another report asked for what stands.
func (l Ledger) Join(ctx context.Context, s Standing, report string) (Standing, error) {
	if s.Action.Asked(report) {
		return s, nil
	}
	next := s.Action
	next.Reports = slices.Clone(next.Reports)
	next.asked(report)
	return l.swap(ctx, s, next)
}

// End records how an attempt ended: done without an error; failed where it is final; otherwise it stays in state doing.
func (l Ledger) End(ctx context.Context, s Standing, d actions.Done, failure error, final bool) (Standing, error) {
	next := s.Action
	next.note(d, failure)
	switch {
	case failure == nil:
		next.State, next.Ended = Done, l.Now().UTC()
	case final:
		next.State, next.Ended = Failed, l.Now().UTC()
	}
	return l.swap(ctx, s, next)
}

// Get gives an action by its id.
func (l Ledger) Get(ctx context.Context, id string) (Action, bool, error) {
	hash, n, err := parse(id)
	if err != nil {
		return Action{}, false, err
	}
	s, err := l.load(ctx, hash)
	if err != nil {
		return Action{}, false, err
	}
	a, ok := s.action(n)
	return a, ok, nil
}

// Had gives the action that a report has had on the target, the last one, whatever became of it since.
func (s Standing) Had(report string) (Action, bool) {
	if s.Action.Asked(report) {
		return s.Action, true
	}
	for _, a := range slices.Backward(s.item.Past) {
		if a.Asked(report) {
			return a, true
		}
	}
	return Action{}, false
}

func (s Standing) action(n int) (Action, bool) {
	if n == s.item.N && n > 0 {
		return s.Action, true
	}
	at := slices.IndexFunc(s.item.Past, func(a Action) bool { return a.ID == id(s.hash, n) })
	if at < 0 {
		return Action{}, false
	}
	return s.item.Past[at], true
}

// List gives the last actions, the newest first, at most n. Each costs a call.
func (l Ledger) List(ctx context.Context, n int) (out []Action, err error) {
	x, _, err := l.index(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Backward(x.Places) {
		if len(out) == n {
			break
		}
		a, ok, err := l.Get(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if ok { // else its place was taken, and it was never recorded
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Action) int { return b.At.Compare(a.At) })
	return out, nil
}

// errContended: others changed the same item again and again.
var errContended = errors.New("too many at once")
