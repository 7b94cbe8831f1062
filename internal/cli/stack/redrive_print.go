package stack

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// deadQueue is a queue in a list, as JSON.
type deadQueue struct {
	Queue       string          `json:"queue"`
	GoesTo      []string        `json:"goes_to"`
	DeadLetters int             `json:"dead_letters"`
	InFlight    int             `json:"in_flight"`
	OldestSent  *responder.Time `json:"oldest_sent_at,omitempty"` // of those that were looked at
	Looks       []look          `json:"looks,omitempty"`
	Error       string          `json:"error,omitempty"` // it could not be asked, and the numbers say nothing
}

type look struct {
	MessageID string         `json:"message_id"`
	SentAt    responder.Time `json:"sent_at"`
	Why       string         `json:"why"`
	Text      string         `json:"text"`
}

func listedQueue(q redrive.Queue, looks []redrive.Look) deadQueue {
	d := deadQueue{Queue: q.Name, GoesTo: q.GoesTo(), DeadLetters: max(q.Letters, len(looks)), InFlight: q.Hidden}
	if q.Err != nil {
		d.Error = said(q.Err)
	}
	for _, l := range looks {
		d.Looks = append(d.Looks, look{l.MessageID, responder.At(l.Sent), l.Why, l.Text})
		if d.OldestSent == nil && !l.Sent.IsZero() {
			oldest := responder.At(l.Sent)
			d.OldestSent = &oldest
		}
	}
	return d
}

func (c *redriving) printList(con *console.Console, rows []deadQueue) error {
	if con.JSON(c.Output) {
		for _, r := range rows {
			if err := writeJSON(con.Out, r); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := io.WriteString(con.Out, deadText(con.Screen, rows, time.Now()))
	return err
}

func writeJSON(w io.Writer, v any) error {
	line, err := show.JSON(v)
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

func deadText(screen show.Screen, queues []deadQueue, now time.Time) string {
	if len(queues) == 0 {
		return screen.Dim("the stack has no queue of dead letters") + "\n"
	}
	var rows [][]string
	var why strings.Builder
	for _, q := range queues {
		name := show.Plain(q.Queue, 80)
		row := []string{name, show.Plain(strings.Join(q.GoesTo, ", "), 80), count(q), age(q.OldestSent, now)}
		if empty(q) {
			for i := range row {
				row[i] = screen.Dim(row[i])
			}
		}
		rows = append(rows, row)
		for _, line := range reasons(q.Looks) {
			fmt.Fprintf(&why, "%s: %s\n", screen.Bold(name), screen.Wrap(line, 2))
		}
	}
	text := screen.Table([]string{"dead letters", "of", "waiting", "oldest seen"}, rows, func(int, int) lipgloss.Style {
		return lipgloss.NewStyle()
	}) + "\n" + why.String()
	if !slices.ContainsFunc(queues, func(q deadQueue) bool { return !empty(q) }) {
		text += screen.Green("no dead letters") + "\n"
	}
	return text
}

func empty(q deadQueue) bool { return q.DeadLetters+q.InFlight == 0 && q.Error == "" }

func count(q deadQueue) string {
	if q.Error != "" {
		return "not known"
	}
	if q.InFlight > 0 {
		return fmt.Sprintf("%d, and %d in flight", q.DeadLetters, q.InFlight)
	}
	return strconv.Itoa(q.DeadLetters)
}

// age is how long ago something was, roughly.
func age(t *responder.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	d := max(now.Sub(t.Time), 0)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// reasons are those of the letters that were looked at, each once with one that has it.
func reasons(looks []look) (lines []string) {
	var seen []string
	for _, l := range looks {
		if slices.Contains(seen, l.Why) {
			continue
		}
		if seen = append(seen, l.Why); len(seen) > 3 {
			return append(lines, "…")
		}
		lines = append(lines, l.Why+": "+show.Line(l.Text, 120))
	}
	return lines
}

// redriven is what became of a queue's letters, as JSON.
type redriven struct {
	Queue       string    `json:"queue"`
	GoesTo      []string  `json:"goes_to"`
	DeadLetters int       `json:"dead_letters"` // about, when it began
	DryRun      bool      `json:"dry_run,omitempty"`
	PutBack     int       `json:"put_back"`
	Stay        int       `json:"stay"`
	Failures    []failure `json:"failures,omitempty"` // ten of those at most
	Twice       int       `json:"not_deleted,omitempty"`
	Newer       int       `json:"newer,omitempty"`
	Nameless    int       `json:"without_delivery_id,omitempty"`
	Timeless    int       `json:"without_first_sent,omitempty"`
	Error       string    `json:"error,omitempty"`
}

type failure struct {
	MessageID string `json:"message_id"`
	Why       string `json:"why"`
}

func (c *redriving) printOutcome(con *console.Console, o redrive.Outcome, bounded bool) error {
	if con.JSON(c.Output) {
		return writeJSON(con.Out, c.redriven(o))
	}
	_, err := io.WriteString(con.Out, c.outcomeText(con.Screen, o, bounded))
	return err
}

func (c *redriving) redriven(o redrive.Outcome) redriven {
	r := redriven{
		Queue: o.Queue.Name, GoesTo: o.Queue.GoesTo(), DeadLetters: o.Queue.Letters, DryRun: c.DryRun, PutBack: o.PutBack, Stay: o.Failed,
		Twice: o.Twice, Newer: o.Newer, Nameless: o.Nameless, Timeless: o.Timeless,
	}
	for _, f := range o.Failures {
		r.Failures = append(r.Failures, failure{show.Line(f.MessageID, 100), said(f.Why)})
	}
	if o.Err != nil {
		r.Error = said(o.Err)
	}
	return r
}

// said is an error in a summary.
func said(err error) string { return show.Plain(errtext.Of(err), 500) }

func (c *redriving) outcomeText(screen show.Screen, o redrive.Outcome, bounded bool) string {
	var b strings.Builder
	did := "put back"
	if c.DryRun {
		did = "would be put back"
	}
	fmt.Fprintf(&b, "%s → %s: %s %s\n", screen.Bold(show.Plain(o.Queue.Name, 80)), show.Plain(strings.Join(o.Queue.GoesTo(), ", "), 200),
		screen.Bold(strconv.Itoa(o.PutBack)), did)
	line := func(n int, text string) {
		if n > 0 {
			fmt.Fprintf(&b, "  %s\n", screen.Wrap(fmt.Sprintf(text, n), 2))
		}
	}
	for _, f := range o.Failures {
		fmt.Fprintf(&b, "  %s\n", screen.Red(screen.Wrap("stays: "+show.Line(f.MessageID, 100)+": "+said(f.Why), 2)))
	}
	line(o.Failed-len(o.Failures), "%d more stay")
	line(o.Twice, "%d of them could not be deleted here: they would go back once more, as the same alerts")
	line(o.Newer, "%d came in since this began, and stay")
	line(o.Nameless, "%d went without delivery_id, for which they have no room: an alert that has no id of its own counts as another one")
	line(o.Timeless, "%d went without first_sent, for which they have no room: they count as sent now")
	switch {
	case o.Interrupted():
		fmt.Fprintln(&b, "  interrupted: the rest stays")
	case o.Err != nil:
		fmt.Fprintf(&b, "  %s\n", screen.Red(screen.Wrap("stopped: "+said(o.Err), 2)))
	case !bounded:
		line(o.Unseen(), "about %d more are in flight: look again in five minutes")
	}
	return b.String()
}
