package stack

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// reports is the command line of reports.
type reports struct {
	target
	Since  string `default:"24h" placeholder:"24h" help:"How far back: 90m, 24h, 7d."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one report a line (otherwise)."`
}

// Help is the detailed help.
func (reports) Help() string {
	return `Lists the reports that were opened in that time and have a verdict, newest first.

Examples:

    alertresponder reports --stack alertresponder
    alertresponder reports --stack alertresponder --since 7d -o json | jq -r 'select(.severity == "urgent").report_id'

Exit codes: 0 also for none; 1 if they could not be read; 2 bad usage.`
}

// Run is the command.
func (c *reports) Run(ctx context.Context, con *console.Console) error {
	since, err := parseSince(c.Since)
	if err != nil {
		return console.Usage(fmt.Errorf("--since: %w", err))
	}
	r, err := c.tables(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	list, err := r.Since(ctx, now.Add(-since), now)
	if err != nil {
		return err
	}
	if con.JSON(c.Output) {
		return listJSON(con.Out, list)
	}
	_, err = io.WriteString(con.Out, listText(con.Screen, list, c.Since))
	return err
}

// parseSince reads a duration in which days are allowed.
func parseSince(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if days, isDays := strings.CutSuffix(s, "d"); isDays {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, 0), 100_000)) * 24 * time.Hour
	}
	if err != nil || d <= 0 || d > longest {
		return 0, fmt.Errorf("%.40q, expected a time like 90m, 24h or 7d, up to %dd", s, longest/(24*time.Hour))
	}
	return d, nil
}

// listed is a report in a list, as JSON.
type listed struct {
	ReportID string             `json:"report_id"`
	OpenedAt responder.Time     `json:"opened_at"`
	Severity responder.Severity `json:"severity"`
	Title    string             `json:"title"`
}

func listJSON(w io.Writer, list []store.Summary) error {
	for _, s := range list {
		line, err := show.JSON(listed{s.ReportID, opened(s), s.Severity, s.Title})
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func opened(s store.Summary) responder.Time { return responder.At(time.UnixMilli(s.OpenedAt).UTC()) }

func listText(screen show.Screen, list []store.Summary, since string) string {
	if len(list) == 0 {
		return screen.Dim("no reports in "+show.Plain(since, 20)) + "\n"
	}
	rows := make([][]string, len(list))
	for i, s := range list {
		// The id is a line of its own, so that it is whole where a screen is narrow.
		rows[i] = []string{
			opened(s).Format("2006-01-02 15:04"), screen.Severity(severity(s)), show.Line(s.Title, 80) + "\n" + screen.Dim(show.Plain(s.ReportID, 80)),
		}
	}
	return screen.Table([]string{"opened (UTC)", "verdict", "report"}, rows, func(int, int) lipgloss.Style {
		return lipgloss.NewStyle()
	}) + "\n"
}

// severity of a verdict that has none is that a person has to look.
func severity(s store.Summary) responder.Severity {
	v, _ := responder.ParseSeverity(string(s.Severity))
	return v
}
