// Package demo tells the story of one report in the terminal: the whole pipeline in this process, on a clock
// that is advanced.
//
// in → out: a finding and four inspectors → what people are told, when, and why.
package demo

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Command is the command line of demo.
type Command struct {
	Fast bool `help:"Do not wait between the lines. So does a pipe."`
}

// Help is the detailed help.
func (Command) Help() string {
	return `A GuardDuty finding comes in, people are told at once, inspectors answer or fail or are late, the finding
repeats, and the verdict is corrected when more is known. All of it happens: the stages and inspectors run here as
they do on AWS, only the clock does not wait. No account, no network.

Examples:

    alertresponder demo
    alertresponder demo --fast | less`
}

// pace is how long a reader has for a line.
const pace = 150 * time.Millisecond

// Run is the command.
func (c *Command) Run(ctx context.Context, con *console.Console) error {
	t := &teller{out: con.Out, screen: con.Screen}
	if con.OutTerminal && !c.Fast {
		t.pace = pace
	}
	return tell(ctx, t)
}

//go:embed fixtures/finding.json
var finding string

// The finding again, as GuardDuty sends it when it goes on.
var again = strings.NewReplacer(
	"7b1d-4c3a-9a53-1f0c7d2e0000", "7b1d-4c3a-9a53-1f0c7d2e0001",
	`"count": 1,`, `"count": 7,`,
	`"updatedAt": "2026-03-14T02:16:30.000Z"`, `"updatedAt": "2026-03-14T02:20:41.000Z"`,
	`"eventLastSeen": "2026-03-14T02:15:48.000Z"`, `"eventLastSeen": "2026-03-14T02:20:02.000Z"`,
).Replace(finding)

// start is when the finding is sent: the time of its event.
var start = time.Date(2026, 3, 14, 2, 17, 4, 0, time.UTC)

// repeatAfter is when the finding is sent again.
const repeatAfter = 4 * time.Minute

// tell plays the story.
func tell(ctx context.Context, t *teller) error {
	cast, err := inspectors(t)
	if err != nil {
		return err
	}
	shown, err := services(t)
	if err != nil {
		return err
	}
	p, err := inprocess.New(inprocess.Config{
		Inspectors: cast,
		Emitters:   append([]inprocess.Emitter{{ID: "terminal", Emitter: responder.EmitterFunc(t.emit)}}, shown...),
		Start:      start,
		Wrap:       inprocess.Wrap{Handler: t.listen},
	})
	if err != nil {
		return err
	}
	t.pipeline = p
	t.title(cast)
	for _, act := range []func(context.Context) error{t.arrival, t.firstAnswers, t.repeat, t.rest} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	t.stands()
	t.end()
	return t.failed()
}

// arrival is the finding coming in.
func (t *teller) arrival(ctx context.Context) error {
	t.narrate(ctx, "GuardDuty sends a finding, through EventBridge")
	if err := t.pipeline.Send(ctx, []byte(finding)); err != nil {
		return err
	}
	return t.pipeline.Work(ctx)
}

// firstAnswers is what comes until the finding repeats.
func (t *teller) firstAnswers(ctx context.Context) error { return t.pipeline.Advance(ctx, repeatAfter) }

// repeat is the same finding again.
func (t *teller) repeat(ctx context.Context) error {
	before := t.notified
	t.narrate(ctx, "GuardDuty sends the finding again, with a higher count")
	if err := t.pipeline.Send(ctx, []byte(again)); err != nil {
		return err
	}
	if err := t.pipeline.Work(ctx); err != nil {
		return err
	}
	n, err := t.alerts(ctx)
	if err == nil && t.notified == before {
		t.line(ctx, "report", fmt.Sprintf("counted: %d alerts, one report; nobody is bothered", n))
	}
	return err
}

// rest is all that is still under way: the deadline, and who comes after it.
func (t *teller) rest(ctx context.Context) error { return t.pipeline.Settle(ctx) }
