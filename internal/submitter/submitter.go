// Package submitter stores what inspectors found, and crosses them off.
//
// in → out: a submission from SubmissionQueue (or a page, invoked) → its body and the report's item; a review
// on ReviewQueue when nobody is awaited any more; a further wave on TaskNotification where a page brought new
// attributes.
package submitter

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/clock"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Items holds the reports' items; store.Store says what its methods do.
type Items interface {
	Get(ctx context.Context, fingerprint string) (protocol.Item, error)
	Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error)
	CrossOff(ctx context.Context, reportID, token string, done bool) (protocol.Item, bool, error)
}

// Bodies keeps the submissions, and the alert that a further wave's task speaks of.
type Bodies interface {
	PutBody(ctx context.Context, reportID string, b store.Body) error
	Bodies(ctx context.Context, reportID string) ([]store.Body, error)
}

// Submitter is the stage behind the inspectors.
type Submitter struct {
	Items  Items
	Bodies Bodies
	Desk   handout.Desk
	Rules  protocol.Rules
	Now    clock.Clock
	Log    *slog.Logger
}

// Deliver takes one submission from the queue.
func (s *Submitter) Deliver(ctx context.Context, d envelope.Delivery) error {
	var sub responder.Submission
	if err := decode(d.Body, &sub); err != nil {
		return fmt.Errorf("submission: %w", err)
	}
	return s.submit(ctx, sub, sentAt(d))
}

// sentAt is when a submission was first sent, in epoch milliseconds; 0 if nothing says it. A clock would be another one with
// each delivery, and so would the bytes of the body.
func sentAt(d envelope.Delivery) int64 {
	t := d.FirstSent()
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// maxObjects bounds what is decoded of a message: so many objects and lists take some 20 MB.
const maxObjects = 50_000

func decode(text string, into any) error {
	if n := bound.Objects(text); n > maxObjects {
		return responder.Permanent(fmt.Errorf("%d objects and lists, expected at most %d", n, maxObjects))
	}
	return json.Unmarshal([]byte(text), into)
}

// Page takes one page from who invokes the function with it, as plugins of the predecessor do.
func (s *Submitter) Page(ctx context.Context, payload []byte) error {
	var page responder.Page
	if err := decode(string(payload), &page); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if err := responder.CheckVersion(page.V); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return s.submit(ctx, responder.Submission{
		ReportID: page.ReportID,
		Token:    protocol.LegacyToken(page.Author),
		Pages:    []responder.Page{page},
		Done:     true,
	}, s.Now.Millis())
}

// submit stores a submission, with when it was sent, and does what it leads to.
func (s *Submitter) submit(ctx context.Context, sub responder.Submission, at int64) error {
	in, err := check(sub)
	if err != nil {
		return err
	}
	body, err := record.Finding(in.part, at, in.Submission)
	if err != nil {
		return err
	}
	if err := s.Bodies.PutBody(ctx, in.ReportID, body); err != nil {
		return err
	}
	item, ok, err := s.update(ctx, in)
	if err != nil {
		return err
	}
	if !ok {
		s.Log.WarnContext(ctx, "a submission for a report that is not current is stored and goes no further",
			"report_id", in.ReportID, "token", in.Token)
		return nil
	}
	return s.Desk.After(ctx, item)
}

// incoming is a submission that was checked.
type incoming struct {
	responder.Submission
	fingerprint string
	part        string
	origin      string                // of the attributes that it brings
	brought     []responder.Attribute // normalized, distinct
}

func check(sub responder.Submission) (incoming, error) {
	in := incoming{Submission: sub}
	if err := responder.CheckVersion(sub.V); err != nil {
		return in, fmt.Errorf("submission: %w", err)
	}
	var err error
	if in.fingerprint, _, err = protocol.ParseReportID(sub.ReportID); err != nil {
		return in, fmt.Errorf("submission: %w", err)
	}
	if _, _, _, err = protocol.ParseToken(sub.Token); err != nil {
		return in, fmt.Errorf("submission: %w", err)
	}
	in.part = record.Part(sub.Pages)
	in.brought = brought(sub.Pages)
	in.origin = protocol.PageOrigin(sub.Token, in.part)
	return in, nil
}

// brought are the new attributes of all pages, each once.
func brought(pages []responder.Page) (attrs []responder.Attribute) {
	seen := map[entity.Hash]bool{}
	for _, p := range pages {
		for _, a := range p.NewAttributes {
			a = entity.Normalize(a)
			h := entity.HashOf(a)
			if a.Type != "" && a.Value != "" && !seen[h] {
				seen[h] = true
				attrs = append(attrs, a)
			}
		}
	}
	return attrs
}
