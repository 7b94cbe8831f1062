package inprocess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// fault is what happens to one call to the store or the bus.
type fault int

const (
	none        fault = iota
	refused           // an error, and the call was not made
	answerLost        // an error, and the call was made
	panicAfter        // the call was made, the handler panics, and the host lives on
	crashBefore       // the function is gone: nothing that it still wanted to call happens
	crashAfter
	faults // how many there are

	// These only befall calls of AWS, see engine.
	throttled     // each attempt, until the client gives up
	throttledOnce // and the client tries again
	lostOnce      // the first attempt was made, its answer was lost, and the client tries again
	timedOut      // the call was made, and the function's time is over before the answer is there
	engineFaults
)

func (f fault) String() string {
	return [...]string{"none", "refused", "answer lost", "panic after", "crash before", "crash after", "", "throttled",
		"throttled once", "answer lost once", "timed out"}[f]
}

// ofOthers is what of a fault of AWS can befall something else.
func (f fault) ofOthers() fault {
	switch f {
	case throttled:
		return refused
	case timedOut:
		return answerLost
	case throttledOnce, lostOnce:
		return none
	}
	return f
}

var errInjected = errors.New("injected")

// calls stands between the stages and plugins and all that they call. It numbers the calls, spoils some, and
// lets other deliveries run between two of them.
type calls struct {
	names   []string      // of all calls so far
	faults  map[int]fault // by the number of the call
	others  map[int]int   // how many deliveries run before a call
	pauses  map[int]time.Duration
	outage  string // all calls of this name are refused
	step    func(ctx context.Context) bool
	pass    func(ctx context.Context, d time.Duration) // lets time pass
	frames  []*frame                                   // handlers that run, the innermost last
	begun   int                                        // how many handlers have
	of      []int                                      // which of them made a call
	ofStage map[int]bool                               // which of them are stages
	hurry   int                                        // which of them has little time; 0: none
}

// frame is one invocation of a handler.
type frame struct {
	queue    string
	payload  []byte
	crashed  bool
	expired  bool                       // its time is over
	number   int                        // from 1
	item     protocol.Item              // as read by a review
	overdue  []string                   // who was passed over when it was read
	read     map[string]string          // the bodies that were stored when a review read them
	stored   map[string]map[string]bool // alerts whose bodies this handler stored, by report
	evidence map[string]int64           // what this handler's updates counted as evidence, by report
	updated  bool                       // an update of this handler was made
	unknown  bool                       // it read an item that there is not
}

const maxDepth = 3

// top is the handler that makes the call.
func (c *calls) top() *frame { return c.frames[len(c.frames)-1] }

// call makes one call, or what the schedule wants instead.
func (c *calls) call(ctx context.Context, name string, do func() error) error {
	n, f := len(c.names), c.top()
	if f.crashed { // it never happens
		panic("this function has crashed")
	}
	c.names, c.of = append(c.names, name), append(c.of, f.number)
	c.meanwhile(ctx, n)
	what := c.faults[n].ofOthers()
	if name == c.outage {
		what = refused
	}
	f.crashed = what == crashBefore || what == crashAfter
	switch what {
	case refused:
		return errInjected
	case crashBefore:
		panic(errInjected)
	}
	err := do()
	switch what {
	case answerLost:
		return errInjected
	case panicAfter, crashAfter:
		panic(errInjected)
	}
	return err
}

// meanwhile is what happens before the call n.
func (c *calls) meanwhile(ctx context.Context, n int) {
	if d := c.pauses[n]; d > 0 {
		c.pass(ctx, d)
	}
	if len(c.frames) <= maxDepth {
		for range c.others[n] {
			c.step(ctx)
		}
	}
}

// handler notes which handler runs. One that has crashed gives no answer.
func (w *world) handler(queue string, h host.Handler) host.Handler {
	return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		w.begun++
		f := &frame{queue: queue, payload: payload, number: w.begun, stored: map[string]map[string]bool{}, evidence: map[string]int64{}}
		w.frames = append(w.frames, f)
		w.ofStage[f.number] = slices.Contains([]string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue}, queue)
		if f.number == w.hurry {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, hurriedTime)
			defer cancel()
		}
		answer, err := h.Invoke(ctx, payload)
		w.frames = w.frames[:len(w.frames)-1]
		if f.crashed {
			return nil, fmt.Errorf("the function crashed: %w", errInjected)
		}
		w.answered(f, answer, err)
		return answer, err
	})
}

// hurriedTime is how long a function that has little time has: a quarter is left for what its host has to do at the end.
const hurriedTime = 120 * time.Millisecond

type handlerFunc func(ctx context.Context, payload []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// deliveries are the messages of a frame.
func (f *frame) deliveries() []envelope.Delivery {
	ds, err := envelope.Read(f.payload)
	if err != nil {
		panic(err) // the bus wrote it
	}
	return ds
}

// wrappedStore is the store behind calls.
type wrappedStore struct {
	*world
	to store.Store
}

func (s wrappedStore) Get(ctx context.Context, fingerprint string) (item protocol.Item, err error) {
	err = s.call(ctx, "store.Get", func() error {
		item, err = s.to.Get(ctx, fingerprint)
		s.sawItem(item)
		return err
	})
	return item, err
}

func (s wrappedStore) Open(ctx context.Context, fresh protocol.Item, now int64) (item protocol.Item, err error) {
	err = s.call(ctx, "store.Open", func() error {
		was := s.stands(ctx, fresh.ReportID)
		item, err = s.to.Open(ctx, fresh, now)
		s.opened(was, item)
		return err
	})
	return item, err
}

func (s wrappedStore) Swap(ctx context.Context, was, next protocol.Item) (item protocol.Item, ok bool, err error) {
	err = s.call(ctx, "store.Swap", func() error {
		item, ok, err = s.to.Swap(ctx, was, next)
		if ok {
			s.swapped(was, next, item)
		}
		return err
	})
	return item, ok && err == nil, err
}

func (s wrappedStore) CrossOff(ctx context.Context, reportID, token string, done bool) (item protocol.Item, ok bool, err error) {
	err = s.call(ctx, "store.CrossOff", func() error {
		item, ok, err = s.to.CrossOff(ctx, reportID, token, done)
		return err
	})
	return item, ok && err == nil, err
}

func (s wrappedStore) Count(ctx context.Context, reportID string, n, lastSeen int64) (item protocol.Item, ok bool, err error) {
	err = s.call(ctx, "store.Count", func() error {
		item, ok, err = s.to.Count(ctx, reportID, n, lastSeen)
		s.top().updated = s.top().updated || ok
		return err
	})
	return item, ok && err == nil, err
}

func (s wrappedStore) Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error) {
	err = s.call(ctx, "store.Settle", func() error {
		was := s.stands(ctx, reportID)
		before, made, err = s.to.Settle(ctx, reportID, ver, verdict)
		if s.stands(ctx, reportID).Judged < was.Judged {
			s.fail("an older verdict took the place of a newer one")
		}
		return err
	})
	return before, made && err == nil, err
}

func (s wrappedStore) PutBody(ctx context.Context, reportID string, b store.Body) error {
	return s.call(ctx, "store.PutBody", func() error {
		err := s.to.PutBody(ctx, reportID, b)
		if err == nil {
			s.put(reportID, b)
		}
		return err
	})
}

func (s wrappedStore) Bodies(ctx context.Context, reportID string) (bodies []store.Body, err error) {
	err = s.call(ctx, "store.Bodies", func() error {
		s.reads(reportID)
		bodies, err = s.to.Bodies(ctx, reportID)
		return err
	})
	return bodies, err
}

func (s wrappedStore) PutVerdict(ctx context.Context, reportID string, v store.Verdict) (stands store.Verdict, err error) {
	err = s.call(ctx, "store.PutVerdict", func() error {
		s.judged(reportID, v)
		stands, err = s.to.PutVerdict(ctx, reportID, v)
		return err
	})
	return stands, err
}

// wrappedBus is the bus behind calls.
type wrappedBus struct {
	*world
	to bus.Bus
}

func (b wrappedBus) Publish(ctx context.Context, topic string, m bus.Message) error {
	return b.call(ctx, "bus.Publish "+topic, func() error {
		err := b.to.Publish(ctx, topic, m)
		if err == nil {
			b.told(topic, m)
		}
		return err
	})
}

func (b wrappedBus) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	return b.call(ctx, "bus.Send "+queue, func() error {
		if queue == bus.SubmissionQueue {
			b.submits(m)
		}
		return b.to.Send(ctx, queue, m, delay)
	})
}

// wrappedReceipts is what emitters remember, behind calls.
type wrappedReceipts struct {
	*world
	to plugindata.Receipts
}

func (r wrappedReceipts) Acquire(ctx context.Context, key, owner string, seq int64, now, until time.Time) (s plugindata.State, o plugindata.Outcome, err error) {
	err = r.call(ctx, "receipts.Acquire", func() error {
		s, o, err = r.to.Acquire(ctx, key, owner, seq, now, until)
		return err
	})
	return s, o, err
}

func (r wrappedReceipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (kept bool, err error) {
	err = r.call(ctx, "receipts.Release", func() error {
		kept, err = r.to.Release(ctx, key, owner, s, expires)
		return err
	})
	return kept, err
}
