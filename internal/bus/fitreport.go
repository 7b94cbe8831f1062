package bus

import (
	"maps"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxRaw bounds the raw texts of a report together, in bytes: beyond that they are left out even where they
// would fit.
const maxRaw = 64 << 10

// fittingReport is the report as it is sent.
func fittingReport(r responder.Report) responder.Report {
	r.V = responder.SchemaVersion
	if rawSize(r) > maxRaw {
		r = rawOfAlert(rawOfAlerts(r, 0), 0)
		r.Truncated = true
	}
	if !reportFits(r) {
		r.Truncated = true
	}
	return fit(r, reportFits, reportCuts)
}

func reportFits(r responder.Report) bool { return fitsNotification(r, reportAttributes(r)) }

func rawSize(r responder.Report) int {
	n := len(r.Alert.Raw)
	for _, a := range r.Alerts {
		n += len(a.Raw)
	}
	return n
}

// reportCuts is what a report loses that does not fit, in this order: gently first, then what must be. Who
// failed or is missing goes last; status, seq, counts, times and severity never.
var reportCuts = []cut[responder.Report]{
	{least: 0, to: rawOfAlerts, most: 1},
	{least: 0, to: rawOfAlert, most: 1},
	{least: 10, to: newestAlerts},
	{least: 1024, to: textsOfAlerts},
	{least: 64, to: attrsOfAlerts},
	{least: 32, to: listsOfContent},
	{least: 64, to: strongestSignals},
	{least: 64, to: cleanInspections},

	{least: 8, to: hosts},
	{least: 256, to: texts},
	{least: 8, to: listsOfContent},
	{least: 256, to: textsOfAlerts},
	{least: 1, to: newestAlerts},
	{least: 8, to: attrsOfAlerts},
	{least: 8, to: strongestSignals},
	{least: 0, to: cleanInspections},
	{least: 0, to: hosts},

	{least: 20, to: rules},
	{least: 2000, to: reason},
	{least: 64, to: textsOfAlerts},
	{least: 0, to: newestAlerts},
	{least: 0, to: attrsOfAlerts},
	{least: 0, to: strongestSignals},
	{least: 0, to: bareInspections, most: 256},
	{least: 0, to: unfinishedInspections},
}

// rawOfAlerts leaves out the raw texts of the alerts, unless n is 1.
func rawOfAlerts(r responder.Report, n int) responder.Report {
	if n == 0 {
		r.Alerts = slices.Clone(r.Alerts)
		for i := range r.Alerts {
			r.Alerts[i].Raw = ""
		}
	}
	return r
}

func rawOfAlert(r responder.Report, n int) responder.Report {
	if n == 0 {
		r.Alert.Raw = ""
	}
	return r
}

// newestAlerts leaves out the older ones; the first one also stands in Alert.
func newestAlerts(r responder.Report, n int) responder.Report {
	r.Alerts = r.Alerts[max(len(r.Alerts)-n, 0):]
	return r
}

func textsOfAlerts(r responder.Report, n int) responder.Report {
	r.Alert, r.Alerts = shrunk(r.Alert, MaxNotification, n), shrunk(r.Alerts, MaxNotification, n)
	return r
}

func attrsOfAlerts(r responder.Report, n int) responder.Report {
	r.Alert = firstAttrs(r.Alert, n)
	r.Alerts = slices.Clone(r.Alerts)
	for i, a := range r.Alerts {
		r.Alerts[i] = firstAttrs(a, n)
	}
	return r
}

func firstAttrs(a responder.Alert, n int) responder.Alert {
	a.Attrs = a.Attrs[:min(len(a.Attrs), n)]
	return a
}

// listsOfContent bounds each list in a host or user. How many hosts there are is another matter.
func listsOfContent(r responder.Report, n int) responder.Report {
	r.Content = shrunk(r.Content, n, MaxNotification)
	return r
}

// hosts leaves n hosts or users of each kind: the first by their keys.
func hosts(r responder.Report, n int) responder.Report {
	r.Content.OpponentHosts = firstKeys(r.Content.OpponentHosts, n)
	r.Content.AlliedHosts = firstKeys(r.Content.AlliedHosts, n)
	r.Content.SubjectUsers = firstKeys(r.Content.SubjectUsers, n)
	return r
}

func firstKeys[T any](m map[string]T, n int) map[string]T {
	if len(m) <= n {
		return m
	}
	keys := slices.Sorted(maps.Keys(m))[:n]
	out := make(map[string]T, n)
	for _, k := range keys {
		out[k] = m[k]
	}
	return out
}

// texts bounds all texts of the evidence.
func texts(r responder.Report, n int) responder.Report {
	r.Content = shrunk(r.Content, MaxNotification, n)
	r.Signals = shrunk(r.Signals, MaxNotification, n)
	r.Inspections = shrunk(r.Inspections, MaxNotification, n)
	return r
}

func strongestSignals(r responder.Report, n int) responder.Report {
	r.Signals = best(r.Signals, n, func(s responder.Signal) float64 {
		return float64(s.Verdict.Rank())*1000 + min(max(s.Score, 0), 100)
	})
	return r
}

// cleanInspections leaves n of those that ended well, rather those that found something, and all others.
func cleanInspections(r responder.Report, n int) responder.Report {
	for _, i := range r.Inspections {
		if unfinished(i) == 2 {
			n++
		}
	}
	return unfinishedInspections(r, n)
}

func unfinishedInspections(r responder.Report, n int) responder.Report {
	r.Inspections = best(r.Inspections, n, unfinished)
	return r
}

// unfinished weighs how much a row must be seen: what failed or is missing (or unknown) most.
func unfinished(i responder.Inspection) float64 {
	switch i.Outcome {
	case responder.Nothing, responder.Skipped:
		return 0
	case responder.Found:
		return 1
	}
	return 2
}

// bareInspections leaves of each row who was asked, and the outcome; n bytes of what about and of the error.
func bareInspections(r responder.Report, n int) responder.Report {
	r.Inspections = slices.Clone(r.Inspections)
	for i, row := range r.Inspections {
		bare := responder.Inspection{
			Inspector: entity.Cut(row.Inspector, 32),
			Outcome:   row.Outcome,
			Error:     entity.Cut(row.Error, n),
		}
		if a := row.Attribute; a != nil && n > 0 {
			bare.Attribute = &responder.Attribute{Type: entity.Cut(a.Type, n), Value: entity.Cut(a.Value, n)}
		}
		r.Inspections[i] = bare
	}
	return r
}

func rules(r responder.Report, n int) responder.Report {
	r.Result.Rules = shrunk(r.Result.Rules, n, 256)
	return r
}

func reason(r responder.Report, n int) responder.Report {
	r.Result.Reason = entity.Cut(r.Result.Reason, n)
	return r
}
