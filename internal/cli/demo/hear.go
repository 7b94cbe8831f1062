package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// emit is the emitter of the story: it writes down what people are told.
func (t *teller) emit(ctx context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	t.notified++
	t.reportID = r.ReportID
	if r.Status != responder.StatusPublished {
		t.notice(ctx, r)
		return nil, t.err
	}
	t.verdict(ctx, r)
	return nil, t.err
}

func (t *teller) notice(ctx context.Context, r responder.Report) {
	t.line(ctx, "people hear", fmt.Sprintf("%s %s", t.screen.Blue(strings.ToUpper(string(r.Status))), show.Line(r.Title(), 200)))
	values := make([]string, len(r.Alert.Attrs))
	for i, a := range r.Alert.Attrs {
		values[i] = show.Value(a, 60)
	}
	t.line(ctx, "", t.screen.Dim("in it: "+strings.Join(values, ", ")))
}

func (t *teller) verdict(ctx context.Context, r responder.Report) {
	text, shown := "the verdict", t.screen.Brief(r)
	if t.last.Seq > 0 {
		text = fmt.Sprintf("the verdict is corrected: %s, it was %s", r.Result.Severity, t.last.Result.Severity)
		shown = ""
	}
	if names := missing(r); len(names) > 0 {
		t.line(ctx, "deadline", t.screen.Yellow(strings.Join(names, ", ")+" has not answered; nobody waits longer"))
	}
	t.line(ctx, "people hear", t.screen.Bold(text))
	if shown != "" {
		t.print("\n" + shown + "\n")
	}
	t.wait(ctx)
	t.last = r
}

func missing(r responder.Report) (names []string) {
	for _, i := range r.Inspections {
		if i.Outcome == responder.Missing {
			names = append(names, show.Line(i.Inspector, 40))
		}
	}
	return names
}

// listen stands before the submitter, and writes down what inspectors have to say.
func (t *teller) listen(queue string, h host.Handler) host.Handler {
	if queue != bus.SubmissionQueue {
		return h
	}
	return listener{t, h}
}

type listener struct {
	teller *teller
	next   host.Handler
}

// Invoke implements host.Handler.
func (l listener) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ds, err := envelope.Read(payload)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		var s responder.Submission
		if err := json.Unmarshal([]byte(d.Body), &s); err != nil {
			return nil, err
		}
		l.teller.answer(ctx, s)
	}
	return l.next.Invoke(ctx, payload)
}

// answer writes down one submission.
func (t *teller) answer(ctx context.Context, s responder.Submission) {
	_, _, who, err := protocol.ParseToken(s.Token)
	if err != nil {
		return
	}
	var nothing, failed []string
	var why string
	for _, p := range s.Pages {
		switch p.Outcome {
		case responder.Found:
			t.found(ctx, who, p)
		case responder.Failed:
			failed, why = append(failed, value(p.Attribute)), p.Error
		default:
			nothing = append(nothing, value(p.Attribute))
		}
	}
	if len(failed) > 0 {
		t.line(ctx, who, t.screen.Yellow("FAILED on "+strings.Join(failed, ", ")+": "+show.Line(why, 200)))
	}
	if len(nothing) > 0 {
		t.line(ctx, who, t.screen.Dim("nothing on "+strings.Join(nothing, ", ")))
	}
}

func (t *teller) found(ctx context.Context, who string, p responder.Page) {
	for _, g := range p.Signals {
		text := show.Line(string(g.Verdict), 20) + ": " + show.Line(g.Summary, 200)
		switch g.Verdict {
		case responder.Malicious:
			text = t.screen.Red(text)
		case responder.Suspicious:
			text = t.screen.Yellow(text)
		}
		t.line(ctx, who, text)
	}
	for _, a := range p.NewAttributes {
		t.line(ctx, who, fmt.Sprintf("%s leads to %s: a new entity, everyone is asked about it", value(p.Attribute), value(&a)))
	}
}

func value(a *responder.Attribute) string {
	if a == nil {
		return "it"
	}
	return show.Value(*a, 60)
}
