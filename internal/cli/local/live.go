package local

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
)

// wait is a time on the command line, 0s or more.
type wait time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *wait) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%.40q, expected a time such as 30s or 10m", text)
	}
	*w = wait(d)
	return nil
}

// settle lets the pipeline go on until nothing is under way any more; as long as inspectors ask services, in real time. It
// says whether the person ended that.
func (c *Command) settle(ctx context.Context, con *console.Console, p *inprocess.Pipeline, o others) (interrupted bool, err error) {
	if len(o.watched) == 0 {
		return false, p.Settle(ctx)
	}
	patience := o.deadline
	if c.Wait != nil {
		patience = time.Duration(*c.Wait)
	}
	l := live{Pipeline: p, watched: o.watched, end: time.Now().Add(patience), tell: con.Progress}
	waiting, err := l.run(ctx)
	con.Progress("")
	interrupted = ctx.Err() != nil
	if err != nil && !interrupted {
		return false, err
	}
	ctx = context.WithoutCancel(ctx)
	if !waiting && !interrupted {
		return false, p.Settle(ctx)
	}
	for _, w := range l.lefts() {
		con.Warn(w.missed(time.Now()))
	}
	return interrupted, l.giveUp(ctx)
}

// live is a pipeline that is let go on in real time: a minute of a service's quota does not pass on a clock that is advanced.
type live struct {
	*inprocess.Pipeline
	watched []*watched
	end     time.Time
	tell    func(string)
}

// run goes on until nobody waits for a service any more. It says whether somebody still does at the end.
func (l live) run(ctx context.Context) (waiting bool, err error) {
	for {
		if err := l.Advance(ctx, max(time.Since(l.Now()), 0)); err != nil {
			return true, err
		}
		lefts := l.lefts()
		if len(lefts) == 0 {
			return false, nil
		}
		due, ok := l.Bus().NextDue()
		if !ok || due.After(l.end) || allAfter(lefts, l.end) || time.Now().After(l.end) {
			return true, nil
		}
		if err := l.sleep(ctx, due); err != nil {
			return true, err
		}
	}
}

// sleep waits until a time, and shows for whom.
func (l live) sleep(ctx context.Context, until time.Time) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		l.show()
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-time.After(left):
		}
	}
}

func (l live) show() {
	var parts []string
	for _, w := range l.lefts() {
		parts = append(parts, w.progress(time.Now()))
	}
	l.tell("waiting: " + strings.Join(parts, "; ") + "; until " + l.end.Format("15:04:05") + " at the latest")
}

// lefts are the inspectors that have not answered all they were asked.
func (l live) lefts() (out []left) {
	for _, w := range l.watched {
		if tasks := l.Bus().Peek(w.ID); len(tasks) > 0 {
			out = append(out, w.left(tasks, time.Now()))
		}
	}
	return out
}

// allAfter says whether nobody may be asked before the end.
func allAfter(list []left, end time.Time) bool {
	for _, w := range list {
		if !w.next.After(end) {
			return false
		}
	}
	return true
}

// rest is longer than all deadlines of a report: there are three at most, of a quarter of an hour.
const rest = time.Hour

// giveUp lets the deadlines pass, on a clock that is advanced, and nobody be asked any more: whoever has not answered is
// missing, as on AWS.
func (l live) giveUp(ctx context.Context) error {
	for _, w := range l.watched {
		w.close()
	}
	return l.Advance(ctx, rest)
}
