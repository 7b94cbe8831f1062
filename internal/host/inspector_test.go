package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// submissions remembers what was submitted; the first calls fail as told.
type submissions struct {
	mu   sync.Mutex
	list []responder.Submission
	errs []error
}

func (s *submissions) Submit(ctx context.Context, sub responder.Submission) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		if err != nil {
			return err
		}
	}
	s.list = append(s.list, sub)
	return nil
}

// told is each submission as text: values=outcomes, and whether it was done.
func (s *submissions) told() []string {
	out := []string{}
	for _, sub := range s.list {
		var parts []string
		for _, p := range sub.Pages {
			parts = append(parts, p.Attribute.Value+"="+string(p.Outcome))
		}
		if sub.Done {
			parts = append(parts, "done")
		}
		out = append(out, strings.Join(parts, " "))
	}
	return out
}

// desk is a hosted inspector with everything that it touches.
type desk struct {
	submissions
	postpones
	log     bytes.Buffer
	now     time.Time
	options host.InspectorOptions
	handler host.Handler
}

func newDesk(i responder.Inspector, change ...func(*host.InspectorOptions)) *desk {
	d := &desk{now: start, options: host.InspectorOptions{ID: "ins", Types: []string{"ipaddr", "domain"}}}
	for _, c := range change {
		c(&d.options)
	}
	d.handler = host.Inspector(i, host.InspectorPorts{
		Submit: &d.submissions, Postpone: &d.postpones, Now: func() time.Time { return d.now },
		Log: slog.New(slog.NewJSONHandler(&d.log, nil)),
	}, d.options)
	return d
}

func task(values ...string) string {
	m := responder.TaskMessage{V: 1, ReportID: "FP-1", Origin: "0.alert", Alert: responder.Alert{Name: "n"}}
	for _, v := range values {
		m.Attributes = append(m.Attributes, responder.Attribute{Type: "ipaddr", Value: v})
	}
	return string(mustJSON(m))
}

func each(f func(value string) (responder.Page, error)) responder.InspectorFunc {
	return func(_ context.Context, t responder.Task) (responder.Page, error) { return f(t.Attribute.Value) }
}

var signal = responder.Page{Signals: []responder.Signal{{Kind: "reputation", Verdict: responder.Malicious, Score: 90}}}

func TestOneSubmissionForATask(t *testing.T) {
	d := newDesk(each(func(v string) (responder.Page, error) {
		if v == "1.1.1.1" {
			return signal, nil
		}
		return responder.Page{}, nil
	}))
	assert.Empty(t, failures(t, d.handler, event(record{body: task("1.1.1.1", "2.2.2.2", "1.1.1.1")})))
	require.Equal(t, []string{"1.1.1.1=found 2.2.2.2=nothing done"}, d.told())
	s := d.submissions.list[0]
	assert.Equal(t, responder.SchemaVersion, s.V)
	assert.Equal(t, "FP-1", s.ReportID)
	assert.Equal(t, "0.alert/ins", s.Token)
	assert.Equal(t, "ins", s.Pages[0].Author)
	assert.Equal(t, "FP-1", s.Pages[1].ReportID)
	assert.Equal(t, &responder.Attribute{Type: "ipaddr", Value: "2.2.2.2"}, s.Pages[1].Attribute)
	assert.Empty(t, d.log.String(), "nothing is logged for what is healthy")
}

func TestTasksComeInThreeEnvelopes(t *testing.T) {
	wrapped := string(mustJSON(map[string]any{
		"Type": "Notification", "MessageId": "n", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
		"Message": task("1.1.1.1"), "Timestamp": start.Format(time.RFC3339),
	}))
	for name, e := range map[string][]byte{
		"raw": event(record{body: task("1.1.1.1")}), "wrapped": event(record{body: wrapped}), "direct": snsEvent(task("1.1.1.1")),
	} {
		d := newDesk(each(func(string) (responder.Page, error) { return signal, nil }))
		_, err := d.handler.Invoke(context.Background(), e)
		require.NoError(t, err, name)
		assert.Equal(t, []string{"1.1.1.1=found done"}, d.told(), name)
	}
}

func TestOnlyAcceptedTypesAreInspected(t *testing.T) {
	m := responder.TaskMessage{ReportID: "FP-1", Origin: "0.a", Attributes: []responder.Attribute{
		{Type: "username", Value: "eve"}, {Type: "domain", Value: "example.com"},
	}}
	i := each(func(string) (responder.Page, error) { return responder.Page{}, nil })
	for types, want := range map[string]string{
		"domain": "example.com=nothing done", "url": "done", "*": "eve=nothing example.com=nothing done",
		"": "eve=nothing example.com=nothing done",
	} {
		d := newDesk(i, func(o *host.InspectorOptions) { o.Types = strings.Fields(types) })
		assert.Empty(t, failures(t, d.handler, event(record{body: string(mustJSON(m))})))
		assert.Equal(t, []string{want}, d.told(), types)
	}
}

func TestWhatIsNoTaskGoesToTheDeadLetters(t *testing.T) {
	for _, body := range []string{"", "[]", "{}", `{"v":99,"report_id":"a","origin":"0.a"}`, `{"report_id":"a"}`, `{"origin":"0.a"}`} {
		d := newDesk(each(func(string) (responder.Page, error) { return signal, nil }))
		assert.Equal(t, []string{"m1"}, failures(t, d.handler, event(record{body: body})), body)
		assert.Empty(t, d.told(), body)
		assert.Contains(t, d.log.String(), `"error":"task: `, body)
	}
}

func TestAPermanentErrorIsAPage(t *testing.T) {
	d := newDesk(each(func(v string) (responder.Page, error) {
		if v == "b" {
			return signal, responder.Permanent(errors.New("no\x1b[2J such\nkey " + strings.Repeat("x", 9999)))
		}
		return signal, nil
	}))
	assert.Empty(t, failures(t, d.handler, event(record{body: task("a", "b")})))
	require.Equal(t, []string{"a=found b=failed done"}, d.told())
	p := d.submissions.list[0].Pages[1]
	assert.True(t, strings.HasPrefix(p.Error, "no[2J such key xxx"), p.Error[:40])
	assert.LessOrEqual(t, len(p.Error), 1024)
	assert.Empty(t, p.Signals)
	assert.Contains(t, d.log.String(), `"failed":1`)
}

func TestErrorsAreRetriedByTheAgeOfTheTask(t *testing.T) {
	for _, c := range []struct {
		age      time.Duration
		receives int
		want     string // the wait, or empty: given up
	}{
		{0, 1, "m1 5s"},
		{-time.Hour, 1, "m1 5s"},
		{time.Minute, 4, "m1 1m0s"},
		{30 * time.Minute, 9, "m1 15m0s"},
		{2 * time.Hour, 9, ""},
		{2 * time.Hour, 1, "m1 15m0s"}, // it has waited for something else
		{time.Second, 50, ""},
	} {
		d := newDesk(each(func(string) (responder.Page, error) { return responder.Page{}, errors.New("down") }))
		d.now = start.Add(c.age)
		got := failures(t, d.handler, event(record{body: task("a"), receives: c.receives}))
		if c.want == "" {
			assert.Empty(t, got, "%+v", c)
			assert.Equal(t, []string{"a=failed done"}, d.told(), "%+v", c)
			continue
		}
		assert.Equal(t, []string{"m1"}, got, "%+v", c)
		assert.Empty(t, d.told(), "%+v", c)
		assert.Equal(t, []string{c.want}, d.postpones.list, "%+v", c)
	}
}

// A redelivery goes on and does not start again; and what was learnt is told at once.
func TestAQuotaMakesTheTaskWait(t *testing.T) {
	var asked []string
	quota := 2
	d := newDesk(each(func(v string) (responder.Page, error) {
		asked = append(asked, v)
		if quota == 0 {
			return responder.Page{}, responder.RetryAfter(errors.New("quota"), time.Minute)
		}
		quota--
		return signal, nil
	}), func(o *host.InspectorOptions) { o.Concurrency = 1 })
	e := func(n int) []byte { return event(record{body: task("a", "b", "c", "d", "e"), receives: n}) }
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e(1)))
	assert.Equal(t, []string{"a", "b", "c"}, asked, "who is told to wait is not asked on")
	quota, asked = 2, nil
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e(2)))
	quota, asked = 2, nil
	assert.Empty(t, failures(t, d.handler, e(3)))
	assert.Len(t, asked, 1)
	assert.Equal(t, []string{"m1 1m0s", "m1 1m0s"}, d.postpones.list)

	told := d.told()
	require.Len(t, told, 3)
	assert.Equal(t, "a=found b=found", told[0])
	assert.Equal(t, []bool{false, false, true},
		[]bool{d.submissions.list[0].Done, d.submissions.list[1].Done, d.submissions.list[2].Done})
	words := strings.Fields(strings.Join(told, " "))
	slices.Sort(words)
	assert.Equal(t, strings.Fields("a=found b=found c=found d=found done e=found"), words)

	asked, quota = nil, 9
	assert.Empty(t, failures(t, d.handler, e(4)))
	assert.Len(t, asked, 5, "a finished task is forgotten: a redrive asks again")
}

func TestAWaitIsNotBoundedByTheAge(t *testing.T) {
	i := each(func(string) (responder.Page, error) {
		return responder.Page{}, responder.RetryAfter(errors.New("quota"), 24*time.Hour)
	})
	for _, c := range []struct {
		age      time.Duration
		receives int
		want     []string
	}{
		{0, 1, []string{"m1 11h45m0s"}},
		{10 * time.Hour, 40, []string{"m1 11h45m0s"}},
		{70 * time.Hour, 10, nil}, // the queue would lose it silently
		{0, 50, nil},
	} {
		d := newDesk(i)
		d.now = start.Add(c.age)
		failures(t, d.handler, event(record{body: task("a"), receives: c.receives}))
		assert.Equal(t, c.want, d.postpones.list, "%+v", c)
		if c.want == nil {
			assert.Equal(t, []string{"a=failed done"}, d.told(), "%+v", c)
		}
	}
}

func TestWaitsDoNotStarveOthers(t *testing.T) {
	asked := map[string]bool{}
	d := newDesk(each(func(v string) (responder.Page, error) {
		asked[v] = true
		if v < "d" {
			return responder.Page{}, responder.RetryAfter(errors.New("pending"), 0)
		}
		return signal, nil
	}), func(o *host.InspectorOptions) { o.Concurrency = 2 })
	d.handler = host.Inspector(serial{func(v string) (responder.Page, error) {
		asked[v] = true
		if v < "d" {
			return responder.Page{}, responder.RetryAfter(errors.New("pending"), 0)
		}
		return signal, nil
	}, &sync.Mutex{}}, host.InspectorPorts{Submit: &d.submissions, Postpone: &d.postpones,
		Now: func() time.Time { return d.now }, Log: quiet()}, d.options)
	for n := range 6 {
		failures(t, d.handler, event(record{body: task("a", "b", "c", "d", "e", "f", "g"), receives: n + 1}))
	}
	assert.Len(t, asked, 7)
	assert.Equal(t, "m1 1s", d.postpones.list[0], "at once would burn the receives")
}

type serial struct {
	f  func(string) (responder.Page, error)
	mu *sync.Mutex
}

func (s serial) Inspect(_ context.Context, t responder.Task) (responder.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.f(t.Attribute.Value)
}

func TestAFailedSubmissionIsNeverAcknowledged(t *testing.T) {
	calls := 0
	d := newDesk(each(func(string) (responder.Page, error) { calls++; return signal, nil }))
	d.submissions.errs = []error{errors.New("throttled")}
	e := event(record{body: task("a")})
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e))
	assert.Equal(t, []string{"m1 5s"}, d.postpones.list)
	assert.Empty(t, failures(t, d.handler, e))
	assert.Equal(t, []string{"a=found done"}, d.told())
	assert.Equal(t, 2, calls, "what was not told is not remembered")
}

func TestAFailedPartialSubmissionIsNotRemembered(t *testing.T) {
	bad := true
	d := newDesk(each(func(v string) (responder.Page, error) {
		if v == "b" && bad {
			return responder.Page{}, errors.New("down")
		}
		return signal, nil
	}))
	d.submissions.errs = []error{errors.New("throttled")}
	e := event(record{body: task("a", "b")})
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e))
	bad = false
	assert.Empty(t, failures(t, d.handler, e))
	assert.Equal(t, []string{"a=found b=found done"}, d.told())
}

func TestAPanicIsAnErrorOfItsAttribute(t *testing.T) {
	d := newDesk(each(func(v string) (responder.Page, error) {
		if v == "b" {
			panic(v)
		}
		return signal, nil
	}))
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, event(record{body: task("a", "b")})))
	assert.Equal(t, []string{"a=found"}, d.told())
	assert.Contains(t, d.log.String(), "inspector_test.go")
	assert.Empty(t, failures(t, d.handler, event(record{body: task("a", "b"), receives: 50})))
	assert.Equal(t, []string{"a=found", "b=failed done"}, d.told())
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		d := newDesk(responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return responder.Page{}, nil
		}))
		begin := time.Now()
		values := make([]string, 20)
		for i := range values {
			values[i] = fmt.Sprint(i)
		}
		assert.Empty(t, failures(t, d.handler, event(record{body: task(values...)})))
		assert.Equal(t, 8, most)
		assert.Equal(t, 3*time.Second, time.Since(begin))
	})
}

// Times out in a list of attributes: the rest was never sent.
func TestWhatWasLearntIsSubmittedBeforeTheTimeIsOver(t *testing.T) {
	hang := func(ctx context.Context) (responder.Page, error) {
		<-ctx.Done()
		return responder.Page{}, fmt.Errorf("asked: %w", ctx.Err())
	}
	deaf := func(context.Context) (responder.Page, error) {
		time.Sleep(time.Hour)
		return responder.Page{}, nil
	}
	for name, f := range map[string]func(context.Context) (responder.Page, error){"hangs": hang, "is deaf": deaf} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(responder.InspectorFunc(func(ctx context.Context, task responder.Task) (responder.Page, error) {
					if task.Attribute.Value == "slow" {
						return f(ctx)
					}
					return signal, nil
				}), func(o *host.InspectorOptions) { o.Concurrency = 2 })
				ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
				defer cancel()
				e := event(record{body: task("a", "slow", "b")})
				assert.Equal(t, []string{"m1"}, failuresIn(t, ctx, d.handler, e))
				assert.Equal(t, "a=found b=found", d.told()[0])
				assert.Equal(t, "m1 0s", d.postpones.list[0], "there was progress: the rest at once")
				assert.NoError(t, ctx.Err())

				ctx2, cancel2 := context.WithTimeout(context.Background(), 60*time.Second)
				defer cancel2()
				failuresIn(t, ctx2, d.handler, event(record{body: task("a", "slow", "b")}))
				assert.Equal(t, "m1 5s", d.postpones.list[len(d.postpones.list)-1], "no progress: by age")
				time.Sleep(2 * time.Hour) // the deaf ones return
			})
		})
	}
}

type both struct {
	all func(context.Context, []responder.Task) ([]responder.Page, error)
}

func (both) Inspect(context.Context, responder.Task) (responder.Page, error) {
	panic("must not be called")
}

func (b both) InspectAll(ctx context.Context, ts []responder.Task) ([]responder.Page, error) {
	return b.all(ctx, ts)
}

func TestABatchInspectorIsAskedOnce(t *testing.T) {
	var asked []int
	err := error(responder.RetryAfter(errors.New("quota"), time.Minute))
	d := newDesk(both{func(_ context.Context, ts []responder.Task) ([]responder.Page, error) {
		asked = append(asked, len(ts))
		pages := make([]responder.Page, len(ts))
		for i, t := range ts {
			pages[i].Signals = []responder.Signal{{Summary: t.Attribute.Value}}
		}
		return pages, err
	}})
	e := event(record{body: task("a", "b", "c"), receives: 2})
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e))
	assert.Equal(t, []string{"m1 1m0s"}, d.postpones.list)
	assert.Empty(t, d.told())
	err = nil
	assert.Empty(t, failures(t, d.handler, e))
	assert.Equal(t, []int{3, 3}, asked)
	require.Equal(t, []string{"a=found b=found c=found done"}, d.told())
	for _, p := range d.submissions.list[0].Pages {
		assert.Equal(t, p.Attribute.Value, p.Signals[0].Summary)
	}
}

func TestABatchInspectorWithTheWrongNumberOfPages(t *testing.T) {
	d := newDesk(both{func(context.Context, []responder.Task) ([]responder.Page, error) {
		return []responder.Page{signal}, nil
	}})
	assert.Empty(t, failures(t, d.handler, event(record{body: task("a", "b")})))
	assert.Equal(t, []string{"a=failed b=failed done"}, d.told())
	assert.Contains(t, d.submissions.list[0].Pages[0].Error, "1 pages for 2 tasks")
}

func TestADeafBatchInspector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(both{func(context.Context, []responder.Task) ([]responder.Page, error) {
			time.Sleep(time.Hour)
			return nil, nil
		}})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		assert.Equal(t, []string{"m1"}, failuresIn(t, ctx, d.handler, event(record{body: task("a")})))
		assert.Equal(t, []string{"m1 5s"}, d.postpones.list)
		time.Sleep(2 * time.Hour)
	})
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		page    responder.Page
		outcome responder.Outcome
	}{
		{responder.Page{}, responder.Nothing},
		{responder.Page{Title: "t"}, responder.Nothing},
		{signal, responder.Found},
		{responder.Page{NewAttributes: []responder.Attribute{{Type: "domain", Value: "a.example"}}}, responder.Found},
		{responder.Page{Outcome: responder.Skipped}, responder.Skipped},
		{responder.Page{Error: "no route"}, responder.Failed},
		{responder.Page{Outcome: "clean"}, responder.Failed},
		{responder.Page{Outcome: responder.Missing}, responder.Failed},
		{responder.Page{Signals: []responder.Signal{{Score: math.NaN()}}}, responder.Failed},
	} {
		d := newDesk(each(func(string) (responder.Page, error) { return c.page, nil }))
		assert.Empty(t, failures(t, d.handler, event(record{body: task("a")})))
		require.Len(t, d.submissions.list, 1)
		got := d.submissions.list[0].Pages[0]
		assert.Equal(t, c.outcome, got.Outcome, "%+v", c.page)
		assert.Equal(t, c.outcome == responder.Failed, got.Error != "", "%+v", c.page)
	}
}

func TestPagesAreBoundedAndSayIt(t *testing.T) {
	huge := responder.Page{Title: "T", OpponentHosts: []responder.OpponentHost{{ID: "h"}}}
	for i := range 1500 {
		huge.Signals = append(huge.Signals, responder.Signal{Kind: "k", Verdict: responder.Harmless, Score: float64(i)})
		huge.OpponentHosts[0].RelatedURLs = append(huge.OpponentHosts[0].RelatedURLs,
			responder.URL{URL: "http://" + strings.Repeat("x", 600), Timestamp: responder.At(start)})
	}
	huge.Signals = append(huge.Signals, responder.Signal{Kind: "k", Verdict: responder.Malicious, Score: 900})
	before := string(mustJSON(huge))
	d := newDesk(each(func(string) (responder.Page, error) { return huge, nil }))
	assert.Empty(t, failures(t, d.handler, event(record{body: task("a")})))
	assert.True(t, before == string(mustJSON(huge)), "the plugin's own page is not touched")

	require.Len(t, d.submissions.list, 1)
	p := d.submissions.list[0].Pages[0]
	assert.Less(t, len(mustJSON(p)), 129<<10)
	assert.Equal(t, "T [cut to fit]", p.Title)
	assert.Equal(t, responder.Malicious, p.Signals[0].Verdict, "the strongest stays")
	assert.EqualValues(t, 100, p.Signals[0].Score)
	assert.Greater(t, len(p.OpponentHosts[0].RelatedURLs), 20)
	assert.Len(t, p.OpponentHosts[0].RelatedURLs[0].URL, 607, "texts are whole")
	assert.True(t, start.Equal(p.OpponentHosts[0].RelatedURLs[0].Timestamp.Time))
}

func TestManyPagesAreSeveralSubmissions(t *testing.T) {
	large := signal
	for range 25 {
		large.SubjectUsers = append(large.SubjectUsers, responder.SubjectUser{UserName: strings.Repeat("u", 4000)})
	}
	d := newDesk(each(func(string) (responder.Page, error) { return large, nil }))
	d.submissions.errs = []error{nil, errors.New("throttled")}
	values := strings.Split("abcdefghijklmnopqrst", "")
	e := event(record{body: task(values...)})
	assert.Equal(t, []string{"m1"}, failures(t, d.handler, e))
	d.submissions.list = nil
	assert.Empty(t, failures(t, d.handler, e))
	require.Equal(t, 3, len(d.submissions.list))
	pages := 0
	for i, s := range d.submissions.list {
		assert.Less(t, len(mustJSON(s)), 1<<20)
		assert.Equal(t, i == 2, s.Done)
		pages += len(s.Pages)
	}
	assert.Equal(t, 20, pages)
}

func TestWhatIsMissingIsSaidAtTheStart(t *testing.T) {
	ports := host.InspectorPorts{Submit: &submissions{}, Now: time.Now}
	good := host.InspectorOptions{ID: "a"}
	i := each(func(string) (responder.Page, error) { return signal, nil })
	assert.NotPanics(t, func() { host.Inspector(i, ports, good) })
	for want, f := range map[string]func(){
		"the inspector is nil": func() { host.Inspector(nil, ports, good) },
		"inspector is nil":     func() { host.Inspector(responder.InspectorFunc(nil), ports, good) },
		"inspector is nil\n":   func() { host.Inspector((*both)(nil), ports, host.InspectorOptions{}) },
		"Submit is nil\nNow":   func() { host.Inspector(i, host.InspectorPorts{}, good) },
		"id: \"A_B\"":          func() { host.Inspector(i, ports, host.InspectorOptions{ID: "A_B"}) },
		"types: \"IP\"":        func() { host.Inspector(i, ports, host.InspectorOptions{ID: "a", Types: []string{"IP"}}) },
		"concurrency: -1":      func() { host.Inspector(i, ports, host.InspectorOptions{ID: "a", Concurrency: -1}) },
	} {
		func() {
			defer func() { assert.Contains(t, fmt.Sprint(recover()), want) }()
			f()
		}()
	}
}
