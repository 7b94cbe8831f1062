package history_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var update = flag.Bool("update", false, "write testdata")

var (
	begin   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	visitor = responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.7", Key: "remote address", Context: []string{responder.ContextRemote}}
	desk    = responder.Attribute{Type: responder.TypeInstance, Value: "i-0123456789abcdef0", Context: []string{responder.ContextLocal}}
)

const day = 24 * time.Hour

// diary is both, on a clock that the test moves.
type diary struct {
	t      *testing.T
	memory responder.Memory
	now    time.Time
	reader responder.Inspector
	writer responder.Emitter
}

func newDiary(t *testing.T) *diary {
	t.Helper()
	d := &diary{t: t, memory: responder.NewMemory(), now: begin}
	o := history.Options{Memory: d.memory, Now: func() time.Time { return d.now }}
	var err error
	d.reader, err = history.New(o)
	require.NoError(t, err)
	d.writer, err = history.NewHistorian(o)
	require.NoError(t, err)
	return d
}

// verdict is a report of the day with that number, about a visitor.
func verdict(n int, severity responder.Severity) responder.Report {
	at := begin.Add(time.Duration(n) * day)
	alert := responder.Alert{Name: "Login from afar", Rule: "login", Key: "alice", Severity: 40, Attrs: []responder.Attribute{visitor, desk}}
	return responder.Report{V: responder.SchemaVersion, ReportID: fmt.Sprintf("REPORT-%03d", n), Status: responder.StatusPublished, Seq: 3,
		Alert: alert, Alerts: []responder.Alert{alert}, AlertCount: 1, Result: responder.Result{Severity: severity, Reason: "so it was"},
		OpenedAt: responder.At(at), SettledAt: responder.At(at.Add(8 * time.Second))}
}

// tell tells of a report at the time when it was settled.
func (d *diary) tell(r responder.Report) {
	d.t.Helper()
	if r.SettledAt.After(d.now) {
		d.now = r.SettledAt.Time
	}
	_, err := d.writer.Emit(d.t.Context(), r, nil)
	require.NoError(d.t, err)
}

// many tells of one report a day, each as the change makes it.
func (d *diary) many(n int, change func(*responder.Report)) {
	d.t.Helper()
	for i := range n {
		r := verdict(i, responder.Safe)
		if change != nil {
			change(&r)
		}
		d.tell(r)
	}
}

func task(change ...func(*responder.Task)) responder.Task {
	t := responder.Task{ReportID: "REPORT-NOW", Attribute: visitor, Alert: responder.Alert{Name: "Login from afar", Rule: "login", Key: "bob", Severity: 40}}
	for _, f := range change {
		f(&t)
	}
	return t
}

func (d *diary) ask(t responder.Task) responder.Page {
	d.t.Helper()
	page, err := d.reader.Inspect(d.t.Context(), t)
	require.NoError(d.t, err)
	require.NoError(d.t, respondertest.CheckPage(t, page))
	return page
}

// says is the verdict of the first signal, and its summary.
func (d *diary) says(t responder.Task) (responder.SignalVerdict, string) {
	d.t.Helper()
	page := d.ask(t)
	if len(page.Signals) == 0 {
		return "", page.Title
	}
	assert.Equal(d.t, history.ID, page.Signals[0].Kind)
	return page.Signals[0].Verdict, page.Signals[0].Summary
}

func TestTheContracts(t *testing.T) {
	d := newDiary(t)
	respondertest.TestEmitter(t, d.writer)
	respondertest.TestInspector(t, d.reader)
	for _, task := range respondertest.Tasks() {
		alert := responder.Alert{Name: task.Attribute.Value, Rule: "sample-rule", Attrs: []responder.Attribute{task.Attribute}}
		r := verdict(1, responder.Urgent)
		r.Alert, r.Alerts = alert, []responder.Alert{alert}
		d.tell(r)
	}
	respondertest.TestInspector(t, d.reader)
}

func TestNobodyHasSeenIt(t *testing.T) {
	d := newDiary(t)
	assert.Zero(t, d.ask(task()), "nothing is no word for harmless")
	page := d.ask(task(func(t *responder.Task) {
		t.Attribute = responder.Attribute{Type: responder.TypeJSON, Value: `{"a":1}`}
	}))
	assert.Equal(t, responder.Skipped, page.Outcome)
}

func TestSeen14TimesAnd13Safe(t *testing.T) {
	d := newDiary(t)
	d.many(14, func(r *responder.Report) {
		if r.ReportID == "REPORT-005" {
			r.Result.Severity = responder.Unclassified
		}
	})
	page := d.ask(task())
	assert.Equal(t, "Seen 14 times, 13 safe", page.Title)
	require.Len(t, page.Signals, 6)
	s := page.Signals[0]
	assert.Equal(t, responder.Harmless, s.Verdict)
	assert.Equal(t, 88.0, s.Score)
	assert.Equal(t, "seen 14 times in reports since 2026-03-01: 13 safe, 1 unclassified, 0 urgent. Of 14 of the same rule 13 were safe.", s.Summary)
	assert.True(t, s.SeenAt.Equal(begin.Add(13*day)), s.SeenAt)
	assert.Equal(t, "safe: Login from afar (report REPORT-013)", page.Signals[1].Summary)
	for _, s := range page.Signals[1:] {
		assert.Equal(t, responder.UnknownSignal, s.Verdict)
	}
}

// Each of these is one thing less than what makes a history harmless.
func TestWhatIsNotHarmless(t *testing.T) {
	set := func(severity responder.Severity, of ...int) func(*responder.Report) {
		return func(r *responder.Report) {
			for _, n := range of {
				if r.ReportID == fmt.Sprintf("REPORT-%03d", n) {
					r.Result.Severity = severity
				}
			}
		}
	}
	leaning := func(other responder.SignalVerdict) func(*responder.Report) {
		return func(r *responder.Report) {
			r.Signals = []responder.Signal{
				{Kind: history.ID, Verdict: responder.Harmless, Attribute: &visitor, Inspector: history.ID},
				{Kind: "reputation", Verdict: other, Attribute: &visitor, Inspector: "greynoise"},
			}
		}
	}
	for name, c := range map[string]struct {
		n     int
		past  func(*responder.Report)
		task  func(*responder.Task)
		later time.Duration
		want  responder.SignalVerdict
		why   string
	}{
		"enough":                 {n: 10, want: responder.Harmless, why: "Of 10 of the same rule 10 were safe."},
		"too few":                {n: 9, want: responder.UnknownSignal, why: "9 of the same rule were safe, expected 10"},
		"too mixed":              {n: 14, past: set(responder.Unclassified, 3, 7), want: responder.UnknownSignal, why: "12 of 14"},
		"one urgent":             {n: 14, past: set(responder.Urgent, 3), want: responder.Suspicious, why: "An urgent report was about it on 2026-03-04."},
		"once urgent":            {n: 60, past: set(responder.Urgent, 3), want: responder.UnknownSignal, why: "one was urgent"},
		"of one day":             {n: 14, past: func(r *responder.Report) { r.OpenedAt = responder.At(begin) }, want: responder.UnknownSignal, why: "less than 7 days"},
		"long ago":               {n: 14, later: 30*day + time.Minute, want: responder.UnknownSignal, why: "older than 30 days"},
		"not so long ago":        {n: 14, later: 30*day - time.Minute, want: responder.Harmless},
		"of another rule":        {n: 14, task: func(t *responder.Task) { t.Alert.Rule = "root login" }, want: responder.UnknownSignal, why: "0 of the same rule"},
		"more severe":            {n: 14, task: func(t *responder.Task) { t.Alert.Severity = 41 }, want: responder.UnknownSignal, why: "none of the safe ones was as severe"},
		"found in a text":        {n: 14, task: func(t *responder.Task) { t.Attribute.Context = []string{responder.ContextExtracted} }, want: responder.UnknownSignal, why: "nobody knows"},
		"on one's own side":      {n: 14, task: func(t *responder.Task) { t.Attribute = desk }, want: responder.UnknownSignal, why: "one's own side"},
		"was on one's own":       {n: 14, past: func(r *responder.Report) { local(r) }, want: responder.UnknownSignal, why: "0 of the same rule"},
		"cut":                    {n: 14, past: func(r *responder.Report) { r.Truncated = true }, want: responder.UnknownSignal, why: "0 of the same rule"},
		"of its own making":      {n: 14, past: leaning(responder.UnknownSignal), want: responder.UnknownSignal, why: "0 of the same rule"},
		"not of its own":         {n: 14, past: leaning(responder.Harmless), want: responder.Harmless},
		"a verdict that is none": {n: 14, past: func(r *responder.Report) { r.Result.Severity = "fine" }, want: responder.UnknownSignal, why: "0 safe, 14 unclassified"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDiary(t)
			d.many(c.n, c.past)
			d.now = begin.Add(time.Duration(c.n-1)*day + c.later)
			if c.task == nil {
				c.task = func(*responder.Task) {}
			}
			got, why := d.says(task(c.task))
			assert.Equal(t, c.want, got, why)
			assert.Contains(t, why, c.why)
		})
	}
}

func local(r *responder.Report) {
	a := visitor
	a.Context = []string{responder.ContextLocal}
	r.Alerts[0].Attrs = []responder.Attribute{a}
}

// Tests, and what is over, are no evidence; notices are not yet any.
func TestWhatIsNoEvidence(t *testing.T) {
	for name, change := range map[string]func(*responder.Report){
		"a notice": func(r *responder.Report) { r.Status = responder.StatusOngoing },
		"a sample": func(r *responder.Report) { r.Alerts[0].Sample = true },
		"resolved": func(r *responder.Report) { r.Alerts[0].State = responder.Resolved },
	} {
		d := newDiary(t)
		d.many(14, change)
		assert.Zero(t, d.ask(task()), name)
	}
}

// Of what the report was about is said by signals; without any, all that was on the other side. What was only near it
// is not suspicious, and not harmless any more.
func TestWhoIsSuspicious(t *testing.T) {
	other := responder.Attribute{Type: responder.TypeDomain, Value: "example.com"}
	bad := func(a *responder.Attribute, by string) responder.Signal {
		return responder.Signal{Kind: by, Verdict: responder.Malicious, Attribute: a, Inspector: by}
	}
	for name, c := range map[string]struct {
		signals               []responder.Signal
		visitor, other, aside responder.SignalVerdict
	}{
		"nobody said of what":      {nil, responder.Suspicious, responder.Suspicious, responder.UnknownSignal},
		"of nothing in particular": {[]responder.Signal{bad(nil, "policy")}, responder.Suspicious, responder.Suspicious, responder.UnknownSignal},
		"of one":                   {[]responder.Signal{bad(&visitor, "list")}, responder.Suspicious, responder.UnknownSignal, responder.UnknownSignal},
		"of one's own":             {[]responder.Signal{bad(&desk, "list")}, responder.UnknownSignal, responder.UnknownSignal, responder.UnknownSignal},
		"history said so":          {[]responder.Signal{bad(&visitor, history.ID)}, responder.UnknownSignal, responder.UnknownSignal, responder.UnknownSignal},
		"of what came later":       {[]responder.Signal{bad(&added, "list")}, responder.UnknownSignal, responder.UnknownSignal, responder.Suspicious},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDiary(t)
			r := verdict(1, responder.Urgent)
			r.Alerts[0].Attrs = []responder.Attribute{visitor, desk, other}
			r.Inspections = []responder.Inspection{{Inspector: "dns", Attribute: &added, Outcome: responder.Found}, {Inspector: "dns", Attribute: &visitor}, {Inspector: "late"}}
			r.Signals = c.signals
			d.tell(r)
			about := func(a responder.Attribute) responder.SignalVerdict {
				v, _ := d.says(task(func(t *responder.Task) { t.Attribute = a }))
				return v
			}
			assert.Equal(t, c.visitor, about(visitor))
			assert.Equal(t, c.other, about(other))
			assert.Equal(t, c.aside, about(added))
			assert.Equal(t, responder.UnknownSignal, about(desk), "what is one's own is told, and no more")
		})
	}
}

var added = responder.Attribute{Type: responder.TypeIPAddr, Value: "203.0.113.9"}

// A report does not hear of itself, also when it asks for a second time, and when it is among those of which little is left.
func TestAReportDoesNotHearOfItself(t *testing.T) {
	d := newDiary(t)
	d.tell(verdict(0, responder.Urgent))
	own := task(func(t *responder.Task) { t.ReportID = "REPORT-000" })
	assert.Zero(t, d.ask(own))
	d.tell(verdict(1, responder.Unclassified))
	_, why := d.says(own)
	assert.Contains(t, why, "0 of the same rule were safe")
	for i := 1; i < 60; i++ {
		r := verdict(i, responder.Safe)
		r.Seq = 5
		r.OpenedAt = responder.At(begin)
		d.tell(r)
	}
	assert.Equal(t, "Seen 59 times, 59 safe", d.ask(own).Title)
	own.ReportID = "REPORT-001"
	assert.Equal(t, "Seen 59 times, 58 safe", d.ask(own).Title)
	assert.Equal(t, "Seen 60 times, 59 safe", d.ask(task()).Title)
}

// What was on both sides in one report was on the other; what was on one's own when it was urgent is not what it was about.
func TestSides(t *testing.T) {
	d := newDiary(t)
	r := verdict(0, responder.Urgent)
	local(&r)
	d.tell(r)
	said, why := d.says(task())
	assert.Equal(t, responder.UnknownSignal, said)
	assert.Contains(t, why, "one was urgent")

	d = newDiary(t)
	own := visitor
	own.Context = []string{responder.ContextLocal}
	d.many(14, func(r *responder.Report) { r.Alerts[0].Attrs = []responder.Attribute{own, visitor, own} })
	said, why = d.says(task())
	assert.Equal(t, responder.Harmless, said, why)
}

func TestAVerdictIsCorrected(t *testing.T) {
	d := newDiary(t)
	r := verdict(0, responder.Unclassified)
	d.tell(r)
	r.Seq, r.Result.Severity = 7, responder.Urgent
	d.tell(r)
	r.Seq, r.Result.Severity = 5, responder.Safe
	d.tell(r) // overtaken
	assert.Equal(t, "Seen once, 0 safe", d.ask(task()).Title)
	verdict, why := d.says(task())
	assert.Equal(t, responder.Suspicious, verdict)
	assert.Contains(t, why, "0 safe, 0 unclassified, 1 urgent")
	r.Seq, r.Result.Severity = 9, responder.Safe
	d.tell(r)
	assert.Equal(t, "Seen once, 1 safe", d.ask(task()).Title)
}

// A flood of harmless reports does not drive out what was urgent, nor a busy day the weeks before it.
func TestWhatStaysOfMany(t *testing.T) {
	d := newDiary(t)
	d.many(12, nil)
	urgent := verdict(12, responder.Urgent)
	urgent.Alerts[0].Attrs = []responder.Attribute{visitor}
	d.tell(urgent)
	for i := range 500 {
		r := verdict(13, responder.Safe)
		r.ReportID = fmt.Sprintf("FLOOD-%d", i)
		d.tell(r)
	}
	page := d.ask(task())
	assert.Equal(t, responder.Suspicious, page.Signals[0].Verdict)
	assert.Equal(t, "urgent: Login from afar (report REPORT-012)", page.Signals[1].Summary)
	assert.Equal(t, "Seen 513 times, 512 safe", page.Title)

	urgent.Seq, urgent.Result.Severity = 5, responder.Safe
	d.tell(urgent)
	said, why := d.says(task())
	assert.Equal(t, responder.Harmless, said, "%s: the twelve days before are still there", why)
}

// Much that was urgent leaves room for what came after it.
func TestUrgentReportsLeaveRoom(t *testing.T) {
	d := newDiary(t)
	for i := range 40 {
		d.tell(verdict(i, []responder.Severity{responder.Urgent, responder.Safe}[i/20]))
	}
	e, err := d.memory.Load(t.Context(), history.KeyOf(visitor))
	require.NoError(t, err)
	assert.Equal(t, 10, strings.Count(string(e.Value), `"severity":"urgent"`))
	assert.Equal(t, 10, strings.Count(string(e.Value), `"severity":"safe"`))
	assert.Contains(t, string(e.Value), "REPORT-019")
	assert.NotContains(t, string(e.Value), "REPORT-009")
}

func TestThereIsABound(t *testing.T) {
	d := newDiary(t)
	for i := range 300 {
		r := verdict(i/40, []responder.Severity{responder.Safe, responder.Unclassified, responder.Urgent}[i%3])
		r.ReportID = fmt.Sprint(i) + strings.Repeat("\U0001F4A5", 500)
		r.Alert.Name = strings.Repeat("\u0000\U0001F4A5\"", 500)
		r.Alert.Rule = strings.Repeat("x", 5000)
		d.tell(r)
	}
	e, err := d.memory.Load(t.Context(), history.KeyOf(visitor))
	require.NoError(t, err)
	assert.Less(t, len(e.Value), 20<<10)
	text, err := json.Marshal(d.ask(task()))
	require.NoError(t, err)
	assert.Less(t, len(text), 8<<10)
}

// Of a report with more attributes than are kept the other side is kept first.
func TestOneReportIsBounded(t *testing.T) {
	counted := &counting{Memory: responder.NewMemory()}
	writer, err := history.NewHistorian(history.Options{Memory: counted})
	require.NoError(t, err)
	r := verdict(0, responder.Safe)
	r.Alerts[0].Attrs = nil
	for i := range 100 {
		a := responder.Attribute{Type: responder.TypeHostname, Value: fmt.Sprint("h", i), Context: []string{responder.ContextLocal}}
		r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, a, a)
	}
	r.Alerts[0].Attrs = append(r.Alerts[0].Attrs, visitor, responder.Attribute{Type: responder.TypeJSON, Value: "{}"})
	_, err = writer.Emit(t.Context(), r, nil)
	require.NoError(t, err)
	assert.Equal(t, int64(64), counted.swaps.Load())
	e, err := counted.Memory.Load(t.Context(), history.KeyOf(visitor))
	require.NoError(t, err)
	assert.NotZero(t, e.Ver)

	counted.loads.Store(0)
	_, err = writer.Emit(t.Context(), r, nil)
	require.NoError(t, err)
	assert.Equal(t, []int64{64, 64}, []int64{counted.loads.Load(), counted.swaps.Load()}, "what stands there is not written again")

	counted.loads.Store(0)
	reader, err := history.New(history.Options{Memory: counted})
	require.NoError(t, err)
	_, err = reader.Inspect(t.Context(), task())
	require.NoError(t, err)
	assert.Equal(t, int64(1), counted.loads.Load(), "one question for each attribute")
}

func TestItExpires(t *testing.T) {
	d := newDiary(t)
	d.tell(verdict(0, responder.Safe))
	d.now = begin.Add(90*day + 7*time.Second)
	assert.Equal(t, "Seen once, 1 safe", d.ask(task()).Title)
	d.now = begin.Add(90*day + 9*time.Second)
	assert.Zero(t, d.ask(task()), "also while it is still there")
	d.tell(verdict(91, responder.Safe))
	assert.Equal(t, "Seen once, 1 safe", d.ask(task()).Title)
	d.tell(verdict(180, responder.Safe))
	d.tell(verdict(182, responder.Safe))
	page := d.ask(task())
	assert.Equal(t, "Seen 3 times, 3 safe", page.Title)
	assert.Len(t, page.Signals, 3, "a report that is gone is only counted")
}

// The entry of testdata is read by each release from now on.
func TestTheGoldenEntry(t *testing.T) {
	d := newDiary(t)
	for _, n := range []int{0, 60, 95} { // the first one is gone when the last one comes
		d.tell(verdict(n, responder.Safe))
	}
	d.tell(verdict(96, responder.Urgent))
	e, err := d.memory.Load(t.Context(), history.KeyOf(visitor))
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("testdata/entry.json", append(e.Value, '\n'), 0o644))
	}
	want, err := os.ReadFile("testdata/entry.json")
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(string(want)), string(e.Value))
	assert.Equal(t, "history#ipaddr#521c3bfa4c5e8d9f4705bf130589d1e7", history.KeyOf(visitor))
}

// A newer neighbour may have written it; what cannot be read is said to be so, and is not written over.
func TestWhatIsRememberedByOthers(t *testing.T) {
	golden, err := os.ReadFile("testdata/entry.json")
	require.NoError(t, err)
	for text, want := range map[string]string{
		string(golden): "Seen 4 times, 3 safe",
		strings.Replace(string(golden), `{"v":1,`, `{"v":2,"mood":["fine"],`, 1): "Seen 4 times, 3 safe",
		strings.Replace(string(golden), `{"v":1,`, `{"v":3,`, 1):                 "",
		`{"v":1,"total":[]}`: "",
		`{}`:                 "",
		`broken`:             "",
	} {
		d := newDiary(t)
		d.now = begin.Add(97 * day)
		require.NoError(t, d.memory.Store(t.Context(), history.KeyOf(visitor), []byte(text), d.now.Add(day)))
		page, err := d.reader.Inspect(t.Context(), task())
		_, failure := d.writer.Emit(t.Context(), verdict(97, responder.Safe), nil)
		if want != "" {
			require.NoError(t, err)
			require.NoError(t, failure)
			assert.Equal(t, want, page.Title)
			assert.Equal(t, "Seen 5 times, 4 safe", d.ask(task()).Title)
			continue
		}
		assert.True(t, responder.IsPermanent(err), "%s: %v", text, err)
		assert.True(t, responder.IsPermanent(failure), "%s: %v", text, failure)
		e, err := d.memory.Load(t.Context(), history.KeyOf(visitor))
		require.NoError(t, err)
		assert.Equal(t, text, string(e.Value))
		assert.Equal(t, "Seen once, 1 safe", d.ask(task(func(t *responder.Task) { t.Attribute = desk })).Title, "the others are written")
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []history.Options{{}, {Memory: responder.NewMemory(), Keep: -1}} {
		_, err := history.New(o)
		assert.Error(t, err)
		_, err = history.NewHistorian(o)
		assert.Error(t, err)
	}
	for text, want := range map[string]time.Duration{"": 0, " 30 ": 30 * day, "1": day, "0": -1, "x": -1, "36501": -1} {
		got, err := history.Days(text)
		if want < 0 {
			assert.ErrorContains(t, err, "RETENTION_DAYS", text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}
