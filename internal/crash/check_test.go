package crash

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// check looks at an incident at rest: at its item, its bodies, its last verdict and what the example emitter shows.
func (s *stack) check(ctx context.Context, in *incident) {
	item, err := s.store.Get(ctx, in.fingerprint)
	if err != nil || !item.Exists() {
		in.fail("there is no report: %v", err)
		return
	}
	if item.Ver == 0 || !item.Settled() || len(item.Pending) > 0 {
		in.fail("it is not at rest: ver %d, judged %d, pending %q", item.Ver, item.Judged, item.Pending)
	}
	v, ok, err := s.store.Latest(ctx, item.ReportID)
	if err != nil || !ok {
		in.fail("there is no verdict: %v", err)
		return
	}
	last, err := record.Report(v)
	if err != nil {
		in.fail("verdict: %v", err)
	}
	in.checkPublished(item, last)
	in.checkVerdict(item, last)
	s.checkBodies(ctx, in, last)
	s.checkShown(ctx, in, last)
}

// checkPublished: the last evidence was judged, and that verdict is the last that was published.
func (in *incident) checkPublished(item protocol.Item, last responder.Report) {
	if last.Seq != item.VerdictSeq() || last.Result.Severity != item.Verdict {
		in.fail("the item says %d %s, the last verdict %d %s", item.VerdictSeq(), item.Verdict, last.Seq, last.Result.Severity)
	}
	newest := int64(0)
	for seq := range in.verdicts {
		newest = max(newest, seq)
	}
	var heard responder.Report
	if err := json.Unmarshal([]byte(cmp.Or(in.verdicts[newest], "{}")), &heard); err != nil {
		in.fail("published: %v", err)
	}
	if newest != last.Seq || content(heard) != content(last) {
		in.fail("the last verdict is %d, what was published last is %d:\n%s\n%s", last.Seq, newest, content(last), content(heard))
	}
}

// checkVerdict: each alert once, and of each attribute what there is to know.
func (in *incident) checkVerdict(item protocol.Item, last responder.Report) {
	n, repeats := in.alerts()
	if len(last.Alerts) != n || last.AlertCount != int64(n) || item.Bodies != int64(n) {
		in.fail("%d alerts are evidence; the verdict has %d and counts %d, the item has %d bodies", n, len(last.Alerts), last.AlertCount, item.Bodies)
	}
	if c := item.Count - int64(n+repeats); c < 0 || c > int64(repeats*len(in.killed)) { // who dies having counted a repeat counts it again
		in.fail("%d alerts and %d repeats were sent; the item counts %d", n, repeats, item.Count)
	}
	if last.Result.Severity != responder.Urgent || last.Truncated {
		in.fail("a known attacker is %s: %s", last.Result.Severity, last.Result.Reason)
	}
	wanted, told := in.inspected(), map[said]bool{}
	for _, i := range last.Inspections {
		row := said{inspector: i.Inspector, outcome: i.Outcome}
		if i.Attribute != nil {
			row.value = i.Attribute.Value
		}
		if told[row] = true; !wanted[row] {
			in.fail("the verdict says %v", row)
		}
	}
	for row := range wanted {
		if !told[row] {
			in.fail("the verdict does not say %v", row)
		}
	}
}

// checkBodies: what is stored is in the verdict, and what was sent is stored.
func (s *stack) checkBodies(ctx context.Context, in *incident, last responder.Report) {
	bodies, err := s.store.Bodies(ctx, last.ReportID)
	if err != nil {
		in.fail("bodies: %v", err)
	}
	evidence, err := record.Evidence(bodies, nil)
	if err != nil {
		in.fail("evidence: %v", err)
	}
	if n, _ := in.alerts(); len(evidence.Alerts) != n {
		in.fail("%d alerts are evidence, %d are stored", n, len(evidence.Alerts))
	}
	told := map[string]bool{}
	for _, i := range last.Inspections {
		told[page(protocol.Token(i.Origin, i.Inspector), i.Attribute, i.Outcome)] = true
	}
	for _, f := range evidence.Findings {
		for _, p := range f.Pages {
			if line := page(f.Token, p.Attribute, p.Outcome); !told[line] {
				in.fail("a page is stored, and not in the verdict: %s", line)
			}
		}
	}
}

func page(token string, a *responder.Attribute, o responder.Outcome) string {
	words := []string{token, "", string(o)}
	if a != nil {
		words[1] = a.Value
	}
	return strings.Join(words, " ")
}

// checkShown: the emitter has dealt with the last verdict and shows its content, and remembers that.
func (s *stack) checkShown(ctx context.Context, in *incident, last responder.Report) {
	later := time.Now().Add(time.Hour)
	state, _, err := s.receipts.Acquire(ctx, plugindata.Key("reporter", last.ReportID), "checker", math.MaxInt64, later, later)
	if err != nil {
		in.fail("receipt: %v", err)
	}
	if state.Seq != last.Seq {
		in.fail("the emitter has dealt with %d, and the last verdict is %d", state.Seq, last.Seq)
	}
	var newest responder.Report
	for seq, r := range in.shown {
		if r.ReportID != last.ReportID {
			in.fail("two reports: %s, %s", r.ReportID, last.ReportID)
		}
		if r.Status == responder.StatusPublished && seq > newest.Seq {
			newest = r
		}
	}
	if content(newest) != content(last) {
		in.fail("the emitter shows %d:\n%s\nand the last verdict is %d:\n%s", newest.Seq, content(newest), last.Seq, content(last))
	}
}

// content is what people read of a verdict.
func content(r responder.Report) string {
	r.V, r.Seq, r.AlertCount, r.OpenedAt, r.SettledAt = 0, 0, 0, responder.Time{}, responder.Time{}
	text, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
