package explain

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of what is read of one verdict.
const (
	maxLists    = 4 << 20 // bytes of JSON of its signals, and of its inspections: twice what package merge allows
	maxMarks    = 1 << 19 // of all verdicts
	manySignals = 30      // of one verdict
	maxSignals  = 6000    // of all verdicts; beyond, only the last verdict keeps more than one
	maxMissing  = 20_000  // tokens of all verdicts
	maxRules    = 64
	maxAllRules = 6000 // of all verdicts; beyond, each keeps two
)

// verdictRecord is what is read of a stored report. What is not needed, which is most of it, is skipped.
type verdictRecord struct {
	V           int            `json:"v"`
	Seq         int64          `json:"seq"`
	Alert       named          `json:"alert"`
	Alerts      []struct{}     `json:"alerts"` // only how many
	AlertCount  int64          `json:"alert_count"`
	Result      section        `json:"result"`
	Inspections section        `json:"inspections"`
	Signals     section        `json:"signals"`
	SettledAt   responder.Time `json:"settled_at"`
	Truncated   bool           `json:"truncated"`
}

type named struct {
	Name string `json:"name"`
	Rule string `json:"rule"`
}

// verdict is what is kept of a verdict.
type verdict struct {
	Verdict
	title string
	marks map[mark]bool // of what its report says of inspections, and of its signals; nil if that is not known
}

// mark stands for a row of inspections: who, for which origin, about what, and what came of it.
type mark uint64

func markOf(i responder.Inspection) mark {
	return markWith(i.Attribute, i.Inspector, i.Origin, string(i.Outcome))
}

// signalMark stands for a signal.
func signalMark(s responder.Signal) mark {
	score := strconv.FormatFloat(s.Score, 'g', -1, 64)
	return markWith(s.Attribute, s.Inspector, string(s.Verdict), score, s.Kind, s.Summary, s.Source, s.URL)
}

func markWith(a *responder.Attribute, parts ...string) mark {
	if a != nil {
		parts = append(parts, a.Type, a.Value)
	}
	sum := sha256.Sum256(entity.JSON(parts...))
	return mark(binary.BigEndian.Uint64(sum[:]))
}

func (r *reading) verdict(row Row, rest string) (why string) {
	ver, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return "not the key of a verdict"
	}
	v := verdict{title: cut(row.Title, maxText), Verdict: Verdict{
		Ver: ver, Severity: responder.Severity(cut(row.Severity, maxText)), Rules: []string{}, Missing: []string{}, Signals: []Signal{}, New: []string{},
	}}
	var stored verdictRecord
	if why = decode(row, &stored, &stored.V); why == "" {
		why = r.fill(&v, stored)
	}
	v.Unread = cut(why, maxText)
	r.keep(v)
	return why
}

// keep bounds the history: its oldest verdicts go first.
func (r *reading) keep(v verdict) {
	r.verdicts = append(r.verdicts, v)
	byVer := func(a, b verdict) int { return cmp.Compare(a.Ver, b.Ver) }
	if len(r.verdicts) > maxVerdicts {
		r.leftOut++
		first := slices.MinFunc(r.verdicts, byVer).Ver
		oldest := slices.IndexFunc(r.verdicts, func(v verdict) bool { return v.Ver == first })
		r.marks -= len(r.verdicts[oldest].marks)
		r.verdicts = slices.Delete(r.verdicts, oldest, oldest+1)
	}
	if r.signals += len(v.Signals); r.signals <= maxSignals {
		return
	}
	last := slices.MaxFunc(r.verdicts, byVer).Ver
	for n, v := range r.verdicts {
		if v.Ver != last && len(v.Signals) > 1 {
			r.signals -= len(v.Signals) - 1
			r.verdicts[n].Signals = slices.Clone(v.Signals[:1])
		}
	}
}

func (r *reading) fill(v *verdict, s verdictRecord) (why string) {
	v.title = cmp.Or(v.title, cut(s.Alert.Name, maxText), cut(s.Alert.Rule, maxText))
	v.Seq, v.At, v.Truncated = s.Seq, s.SettledAt, s.Truncated
	v.AlertCount, v.Alerts = s.AlertCount, len(s.Alerts)
	marks := marked{marks: map[mark]bool{}, room: maxMarks - r.marks}
	if why = r.fillResult(v, s.Result); why == "" {
		why = r.fillSignals(v, s.Signals, &marks)
	}
	if why == "" {
		why = r.fillMarks(v, s.Inspections, &marks)
	}
	if why == "" && len(marks.marks) <= marks.room {
		r.marks += len(marks.marks)
		v.marks = marks.marks
	}
	return why
}

func (r *reading) fillResult(v *verdict, raw section) (why string) {
	if why = raw.crowded("result", maxSaid); why != "" || raw.none() {
		return why
	}
	var result responder.Result
	if err := json.Unmarshal(raw.text, &result); err != nil {
		return "result: " + err.Error()
	}
	v.Severity, v.Reason = responder.Severity(cut(string(result.Severity), maxText)), cut(result.Reason, 8*maxText)
	most := maxRules
	if r.rules > maxAllRules {
		most = 2
	}
	if len(result.Rules) > most {
		r.leftOut++
	}
	for _, rule := range result.Rules[:min(len(result.Rules), most)] {
		r.rules++
		v.Rules = append(v.Rules, cut(rule, maxText))
	}
	return ""
}

// marked are the marks of a verdict, and how many there is room for: one more says that there were more.
type marked struct {
	marks map[mark]bool
	room  int
}

func (m *marked) add(k mark) {
	if len(m.marks) <= m.room {
		m.marks[k] = true
	}
}

// strongest has the strongest signals first, and those of one strength in the order of the report.
func strongest(list []responder.Signal) []responder.Signal {
	slices.SortStableFunc(list, func(a, b responder.Signal) int {
		return cmp.Or(cmp.Compare(b.Verdict.Rank(), a.Verdict.Rank()), cmp.Compare(b.Score, a.Score))
	})
	return list[:min(len(list), manySignals)]
}

func (r *reading) fillSignals(v *verdict, raw section, marks *marked) (why string) {
	var list []responder.Signal
	count := 0
	if why = each("signals", raw, func(s responder.Signal) {
		marks.add(signalMark(s))
		if count++; len(list) == 8*manySignals {
			list = strongest(list)
		}
		list = append(list, s)
	}); why != "" {
		return why
	}
	v.SignalCount = count
	about := decides(v.Rules)
	for _, s := range strongest(list) {
		kept := Signal{
			Inspector: cut(s.Inspector, maxText), Verdict: responder.SignalVerdict(cut(string(s.Verdict), maxText)), Score: s.Score,
			Kind: cut(s.Kind, maxText), Summary: cut(s.Summary, maxText), Source: cut(s.Source, maxText),
			Decided: about != "" && s.Verdict == about, Attribute: r.pool.told(s.Attribute),
		}
		v.Signals = append(v.Signals, kept)
	}
	return ""
}

// decides is the kind of signals that the rule of the reviewer that ships is about; empty for none, and for a reviewer of
// one's own.
func decides(rules []string) responder.SignalVerdict {
	if len(rules) != 1 {
		return ""
	}
	switch rules[0] {
	case "strongest-signal/malicious":
		return responder.Malicious
	case "strongest-signal/suspicious":
		return responder.Suspicious
	case "strongest-signal/harmless", "strongest-signal/incomplete":
		return responder.Harmless
	}
	return ""
}

func (r *reading) fillMarks(v *verdict, raw section, marks *marked) (why string) {
	return each("inspections", raw, func(i responder.Inspection) {
		if i.Outcome == responder.Missing {
			r.without(v, i)
			return
		}
		marks.add(markOf(i))
	})
}

func (r *reading) without(v *verdict, i responder.Inspection) {
	if r.missing++; r.missing > maxMissing {
		r.leftOut++
		return
	}
	v.Missing = append(v.Missing, cut(tokenOf(i), maxText))
}

func tokenOf(i responder.Inspection) string {
	if i.Origin == "" {
		return i.Inspector
	}
	return protocol.Token(i.Origin, i.Inspector)
}

func (r *reading) explainVerdicts(judged []judgement) []Verdict {
	out := []Verdict{}
	item, current := r.item()
	for _, v := range r.verdicts {
		e := v.Verdict
		e.Published = current && item.Judged == e.Ver
		for n, j := range judged {
			if j.First == e.Ver {
				e.New = append(e.New, r.answers[n].key)
			}
		}
		out = append(out, e)
	}
	return out
}
