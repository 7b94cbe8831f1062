package host

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// call is one call of the emitter, or of the actor that it is.
func (h *emitter) call(ctx context.Context, r responder.Report, prev responder.Receipt) (pages []responder.Page, receipt responder.Receipt, err error) {
	err = guard(func() (err error) {
		if actor, ok := h.Emitter.(responder.Actor); ok {
			pages, receipt, err = actor.Act(ctx, r, prev)
		} else {
			receipt, err = h.Emit(ctx, r, prev)
		}
		return err
	})
	return pages, receipt, err
}

// tell hands in what an actor tells, unless that was told last. It is evidence each time, and a verdict follows. Each page is
// handed in alone: so it takes the place of the former one about its attribute, whatever others there are by now.
func (h *emitter) tell(ctx context.Context, r responder.Report, pages []responder.Page, s *plugindata.State) error {
	if len(pages) == 0 {
		return nil
	}
	if h.Submit == nil {
		return responder.Permanent(errors.New("the emitter has pages, and nowhere to hand them in"))
	}
	pages = h.finished(r, pages)
	told := pagesHash(pages)
	if told == s.Told {
		return nil
	}
	for _, p := range pages {
		if err := h.Submit.Submit(ctx, responder.Submission{V: responder.SchemaVersion, ReportID: r.ReportID,
			Token: protocol.LegacyToken(h.ID), Pages: []responder.Page{p}, Done: true}); err != nil {
			return fmt.Errorf("submission: %w", err)
		}
	}
	s.Told = told
	return nil
}

// finished are the pages with what the host knows of them.
func (h *emitter) finished(r responder.Report, pages []responder.Page) []responder.Page {
	out := make([]responder.Page, len(pages))
	for i, p := range pages {
		p.ReportID, p.V = r.ReportID, responder.SchemaVersion
		if p.Author == "" {
			p.Author = h.ID
		}
		if p.Outcome == "" {
			p.Outcome = responder.Found
		}
		out[i] = p
	}
	return out
}

func pagesHash(pages []responder.Page) string {
	text, _ := json.Marshal(pages) // it was made of values that marshal
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
