package explain

import (
	"cmp"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// alertRecord is the body of an alert, as package record writes it.
type alertRecord struct {
	V     int             `json:"v"`
	At    int64           `json:"at"`
	Alert responder.Alert `json:"alert"`
}

// alert is what is kept of an alert.
type alert struct {
	id, origin      string
	at              int64 // when it was first sent, in epoch milliseconds; 0: not stored
	name, rule, key string
	keyFrom         KeySource
	source          string
	severity        float64
	state           responder.State
	sample, late    bool
	last            int64    // timestamp.last, in epoch milliseconds
	attrs           []*entry // as many as there is room for
	count           int      // of attributes
}

func (r *reading) alert(row Row, id string) (why string) {
	var stored alertRecord
	if why = crowdedRow(row); why == "" {
		why = decode(row, &stored, &stored.V)
	}
	if why != "" {
		return why
	}
	if len(r.alerts) >= maxAlerts {
		r.noRoom(kindAlert)
		return ""
	}
	a := stored.Alert
	kept := alert{
		id: cut(id, maxText), origin: protocol.AlertOrigin(id), at: stored.At,
		name: cut(a.Name, maxText), rule: cut(a.Rule, 4*maxText), key: cut(a.Key, 8*maxText),
		source: cut(a.Source, maxText), severity: a.Severity, state: a.State.OrFiring(), sample: a.Sample, late: a.Late,
		last: stored.At,
	}
	if last := a.Timestamp.LastTime(); !last.IsZero() {
		kept.last = min(last.UnixMilli(), max(stored.At, 0)) // a clock that runs ahead does not count
	}
	kept.keyFrom = keyFrom(id, a)
	kept.attrs, kept.count = r.entries(a.Attrs), len(a.Attrs)
	r.alerts = append(r.alerts, kept)
	return ""
}

// compare puts the oldest alert first.
func (a alert) compare(b alert) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.last, b.last), strings.Compare(a.id, b.id))
}

// explainAlerts says what was new in each alert, as the receptor would have seen them in this order.
func (r *reading) explainAlerts(owned ownership) []Alert {
	out := []Alert{}
	var before protocol.Item
	for n, a := range r.alerts {
		e := Alert{
			ID: a.id, SentAt: when(a.at), Name: a.name, Source: a.source, Severity: a.severity, State: a.state,
			Sample: a.sample, Late: a.late, Attrs: a.count, News: []News{}, New: owned.of(a.origin),
		}
		if n == 0 {
			e.News = append(e.News, NewsFirst)
		}
		if len(e.New) > 0 {
			e.News = append(e.News, NewsAttributes)
		}
		if n > 0 && a.severity > before.Severity {
			e.News, e.WasSeverity = append(e.News, NewsSeverity), before.Severity
		}
		if n > 0 && a.last >= before.LastSeen && a.state != before.State {
			e.News, e.WasState = append(e.News, NewsState), before.State
		}
		if len(e.News) == 0 {
			e.News = append(e.News, NewsOther)
		}
		before.Severity = max(before.Severity, a.severity)
		if n == 0 || a.last >= before.LastSeen {
			before.State, before.LastSeen = a.state, a.last
		}
		out = append(out, e)
	}
	return out
}

func (r *reading) incident() Incident {
	fingerprint, opened, _ := protocol.ParseReportID(r.id)
	in := Incident{Fingerprint: fingerprint, OpenedAt: when(opened), KeyFrom: KeyUnknown}
	if len(r.alerts) > 0 {
		first := r.alerts[0]
		in.Rule, in.Key, in.KeyFrom = first.rule, first.key, first.keyFrom
		in.Matches = ingest.Fingerprint(first.rule, first.key) == fingerprint
	}
	gone := r.lost[kindAlert]
	in.Unreadable, in.LeftOut = gone.unread, gone.leftOut
	stored := int64(len(r.alerts)) + in.Unreadable + in.LeftOut
	item, current := r.item()
	if current {
		in.ClosesAt, in.DeadlineAt, in.LastSeen = when(item.ClosesAt), when(item.DeadlineAt), when(item.LastSeen)
		in.AlertCount = item.Count
		in.Dropped = max(item.Bodies-protocol.MaxBodies, 0)
	} else {
		in.AtLeast = true
		in.AlertCount = stored
		for _, v := range r.verdicts {
			in.AlertCount = max(in.AlertCount, v.AlertCount)
		}
	}
	in.Counted = max(in.AlertCount-stored-in.Dropped, 0)
	return in
}
