package explain

import (
	"cmp"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// moment is an event with its place: those of one millisecond stand by what must have come first.
type moment struct {
	at    int64
	place int64
	event Event
}

// The places within a millisecond; verdicts, and the answers before them, are behind these by their ver.
const (
	placeOpened = iota
	placeAlert
	placeDeadline
	placeVerdicts
	placeLast = 1<<63 - 1
)

// timeline puts the events of an explanation in order.
func timeline(e Explanation) []Event {
	l := line{opened: e.Incident.OpenedAt.UnixMilli()}
	l.add(e.Incident.OpenedAt, placeOpened, Event{Kind: EventOpened})
	for _, a := range e.Alerts {
		l.add(a.SentAt, placeAlert, Event{Kind: EventAlert, Alert: a.ID})
	}
	judged := map[int64]responder.Time{}
	for _, v := range e.Verdicts {
		judged[v.Ver] = v.At
		l.add(v.At, verdictPlace(v.Ver), Event{Kind: EventVerdict, Ver: v.Ver})
	}
	for _, a := range e.Asked {
		l.answers(a, judged, e.ReadAt)
	}
	if n := len(e.Alerts); e.Incident.Counted > 0 && (n == 0 || e.Incident.LastSeen.After(e.Alerts[n-1].SentAt.Time)) {
		l.add(e.Incident.LastSeen, placeAlert, Event{Kind: EventLastSeen})
	}
	if slices.ContainsFunc(e.Asked, func(a Asked) bool { return a.Status != Answered || len(a.MissingIn) > 0 }) {
		l.add(e.Incident.DeadlineAt, placeDeadline, Event{Kind: EventDeadline})
	}
	l.add(e.Incident.ClosesAt, placeOpened, Event{Kind: EventCloses})
	if _, opened, err := protocol.ParseReportID(e.ReplacedBy); err == nil {
		l.add(when(opened), placeLast, Event{Kind: EventReplaced})
	}
	l.add(e.ReadAt, placeLast, Event{Kind: EventRead})
	return l.sorted()
}

type line struct {
	opened  int64
	moments []moment
}

// add notes an event at a time. One whose time is not stored comes first, but for those that cannot be without.
func (l *line) add(at responder.Time, place int64, e Event) {
	m := moment{l.opened, place, e}
	if !at.IsZero() {
		m.at, m.event.At = at.UnixMilli(), at
	} else if e.Kind != EventAlert && e.Kind != EventVerdict {
		return
	}
	l.moments = append(l.moments, m)
}

func verdictPlace(ver int64) int64 { return placeVerdicts + 2*min(max(ver, 0), placeLast/4) + 1 }

// answers stand before the first verdict that has them; those in no verdict before the moment of reading.
func (l *line) answers(a Asked, judged map[int64]responder.Time, read responder.Time) {
	for _, s := range a.Answers {
		m := moment{read.UnixMilli(), placeLast - 1, Event{Kind: EventAnswer, Token: a.Token, Key: s.Key}}
		if at := judged[s.First]; s.First > 0 && !at.IsZero() {
			m.at, m.place = at.UnixMilli(), verdictPlace(s.First)-1
		}
		l.moments = append(l.moments, m)
	}
}

func (l *line) sorted() []Event {
	slices.SortStableFunc(l.moments, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.place, b.place))
	})
	out := make([]Event, len(l.moments))
	for n, m := range l.moments {
		out[n] = m.event
	}
	return out
}
