// Package watchlist looks attributes up in lists of indicators that the organization keeps.
//
// in → out: one attribute of an alert, and lists of addresses, networks, domains, hashes, URLs and anything else →
// a page with a signal for each list that it stands on.
//
// A list is a text file, or a gzipped one (.gz). It is either plain lines, one indicator each, with # comments
// (whole lines, or after white space: then the comment is shown with the indicator), or CSV with a header (see
// columns.go) where the name ends in .csv or the first line is such a header.
//
// Indicators are addresses, CIDR networks and ranges a-b of IPv4 and IPv6; domains, which match their subdomains as
// well; URLs; e-mail addresses; MD5, SHA-1, SHA-256 and SHA-512; any other text matches the same text only. Defanged
// forms (hxxp, [.]) are understood. A URL is also looked up by its host, an e-mail address by its domain.
//
// What a list says of its indicators stands in its column verdict; without one, in its file name: harmless where
// one of its words is allow, allowlist, whitelist, harmless or benign; suspicious where one is suspicious; otherwise
// malicious. If lists disagree, the more specific entry wins, and of two equally specific ones harmless.
package watchlist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// reloadEvery is how old lists may get before the source is asked again.
const reloadEvery = 5 * time.Minute

// Options of an Inspector. The zero value works.
type Options struct {
	// Lazy leaves the first loading to the first look-up; otherwise New does it, and fails where it fails.
	Lazy bool
	// Now is time.Now if nil.
	Now func() time.Time
	// Log is slog.Default() if nil.
	Log *slog.Logger
}

// Inspector looks attributes up. It implements responder.Inspector.
//
// The source is asked again at a look-up, every five minutes at most. What was loaded stays in use where that
// fails. As long as nothing could be loaded, Inspect fails with an error that is worth another try.
type Inspector struct {
	lists *loader
	now   func() time.Time
}

// New makes an inspector of the lists of a source. Unless it is lazy, it is an error if they cannot be read, or if
// none of them can be used.
func New(source Source, o Options) (*Inspector, error) {
	if source == nil {
		return nil, errors.New("watchlist: the source is nil")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Inspector{now: o.Now, lists: &loader{source: source, now: o.Now, log: cmp.Or(o.Log, slog.Default())}}
	if o.Lazy {
		return w, nil
	}
	h, err := w.lists.current(context.Background())
	if err == nil && len(h.broken) > 0 && len(h.broken) == len(h.lists) {
		err = errors.Join(h.broken...)
	}
	if err != nil {
		return nil, fmt.Errorf("watchlist: %w", err)
	}
	return w, nil
}

// Inspect implements responder.Inspector. An attribute that stands on no list is answered by the zero page, but
// outcome failed if a list could not be used, for it might stand there (also beside harmless), and skipped if there are no lists.
func (w *Inspector) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	h, err := w.lists.current(ctx)
	if err != nil {
		return responder.Page{}, fmt.Errorf("watchlist: %w", err)
	}
	page := pageOf(task.Attribute, h.index.find(task.Attribute, w.now()))
	switch {
	case isSettled(page):
	case len(h.broken) > 0:
		page.Title, page.Outcome, page.Error = title, responder.Failed, clean(h.broken[0].Error(), maxNote)
	case len(h.lists) == 0:
		page = responder.Page{Title: title, Outcome: responder.Skipped}
	}
	return page, nil
}

// isSettled says whether a list that could not be used does not matter: something worse than harmless was found.
func isSettled(p responder.Page) bool {
	for _, s := range p.Signals {
		if s.Verdict.Rank() > responder.Harmless.Rank() {
			return true
		}
	}
	return false
}
