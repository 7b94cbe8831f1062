package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// teller writes down what it sees the pipeline do.
type teller struct {
	out      io.Writer
	screen   show.Screen
	pace     time.Duration
	pipeline *inprocess.Pipeline

	reportID string
	notified int              // how often people were told
	last     responder.Report // the last verdict
	slack    []byte           // the message that stands in Slack
	issue    issue            // the one that stands on GitHub
	err      error            // of writing
}

// The columns of a line: when, who, what.
const (
	stampWidth = 7
	whoWidth   = 12
	indent     = stampWidth + whoWidth + 4
)

func (t *teller) title(cast []inprocess.Inspector) {
	names := make([]string, len(cast))
	for i, c := range cast {
		names[i] = c.ID
	}
	t.print(t.screen.Bold("An alert goes in, a verdict comes out") + "\n" +
		t.screen.Dim("Inspectors: "+strings.Join(names, ", ")+". The clock is advanced, the rest happens.") + "\n\n")
}

// narrate says what comes from outside.
func (t *teller) narrate(ctx context.Context, text string) {
	t.line(ctx, "", t.screen.Bold(text))
}

// line is one line of the story, at the time that it is there. Who is in a column of its own; the text is
// safe for a terminal.
func (t *teller) line(ctx context.Context, who, text string) {
	t.print(fmt.Sprintf("%s  %s  %s\n", t.screen.Blue(pad(t.stamp(), stampWidth)), t.screen.Dim(pad(who, whoWidth)),
		t.screen.Wrap(text, indent)))
	t.wait(ctx)
}

func pad(s string, n int) string { return fmt.Sprintf("%-*s", n, s) }

// stamp is the time since the finding was sent.
func (t *teller) stamp() string {
	d := t.pipeline.Now().Sub(start).Truncate(time.Second)
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("T+%dm", d/time.Minute)
	}
	return "T+" + d.String()
}

func (t *teller) print(text string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.out, text)
	}
}

func (t *teller) failed() error { return t.err }

func (t *teller) wait(ctx context.Context) {
	if t.pace <= 0 {
		return
	}
	timer := time.NewTimer(t.pace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// alerts is how many alerts the report counts.
func (t *teller) alerts(ctx context.Context) (int64, error) {
	fingerprint, _, err := protocol.ParseReportID(t.reportID)
	if err != nil {
		return 0, err
	}
	item, err := t.pipeline.Store().Get(ctx, fingerprint)
	return item.Count, err
}

func (t *teller) end() {
	r := t.last
	t.print(t.screen.Dim(fmt.Sprintf("One report, %d alerts, %d notifications. Now with an alert of yours: ",
		r.AlertCount, t.notified)) + "alertresponder local FILE\n")
}
