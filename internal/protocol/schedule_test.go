package protocol_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// scenario is what comes into a world, and how many faults may happen.
type scenario struct {
	alerts     []*message
	inspectors []inspector
	unreadable bool                             // nobody knows who is awaited
	finds      map[string][]responder.Attribute // what an inspection of an attribute brings
	partial    bool                             // inspectors may answer in two parts
	crashes    int                              // deliveries that end between two calls
	twice      int                              // messages that are delivered again though they were acknowledged
	deadly     int                              // crashes of an alert's or answer's last delivery
}

type inspector struct {
	id     string
	takes  string // the attributes that it accepts
	listed bool
}

func (i inspector) accepts(a responder.Attribute) bool { return strings.Contains(i.takes, a.Value) }

// awaiting is what the stages ask the registry.
func (w *world) awaiting(attrs []responder.Attribute) (ids []string) {
	if w.unreadable {
		return []string{protocol.Unlisted}
	}
	for _, i := range w.inspectors {
		if i.listed && slices.ContainsFunc(attrs, i.accepts) {
			ids = append(ids, i.id)
		}
	}
	return ids
}

// drawScenario makes a scenario: up to four alerts over two hours, none to three inspectors, pages that bring
// attributes wave after wave, and some faults.
func drawScenario(choose func(n int) int) scenario {
	s := scenario{
		inspectors: [][]inspector{
			{{"x", "pqrst", true}},
			{{"x", "pqrst", true}, {"y", "pr", true}},
			{{"x", "p", true}, {"y", "q", true}, {"z", "pqrst", false}},
			{{"z", "pqrst", false}},
			{},
		}[choose(5)],
		finds: []map[string][]responder.Attribute{
			{}, {"p": list(attribute("r"))},
			{"p": list(attribute("r"), attribute("q")), "r": list(attribute("s")), "s": list(attribute("t"))},
		}[choose(3)],
		partial:    choose(2) == 1,
		unreadable: choose(12) == 0,
		crashes:    choose(3),
		twice:      choose(3),
	}
	if choose(4) == 0 {
		s.crashes, s.twice, s.deadly = 0, 0, 1
	}
	for n := range 1 + choose(4) {
		s.alerts = append(s.alerts, drawAlert(choose, n))
	}
	return s
}

func drawAlert(choose func(n int) int, n int) *message {
	at := noon + []int64{0, 0, 0, 1, 20, 70, 130}[choose(7)]*minute
	a := protocol.Arrival{
		ID:       fmt.Sprint("X", n+1),
		Attrs:    [][]responder.Attribute{list(attribute("p")), list(attribute("p"), attribute("q")), list(attribute("q")), nil}[choose(4)],
		Severity: []float64{0, 0, 50}[choose(3)],
		State:    []responder.State{"", "", "", responder.Resolved}[choose(4)],
		LastSeen: at - int64(choose(2)),
	}
	return &message{name: a.ID, due: at, alert: &alert{Arrival: a}}
}

func newWorld(s scenario, cut shortcuts, choose func(n int) int) *world {
	w := &world{scenario: s, cut: cut, choose: choose, now: noon, reports: map[string]*ledger{}}
	for _, m := range s.alerts {
		w.send(m)
	}
	return w
}

// run plays one schedule: a wild part, and then all that is left, with a look at each rest: while some
// inspectors are silent; when they have answered late; and when dead letters were redriven.
func (w *world) run() {
	for range w.choose(120) {
		moves := append(w.moves(), w.faults()...)
		if len(moves) == 0 {
			break
		}
		moves[w.choose(len(moves))]()
	}
	held := w.rest(true)
	w.check()
	w.waiting = append(w.waiting, held...)
	w.rest(false)
	w.check()
	w.log("redrive")
	w.waiting, w.dead = append(w.waiting, w.dead...), nil
	w.rest(false)
	w.check()
}

// moves is all that can go on without a fault and without time.
func (w *world) moves() (moves []func()) {
	for _, r := range w.running {
		moves = append(moves, func() { w.resume(r) }, func() { w.resume(r) })
	}
	for _, m := range w.waiting {
		if m.due <= w.now {
			moves = append(moves, func() { w.deliver(w.take(m)...) })
		}
	}
	return moves
}

// take takes a message out of its queue, and others of the batch with it.
func (w *world) take(m *message) []*message {
	batch := []*message{m}
	if m.alert != nil {
		for _, other := range w.waiting {
			if other != m && other.alert != nil && other.due <= w.now && w.choose(3) == 0 {
				batch = append(batch, other)
			}
		}
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(other *message) bool { return slices.Contains(batch, other) })
	return batch
}

func (w *world) faults() (moves []func()) {
	for _, r := range w.running {
		if w.crashes > 0 {
			moves = append(moves, func() { w.crashes--; w.kill(r, false) })
		}
		if w.deadly > 0 && (r.messages[0].alert != nil || r.messages[0].answer != nil) {
			moves = append(moves, func() { w.deadly--; w.kill(r, true) })
		}
	}
	if w.twice > 0 {
		for _, m := range w.waiting {
			if m.due <= w.now {
				moves = append(moves, func() { w.twice--; w.deliver(m) })
			}
		}
	}
	if due, ok := w.nextDue(); ok {
		moves = append(moves, func() { w.advance(due) })
	}
	if len(w.waiting) > 0 {
		moves = append(moves, func() { w.advance(w.now + 6*minute) })
	}
	return moves
}

func (w *world) nextDue() (due int64, ok bool) {
	for _, m := range w.waiting {
		if m.due > w.now && (!ok || m.due < due) {
			due, ok = m.due, true
		}
	}
	return due, ok
}

func (w *world) advance(to int64) {
	w.log("%d minutes pass", (to-w.now)/minute)
	w.now = to
}

// rest goes on until nothing moves any more. Some inspectors stay silent, where that is wanted; their answers
// are returned.
func (w *world) rest(silent bool) (held []*message) {
	asked := map[*message]bool{}
	for range 20_000 {
		w.waiting = slices.DeleteFunc(w.waiting, func(m *message) bool {
			if !silent || !m.optional || asked[m] {
				return false
			}
			asked[m] = true
			if w.choose(3) > 0 {
				return false
			}
			held = append(held, m)
			return true
		})
		if moves := w.moves(); len(moves) > 0 {
			moves[w.choose(len(moves))]()
		} else if due, ok := w.nextDue(); ok {
			w.advance(due)
		} else {
			return held
		}
	}
	w.fail("it never comes to rest")
	return held
}

// close ends the handlers that still run.
func (w *world) close() {
	for _, r := range w.running {
		r.stop()
	}
}

// check looks for violations where nothing moves any more.
func (w *world) check() {
	if len(w.dead) > 0 && !w.touched && !w.item.Settled() {
		return // an alarm rings, and redriving is a late redelivery
	}
	for id, l := range w.reports {
		w.checkLedger(id, l)
	}
	if len(w.dead) > 0 || !w.item.Exists() {
		return
	}
	l := w.ledger(w.item.ReportID)
	if _, ok := l.published[w.item.Judged]; w.item.Ver == 0 || !w.item.Settled() || !ok && !w.cut.holdBackShown {
		w.fail("the last evidence was not judged: ver %d, judged %d", w.item.Ver, w.item.Judged)
	}
	for value := range l.asked {
		if !w.item.Seen.Has(hash(attribute(value))) {
			w.fail("%s was handed out, and the item does not know", value)
		}
	}
}

func (w *world) checkLedger(id string, l *ledger) {
	last, top := "", int64(0)
	if len(l.published) > 0 {
		top = slices.Max(slices.Collect(maps.Keys(l.published)))
		last = l.published[top]
	}
	keys := strings.Fields(last)
	for key, why := range l.owed {
		if !slices.Contains(keys, key) {
			w.fail("%s (%s) is not in the last verdict: %q", key, why, last)
		}
	}
	if len(w.dead) > 0 {
		return
	}
	if l.noticed > top {
		w.fail("a notice stands after the last verdict")
	}
	// Who comes again after its report was healed and replaced hands out for the next one.
	for value, by := range l.brought {
		if !l.asked[value] && (id == w.item.ReportID || !w.killed) {
			w.fail("%s of %s was never handed out", value, by)
		}
	}
}
