package protocol_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// receive is the receptor with a batch of alerts.
func (w *world) receive(h *hand, ms []*message) {
	alerts := make([]*alert, len(ms))
	for n, m := range ms {
		a := *m.alert // what a handler knows dies with it
		alerts[n] = &a
	}
	item, plan := w.update(h, alerts)
	if item.Exists() {
		w.tell(h, item, plan, alerts)
	}
	h.call()
	for _, a := range alerts {
		w.acknowledged(item, a)
	}
}

func (w *world) update(h *hand, alerts []*alert) (protocol.Item, protocol.Joining) {
	if w.cut.openCounts {
		if item, plan, ok := w.openCounting(h, alerts); ok {
			return item, plan
		}
	}
	for item := w.stand(h, alerts); item.Exists(); {
		arrivals := make([]protocol.Arrival, len(alerts))
		for n, a := range alerts {
			a.Stored = a.storedIn == item.ReportID || w.cut.bodyStaysStored && a.storedIn != ""
			arrivals[n] = a.Arrival
		}
		plan := w.join(item, arrivals)
		if !w.cut.verBeforeBody {
			w.bodies(h, item, plan, alerts)
		}
		h.call()
		stands, ok := w.commit(item, plan, alerts)
		if ok {
			if w.cut.verBeforeBody {
				w.bodies(h, item, plan, alerts)
			}
			return stands, plan
		}
		if stands.ReportID != item.ReportID {
			stands = w.stand(h, alerts) // another report took its place: begin again
		}
		item = stands
	}
	return protocol.Item{}, protocol.Joining{}
}

func (w *world) stand(h *hand, alerts []*alert) protocol.Item {
	h.call()
	for _, a := range alerts {
		if a.State.OrFiring() == responder.Firing {
			return w.open()
		}
	}
	return w.item
}

// openCounting is a shortcut: who opens a report has made its update with it.
func (w *world) openCounting(h *hand, alerts []*alert) (protocol.Item, protocol.Joining, bool) {
	h.call()
	if !protocol.Opens(w.item, w.now) || alerts[0].State.OrFiring() == responder.Resolved {
		return protocol.Item{}, protocol.Joining{}, false
	}
	arrivals := make([]protocol.Arrival, len(alerts))
	for n, a := range alerts {
		arrivals[n] = a.Arrival
	}
	item := w.open()
	plan := w.join(item, arrivals)
	stands, _ := w.commit(item, plan, alerts)
	w.bodies(h, item, plan, alerts)
	return stands, plan, true
}

// join is protocol.Join, or a shortcut of it.
func (w *world) join(item protocol.Item, arrivals []protocol.Arrival) protocol.Joining {
	known := item
	if w.cut.ownTokensOnly || w.cut.neverAgain {
		known.Origins = nil
		for _, a := range arrivals {
			origin := protocol.AlertOrigin(a.ID)
			own := func(token string) bool { return strings.HasPrefix(token, origin+"/") }
			if !w.cut.neverAgain && slices.ContainsFunc(item.Pending.With(item.Late...), own) {
				known.Origins = known.Origins.With(protocol.OriginHash(origin))
			}
		}
	}
	if w.cut.emptyIsKnown {
		known.Ver, known.Count = max(known.Ver, 1), max(known.Count, 1)
	}
	plan := protocol.Join(known, arrivals, w.awaiting, w.now, rules)
	plan.Next.Origins = plan.Next.Origins.With(item.Origins...)
	plan.Next.Count -= known.Count - item.Count
	plan.Next.Ver = item.Ver + min(int64(len(plan.Evidence)), 1)
	return plan
}

func (w *world) bodies(h *hand, item protocol.Item, plan protocol.Joining, alerts []*alert) {
	for _, n := range plan.Bodies {
		h.call()
		w.ledger(item.ReportID).bodies["A#"+alerts[n].ID] = true
		alerts[n].storedIn = item.ReportID
	}
}

// commit makes the update, and notes what it owes.
func (w *world) commit(item protocol.Item, plan protocol.Joining, alerts []*alert) (protocol.Item, bool) {
	stands, ok := item, true
	switch {
	case len(plan.Evidence) > 0:
		stands, ok = w.swap(item, plan.Next)
	case plan.Repeats > 0:
		stands, ok = w.change(item.ReportID, func(i protocol.Item) protocol.Item {
			return protocol.Count(i, int64(plan.Repeats), plan.Next.LastSeen)
		})
	}
	if !ok {
		return stands, false
	}
	l := w.ledger(item.ReportID)
	if len(plan.Evidence) > 0 {
		l.awaited = l.awaited.With(newTokens(item.Pending, plan.Next.Pending)...)
	}
	for n, a := range alerts {
		a.counted = !slices.Contains(plan.Evidence, n) && !slices.Contains(plan.Again, n)
		if slices.Contains(plan.Evidence, n) {
			l.owed["A#"+a.ID] = "evidence"
		}
	}
	return stands, true
}

func newTokens(was, next protocol.Set) protocol.Set { return next.Without(was...) }

func (w *world) tell(h *hand, item protocol.Item, plan protocol.Joining, alerts []*alert) {
	if len(plan.Handouts) > 0 {
		w.deadline(h, item)
		for _, hand := range plan.Handouts {
			w.task(h, item.ReportID, hand.Origin, hand.Attributes)
		}
	}
	if len(plan.Evidence)+len(plan.Again) > 0 {
		h.call()
		l := w.ledger(item.ReportID)
		l.noticed = max(l.noticed, item.Ver)
	}
	if w.cut.repeatsDoNotLook && len(plan.Evidence)+len(plan.Again) == 0 {
		return
	}
	w.after(h, item)
}

// acknowledged notes what is owed to an alert whose delivery is done.
func (w *world) acknowledged(item protocol.Item, a *alert) {
	if !item.Exists() {
		if a.State.OrFiring() == responder.Firing {
			w.fail("a firing alert has no report")
		}
		return
	}
	l := w.ledger(item.ReportID)
	if !a.counted {
		l.owed["A#"+a.ID] = "acknowledged"
	}
	for _, attr := range a.Attrs {
		l.brought[attr.Value] = "alert " + a.ID
	}
}

// deadline sends the deadline that the item names, where somebody is awaited.
func (w *world) deadline(h *hand, item protocol.Item) {
	if len(item.Pending) == 0 {
		return
	}
	h.call()
	w.send(&message{
		name: fmt.Sprintf("deadline+%dm", (item.DeadlineAt-noon)/minute),
		due:  max(item.DeadlineAt, w.now), reportID: item.ReportID, deadline: item.DeadlineAt,
	})
}

// after does what the item asks for.
func (w *world) after(h *hand, item protocol.Item) {
	switch step := protocol.Then(item, w.now); {
	case step == protocol.Review:
		h.call()
		w.send(&message{name: "review", due: w.now, reportID: item.ReportID})
	case step == protocol.Heal && !w.cut.nobodyHeals:
		w.deadline(h, item)
	}
}

// task publishes a task: the inspectors will answer, in one part or two, soon, late or never.
func (w *world) task(h *hand, reportID, origin string, attrs []responder.Attribute) {
	h.call()
	l := w.ledger(reportID)
	for _, a := range attrs {
		l.asked[a.Value] = true
	}
	for _, i := range w.inspectors {
		var pages []responder.Page
		for _, a := range attrs {
			if i.accepts(a) {
				pages = append(pages, responder.Page{Attribute: &a, NewAttributes: w.finds[a.Value]})
			}
		}
		if len(pages) > 0 {
			w.answers(reportID, protocol.Token(origin, i.id), pages)
		}
	}
}

func (w *world) answers(reportID, token string, pages []responder.Page) {
	name, parts := "answer "+token, []answer{{reportID, token, pages, true}}
	if w.partial && w.choose(2) == 1 {
		parts = []answer{{reportID, token, pages[:1], false}, {reportID, token, pages[1:], true}}
	}
	for _, p := range parts {
		same := func(m *message) bool {
			return m.answer != nil && m.answer.token == token && m.answer.done == p.done && m.answer.part() == p.part()
		}
		if !slices.ContainsFunc(w.waiting, same) { // one that still waits serves as well as a second one
			w.send(&message{name: name, due: w.now, optional: true, answer: &p})
		}
	}
}

// submit is the submitter with one submission.
func (w *world) submit(h *hand, ms []*message) {
	in := *ms[0].answer
	origin := protocol.PageOrigin(in.token, in.part())
	key := "F#" + in.token + "#" + in.part()
	h.call()
	w.ledger(in.reportID).bodies[key] = true
	var item protocol.Item
	var ok bool
	if brought := in.brought(); len(brought) > 0 && origin != "" {
		item, ok = w.wave(h, in, origin, brought)
	} else {
		h.call()
		item, ok = w.crossOff(in)
	}
	if ok {
		w.ledger(in.reportID).owed[key] = "updated"
		w.after(h, item)
	}
	h.call()
	if ok && origin != "" {
		for _, a := range in.brought() {
			w.ledger(in.reportID).brought[a.Value] = key
		}
	}
}

func (w *world) crossOff(in answer) (protocol.Item, bool) {
	item, ok := w.change(in.reportID, func(i protocol.Item) protocol.Item {
		if w.cut.counter && in.done && len(i.Pending) > 0 && !i.Pending.Has(in.token) {
			i.Pending = i.Pending[1:] // one less, whoever that is
		}
		return protocol.CrossOff(i, in.token, in.done)
	})
	if ok && in.done {
		l := w.ledger(in.reportID)
		l.awaited = l.awaited.Without(in.token)
	}
	return item, ok
}

func (w *world) wave(h *hand, in answer, origin string, brought []responder.Attribute) (protocol.Item, bool) {
	h.call()
	item := w.item
	for item.ReportID == in.reportID {
		plan := protocol.Answer(item, in.token, in.done, origin, brought, w.awaiting, w.now, rules)
		if w.cut.waveMovesDeadline && len(plan.Attributes) > 0 && !plan.Again {
			plan.Next.DeadlineAt = max(w.now+10*minute, item.DeadlineAt+1)
		}
		h.call()
		stands, ok := w.commitWave(in, item, plan)
		if ok {
			if len(plan.Attributes) > 0 {
				h.call() // reads the alert that the task speaks of
				w.deadline(h, stands)
				w.task(h, in.reportID, origin, plan.Attributes)
			}
			return stands, true
		}
		item = stands
	}
	return item, false
}

func (w *world) commitWave(in answer, item protocol.Item, plan protocol.Answering) (protocol.Item, bool) {
	if plan.Again || plan.Next.Seen.Equal(item.Seen) {
		return w.crossOff(in)
	}
	stands, ok := w.swap(item, plan.Next)
	if ok {
		l := w.ledger(in.reportID)
		l.awaited = l.awaited.With(newTokens(item.Pending, plan.Next.Pending)...)
		if in.done {
			l.awaited = l.awaited.Without(in.token)
		}
	}
	return stands, ok
}

// judge is the reviewer with a review or a deadline.
func (w *world) judge(h *hand, ms []*message) {
	m := ms[0]
	h.call()
	item := w.item
	switch {
	case item.ReportID != m.reportID:
	case m.deadline != 0:
		w.overtime(h, item, m.deadline)
	case item.WantsReview():
		w.review(h, item)
	}
	h.call()
}

func (w *world) overtime(h *hand, item protocol.Item, at int64) {
	for {
		next, ok := protocol.Deadline(item, at)
		if w.cut.anyDeadline && !ok {
			next, ok = protocol.Deadline(item, item.DeadlineAt)
		}
		if w.cut.forgetLate {
			next.Late = item.Late
		}
		stands := item
		if ok {
			h.call()
			if stands, ok = w.swap(item, next); !ok && stands.ReportID == item.ReportID {
				item = stands
				continue
			}
			if l := w.ledger(item.ReportID); ok && item.DeadlineAt == at {
				l.awaited = nil
			}
		}
		if stands.ReportID == item.ReportID && stands.WantsReview() {
			w.after(h, stands)
		}
		return
	}
}

func (w *world) review(h *hand, item protocol.Item) {
	l := w.ledger(item.ReportID)
	if len(l.awaited) > 0 {
		w.fail("judged while %v was awaited", l.awaited)
	}
	shown := l.shown
	h.call()
	says := content(item, l.bodies)
	h.call()
	if v, ok := l.verdicts[item.Ver]; ok && !w.cut.overwriteVerdict {
		says = v
	}
	l.verdicts[item.Ver] = says
	publish := func() {
		if w.cut.holdBackShown && shown == says {
			return
		}
		h.call()
		if was, ok := l.published[item.Ver]; ok && was != says {
			w.fail("one seq with two contents: %q and %q", was, says)
		}
		l.published[item.Ver] = says
	}
	settle := func() {
		h.call()
		if w.item.ReportID == item.ReportID && w.item.Judged < item.Ver {
			w.item, l.shown = protocol.Settle(w.item, item.Ver, responder.Safe), says
		}
	}
	if w.cut.judgedFirst {
		settle()
		publish()
	} else {
		publish()
		settle()
	}
}
