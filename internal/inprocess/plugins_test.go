package inprocess

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// scenario is what happens in a world without any fault.
type scenario struct {
	name       string
	rules      protocol.Rules
	inspectors []plugin
	emitters   []string
	unreadable bool // the list of inspectors
	own        bool // a reviewer of one's own
	events     []testAlert
	together   bool // events of one time come in one batch
	whole      bool // events come in one message
}

// testAlert is an alert, and when it is sent.
type testAlert struct {
	responder.Alert
	at time.Duration
}

// plugin is how an inspector behaves.
type plugin struct {
	id       string
	types    []string
	unlisted bool          // nobody awaits it
	silent   bool          // it gets tasks and never answers
	slow     time.Duration // it answers from then on
	slowOn   string        // only where it is asked about this user; empty: always
	half     bool          // it answers the first attribute at once, and the others after two minutes
	fails    bool
	finds    map[string][]string // users that the inspection of a user brings
}

func alert(at time.Duration, name string, users ...string) testAlert {
	a := testAlert{at: at, Alert: responder.Alert{
		Name: name, Rule: "rule", Key: "key", Severity: 50, Timestamp: responder.Span(start, start.Add(at)),
	}}
	for _, u := range users {
		a.Attrs = append(a.Attrs, user(u))
	}
	return a
}

func user(name string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeUsername, Value: name}
}

func (a testAlert) with(change func(*responder.Alert)) testAlert {
	change(&a.Alert)
	return a
}

func (a testAlert) message() []byte {
	text, err := json.Marshal(a.Alert)
	if err != nil {
		panic(err)
	}
	return text
}

// inspector is a plugin as an Inspector.
func (w *world) inspector(p plugin) responder.Inspector {
	return responder.InspectorFunc(func(_ context.Context, t responder.Task) (responder.Page, error) {
		since := w.p.Now().Sub(start)
		switch {
		case p.slow > since && (p.slowOn == "" || p.slowOn == t.Attribute.Value):
			return responder.Page{}, responder.RetryAfter(errInjected, p.slow-since)
		case p.half && since < 2*time.Minute && t.Attribute.Value != t.Alert.Attrs[0].Value:
			return responder.Page{}, responder.RetryAfter(errInjected, 2*time.Minute-since)
		case p.fails:
			return responder.Page{}, responder.Permanent(errInjected)
		}
		page := responder.Page{Signals: []responder.Signal{{Kind: "test", Verdict: responder.Suspicious, Summary: "seen"}}}
		for _, name := range p.finds[t.Attribute.Value] {
			page.NewAttributes = append(page.NewAttributes, user(name))
		}
		return page, nil
	})
}

// emitter shows what it is given; showing is a call like others.
func (w *world) emitter(id string) responder.Emitter {
	return responder.EmitterFunc(func(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
		err := w.call(ctx, "emit", func() error {
			w.shown[id][r.ReportID] = append(w.shown[id][r.ReportID], r)
			return nil
		})
		return responder.Receipt{"post": r.ReportID}, err
	})
}

// accepts says whether an inspector is asked about users.
func (p plugin) accepts() bool {
	return slices.Contains(p.types, "*") || slices.Contains(p.types, responder.TypeUsername)
}

var (
	everything = plugin{id: "everything", types: []string{"*"}}
	users      = plugin{id: "users", types: []string{"username"}}
	addresses  = plugin{id: "addresses", types: []string{"ipaddr"}}
)

func severity(s float64) func(*responder.Alert) {
	return func(a *responder.Alert) { a.Severity = s }
}

func resolved(a *responder.Alert) { a.State = responder.Resolved }

func otherKey(a *responder.Alert) { a.Key = "other" }

func thirdKey(a *responder.Alert) { a.Key = "third" }

// scenarios are what a report can go through.
func scenarios() []scenario {
	two, one := []plugin{everything, users}, []string{"emitter"}
	var storm []testAlert
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		storm = append(storm, alert(0, name, "p"))
	}
	with := func(p plugin, change func(*plugin)) plugin { change(&p); return p }
	return []scenario{
		{name: "a new alert", inspectors: two, emitters: one, events: []testAlert{alert(0, "a", "p", "q")}},
		{name: "a second alert brings an attribute", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(0, "b", "p", "q")}},
		{name: "an attribute after the verdict", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(time.Minute, "b", "q")}},
		{name: "a second alert is more severe", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(0, "b", "p").with(severity(80)), alert(time.Hour, "c", "p").with(severity(90))}},
		{name: "pure repeats", inspectors: two, emitters: []string{"emitter", "another"}, events: []testAlert{
			alert(0, "a", "p"), alert(0, "b", "p"), alert(time.Second, "c", "p"), alert(time.Hour, "d", "p")}},
		{name: "a storm", inspectors: []plugin{users}, emitters: one, events: storm},
		{name: "a storm in batches", together: true, inspectors: []plugin{users}, emitters: one, events: storm},
		{name: "further waves", inspectors: []plugin{with(users, func(p *plugin) {
			p.finds = map[string][]string{"p": {"r", "q"}, "r": {"s"}, "s": {"t"}}
		}), everything}, emitters: one, events: []testAlert{alert(0, "a", "p", "q"), alert(time.Second, "b", "s")}},
		{name: "an answer in two parts", inspectors: []plugin{with(users, func(p *plugin) {
			p.half, p.finds = true, map[string][]string{"p": {"r"}, "q": {"r"}}
		})}, emitters: one, events: []testAlert{alert(0, "a", "p", "q")}},
		{name: "a page after the deadline", inspectors: []plugin{everything, with(users, func(p *plugin) {
			p.slow, p.finds = 20*time.Minute, map[string][]string{"p": {"r"}}
		})}, emitters: one, events: []testAlert{alert(0, "a", "p"), alert(15*time.Minute, "b", "p")}},
		{name: "an inspector is gone, another one fails", emitters: one, inspectors: []plugin{
			with(everything, func(p *plugin) { p.silent = true }), with(users, func(p *plugin) { p.fails = true }),
		}, events: []testAlert{alert(0, "a", "p"), alert(9*time.Minute, "b", "q"), alert(30*time.Minute, "c", "p")}},
		{name: "resolved by its source", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(2*time.Minute, "b", "p").with(resolved), alert(3*time.Minute, "c", "p"),
			alert(3*time.Minute, "d", "p").with(resolved).with(otherKey)}},
		{name: "after the window", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(25*time.Hour, "b", "p"), alert(25*time.Hour, "c", "q"), alert(26*time.Hour, "d", "p").with(resolved)}},
		{name: "alerts join while inspectors answer", emitters: one, inspectors: []plugin{
			with(everything, func(p *plugin) { p.slow = time.Second }), with(users, func(p *plugin) { p.slow = time.Second }),
		}, events: []testAlert{alert(0, "a", "p"), alert(time.Second, "b", "p", "q"), alert(time.Second, "c", "p").with(severity(80))}},
		{name: "two deadlines, and the window ends before the second", rules: protocol.Rules{Window: 11 * time.Minute}, emitters: one,
			inspectors: []plugin{everything, with(users, func(p *plugin) { p.slow, p.slowOn = 15*time.Minute, "q" })},
			events:     []testAlert{alert(0, "a", "p"), alert(9*time.Minute, "b", "q"), alert(12*time.Minute, "c", "p"), alert(30*time.Minute, "d", "p")}},
		{name: "at the end of the window", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(24*time.Hour-time.Minute, "b", "q"), alert(24*time.Hour-time.Minute+time.Second, "c", "p")}},
		{name: "an inspection delay", rules: protocol.Rules{InspectionDelay: time.Minute}, inspectors: two, emitters: one,
			events: []testAlert{alert(0, "a", "p"), alert(30*time.Second, "b", "q")}},
		{name: "nobody knows who is awaited", unreadable: true, inspectors: []plugin{with(users, func(p *plugin) {
			p.finds = map[string][]string{"p": {"r"}}
		})}, emitters: one, events: []testAlert{alert(0, "a", "p"), alert(time.Minute, "b", "q")}},
		{name: "inspectors that nobody awaits", inspectors: []plugin{with(users, func(p *plugin) { p.unlisted = true }), addresses},
			emitters: one, events: []testAlert{alert(0, "a", "p"), alert(0, "b", "q")}},
		{name: "a message with several incidents", whole: true, inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a", "p"), alert(0, "b", "q").with(otherKey), alert(0, "c", "r").with(thirdKey)}},
		{name: "nothing to inspect, two incidents", inspectors: two, emitters: one, events: []testAlert{
			alert(0, "a").with(severity(0)), alert(0, "b").with(severity(0)).with(otherKey), alert(time.Second, "c").with(severity(60)),
			alert(time.Second, "d", "p").with(otherKey)}},
	}
}
