package merge

import (
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// reportSteps is how a report is cut until it fits: entries of each list in alerts and hosts, bytes of each text,
// how many alerts (the newest; the first one also stands in Alert), hosts and users of each kind, and rows of signals
// (the strongest) and of inspections (who is missing or failed, first). The last one fits into 1 MiB whatever
// is in it.
var reportSteps = []reportStep{
	{64, 1 << 10, 200, 1 << 10, maxRows},
	{32, 512, 50, 128, 1000},
	{16, 256, 10, 32, 200},
	{8, 64, 2, 8, 50},
	{1, 64, 0, 0, 20},
}

type reportStep struct{ list, text, alerts, hosts, rows int }

// Fit is a report of at most so many bytes of JSON (limit ≥ 1 MiB), and whether something was left out for that: raw
// messages first, long reasons and lists of rules, then what reportSteps says. Seq, status, counts, times and severity stay. The report itself is
// not changed.
func Fit(r responder.Report, limit int) (fitting responder.Report, cut bool) {
	if len(text(r)) <= limit {
		return r, false
	}
	r = WithoutRaw(r)
	r.Result, _ = bound.Copy(r.Result, 64, maxText)
	r.Result.Rules, _ = bound.Copy(r.Result.Rules, 64, 256)
	for _, s := range reportSteps {
		if len(text(r)) <= limit {
			break
		}
		r = s.cut(r)
	}
	r.Truncated = true
	return r, true
}

func (s reportStep) cut(r responder.Report) responder.Report {
	r.Alerts = r.Alerts[max(len(r.Alerts)-s.alerts, 0):]
	r.Alert, _ = bound.Copy(r.Alert, s.list, s.text)
	r.Alerts, _ = bound.Copy(r.Alerts, max(s.list, s.alerts), s.text)
	for i, a := range r.Alerts {
		r.Alerts[i].Attrs = a.Attrs[:min(len(a.Attrs), s.list)]
	}
	r.Content = atMost(r.Content, s.list, s.text, s.hosts)
	r.Signals, _ = bound.Copy(distinct(r.Signals, stronger), s.rows, s.text)
	r.Inspections, _ = bound.Copy(distinct(r.Inspections, worstFirst), s.rows, s.text)
	r.Inspections = distinct(r.Inspections, byName)
	return r
}

// WithoutRaw is a report without the raw messages of its alerts. The report itself is not changed.
func WithoutRaw(r responder.Report) responder.Report {
	r.Alert.Raw = ""
	r.Alerts = slices.Clone(r.Alerts)
	for i := range r.Alerts {
		r.Alerts[i].Raw = ""
	}
	return r
}
