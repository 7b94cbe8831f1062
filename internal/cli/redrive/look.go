package redrive

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
)

// lookHidden is how long a letter that was looked at stays hidden if it cannot be given free.
const lookHidden = 10 * time.Second

// Look is a look at a letter, safe to show.
type Look struct {
	MessageID string
	Sent      time.Time
	Why       string // it ended here
	Text      string // what it says, or how it begins
}

// LookInto looks at up to ten letters of a queue, the oldest first, and leaves them where they are.
func LookInto(ctx context.Context, client SQS, q Queue) ([]Look, error) {
	ctx, stop := finishing(ctx)
	defer stop()
	messages, err := receive(ctx, client, q.URL, batchSize, lookHidden)
	if err != nil {
		return nil, err
	}
	var looks []Look
	handles := map[string]string{}
	for _, m := range messages {
		l := newLetter(m)
		handles[l.id] = l.handle
		looks = append(looks, Look{MessageID: show.Line(l.id, 100), Sent: l.first(), Why: q.why(l), Text: show.Line(l.read.Body, 120)})
	}
	release(ctx, client, q.URL, handles)
	slices.SortStableFunc(looks, func(a, b Look) int { return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.MessageID, b.MessageID)) })
	return looks, nil
}

// why says what is known of why a letter is here: what cannot be read, what whoever put it here wrote beside it, or
// who gave it up. The rest is in the log of the function that did.
func (q Queue) why(l letter) string {
	t, err := q.route(l)
	switch {
	case l.read.Err != nil:
		return "cannot be read: " + show.Name(l.read.Err.Error(), 100)
	case noted(l) != "":
		return show.Line(noted(l), 100)
	case err != nil:
		return "cannot go back: " + show.Line(err.Error(), 100)
	case t.Undelivered:
		return "SNS could not deliver it to " + show.Line(t.Name, 80)
	}
	return "given up by " + show.Name(t.Name, 80)
}

// noted is what SNS, Lambda and EventBridge write beside a message that they could not deliver.
func noted(l letter) string {
	var texts []string
	for _, name := range []string{"ErrorCode", "ERROR_CODE", "ErrorMessage", "ERROR_MESSAGE"} {
		if text := l.read.Attributes[name]; text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ": ")
}
