// Package quarantine is what quarantine did, for people, and how they put it back.
//
// in → out: the ledger of a stack → a list of actions; an id → the resource as it was before, and that in the ledger.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// action is one as JSON.
type action struct {
	ID       string          `json:"id"`
	State    ledger.State    `json:"state"`
	Action   actions.Kind    `json:"action"`
	Target   string          `json:"target"`
	Account  string          `json:"account,omitempty"`
	Region   string          `json:"region,omitempty"`
	ARN      string          `json:"arn,omitempty"`
	Name     string          `json:"name,omitempty"`
	ReportID string          `json:"report_id"`
	Reports  []string        `json:"reports"` // that asked for it
	Alert    string          `json:"alert,omitempty"`
	Rule     string          `json:"rule"`
	Why      string          `json:"why"`
	At       responder.Time  `json:"at"`
	UndoneAt *responder.Time `json:"undone_at,omitempty"`
	UndoneBy string          `json:"undone_by,omitempty"`
	Did      []string        `json:"did,omitempty"`
	Left     []string        `json:"left,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func spelled(a ledger.Action) action {
	out := action{a.ID, a.State, a.Target.Kind, a.Target.Value, a.Target.Account, a.Target.Region, a.ARN, a.Name, a.Report, a.Reports, a.Alert, a.Rule,
		a.Why, responder.At(a.At), nil, a.By, a.Did, a.Left, a.Warnings, a.Error}
	if !a.Undone.IsZero() {
		at := responder.At(a.Undone)
		out.UndoneAt = &at
	}
	return out
}

// List prints the last actions, the newest first.
func List(ctx context.Context, con *console.Console, l ledger.Ledger, n int, output string) error {
	list, err := l.List(ctx, n)
	if err != nil {
		return err
	}
	if con.JSON(output) {
		for _, a := range list {
			if err := write(con.Out, spelled(a)); err != nil {
				return err
			}
		}
		return nil
	}
	_, err = io.WriteString(con.Out, table(con.Screen, list))
	return err
}

func write(w io.Writer, v any) error {
	line, err := show.JSON(v)
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

func table(s show.Screen, list []ledger.Action) string {
	if len(list) == 0 {
		return s.Dim("quarantine has done nothing") + "\n"
	}
	rows := make([][]string, len(list))
	for i, a := range list {
		what := show.Line(string(a.Target.Kind), 40) + ": " + show.Line(name(a), 100)
		// The id is a line of its own, so that it is whole where a screen is narrow.
		rows[i] = []string{a.At.UTC().Format("2006-01-02 15:04"), state(s, a), what + "\n" + s.Dim(show.Plain(a.ID, 80)) + more(s, a)}
	}
	return s.Table([]string{"when (UTC)", "state", "action"}, rows, func(int, int) lipgloss.Style { return lipgloss.NewStyle() }) + "\n"
}

func name(a ledger.Action) string {
	if a.Name != "" {
		return a.Name
	}
	return a.Target.Value
}

// state is red where somebody may have to do something.
func state(s show.Screen, a ledger.Action) string {
	text := show.Line(string(a.State), 20)
	switch a.State {
	case ledger.Doing, ledger.Failed, ledger.Undoing:
		return s.Red(text)
	case ledger.Undone:
		return s.Dim(text)
	}
	return text
}

func more(s show.Screen, a ledger.Action) string {
	var out string
	if a.By != "" {
		out += "\n" + s.Dim("by "+show.Line(a.By, 120))
	}
	if a.Error != "" {
		out += "\n" + s.Red(show.Line(a.Error, 200))
	}
	return out
}

// Undoer puts a resource back: actions.Actions.
type Undoer interface {
	Undo(ctx context.Context, id string, t actions.Target, b actions.Before, how actions.Undoing) (actions.Done, error)
}

// Undoing is what is put back, and how.
type Undoing struct {
	ID     string
	How    actions.Undoing
	By     func(context.Context) (string, error) // who does it
	Output string
}

// undone is what came of it, as JSON.
type undone struct {
	ID     string   `json:"id"`
	DryRun bool     `json:"dry_run,omitempty"`
	Undone bool     `json:"undone"` // it is put back, perhaps before
	Did    []string `json:"did,omitempty"`
	Left   []string `json:"left,omitempty"`
	Error  string   `json:"error,omitempty"`
}

// Undo puts an action back, or says what it would do. What was put back already is no error. Whoever is interrupted tries
// again.
func Undo(ctx context.Context, con *console.Console, l ledger.Ledger, actor Undoer, u Undoing) error {
	a, ok, err := l.Get(ctx, u.ID)
	switch {
	case err != nil && !ledger.IsID(u.ID):
		return console.Usage(err)
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%s: there is no such action in the stack", u.ID)
	case a.State == ledger.Undone:
		return u.print(con, a, undone{ID: a.ID, Undone: true, Did: []string{fmt.Sprintf("It was put back at %s by %s.",
			a.Undone.UTC().Format("2006-01-02 15:04 UTC"), a.By)}, Left: a.Left}, nil)
	}
	if u.How.Dry {
		done, err := actor.Undo(ctx, a.ID, a.Target, a.Before, u.How)
		return u.print(con, a, undone{ID: a.ID, DryRun: true, Did: done.Did, Left: done.Left}, u.explained(err))
	}
	by, err := u.By(ctx)
	if err != nil {
		return fmt.Errorf("who you are: %w", err)
	}
	if a, err = l.Undoing(ctx, u.ID, by); err != nil {
		return explainedLedger(err)
	}
	done, err := actor.Undo(ctx, a.ID, a.Target, a.Before, u.How)
	if err != nil {
		return u.print(con, a, undone{ID: a.ID, Did: done.Did, Left: done.Left}, errors.Join(u.explained(err), l.NotUndone(ctx, a.ID, err)))
	}
	if err := l.Undone(ctx, a.ID, done); err != nil {
		err = fmt.Errorf("it is put back, but that could not be recorded; try again: %w", err)
		return u.print(con, a, undone{ID: a.ID, Did: done.Did, Left: done.Left}, err)
	}
	return u.print(con, a, undone{ID: a.ID, Undone: true, Did: done.Did, Left: done.Left}, nil)
}

func explainedLedger(err error) error {
	if errors.Is(err, ledger.ErrBusy) {
		return fmt.Errorf("the function may be at it: %w", err)
	}
	return err
}

// explained says what can be done about an error.
func (u Undoing) explained(err error) error {
	switch {
	case errors.Is(err, actions.ErrChanged):
		return fmt.Errorf("%w: nothing was put back over that; look at it, and use --force to put back over it", err)
	case errors.Is(err, actions.ErrDenied):
		return fmt.Errorf("%w: it is done with your own credentials, which need that permission in the account of the resource", err)
	}
	return err
}

func (u Undoing) print(con *console.Console, a ledger.Action, o undone, failure error) error {
	if failure != nil {
		o.Error = errtext.Of(failure)
	}
	var err error
	if con.JSON(u.Output) {
		err = write(con.Out, o)
	} else {
		_, err = io.WriteString(con.Out, outcome(con.Screen, a, o))
	}
	if failure != nil {
		return console.Exit{Code: console.NotDone, Err: failure}
	}
	return err
}

func outcome(s show.Screen, a ledger.Action, o undone) string {
	var b strings.Builder
	what := "not put back"
	switch {
	case o.DryRun:
		what = "would be put back"
	case o.Undone:
		what = "put back"
	}
	if o.Error != "" {
		what = s.Red("not put back")
	}
	fmt.Fprintf(&b, "%s %s: %s\n", s.Bold(show.Line(string(a.Target.Kind), 40)), show.Line(name(a), 100), what)
	for _, line := range o.Did {
		fmt.Fprintf(&b, "  %s\n", s.Wrap(show.Line(line, 500), 2))
	}
	for _, line := range o.Left {
		fmt.Fprintf(&b, "  %s\n", s.Yellow(s.Wrap("left: "+show.Line(line, 500), 2)))
	}
	return b.String()
}
