package explain

import (
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// slack is how much later than a verdict's time an answer may have been sent that is in it: the evidence is read from then
// on, and the clocks are of several machines.
const slack = 10 * time.Second

// judgement is in which verdicts an answer is.
type judgement struct {
	Judge
	First, NotIn int64
	// certain says that no answer that was sent before in its place can be meant.
	certain bool
}

// judgements says it of each answer.
func (r *reading) judgements() []judgement {
	hidden := r.hidden()
	out := make([]judgement, len(r.answers))
	for n, a := range r.answers {
		if out[n] = r.judgement(a); hidden[n] && out[n].Judge == Unjudged && !r.afterAll(a) {
			out[n].Judge = InDoubt
		}
	}
	return out
}

// judgement looks for what is left of the answer in each verdict, which is who found something about what, and the signals:
// an answer that was sent again may have had other content before, and a verdict of before that may have the same left of
// it. One that waited for long may have been sent before such a verdict, which then does not have its signals.
func (r *reading) judgement(a answer) (j judgement) {
	doubt, afterAll := false, r.afterAll(a)
	for _, v := range r.verdicts {
		has := slices.ContainsFunc(a.marks, v.has)
		switch timed := a.at > 0 && !v.At.IsZero(); {
		case has && !afterAll && (!timed || a.at <= v.At.UnixMilli()) && (v.Truncated || !slices.ContainsFunc(a.said, v.lacks)):
			return judgement{Judged, v.Ver, j.NotIn, timed}
		case has, v.marks == nil, v.Truncated, a.cut, len(a.marks) == 0:
			doubt = true
		default:
			doubt, j.NotIn = false, v.Ver
		}
	}
	if j.Judge = Unjudged; doubt && !afterAll {
		j.Judge = InDoubt
	}
	return j
}

func (v verdict) has(m mark) bool   { return v.marks[m] }
func (v verdict) lacks(m mark) bool { return !v.marks[m] }

// afterAll says that an answer was sent when another report had taken the place of this one, which has no verdicts any more.
func (r *reading) afterAll(a answer) bool {
	_, opened, err := protocol.ParseReportID(r.live.Item.ReportID)
	return r.standing == Replaced && err == nil && a.at > opened && a.at-opened > slack.Milliseconds()
}

// hidden are the answers of which a report may show nothing, since another one of the same token is about the same: of
// two, the compiler takes one.
func (r *reading) hidden() []bool {
	type about struct {
		token string
		attr  entity.Hash
	}
	count := map[about]int{}
	each := func(a answer, f func(about)) {
		for _, o := range a.outcomes {
			if o.Attribute != nil {
				f(about{a.token, entity.HashOf(*o.Attribute)})
			}
		}
		f(about{token: a.token})
	}
	for _, a := range r.answers {
		each(a, func(k about) { count[k]++ })
	}
	out := make([]bool, len(r.answers))
	for n, a := range r.answers {
		each(a, func(k about) {
			out[n] = out[n] || count[k] > 1 && (a.pages == 0 || k.attr != entity.Hash{})
		})
	}
	return out
}

func (r *reading) present(judged []judgement, now time.Time) Present {
	p := Present{Standing: NoVerdict, Awaited: []string{}, Since: []string{}, TruncatedBy: []string{}}
	for n, j := range judged {
		if j.Judge == Unjudged {
			p.Since = append(p.Since, r.answers[n].key)
		}
	}
	if len(r.verdicts) > 0 {
		last := r.verdicts[len(r.verdicts)-1]
		p.Severity, p.Judged, p.Truncated = last.Severity, last.Ver, last.Truncated
		if p.Standing = Unknown; r.standing == Replaced {
			p.Standing = r.afterwards(p, judged)
		}
	}
	if item, ok := r.item(); ok {
		r.fromItem(&p, item, now)
	}
	return p
}

// afterwards is how the last verdict of a report stands whose place another one has taken, which needed that all evidence
// was judged: what came since is in no verdict.
func (r *reading) afterwards(p Present, judged []judgement) Currency {
	switch {
	case len(p.Since) > 0:
		return Behind
	case r.lost[kindAnswer] != (lost{}) || slices.ContainsFunc(judged, func(j judgement) bool { return !j.certain }):
		return Unknown
	}
	return UpToDate
}

// fromItem is the present as the item has it.
func (r *reading) fromItem(p *Present, item protocol.Item, now time.Time) {
	p.Ver, p.Judged, p.Severity = item.Ver, item.Judged, item.Verdict
	switch {
	case item.Judged == 0:
		p.Standing = NoVerdict
	case item.Settled():
		p.Standing = UpToDate
	default:
		p.Standing = Behind
	}
	if p.Standing == UpToDate { // which an answer shows that was replaced by the same one
		p.Since = []string{}
	}
	p.Awaited = append(p.Awaited, item.Pending...)
	p.Overdue = item.Overdue(now.UnixMilli())
	if len(item.Seen) > protocol.MaxAttributes || item.Truncated() && item.Bodies <= protocol.MaxBodies {
		p.TruncatedBy = append(p.TruncatedBy, "attributes")
	}
	if item.Bodies > protocol.MaxBodies {
		p.TruncatedBy = append(p.TruncatedBy, "alerts")
	}
	p.Truncated = item.Truncated()
	for _, v := range r.verdicts {
		if v.Ver == item.Judged {
			p.Truncated = p.Truncated || v.Truncated
		}
	}
}
