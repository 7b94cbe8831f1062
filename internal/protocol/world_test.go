package protocol_test

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// A world is the stages around one fingerprint, in the plainest form: the item, the bodies and verdicts of each
// report, the messages under way, and the handlers that run. Each handler does what its stage does, with the
// functions of this package, and pauses before each call to the store or the bus and before it acknowledges;
// a scheduler decides who goes on, what crashes, what comes twice, and when time passes.
type world struct {
	scenario
	cut     shortcuts
	choose  func(n int) int // 0 ≤ choose(n) < n
	now     int64
	item    protocol.Item
	reports map[string]*ledger
	waiting []*message
	running []*run
	dead    []*message
	touched bool     // see touch
	killed  bool     // something has crashed
	trace   []string // where it is wanted
	tracing bool
	broken  []string
}

// ledger is what is stored of one report, and what only the checker knows of it.
type ledger struct {
	bodies    map[string]bool  // keys of alerts and submissions
	verdicts  map[int64]string // V#<ver>
	published map[int64]string
	asked     map[string]bool // attributes in tasks that were published
	noticed   int64           // ver of the newest notice
	shown     string          // for a shortcut: the content that was settled last

	owed    map[string]string // keys that must be in the last verdict, and why
	brought map[string]string // attributes that must be handed out, and why
	awaited protocol.Set      // who must not be passed over
}

func newLedger() *ledger {
	return &ledger{
		bodies: map[string]bool{}, verdicts: map[int64]string{}, published: map[int64]string{}, asked: map[string]bool{},
		owed: map[string]string{}, brought: map[string]string{},
	}
}

// message is one message in a queue.
type message struct {
	name     string
	due      int64
	optional bool // an inspector's answer: it may never come

	alert    *alert
	answer   *answer
	reportID string // of a review or a deadline
	deadline int64
}

type alert struct {
	protocol.Arrival
	storedIn string
	counted  bool
}

// answer is one submission of an inspector.
type answer struct {
	reportID, token string
	pages           []responder.Page
	done            bool
}

func (a answer) part() string {
	return protocol.Part(a.pages, func(p responder.Page) string { return p.Title })
}

func (a answer) brought() (out []responder.Attribute) {
	for _, p := range a.pages {
		for _, n := range p.NewAttributes {
			if !contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// run is one delivery that a handler works on.
type run struct {
	name     string
	messages []*message
	next     func() (struct{}, bool)
	stop     func()
}

// hand is what a handler pauses with.
type hand struct{ yield func(struct{}) bool }

type crash struct{}

// call stands before each call, and before the acknowledgement.
func (h *hand) call() {
	if !h.yield(struct{}{}) {
		panic(crash{})
	}
}

// deliver lets a handler begin with messages.
func (w *world) deliver(ms ...*message) {
	handle := w.judge
	switch {
	case ms[0].alert != nil:
		handle = w.receive
	case ms[0].answer != nil:
		handle = w.submit
	}
	var names []string
	for _, m := range ms {
		names = append(names, m.name)
		m.optional = false // who has begun to speak is not silent: after a crash it comes again
	}
	r := &run{name: strings.Join(names, "+"), messages: ms}
	r.next, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if p := recover(); p != nil && p != (crash{}) {
				panic(p)
			}
		}()
		handle(&hand{yield}, ms)
	})
	w.running = append(w.running, r)
	w.log("%s arrives", r.name)
	w.resume(r)
}

// resume lets a handler make its next call; at its end its messages are acknowledged.
func (w *world) resume(r *run) {
	w.log("%s", r.name)
	if _, more := r.next(); !more {
		w.end(r)
	}
}

func (w *world) end(r *run) {
	r.stop()
	w.running = slices.DeleteFunc(w.running, func(other *run) bool { return other == r })
}

// kill lets a handler crash: its messages come again, or are dead letters.
func (w *world) kill(r *run, last bool) {
	w.end(r)
	w.killed = true
	w.log("%s crashes", r.name)
	if last {
		w.dead = append(w.dead, r.messages...)
	} else {
		w.waiting = append(w.waiting, r.messages...)
	}
}

func (w *world) log(format string, args ...any) {
	if w.tracing {
		w.trace = append(w.trace, fmt.Sprintf(format, args...))
	}
}

func (w *world) fail(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.broken, text) {
		w.broken = append(w.broken, text)
	}
}

// send puts a message into its queue.
func (w *world) send(m *message) { w.waiting = append(w.waiting, m) }

func (w *world) ledger(reportID string) *ledger {
	if w.reports[reportID] == nil {
		w.reports[reportID] = newLedger()
	}
	return w.reports[reportID]
}

// The store, as its drivers do it.

func (w *world) open() protocol.Item {
	fresh := protocol.Fresh(fingerprint, w.now, rules)
	opens := protocol.Opens(w.item, w.now)
	if w.cut.closeUnsettled && w.item.ClosesAt < w.now {
		opens = true
	}
	if opens && w.item.ReportID != fresh.ReportID {
		if w.item.Exists() && !w.item.Settled() {
			w.fail("a report was closed before all in it was judged")
		}
		w.item = fresh
	}
	return w.item
}

func (w *world) swap(was, next protocol.Item) (protocol.Item, bool) {
	if w.item.ReportID != was.ReportID || w.item.Ver != was.Ver && !w.cut.noCondition {
		return w.item, false
	}
	if still := was.Pending.Without(next.Pending...); len(still) < len(was.Pending) && next.DeadlineAt != was.DeadlineAt {
		w.fail("the deadline of who is awaited was moved")
	}
	next.Ver, next.Judged, next.Verdict = w.item.Ver+1, w.item.Judged, w.item.Verdict
	next.Count, next.Bodies = w.item.Count+next.Count-was.Count, w.item.Bodies+next.Bodies-was.Bodies
	w.item = next
	w.touch()
	return w.item, true
}

func (w *world) change(reportID string, f func(protocol.Item) protocol.Item) (protocol.Item, bool) {
	if w.item.ReportID != reportID {
		return w.item, false
	}
	w.item = f(w.item)
	w.touch()
	return w.item, true
}

// touch notes that an update returned an item with something left to do while a dead letter lies about: from
// then on nothing may wait for the dead letter.
func (w *world) touch() {
	if protocol.Then(w.item, w.now) != protocol.Rest && len(w.dead) > 0 {
		w.touched = true
	}
}

// content is what a verdict on the item with these bodies says.
func content(item protocol.Item, bodies map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(bodies)), " ") + " | missing: " + strings.Join(item.Late, " ")
}
