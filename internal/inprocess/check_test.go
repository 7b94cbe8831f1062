package inprocess

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// check looks at the world at rest.
func (w *world) check(ctx context.Context) {
	if n := w.p.bus.Pending(); n > 0 {
		w.fail("%d messages are left", n)
	}
	for _, d := range w.p.DeadLetters() {
		w.fail("a dead letter: %s", d)
	}
	for _, name := range slices.Sorted(maps.Keys(w.alerts)) {
		w.checkAlert(w.alerts[name])
	}
	for _, id := range slices.Sorted(maps.Keys(w.reports)) {
		w.checkReport(ctx, id, w.reports[id])
	}
}

// stands is the item of the incident that a report is or was about.
func (w *world) stands(ctx context.Context, reportID string) protocol.Item {
	fingerprint, _, err := protocol.ParseReportID(reportID)
	if err != nil {
		w.fail("%v", err)
	}
	item, err := w.under.store.Get(context.WithoutCancel(ctx), fingerprint)
	if err != nil {
		w.fail("report %s: %v", reportID, err)
	}
	return item
}

// checkAlert: every accepted alert is in a verdict or a counted repeat, and was looked into.
func (w *world) checkAlert(s *sent) {
	if !s.acknowledged {
		w.fail("alert %s was never accepted", s.Name)
	}
	if s.unknown {
		return // nothing was open when it came
	}
	in, registered, asked := false, false, map[string]bool{}
	for _, k := range w.reports {
		in = in || tells(k.last)["alert "+s.Name]
		registered = registered || k.registered[s.Name]
		maps.Copy(asked, k.asked)
	}
	if !in && (registered || !s.counted) {
		w.fail("alert %s is neither in a verdict nor a counted repeat", s.Name)
	}
	for _, a := range s.Attrs {
		if !asked[a.Value] {
			w.fail("%s of alert %s was never handed out", a.Value, s.Name)
		}
	}
}

func (w *world) checkReport(ctx context.Context, id string, k *known) {
	item := w.stands(ctx, id)
	for name := range k.registered {
		if !tells(k.last)["alert "+name] {
			w.fail("alert %s is not in the last verdict", name)
		}
	}
	if k.noticed > k.last.Seq {
		w.fail("a notice stands after the last verdict: %d, %d", k.noticed, k.last.Seq)
	}
	if item.ReportID == id {
		w.checkCurrent(item, k)
	}
	firing := func(a responder.Alert) bool { return a.State.OrFiring() == responder.Firing }
	if !slices.ContainsFunc(k.last.Alerts, firing) {
		w.fail("report %s was opened by what only resolves", id)
	}
	for emitter := range w.shown {
		w.checkShown(ctx, emitter, id, k)
	}
}

// checkCurrent: all evidence is in the last verdict, and who was asked has answered or is missing in it.
func (w *world) checkCurrent(item protocol.Item, k *known) {
	if item.Ver == 0 || !item.Settled() || k.last.Seq != item.VerdictSeq() {
		w.fail("the last evidence was not judged: ver %d, judged %d, published %d", item.Ver, item.Judged, k.last.Seq)
	}
	if item.Verdict != k.last.Result.Severity {
		w.fail("the item says %s, the verdict %s", item.Verdict, k.last.Result.Severity)
	}
	findings := maps.Clone(k.bodies)
	maps.DeleteFunc(findings, func(key, _ string) bool { return key[0] == 'A' })
	for _, line := range missing(k.last, findings) {
		w.fail("not in the last verdict: %s", line)
	}
	for value := range k.asked {
		if h := entity.HashOf(user(value)); !item.Seen.Has(string(h[:])) {
			w.fail("%s was handed out, and the item does not know", value)
		}
		for _, p := range w.inspectors {
			w.checkAsked(k.last, p, value)
		}
	}
}

func (w *world) checkAsked(last responder.Report, p plugin, value string) {
	if !p.accepts() {
		return
	}
	rows := 0
	for _, i := range last.Inspections {
		if i.Inspector != p.id {
			continue
		}
		switch {
		case p.silent && i.Outcome == responder.Missing:
			rows++
		case i.Outcome == responder.Missing:
			w.fail("%s has answered, and is missing", p.id)
		case i.Attribute != nil && i.Attribute.Value == value && (i.Outcome == responder.Failed) == p.fails:
			rows++
		}
	}
	if rows == 0 {
		w.fail("the last verdict does not tell what %s said of %s", p.id, value)
	}
}

// checkShown: every emitter has dealt with the last verdict, and shows its content.
func (w *world) checkShown(ctx context.Context, emitter, id string, k *known) {
	later := w.p.Now().Add(time.Hour)
	state, _, err := w.under.receipts.Acquire(ctx, plugindata.Key(emitter, id), "checker", math.MaxInt64, later, later)
	if err != nil {
		w.fail("emitter %s: %v", emitter, err)
	}
	if state.Seq != k.last.Seq {
		w.fail("emitter %s has dealt with %d of %s, and the last is %d", emitter, state.Seq, id, k.last.Seq)
	}
	var last responder.Report
	for _, r := range w.shown[emitter][id] {
		if r.Status == responder.StatusPublished {
			last = r
		}
	}
	if content(last) != content(k.last) {
		w.fail("emitter %s does not show the last verdict:\n%s\n%s", emitter, content(last), content(k.last))
	}
}

// content is what people read of a verdict.
func content(r responder.Report) string {
	r.V, r.Seq, r.AlertCount, r.OpenedAt, r.SettledAt = 0, 0, 0, responder.Time{}, responder.Time{}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}
