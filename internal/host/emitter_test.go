package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// receipts is a store of leases that counts, and fails when told to.
type receipts struct {
	mu    sync.Mutex
	items map[string]*lease
	calls []string
	fail  map[string]error // by call: "acquire", "release"
}

type lease struct {
	plugindata.State
	owner   string
	until   time.Time
	expires time.Time
}

func (r *receipts) call(name string) error {
	r.calls = append(r.calls, name)
	err := r.fail[name]
	delete(r.fail, name)
	return err
}

func (r *receipts) Acquire(_ context.Context, key, owner string, seq int64, now, until time.Time) (plugindata.State, plugindata.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.call("acquire"); err != nil {
		return plugindata.State{}, 0, err
	}
	if r.items == nil {
		r.items = map[string]*lease{}
	}
	l := r.items[key]
	if l == nil {
		l = &lease{}
		r.items[key] = l
	}
	if l.Seq >= seq {
		return l.State, plugindata.Stale, nil
	}
	if l.owner != "" && l.until.After(now) {
		return plugindata.State{}, plugindata.Busy, nil
	}
	l.owner, l.until = owner, until
	return l.State, plugindata.Acquired, nil
}

func (r *receipts) Release(ctx context.Context, key, owner string, s plugindata.State, expires time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err := r.call("release"); err != nil {
		return false, err
	}
	l := r.items[key]
	if l == nil || l.owner != owner {
		return false, nil
	}
	l.State, l.owner, l.expires = l.State.After(s), "", expires
	return true, nil
}

// stage is a hosted emitter with everything that it touches.
type stage struct {
	receipts
	postpones
	log     bytes.Buffer
	now     time.Time
	handler host.Handler
	emitted []string // seq and previous receipt
	reply   func(r responder.Report) (responder.Receipt, error)
}

func newStage() *stage {
	s := &stage{now: start}
	s.reply = func(r responder.Report) (responder.Receipt, error) {
		return responder.Receipt{"ts": fmt.Sprint(r.Seq)}, nil
	}
	s.handler = s.host(responder.EmitterFunc(func(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
		s.emitted = append(s.emitted, strings.TrimSpace(fmt.Sprint(r.ReportID, " ", r.Seq, " ", prev["ts"])))
		return s.reply(r)
	}))
	return s
}

func (s *stage) host(e responder.Emitter) host.Handler {
	return host.Emitter(e, host.EmitterPorts{
		Receipts: &s.receipts, Postpone: &s.postpones, Now: func() time.Time { return s.now },
		Log: slog.New(slog.NewJSONHandler(&s.log, nil)),
	}, host.EmitterOptions{ID: "em"})
}

func (s *stage) send(t *testing.T, reports ...responder.Report) []string {
	t.Helper()
	var records []record
	for _, r := range reports {
		records = append(records, record{body: string(mustJSON(r))})
	}
	return failures(t, s.handler, event(records...))
}

func verdict(id string, seq int64, reason string) responder.Report {
	return responder.Report{V: 1, ReportID: id, Seq: seq, Status: responder.StatusPublished, AlertCount: seq,
		Result: responder.Result{Severity: responder.Urgent, Reason: reason},
		Alert:  responder.Alert{Name: "n", Timestamp: responder.Timestamp{Init: 1, Last: float64(seq)}},
		Content: responder.Content{SubjectUsers: map[string]responder.SubjectUser{"eve": {UserName: "eve",
			Activities: []responder.Activity{{Action: "a", LastSeen: responder.At(start.Add(time.Duration(seq) * time.Hour))}}}}},
		SettledAt: responder.At(start.Add(time.Duration(seq) * time.Second))}
}

func notice(id string, seq, count int64, name string) responder.Report {
	return responder.Report{V: 1, ReportID: id, Seq: seq, Status: responder.StatusOngoing, AlertCount: count,
		Alert: responder.Alert{Name: name, Timestamp: responder.Timestamp{Last: float64(seq)}}}
}

func TestEmitting(t *testing.T) {
	s := newStage()
	assert.Empty(t, s.send(t, notice("R", 2, 1, "a")))
	assert.Empty(t, s.send(t, verdict("R", 3, "x")))
	assert.Equal(t, []string{"R 2", "R 3 2"}, s.emitted)
	assert.Equal(t, []string{"acquire", "release", "acquire", "release"}, s.calls, "two calls each")
	l := s.items["em#R"]
	require.NotNil(t, l)
	assert.Equal(t, responder.Receipt{"ts": "3"}, responder.Receipt(l.Receipt))
	assert.Equal(t, start.Add(90*24*time.Hour), l.expires)
	assert.Equal(t, start.Add(2*time.Minute), l.until)
	assert.Empty(t, s.log.String())
}

func TestOfABatchOnlyTheLatestIsEmitted(t *testing.T) {
	s := newStage()
	assert.Empty(t, s.send(t, notice("R", 2, 1, "a"), verdict("Q", 5, "q"), verdict("R", 3, "x"), notice("Q", 2, 1, "q"), verdict("R", 3, "x")))
	assert.Equal(t, []string{"R 3", "Q 5"}, s.emitted)
}

func TestWhatComesLateIsDropped(t *testing.T) {
	s := newStage()
	s.send(t, verdict("R", 5, "x"))
	assert.Empty(t, s.send(t, notice("R", 2, 1, "a")))
	assert.Empty(t, s.send(t, verdict("R", 5, "x")))
	assert.Equal(t, []string{"R 5"}, s.emitted)
}

func TestWhatIsShownIsNotSentAgain(t *testing.T) {
	s := newStage()
	for _, r := range []responder.Report{
		verdict("R", 3, "x"),
		verdict("R", 5, "x"),       // the same but for seq, times, counts
		notice("R", 6, 2, "a"),     // adds to the verdict
		verdict("R", 7, "x"),       // is still shown beside the notice
		notice("R", 8, 3, "a"),     // the same again, after a crash
		notice("R", 10, 10, "a"),   // the tenth
		notice("R", 12, 10, "b"),   // another alert
		verdict("R", 13, "worse"),  // another verdict
		verdict("R", 15, "x"),      // and back
		verdict("R2", 3, "worse"),  // another report
		verdict("R2", 4, "worse2"), // and so on
	} {
		assert.Empty(t, s.send(t, r))
	}
	assert.Equal(t, []string{"R 3", "R 6 3", "R 10 6", "R 12 10", "R 13 12", "R 15 13", "R2 3", "R2 4 3"}, s.emitted)
}

func TestTheReceiptIsStoredAlsoWithAnError(t *testing.T) {
	s := newStage()
	s.reply = func(responder.Report) (responder.Receipt, error) {
		return responder.Receipt{"ts": "posted"}, errors.New("then failed")
	}
	r := verdict("R", 3, "x")
	assert.Equal(t, []string{"m1"}, s.send(t, r))
	assert.Equal(t, []string{"m1 5s"}, s.postpones.list)
	s.reply = func(responder.Report) (responder.Receipt, error) { return nil, nil }
	assert.Empty(t, s.send(t, r))
	assert.Empty(t, s.send(t, verdict("R", 5, "y")))
	assert.Equal(t, []string{"R 3", "R 3 posted", "R 5 posted"}, s.emitted, "a nil receipt keeps the previous one")
}

// After an error nobody knows what is shown: the old content is told again.
func TestAFailureForgetsWhatIsShown(t *testing.T) {
	s := newStage()
	s.send(t, verdict("R", 3, "x"))
	ok := s.reply
	s.reply = func(responder.Report) (responder.Receipt, error) { return nil, errors.New("half-way") }
	s.send(t, verdict("R", 5, "y"))
	s.reply = ok
	s.send(t, verdict("R", 7, "x"))
	assert.Equal(t, []string{"R 3", "R 5 3", "R 7 3"}, s.emitted)
}

func TestAPermanentErrorIsLoggedAndNotRepeated(t *testing.T) {
	s := newStage()
	s.reply = func(responder.Report) (responder.Receipt, error) {
		return nil, responder.Permanent(errors.New("no such channel"))
	}
	assert.Empty(t, s.send(t, verdict("R", 3, "x")))
	assert.Empty(t, s.send(t, verdict("R", 3, "x")))
	assert.Equal(t, []string{"R 3"}, s.emitted)
	assert.Equal(t, 1, strings.Count(s.log.String(), "no such channel"))
	assert.Contains(t, s.log.String(), `"level":"ERROR"`)
}

func TestTheEmittersWait(t *testing.T) {
	s := newStage()
	s.reply = func(responder.Report) (responder.Receipt, error) {
		return nil, responder.RetryAfter(errors.New("429"), time.Minute)
	}
	s.now = start.Add(3 * time.Minute)
	assert.Equal(t, []string{"m1"}, s.send(t, verdict("R", 3, "x")))
	s.reply = func(responder.Report) (responder.Receipt, error) { panic("oh") }
	assert.Equal(t, []string{"m1"}, s.send(t, verdict("R", 3, "x")))
	assert.Equal(t, []string{"m1 1m0s", "m1 3m0s"}, s.postpones.list)
	assert.Contains(t, s.log.String(), "emitter_test.go")
}

func TestWhoLosesTheLeaseComesBack(t *testing.T) {
	s := newStage()
	var inner, late []string
	s.reply = func(responder.Report) (responder.Receipt, error) {
		s.reply = func(responder.Report) (responder.Receipt, error) { return responder.Receipt{"ts": "n"}, nil }
		inner = s.send(t, verdict("R", 5, "y"))
		late = failures(t, s.handler, event(record{body: string(mustJSON(verdict("R", 5, "y"))), receives: 9}))
		return responder.Receipt{"ts": "m"}, nil
	}
	assert.Empty(t, s.send(t, verdict("R", 3, "x")))
	assert.Equal(t, []string{"m1"}, inner)
	assert.Equal(t, []string{"m1"}, late)
	assert.Equal(t, []string{"m1 2s", "m1 14s"}, s.postpones.list)
	assert.Equal(t, []string{"R 3"}, s.emitted)
	assert.Empty(t, s.send(t, verdict("R", 5, "y")))
	assert.Equal(t, []string{"R 3", "R 5 m"}, s.emitted)
}

func TestAFunctionThatDiedDoesNotBlockTheReport(t *testing.T) {
	s := newStage()
	s.items = map[string]*lease{"em#R": {owner: "dead", until: start.Add(time.Minute)}}
	assert.Equal(t, []string{"m1"}, s.send(t, verdict("R", 3, "x")))
	s.now = start.Add(2 * time.Minute)
	assert.Empty(t, s.send(t, verdict("R", 3, "x")))
	assert.Equal(t, []string{"R 3"}, s.emitted)
}

func TestAFailingStoreOfReceipts(t *testing.T) {
	s := newStage()
	s.fail = map[string]error{"acquire": errors.New("throttled")}
	assert.Equal(t, []string{"m1"}, s.send(t, verdict("R", 3, "x")))
	assert.Empty(t, s.emitted)
	s.fail = map[string]error{"release": errors.New("throttled")}
	assert.Empty(t, s.send(t, verdict("R", 3, "x")), "it is tried again: what was posted must be remembered")
	assert.Equal(t, []string{"R 3"}, s.emitted)
	assert.Equal(t, []string{"acquire", "acquire", "release", "release"}, s.calls)

	s.reply = func(responder.Report) (responder.Receipt, error) {
		s.items["em#R"].owner = "another"
		return nil, nil
	}
	assert.Equal(t, []string{"m1"}, s.send(t, verdict("R", 5, "y")))
	assert.Contains(t, s.log.String(), "the lease was over")
}

func TestReceiptsAreBounded(t *testing.T) {
	s := newStage()
	s.send(t, verdict("R", 3, "x"))
	s.reply = func(responder.Report) (responder.Receipt, error) {
		return responder.Receipt{"ts": strings.Repeat("x", host.MaxReceipt)}, nil
	}
	assert.Empty(t, s.send(t, verdict("R", 5, "y")))
	assert.Contains(t, s.log.String(), "too large")
	s.send(t, verdict("R", 7, "z"))
	assert.Equal(t, []string{"R 3", "R 5 3", "R 7 3"}, s.emitted)
}

func TestWhatIsNoReportFails(t *testing.T) {
	s := newStage()
	good := string(mustJSON(verdict("R", 3, "x")))
	got := failures(t, s.handler, event(record{body: "{}"}, record{body: "x"}, record{body: good},
		record{body: `{"report_id":"R"}`}, record{body: `{"v":77,"report_id":"R","seq":9}`}))
	assert.Equal(t, []string{"m1", "m2", "m4", "m5"}, got)
	assert.Equal(t, []string{"R 3"}, s.emitted)
}

// One destination that hangs does not take the time of the others.
func TestTheTimeIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		begin := time.Now()
		h := s.host(responder.EmitterFunc(func(ctx context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
			s.emitted = append(s.emitted, r.ReportID)
			if r.ReportID == "A" {
				<-ctx.Done()
				if r.Seq == 3 {
					assert.Equal(t, 29*time.Second, time.Since(begin))
				}
				return responder.Receipt{"ts": "posted"}, ctx.Err()
			}
			return nil, nil
		}))
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		e := event(record{body: string(mustJSON(verdict("A", 3, "x")))}, record{body: string(mustJSON(verdict("B", 3, "x")))})
		assert.Equal(t, []string{"m1"}, failuresIn(t, ctx, h, e))
		assert.Equal(t, []string{"A", "B"}, s.emitted)
		assert.Equal(t, "posted", s.items["em#A"].Receipt["ts"])
		ctx, cancel = context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		assert.Equal(t, []string{"m1"}, failuresIn(t, ctx, h, event(record{body: string(mustJSON(verdict("A", 5, "x")))})))
		assert.NoError(t, ctx.Err(), "the receipt was kept in time")
	})
}

func TestWhatAnEmitterNeeds(t *testing.T) {
	e := responder.EmitterFunc(func(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) { return nil, nil })
	assert.NotPanics(t, func() {
		host.Emitter(e, host.EmitterPorts{Receipts: &receipts{}, Now: time.Now}, host.EmitterOptions{ID: "a"})
	})
	defer func() {
		got := fmt.Sprint(recover())
		for _, want := range []string{"the emitter is nil", "Receipts is nil", "Now is nil", "id: ", "lease: ", "retention: "} {
			assert.Contains(t, got, want)
		}
	}()
	host.Emitter(responder.EmitterFunc(nil), host.EmitterPorts{}, host.EmitterOptions{Lease: -1, Retention: -1})
}
