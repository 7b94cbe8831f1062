package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// explainAsked puts together who is known to have been asked: who is awaited, who was missing, and who answered.
func (r *reading) explainAsked(owned ownership, judged []judgement) []Asked {
	by, bringers := map[string]*Asked{}, r.bringers()
	ask := func(token string) *Asked {
		if by[token] == nil {
			by[token] = newAsked(token, owned, bringers)
		}
		return by[token]
	}
	if item, ok := r.item(); ok {
		for _, token := range item.Late {
			ask(token).Status = Missing
		}
		for _, token := range item.Pending {
			ask(token).Status = Awaited
		}
	}
	for _, v := range r.verdicts {
		for _, token := range v.Missing {
			a := ask(token)
			a.MissingIn = append(a.MissingIn, v.Ver)
		}
	}
	for n, s := range r.answers {
		a := ask(s.token)
		a.Answers = append(a.Answers, told(s, judged[n]))
	}
	list := []Asked{}
	for token, a := range by {
		a.Status = r.status(token, a)
		list = append(list, *a)
	}
	slices.SortFunc(list, r.order())
	return list
}

func newAsked(token string, owned ownership, bringers map[string]bringer) *Asked {
	a := &Asked{Token: token, Task: []responder.Attribute{}, MissingIn: []int64{}, Answers: []Answer{}}
	var err error
	if a.Wave, a.Origin, a.Inspector, err = protocol.ParseToken(token); err != nil {
		a.Inspector, a.Kind = cut(token, maxText), FromUnread
		return a
	}
	b, known := bringers[a.Origin]
	if a.Kind, a.BroughtBy = b.kind, b.id; !known {
		a.Kind = FromUnread
	}
	a.Task = owned.of(a.Origin)
	return a
}

// legacy is the origin of what was handed in unasked.
var legacy, _, _ = strings.Cut(protocol.LegacyToken(""), "/")

// bringer is what brought the attributes of an origin: an alert's id, or a submission's key.
type bringer struct {
	kind OriginKind
	id   string
}

func (r *reading) bringers() map[string]bringer {
	out := map[string]bringer{legacy: {kind: FromNobody}}
	for _, a := range r.answers {
		if a.wave != "" {
			out[a.wave] = bringer{FromPage, a.key}
		}
	}
	for _, a := range r.alerts {
		out[a.origin] = bringer{FromAlert, a.id}
	}
	return out
}

func told(a answer, j judgement) Answer {
	return Answer{
		Key: a.key, AnsweredAt: when(a.at), Done: a.done, Pages: a.pages,
		Judge: j.Judge, First: j.First, NotIn: j.NotIn, Outcomes: a.outcomes, Wave: a.wave,
	}
}

// status is how it stands with a token. What the item says is how it is; of a report that is not current, the last
// verdict says who was missing then.
func (r *reading) status(token string, a *Asked) Status {
	done := slices.ContainsFunc(a.Answers, func(s Answer) bool { return s.Done })
	switch {
	case a.Status != "":
		return a.Status
	case done:
		return Answered
	case len(a.Answers) > 0:
		return Unfinished
	case r.standing != Current && r.lastMissing(token):
		return Missing
	}
	return Lost
}

func (r *reading) lastMissing(token string) bool {
	n := len(r.verdicts)
	return n > 0 && slices.Contains(r.verdicts[n-1].Missing, token)
}

// order is by wave, then by the alert or page that brought the attributes, then by inspector; what was handed in unasked
// comes last.
func (r *reading) order() func(a, b Asked) int {
	place := map[string]int{}
	for n, a := range r.alerts {
		place[a.origin] = n
	}
	last := func(a Asked) int {
		if a.Kind == FromNobody {
			return 1
		}
		return 0
	}
	return func(a, b Asked) int {
		return cmp.Or(last(a)-last(b), a.Wave-b.Wave, place[a.Origin]-place[b.Origin], strings.Compare(a.Origin, b.Origin),
			strings.Compare(a.Inspector, b.Inspector), strings.Compare(a.Token, b.Token))
	}
}

// explainWaves are the submissions that brought attributes, and what became of these.
func (r *reading) explainWaves(owned ownership) []Wave {
	out := []Wave{}
	for _, a := range r.answers {
		if len(a.brings) == 0 {
			continue
		}
		w := Wave{Wave: a.number + 1, Origin: a.wave, Token: a.token, Key: a.key, New: []responder.Attribute{}, HandedOut: HandedOver}
		if a.wave != "" {
			w.New, w.HandedOut = owned.of(a.wave), r.brought(a.wave)
		}
		w.Known = len(a.brings) - len(w.New)
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Wave) int { return a.Wave - b.Wave })
	return out
}
