package inprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// A world is a pipeline whose calls can be spoiled, and a witness that remembers what was stored, sent and shown.
type world struct {
	calls
	scenario
	p       *Pipeline
	reports map[string]*known
	alerts  map[string]*sent                         // by name
	shown   map[string]map[string][]responder.Report // what emitters were given, by emitter and report
	broken  []string
	under   under   // what lies under all calls, unspoiled
	on      *engine // nil: all is in memory
	salt    string  // part of each alert's key, so that its incidents are this world's alone
}

// under is where the witness looks.
type under struct {
	store    store.Store
	receipts plugindata.Receipts
}

// known is what the witness knows of one report.
type known struct {
	bodies     map[string]string // what a verdict must tell of each body, by key
	registered map[string]bool   // alerts that are evidence
	awaited    protocol.Set      // who must not be passed over before the deadline
	done       map[string]bool   // keys of submissions that were the last of their inspectors
	asked      map[string]bool
	published  map[int64]string // verdicts by seq
	noticed    int64            // highest seq of a notice
	judged     int64            // highest that the item said
	last       responder.Report // the verdict with the highest seq
}

// sent is one alert that was sent.
type sent struct {
	testAlert
	acknowledged, counted bool
	unknown               bool // it resolved what nobody knew
}

// schedule is what happens to the calls of a run.
type schedule struct {
	faults map[int]fault
	others map[int]int
	pauses map[int]time.Duration
	seed   uint64 // of the rude bus; 0: it is polite
	hurry  int    // which handler has little time, from 1
}

func (s schedule) rude() *rand.Rand {
	if s.seed == 0 {
		return nil
	}
	return rand.New(rand.NewPCG(s.seed, 0))
}

// play runs a scenario to its rest, and looks at it.
func play(ctx context.Context, s scenario, plan schedule) *world { return run(ctx, begin(s, plan)) }

func run(ctx context.Context, w *world) *world {
	w.script(ctx)
	w.check(ctx)
	return w
}

func begin(s scenario, plan schedule) *world {
	w := &world{scenario: s}
	w.start(plan, Wrap{
		Store:    func(to store.Store) store.Store { return wrappedStore{w, to} },
		Bus:      func(to bus.Bus) bus.Bus { return wrappedBus{w, to} },
		Receipts: func(to plugindata.Receipts) plugindata.Receipts { return wrappedReceipts{w, to} },
		Handler:  w.wrap,
	})
	w.under = under{w.p.store, w.p.receipts}
	w.step = w.p.bus.Step
	return w
}

// start puts the world's pipeline together.
func (w *world) start(plan schedule, wrap Wrap) {
	w.calls = calls{faults: plan.faults, others: plan.others, pauses: plan.pauses, hurry: plan.hurry, ofStage: map[int]bool{}, pass: w.pause}
	w.reports, w.alerts, w.shown = map[string]*known{}, map[string]*sent{}, map[string]map[string][]responder.Report{}
	c := Config{Rules: w.rules, Start: start, Rude: plan.rude(), Wrap: wrap}
	for _, i := range w.inspectors {
		c.Inspectors = append(c.Inspectors, Inspector{ID: i.id, Types: i.types, Inspector: w.inspector(i), Unlisted: i.unlisted})
	}
	for _, id := range w.emitters {
		w.shown[id] = map[string][]responder.Report{}
		c.Emitters = append(c.Emitters, Emitter{ID: id, Emitter: w.emitter(id)})
	}
	if w.own {
		c.Reviewer = w.judge()
	}
	var err error
	if w.p, err = New(c); err != nil {
		panic(err)
	}
}

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func (w *world) script(ctx context.Context) {
	if w.whole {
		w.sendWhole(ctx)
		_ = w.p.Settle(ctx)
		return
	}
	for _, e := range w.events {
		if d := start.Add(e.at).Sub(w.p.Now()); d > 0 || !w.together {
			_ = w.p.Advance(ctx, d)
		}
		w.send(ctx, e)
	}
	_ = w.p.Settle(ctx)
}

// pause lets time pass between two calls of a handler, in which another alert comes in.
func (w *world) pause(ctx context.Context, d time.Duration) {
	w.p.clock.advance(w.p.Now().Add(d))
	w.send(ctx, alert(w.p.Now().Sub(start), "meanwhile", "m"))
}

func (w *world) send(ctx context.Context, a testAlert) {
	a.Key += w.salt
	w.alerts[a.Name] = &sent{testAlert: a}
	_ = w.p.Send(ctx, a.message())
}

// sendWhole sends all events in one message.
func (w *world) sendWhole(ctx context.Context) {
	var list []json.RawMessage
	for _, e := range w.events {
		e.Key += w.salt
		w.alerts[e.Name] = &sent{testAlert: e}
		list = append(list, e.message())
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	_ = w.p.Send(ctx, body)
}

// wrap also takes the place of handlers that are gone, and of stages that cannot read the inspectors' list.
func (w *world) wrap(queue string, h host.Handler) host.Handler {
	for _, i := range w.inspectors {
		if i.id == queue && i.silent {
			return handlerFunc(func(context.Context, []byte) ([]byte, error) { return envelope.Failures(nil), nil })
		}
	}
	if !w.unreadable || queue != bus.AlertQueue && queue != bus.SubmissionQueue {
		return w.handler(queue, h)
	}
	return w.handler(queue, handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		ports := w.p.ports
		ports.Inspectors = unreadable{}
		if queue == bus.AlertQueue {
			return ports.Receptor().Invoke(ctx, payload)
		}
		return ports.Submitter().Invoke(ctx, payload)
	}))
}

type unreadable struct{}

func (unreadable) Inspectors(context.Context) ([]registry.Inspector, error) { return nil, errInjected }

func (w *world) fail(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.broken, text) {
		w.broken = append(w.broken, text)
	}
}

func (w *world) report(id string) *known {
	if w.reports[id] == nil {
		w.reports[id] = &known{
			bodies: map[string]string{}, registered: map[string]bool{}, asked: map[string]bool{}, published: map[int64]string{},
			done: map[string]bool{},
		}
	}
	return w.reports[id]
}

// What the witness sees.

func (w *world) opened(was, item protocol.Item) {
	if was.Exists() && item.ReportID != was.ReportID && !was.Settled() {
		w.fail("report %s was replaced before all in it was judged", was.ReportID)
	}
}

// put notes a body, and what a verdict must tell of it.
func (w *world) put(reportID string, b store.Body) {
	f, k := w.top(), w.report(reportID)
	evidence, err := record.Evidence([]store.Body{b}, nil)
	if err != nil {
		w.fail("body %s: %v", b.Key, err)
	}
	for _, a := range evidence.Alerts {
		k.bodies[b.Key] = "alert " + a.Name
		if f.stored[reportID] == nil {
			f.stored[reportID] = map[string]bool{}
		}
		f.stored[reportID][a.Name] = true
	}
	for _, finding := range evidence.Findings {
		var told []string
		for _, p := range finding.Pages {
			told = append(told, row(finding.Token, p.Attribute.Value, p.Outcome))
		}
		k.bodies[b.Key] = strings.Join(told, "\n")
		if k.done[b.Key] {
			k.awaited = k.awaited.Without(finding.Token)
		}
	}
}

func row(token, value string, o responder.Outcome) string {
	return fmt.Sprintf("inspection %s of %s: %s", token, value, o)
}

// tells is what a report tells, in the words of put.
func tells(r responder.Report) map[string]bool {
	out := map[string]bool{}
	for _, a := range r.Alerts {
		out["alert "+a.Name] = true
	}
	for _, i := range r.Inspections {
		value := ""
		if i.Attribute != nil {
			value = i.Attribute.Value
		}
		out[row(protocol.Token(i.Origin, i.Inspector), value, i.Outcome)] = true
	}
	return out
}

// missing is what of some bodies a report does not tell.
func missing(r responder.Report, bodies map[string]string) (out []string) {
	told := tells(r)
	for _, key := range slices.Sorted(maps.Keys(bodies)) {
		for line := range strings.Lines(bodies[key]) {
			if line = strings.TrimSpace(line); line != "" && !told[line] {
				out = append(out, line)
			}
		}
	}
	return out
}

func (w *world) swapped(was, next, item protocol.Item) {
	f, k := w.top(), w.report(item.ReportID)
	f.updated = true
	switch f.queue {
	case bus.ReviewQueue:
		if w.p.Now().UnixMilli() < was.DeadlineAt {
			w.fail("the deadline was taken for come before it came")
		}
		k.awaited = nil
	case bus.AlertQueue:
		f.evidence[item.ReportID] += next.Bodies - was.Bodies
		if int(f.evidence[item.ReportID]) > len(f.stored[item.ReportID]) {
			w.fail("an alert is evidence, and its body is not stored")
		}
		for name := range f.stored[item.ReportID] {
			k.registered[name] = true
		}
	}
	if still := was.Pending.Without(was.Pending.Without(next.Pending...)...); len(still) > 0 && was.DeadlineAt != next.DeadlineAt {
		w.fail("the deadline of %v was moved", still)
	}
	k.awaited = k.awaited.With(next.Pending.Without(was.Pending...)...)
}

func (w *world) sawItem(item protocol.Item) {
	f := w.top()
	f.unknown = f.unknown || !item.Exists()
	if f.queue == bus.ReviewQueue && item.Exists() {
		f.item, f.overdue = item, slices.Clone(w.report(item.ReportID).awaited)
	}
}

func (w *world) reads(reportID string) {
	if f := w.top(); f.queue == bus.ReviewQueue {
		f.read = maps.Clone(w.report(reportID).bodies)
	}
}

// judged looks at a verdict that is to be stored.
func (w *world) judged(reportID string, v store.Verdict) {
	f := w.top()
	r, err := record.Report(v)
	if err != nil {
		w.fail("verdict %d: %v", v.Ver, err)
	}
	if v.Ver == f.item.Ver && len(f.overdue) > 0 {
		w.fail("judged while %v was awaited", f.overdue)
	}
	if left := missing(r, f.read); len(left) > 0 && !r.Truncated {
		w.fail("the verdict on ver %d does not tell what was stored before: %v", v.Ver, left)
	}
}

// submits looks at what inspectors send.
func (w *world) submits(m bus.Message) {
	var s responder.Submission
	if err := json.Unmarshal([]byte(m.Body), &s); err != nil {
		w.fail("submission: %v", err)
	}
	if b, err := record.Finding(record.Part(s.Pages), 0, s); err == nil && s.Done {
		w.report(s.ReportID).done[b.Key] = true
	}
}

// told looks at what is published.
func (w *world) told(topic string, m bus.Message) {
	switch topic {
	case bus.TaskNotification:
		var t responder.TaskMessage
		if err := json.Unmarshal([]byte(m.Body), &t); err != nil {
			w.fail("task: %v", err)
		}
		for _, a := range t.Attributes {
			w.report(t.ReportID).asked[a.Value] = true
		}
	case bus.ReportNotification:
		var r responder.Report
		if err := json.Unmarshal([]byte(m.Body), &r); err != nil {
			w.fail("report: %v", err)
		}
		w.heard(r, m.Body)
	}
}

func (w *world) heard(r responder.Report, body string) {
	k := w.report(r.ReportID)
	if r.Status != responder.StatusPublished {
		k.noticed = max(k.noticed, r.Seq)
		return
	}
	if was, ok := k.published[r.Seq]; ok && was != body {
		w.fail("seq %d of %s has two contents", r.Seq, r.ReportID)
	}
	k.published[r.Seq] = body
	if r.Seq > k.last.Seq {
		k.last = r
	}
}

// answered notes which alerts a receptor has accepted.
func (w *world) answered(f *frame, answer []byte, err error) {
	if f.queue != bus.AlertQueue || err != nil {
		return
	}
	failed, err := envelope.ReadFailures(answer)
	if err != nil {
		w.fail("answer: %v", err)
	}
	for _, d := range f.deliveries() {
		var list []responder.Alert
		if slices.Contains(failed, d.ID) {
			continue
		}
		if body := []byte(d.Body); json.Unmarshal(body, &list) != nil {
			list = make([]responder.Alert, 1)
			_ = json.Unmarshal(body, &list[0])
		}
		for _, a := range list {
			if s := w.alerts[a.Name]; s != nil {
				s.acknowledged, s.counted = true, s.counted || f.updated
				s.unknown = s.unknown || f.unknown && a.State == responder.Resolved
			}
		}
	}
}
