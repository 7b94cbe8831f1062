package explain

import (
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// judgement is in which verdicts an answer is.
type judgement struct {
	Judge
	First, NotIn int64
}

// judgements says it of each answer.
func (r *reading) judgements() []judgement {
	hidden := r.hidden()
	out := make([]judgement, len(r.answers))
	for n, a := range r.answers {
		if out[n] = r.judgement(a); hidden[n] && out[n].Judge == Unjudged {
			out[n].Judge = InDoubt
		}
	}
	return out
}

func (r *reading) judgement(a answer) (j judgement) {
	doubt := false
	for _, v := range r.verdicts {
		switch {
		case v.marks != nil && slices.ContainsFunc(a.marks, func(m mark) bool { return v.marks[m] }):
			return judgement{Judged, v.Ver, j.NotIn}
		case v.marks == nil, v.Truncated, a.cut, len(a.marks) == 0:
			doubt = true
		default:
			doubt, j.NotIn = false, v.Ver
		}
	}
	if j.Judge = Unjudged; doubt {
		j.Judge = InDoubt
	}
	return j
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
		p.Standing = Unknown
		if r.standing == Replaced { // which needed that all evidence was judged; what came since is in no verdict
			p.Standing = UpToDate
			if len(p.Since) > 0 {
				p.Standing = Behind
			}
		}
	}
	if item, ok := r.item(); ok {
		r.fromItem(&p, item, now)
	}
	return p
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
