package awscontext

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// The bounds of looking up events (AWS CloudTrail API Reference, LookupEvents): two calls a second for each account and region, 50
// events at most with each, of the last 90 days, and one attribute at a time. That one is a key, a name or a resource, and never an
// address: what came from an address is found among the calls of those whom the alert names, and nowhere else.
const (
	lookupEvery   = 500 * time.Millisecond
	lookupPage    = 50
	lookupHistory = 90 * 24 * time.Hour
	remembered    = time.Minute
)

// The attributes that are looked up.
const (
	byKey      = "AccessKeyId"
	byName     = "Username" // of a user, or of a role's session
	byResource = "ResourceName"
)

// question is one look-up.
type question struct {
	account, region string
	by, value       string
	from, to        int64 // epoch seconds; 0: all that there is
}

// answer is what came of it; more says that there are older calls than these, unseen that not all regions could be asked.
type answer struct {
	calls  []call
	more   bool
	unseen bool
}

// trail looks events up, no faster than CloudTrail allows, and the same thing once a minute: the attributes of an alert often lead to
// one principal. The zero value is ready.
type trail struct {
	now func() time.Time // nil: time.Now

	mu    sync.Mutex
	known map[question]*lookup
	free  map[[2]string]time.Time // when the next call may be made, by account and region
}

// lookingUp makes the call.
type lookingUp func(context.Context, question) (answer, error)

// lookup is a question that is being answered, or was.
type lookup struct {
	done chan struct{}
	answer
	err error
	at  time.Time
}

func (t *trail) time() time.Time {
	if t.now == nil {
		return time.Now()
	}
	return t.now()
}

// look answers a question, from memory where that is fresh, or waits for who is asking it.
func (t *trail) look(ctx context.Context, q question, ask lookingUp) (answer, error) {
	for {
		t.mu.Lock()
		l := t.known[q]
		if l == nil || t.stale(l) {
			l = t.begin(q)
			t.mu.Unlock()
			t.answer(ctx, q, l, ask)
			return l.answer, l.err
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-l.done:
		}
		if l.err == nil {
			return l.answer, nil
		}
	} // who asked had no luck: a failure is theirs alone
}

// begin is a look-up that nobody has made yet, in place of those that are old. The lock is held.
func (t *trail) begin(q question) *lookup {
	if t.known == nil {
		t.known, t.free = map[question]*lookup{}, map[[2]string]time.Time{}
	}
	maps.DeleteFunc(t.known, func(_ question, l *lookup) bool { return t.stale(l) })
	l := &lookup{done: make(chan struct{})}
	t.known[q] = l
	return l
}

// stale says whether what was learnt is too old, or was not learnt. The lock is held.
func (t *trail) stale(l *lookup) bool {
	select {
	case <-l.done:
		age := t.time().Sub(l.at)
		return l.err != nil || age < 0 || age >= remembered
	default:
		return false
	}
}

func (t *trail) answer(ctx context.Context, q question, l *lookup, ask lookingUp) {
	l.err = context.Canceled // where ask panics
	defer func() {
		l.at = t.time()
		close(l.done)
	}()
	if l.err = t.pace(ctx, q); l.err == nil {
		l.answer, l.err = ask(ctx, q)
	}
}

// pace waits for one's turn.
func (t *trail) pace(ctx context.Context, q question) error {
	at, now := [2]string{q.account, q.region}, t.time()
	t.mu.Lock()
	turn := t.free[at]
	if turn.Before(now) || turn.Sub(now) > time.Hour {
		turn = now
	}
	t.free[at] = turn.Add(lookupEvery)
	t.mu.Unlock()
	if turn.Equal(now) {
		return ctx.Err()
	}
	timer := time.NewTimer(turn.Sub(now))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// merged are the calls of several regions, the latest first.
func merged(all ...answer) (out answer) {
	for _, a := range all {
		out.calls = append(out.calls, a.calls...)
		out.more, out.unseen = out.more || a.more, out.unseen || a.unseen
	}
	slices.SortStableFunc(out.calls, func(a, b call) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.action, b.action)) })
	return out
}
