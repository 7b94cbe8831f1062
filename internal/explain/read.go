package explain

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Row is a row of ReportData. Data is its body, unpacked; or Problem says why there is none.
type Row struct {
	Key     string
	Data    []byte
	Problem string
	// Severity and Title are what the row of a verdict has beside its body.
	Severity, Title string
}

// Live is what AlertMap has for the report's fingerprint: the zero Item for none, or why it cannot be read.
type Live struct {
	Item    protocol.Item
	Problem string
}

// The bounds of what is kept of a report, together some 50 MB, however much is stored. Of each row there is only one
// in memory at a time.
const (
	maxAlerts      = 2 * protocol.MaxBodies // in regular operation there are no more than protocol.MaxBodies
	maxAnswers     = 4000
	maxAttributes  = 4 * protocol.MaxAttributes // of an alert or an answer
	maxOutcomes    = 8000                       // of all answers
	maxSignalMarks = 100_000                    // likewise
	maxVerdicts    = 2000
	maxUnread      = 100
	maxText        = 500 // bytes
)

// Explain explains a report by its item and its rows, each of which is looked at once.
func Explain(id string, live Live, rows iter.Seq[Row], now time.Time) Explanation {
	r := reading{id: id, live: live, standing: standing(id, live)}
	for row := range rows {
		r.row(row)
	}
	r.sort()
	return r.explanation(now)
}

// reading is what was kept of the rows so far.
type reading struct {
	id       string
	live     Live
	standing Standing
	rows     int
	alerts   []alert
	answers  []answer
	verdicts []verdict
	outcomes int // of all answers
	said     int // signals, likewise
	marks    int // of all verdicts
	signals  int // likewise
	missing  int // likewise
	rules    int // likewise
	pool     pool
	unread   []Unread
	leftOut  int
	lost     map[string]lost // by kind of row
}

// lost are how many rows are not told of.
type lost struct{ unread, leftOut int64 }

// The kinds of rows.
const (
	kindAlert   = "A"
	kindAnswer  = "F"
	kindVerdict = "V"
)

// noRoom notes a row that there was no room for.
func (r *reading) noRoom(kind string) {
	r.leftOut++
	r.lose(kind, lost{leftOut: 1})
}

func (r *reading) lose(kind string, more lost) {
	if r.lost == nil {
		r.lost = map[string]lost{}
	}
	was := r.lost[kind]
	r.lost[kind] = lost{was.unread + more.unread, was.leftOut + more.leftOut}
}

func standing(id string, live Live) Standing {
	switch {
	case live.Problem != "":
		return Unreadable
	case !live.Item.Exists():
		return Gone
	case live.Item.ReportID != id:
		return Replaced
	}
	return Current
}

// item is the report's own item; false if it is not known.
func (r *reading) item() (protocol.Item, bool) { return r.live.Item, r.standing == Current }

func (r *reading) row(row Row) {
	r.rows++
	kind, rest, _ := strings.Cut(row.Key, "#")
	var why string
	switch kind {
	case kindAlert:
		why = r.alert(row, rest)
	case kindAnswer:
		why = r.answer(row, rest)
	case kindVerdict:
		why = r.verdict(row, rest)
	default:
		kind, why = "", "not a kind of row that this release knows"
	}
	if why != "" {
		r.lose(kind, lost{unread: 1})
		r.cannot(row.Key, why)
	}
}

// cannot notes a row that could not be read.
func (r *reading) cannot(key, why string) {
	if len(r.unread) >= maxUnread {
		r.leftOut++
		return
	}
	r.unread = append(r.unread, Unread{Key: cut(key, maxText), Why: cut(why, maxText)})
}

func (r *reading) sort() {
	slices.SortFunc(r.alerts, alert.compare)
	slices.SortFunc(r.answers, func(a, b answer) int { return strings.Compare(a.key, b.key) })
	slices.SortFunc(r.verdicts, func(a, b verdict) int { return cmp.Compare(a.Ver, b.Ver) })
}

// decode reads a body; why not, otherwise.
func decode(row Row, into any, v *int) (why string) {
	if row.Problem != "" {
		return row.Problem
	}
	if err := json.Unmarshal(row.Data, into); err != nil {
		return err.Error()
	}
	if err := responder.CheckVersion(*v); err != nil {
		return err.Error()
	}
	return ""
}

// when is a time that is stored in epoch milliseconds; the zero Time for none, and for what is no time.
func when(ms int64) responder.Time {
	if ms <= 0 || ms > lastMilli {
		return responder.Time{}
	}
	return responder.At(time.UnixMilli(ms).UTC())
}

const lastMilli = 253402300799999 // 9999-12-31T23:59:59.999Z, the last that RFC 3339 can write

func (r *reading) explanation(now time.Time) Explanation {
	e := Explanation{
		V: Version, ReportID: r.id, ReadAt: responder.At(now.UTC()), Live: r.standing, LiveError: cut(r.live.Problem, maxText),
		Unread: r.unread, LeftOut: r.leftOut, rows: r.rows,
	}
	if e.Unread == nil {
		e.Unread = []Unread{}
	}
	if r.standing == Replaced {
		e.ReplacedBy = r.live.Item.ReportID
	}
	e.Title = r.title()
	owned := r.ownership()
	e.Alerts = r.explainAlerts(owned)
	e.Incident = r.incident()
	judgements := r.judgements()
	e.Waves = r.explainWaves(owned)
	e.Asked = r.explainAsked(owned, judgements)
	e.Verdicts = r.explainVerdicts(judgements)
	e.Present = r.present(judgements, now)
	e.Timeline = timeline(e)
	return e
}

// title is what the report is called: by its oldest alert, or by its last verdict.
func (r *reading) title() string {
	if len(r.alerts) > 0 {
		if title := cmp.Or(r.alerts[0].name, r.alerts[0].rule); title != "" {
			return title
		}
	}
	for _, v := range slices.Backward(r.verdicts) {
		if v.title != "" {
			return v.title
		}
	}
	return r.id
}
