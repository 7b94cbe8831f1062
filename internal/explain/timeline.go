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
	after int // how many answers must have come before it
	sent  int64
	event Event
}

// The places within a millisecond; verdicts are behind these by their ver.
const (
	placeOpened = iota
	placeAlert
	placeAnswer
	placeDeadline
	placeVerdicts
	placeLast = 1<<63 - 1
)

func (m moment) compare(o moment) int {
	return cmp.Or(cmp.Compare(m.at, o.at), cmp.Compare(m.place, o.place), cmp.Compare(m.after, o.after))
}

func later(m, o moment) moment {
	if o.compare(m) > 0 {
		return o
	}
	return m
}

func earlier(m, o moment) moment {
	if o.compare(m) < 0 {
		return o
	}
	return m
}

// timeline puts the events of an explanation in order.
func timeline(e Explanation) []Event {
	l := line{
		start: moment{at: e.Incident.OpenedAt.UnixMilli()}, end: moment{at: e.ReadAt.UnixMilli(), place: placeLast - 1},
		alerts: map[string]moment{}, verdicts: map[int64]moment{}, pages: map[string]moment{},
	}
	l.add(e.Incident.OpenedAt, placeOpened, Event{Kind: EventOpened})
	for _, a := range e.Alerts {
		l.alerts[a.ID] = l.add(a.SentAt, placeAlert, Event{Kind: EventAlert, Alert: a.ID})
	}
	for _, v := range e.Verdicts {
		l.verdicts[v.Ver] = l.add(v.At, placeVerdicts+min(max(v.Ver, 0), placeLast/2), Event{Kind: EventVerdict, Ver: v.Ver})
	}
	if _, opened, err := protocol.ParseReportID(e.ReplacedBy); err == nil {
		l.replaced = l.add(when(opened), placeVerdicts, Event{Kind: EventReplaced})
	}
	for _, a := range byWave(e.Asked) {
		for _, s := range a.Answers {
			l.answer(a, s)
		}
	}
	if n := len(e.Alerts); e.Incident.Counted > 0 && (n == 0 || e.Incident.LastSeen.After(e.Alerts[n-1].SentAt.Time)) {
		l.add(e.Incident.LastSeen, placeAlert, Event{Kind: EventLastSeen})
	}
	if slices.ContainsFunc(e.Asked, func(a Asked) bool { return a.Status != Answered || len(a.MissingIn) > 0 }) {
		l.add(e.Incident.DeadlineAt, placeDeadline, Event{Kind: EventDeadline})
	}
	l.add(e.Incident.ClosesAt, placeOpened, Event{Kind: EventCloses})
	l.add(e.ReadAt, placeLast, Event{Kind: EventRead})
	return l.sorted()
}

type line struct {
	start, end moment
	replaced   moment            // when another report took its place, for which all evidence had to be judged
	alerts     map[string]moment // by id
	verdicts   map[int64]moment  // by ver
	pages      map[string]moment // answers, by key
	moments    []moment
}

// add notes an event at a time. An alert or a verdict whose time is not stored comes first, anything else is left out.
func (l *line) add(at responder.Time, place int64, e Event) moment {
	m := moment{at: l.start.at, place: place, event: e}
	if !at.IsZero() {
		m.at, m.event.At = at.UnixMilli(), at
	}
	if !at.IsZero() || e.Kind == EventAlert || e.Kind == EventVerdict {
		l.moments = append(l.moments, m)
	}
	return m
}

// byWave has pages before the answers to what they brought.
func byWave(asked []Asked) []Asked {
	return slices.SortedStableFunc(slices.Values(asked), func(a, b Asked) int { return a.Wave - b.Wave })
}

// answer stands at its time, as far as that agrees with what is known for sure: it comes behind what it answers and
// behind a verdict that does not have it, and before one that has it. The times are of several machines, and that of an
// answer is when it was sent the last time: what the rows have of each other wins. Where that contradicts itself, an
// effect still does not come before its cause, but for a page that was sent again when the effect was judged already.
func (l *line) answer(a Asked, s Answer) {
	m, limit := l.end, l.end
	if s.Judge == Judged {
		m, limit = l.start, l.before(s.First)
	}
	if !s.AnsweredAt.IsZero() {
		m = earlier(moment{at: s.AnsweredAt.UnixMilli(), place: placeAnswer}, limit)
	}
	causes := []moment{l.start, l.alerts[a.BroughtBy], l.verdicts[s.NotIn]}
	if page := l.pages[a.BroughtBy]; s.Judge != Judged || page.sent <= limit.at {
		causes = append(causes, page)
	}
	if s.Judge == Unjudged {
		causes = append(causes, l.replaced)
	}
	for _, cause := range causes {
		m = later(m, cause)
	}
	m.after++
	m.event = Event{Kind: EventAnswer, Token: a.Token, Key: s.Key}
	if m.at == s.AnsweredAt.UnixMilli() {
		m.event.At = s.AnsweredAt
	}
	m.sent = max(s.AnsweredAt.UnixMilli(), 0)
	l.pages[s.Key] = m
	l.moments = append(l.moments, m)
}

// before is the last place before a verdict.
func (l *line) before(ver int64) moment {
	m := l.verdicts[ver]
	return moment{at: m.at, place: m.place - 1}
}

func (l *line) sorted() []Event {
	slices.SortStableFunc(l.moments, moment.compare)
	out := make([]Event, len(l.moments))
	for n, m := range l.moments {
		out[n] = m.event
	}
	return out
}
