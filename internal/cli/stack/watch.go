package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// pollEvery is how often the item is read: one small read.
const pollEvery = 2 * time.Second

// watch waits until all evidence of a report is in a verdict.
type watch struct {
	reader      reader
	id          string
	fingerprint string
	tell        func(line string) // shows what is waited for; empty at the end
}

func (w watch) run(ctx context.Context) error {
	defer w.tell("")
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	began := time.Now()
	for {
		item, err := w.reader.Get(ctx, w.fingerprint)
		if err != nil {
			return err
		}
		// The item of a later report says nothing of this one, which was settled before that was opened.
		if item.ReportID != w.id || item.Settled() {
			return nil
		}
		w.tell(waiting(item, began, time.Now()))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func waiting(item protocol.Item, began, now time.Time) string {
	text := fmt.Sprintf("%s, %s", now.Sub(began).Round(time.Second), awaiting(item))
	if left := time.UnixMilli(item.DeadlineAt).Sub(now); len(item.Pending) > 0 && left > 0 {
		text += fmt.Sprintf(", until %s from now at the latest", left.Round(time.Second))
	}
	return text
}

// awaiting is who is waited for.
func awaiting(item protocol.Item) string {
	var names []string
	for _, token := range item.Pending {
		if _, _, inspector, err := protocol.ParseToken(token); err == nil {
			names = append(names, show.Plain(inspector, 40))
		}
	}
	if len(names) == 0 {
		return "waiting for the verdict"
	}
	slices.Sort(names)
	return "waiting for " + strings.Join(slices.Compact(names), ", ")
}
