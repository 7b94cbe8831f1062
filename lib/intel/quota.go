package intel

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Period is the time that a Limit is for.
type Period string

// The periods. Minutes and hours slide: in no 60 seconds, wherever they begin, are more requests than the limit. Days and
// months are those of the calendar in UTC.
const (
	Minute Period = "minute"
	Hour   Period = "hour"
	Day    Period = "day"
	Month  Period = "month"
)

// Limit is the most requests that a key may make in a period.
type Limit struct {
	Per  Period `json:"per"`
	Most int    `json:"most"`
}

// Quota is what a key may ask, one for all functions of a stack that have the same Memory. It is one item there, which is
// changed by Swap: a Take is one call as a rule, one more for each other function that was faster. A request that was
// taken and never made is counted: the limit is never exceeded, and may not be used to its last.
//
// Who is refused stands in a line, in which there are as many places per period as the limit has requests, and is told
// when it is its turn: so that many tasks do not come back at once, and none in vain. Takes with the same context (or with
// contexts of values on it) are those of one task, which comes back as a whole: it has at most one period's places.
//
// Its methods are safe for concurrent use; its fields must not change after the first of them.
type Quota struct {
	// Service is the id that names the quota in the Memory: <service>#quota.
	Service string
	// Name is for people: VirusTotal.
	Name   string
	Limits []Limit          // none: only the service itself says when it is enough, and nothing is counted
	Memory responder.Memory // nil: one that ends with the process
	Now    func() time.Time // nil: time.Now

	once sync.Once
	turn chan struct{} // who has it may change what follows
	seen responder.Entry
	line waiters

	looked time.Time // when seen was loaded
}

// Quota makes the quota of a service: its limits are those in the environment variable, else what is usual.
func (s Settings) Quota(service, name, variable string, usual ...Limit) (*Quota, error) {
	limits, err := ParseLimits(s.Env(variable), usual...)
	if err != nil {
		return nil, fmt.Errorf("environment variable %s: %w", variable, err)
	}
	return &Quota{Service: service, Name: name, Limits: limits, Memory: s.Memory, Now: s.Now}, nil
}

const (
	quotaTries = 20                  // to change the item, while others do
	lateTries  = 2                   // each is a request that is counted and not made
	quotaKept  = 62 * 24 * time.Hour // more than a month
	// comeBack is the longest wait that somebody is told: the host waits 11 h 45 min at most.
	comeBack = 11*time.Hour + 30*time.Minute
)

// Take takes one request out of the quota, to be made at once. Where there is none left, the error is an ErrQuota that
// says when to come again. Where the Memory cannot be reached, the error says so: nobody asks without a quota.
func (q *Quota) Take(ctx context.Context) error {
	unlock, err := q.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if t, ok := q.line.told(ctx, q.Now()); ok {
		return q.refused(t)
	}
	if len(q.Limits) == 0 && !q.blocked(ctx, q.Now()) {
		return nil
	}
	for late, tries := 0, 0; late < lateTries && tries < quotaTries; tries++ {
		began := q.Now()
		next := q.state()
		next.tick(began)
		free := next.free()
		if granted := free <= next.At; granted {
			next.count()
		} else if next.tooFar(free, began) {
			return q.refused(began.Add(spread(comeBack)))
		} else {
			free = next.queue(free)
		}
		made, err := q.swap(ctx, next)
		switch {
		case err != nil:
			return err
		case !made:
			continue
		case free > next.At:
			return q.refused(q.line.add(ctx, milli(free), next.share(), began))
		case q.Now().Sub(began) <= skew:
			return nil
		}
		late++ // it took so long that the request would not be made when it was counted
	}
	return responder.RetryAfter(fmt.Errorf("%w: it is too slow, or too many ask at once", ErrQuota), spread(10*time.Second))
}

// blocked says, where there are no limits, whether the service itself said that it is enough. It is looked up once a
// minute; where that fails, the service is asked, and will say it again.
func (q *Quota) blocked(ctx context.Context, now time.Time) bool {
	if age := now.Sub(q.looked); q.looked.IsZero() || age < 0 || age >= time.Minute {
		if e, err := q.Memory.Load(ctx, quotaKey(q.Service)); err == nil {
			q.seen, q.looked = e, now
		}
	}
	return readState(q.seen.Value).Until > now.UnixMilli()
}

// learn has all functions wait where the service said that the quota is used up, and says when it is whose turn.
func (q *Quota) learn(ctx context.Context, err error) error {
	d, ok := responder.RetryDelay(err)
	if !ok || !errors.Is(err, ErrQuota) {
		return err
	}
	unlock, lerr := q.lock(ctx)
	if lerr != nil {
		return err
	}
	defer unlock()
	for range quotaTries {
		now := q.Now()
		next := q.state()
		next.tick(now)
		next.Until = max(next.Until, now.Add(min(d, quotaKept/2)).UnixMilli())
		free := next.Until
		if far := next.tooFar(free, now); !far {
			free = next.queue(free)
		}
		made, lerr := q.swap(ctx, next)
		if lerr != nil {
			return err // those who cannot learn it are told by the service
		}
		if made {
			told := q.line.add(ctx, milli(free), next.share(), now)
			return responder.RetryAfter(err, min(told.Sub(now), comeBack))
		}
	}
	return err
}

// lock gives the turn of this process.
func (q *Quota) lock(ctx context.Context) (unlock func(), err error) {
	q.once.Do(func() {
		q.turn = make(chan struct{}, 1)
		if q.Now == nil {
			q.Now = time.Now
		}
		if q.Memory == nil {
			q.Memory = responder.NewMemory()
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// state is a copy of what this process saw last, with the limits as they are now.
func (q *Quota) state() *state {
	s := readState(q.seen.Value)
	s.limit(q.Name, q.Limits)
	s.By = rand.Text()
	return s
}

// swap changes the item. What has come between is seen from now on.
func (q *Quota) swap(ctx context.Context, next *state) (made bool, err error) {
	value, err := json.Marshal(next)
	if err != nil {
		return false, responder.Permanent(fmt.Errorf("quota: %w", err))
	}
	expires := milli(max(next.At, next.Until)).Add(quotaKept)
	now, made, err := q.Memory.Swap(ctx, quotaKey(q.Service), q.seen.Ver, value, expires)
	if err != nil {
		return false, fmt.Errorf("quota of %s: %w", q.Service, err)
	}
	q.seen = now
	// An answer that was lost on its way, and the call made again: what stands there is of this call's making.
	return made || now.Ver != 0 && readState(now.Value).By == next.By, nil
}

func (q *Quota) refused(until time.Time) error {
	d := min(max(until.Sub(q.Now()), time.Second), comeBack)
	return QuotaError(fmt.Sprintf("the next request is due at %s", until.UTC().Format(time.RFC3339)), d)
}

func quotaKey(service string) string { return service + "#quota" }
