package inprocess

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// seenStore is a driver whose calls of AWS are spoiled. What was done is not what it says, and it may not even come back:
// the witness looks at what lies under it.
type seenStore struct {
	*world
	to store.Store
}

// spoils says whether calls may fail. Then no other handler runs between two of them, and what lies under them says what
// was done.
func (w *world) spoils() bool { return len(w.faults) > 0 }

func (s seenStore) Get(ctx context.Context, fingerprint string) (protocol.Item, error) {
	item, err := s.to.Get(ctx, fingerprint)
	if err == nil {
		s.sawItem(item)
	}
	return item, err
}

func (s seenStore) Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error) {
	was := s.stands(ctx, fresh.ReportID)
	defer func() { s.opened(was, s.stands(ctx, fresh.ReportID)) }()
	return s.to.Open(ctx, fresh, now)
}

func (s seenStore) Swap(ctx context.Context, was, next protocol.Item) (item protocol.Item, ok bool, err error) {
	before := s.stands(ctx, was.ReportID)
	defer func() {
		after := s.stands(ctx, was.ReportID)
		made := ok
		if s.spoils() {
			made = !reflect.DeepEqual(before, after)
		}
		if made {
			s.swapped(was, next, after)
		}
		switch {
		case ok && !made:
			s.fail("a swap is said to be made, and is not")
		case made && !ok: // an answer was lost: the stage makes it once more, on what stands now
			s.top().evidence[was.ReportID] -= next.Bodies - was.Bodies
		}
	}()
	return s.to.Swap(ctx, was, next)
}

func (s seenStore) CrossOff(ctx context.Context, reportID, token string, done bool) (protocol.Item, bool, error) {
	return s.to.CrossOff(ctx, reportID, token, done)
}

func (s seenStore) Count(ctx context.Context, reportID string, n, lastSeen int64) (item protocol.Item, ok bool, err error) {
	before := s.stands(ctx, reportID)
	defer func() {
		f := s.top()
		f.updated = f.updated || ok || s.spoils() && s.stands(ctx, reportID).Count > before.Count
	}()
	return s.to.Count(ctx, reportID, n, lastSeen)
}

func (s seenStore) Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error) {
	defer func() {
		item, k := s.stands(ctx, reportID), s.report(reportID)
		if item.ReportID == reportID && item.Judged < k.judged {
			s.fail("an older verdict took the place of a newer one")
		}
		k.judged = max(k.judged, item.Judged)
	}()
	return s.to.Settle(ctx, reportID, ver, verdict)
}

func (s seenStore) PutBody(ctx context.Context, reportID string, b store.Body) error {
	said := false // also where it does not come back
	defer func() {
		bodies, err := s.under.store.Bodies(context.WithoutCancel(ctx), reportID)
		there := slices.ContainsFunc(bodies, func(stored store.Body) bool { return stored.Key == b.Key })
		if err != nil || said && !there {
			s.fail("body %s is said to be stored: %v", b.Key, err)
		}
		if there {
			s.put(reportID, b)
		}
	}()
	err := s.to.PutBody(ctx, reportID, b)
	said = err == nil
	return err
}

func (s seenStore) Bodies(ctx context.Context, reportID string) ([]store.Body, error) {
	s.reads(reportID)
	return s.to.Bodies(ctx, reportID)
}

func (s seenStore) PutVerdict(ctx context.Context, reportID string, v store.Verdict) (store.Verdict, error) {
	s.judged(reportID, v)
	return s.to.PutVerdict(ctx, reportID, v)
}

// seenBus is a driver whose calls are spoiled. What is published is seen where it arrives.
type seenBus struct {
	*world
	to bus.Bus
}

func (b seenBus) Publish(ctx context.Context, topic string, m bus.Message) error {
	return b.to.Publish(ctx, topic, m)
}

func (b seenBus) Send(ctx context.Context, queue string, m bus.Message, delay time.Duration) error {
	if queue == bus.SubmissionQueue {
		b.submits(m)
	}
	return b.to.Send(ctx, queue, m, delay)
}
