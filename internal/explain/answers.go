package explain

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/merge"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// findingRecord is the body of a submission, as package record writes it.
type findingRecord struct {
	V     int              `json:"v"`
	At    int64            `json:"at"`
	Token string           `json:"token"`
	Pages []responder.Page `json:"pages"`
	Done  bool             `json:"done"`
}

// answer is what is kept of a submission.
type answer struct {
	key, token, origin, inspector string
	number                        int   // of its wave
	at                            int64 // when it was sent last, in epoch milliseconds; 0: not stored
	done                          bool
	pages                         int
	outcomes                      []Outcome
	marks                         []mark   // of its rows in a report
	said                          []mark   // of its signals in a report
	cut                           bool     // not all of its rows are here
	brings                        []*entry // the attributes that its pages bring
	wave                          string   // the origin of these; empty after the last wave
}

func (r *reading) answer(row Row, rest string) (why string) {
	var stored findingRecord
	if why = crowdedRow(row); why == "" {
		why = decode(row, &stored, &stored.V)
	}
	if why != "" {
		return why
	}
	if len(r.answers) >= maxAnswers {
		r.noRoom(kindAnswer)
		return ""
	}
	token, part, _ := cutAtLast(rest, '#')
	if stored.Token == "" {
		stored.Token = token // the key has it too
	}
	if when(stored.At).IsZero() {
		stored.At = 0
	}
	a := answer{key: cut(row.Key, 2*maxText), token: stored.Token, at: stored.At, done: stored.Done, pages: len(stored.Pages)}
	var err error
	if a.number, a.origin, a.inspector, err = protocol.ParseToken(stored.Token); err != nil {
		a.token = cut(a.token, maxText)
		a.inspector = a.token
		r.cannot(row.Key, err.Error())
	}
	r.outcomesOf(&a, stored)
	if a.brings = r.entries(brought(stored.Pages)); len(a.brings) > 0 {
		a.wave = protocol.PageOrigin(stored.Token, part)
	}
	r.answers = append(r.answers, a)
	return ""
}

// outcomesOf fills in what the compiler makes of the submission by itself: the same rows that a report has of it.
func (r *reading) outcomesOf(a *answer, stored findingRecord) {
	a.outcomes = []Outcome{}
	if len(stored.Pages) == 0 && !stored.Done {
		return // nothing was said yet
	}
	_, rows, signals, _ := merge.Compile(merge.Evidence{Findings: []merge.Finding{{Token: stored.Token, Pages: stored.Pages}}})
	for _, i := range rows {
		if r.outcomes >= maxOutcomes {
			a.cut = true
			r.leftOut++
			continue
		}
		r.outcomes++
		a.marks = append(a.marks, markOf(i))
		o := Outcome{Attribute: r.pool.told(i.Attribute), Outcome: i.Outcome, Title: cut(i.Title, maxText), Error: cut(i.Error, maxText)}
		a.outcomes = append(a.outcomes, o)
	}
	for _, s := range signals {
		if r.said >= maxSignalMarks {
			a.cut = true
			r.leftOut++
			break
		}
		r.said++
		a.said = append(a.said, signalMark(s))
	}
}

// brought are the attributes that pages bring.
func brought(pages []responder.Page) (attrs []responder.Attribute) {
	for _, p := range pages {
		attrs = append(attrs, p.NewAttributes[:min(len(p.NewAttributes), maxAttributes)]...)
		if len(attrs) > maxAttributes {
			break
		}
	}
	return attrs
}

// cutAtLast takes a text apart at the last separator, as the key of a submission, without its prefix: <token>#<part>.
func cutAtLast(s string, separator byte) (before, after string, ok bool) {
	at := strings.LastIndexByte(s, separator)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}
