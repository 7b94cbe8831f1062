// Package github keeps an issue of each report, on GitHub and on a GitHub Enterprise Server.
//
// in → out: a report → its issue: opened once, its text the latest state, a comment for each change, labels by severity,
// closed and reopened by the verdict; and the receipt with its number.
//
// One call of Emit makes few requests: a new report one (POST), a known one three (GET, PATCH, POST of the comment), and once
// in a quarter of an hour one for the repository, which must not be public.
//
// Nothing is done twice. An issue whose number is not known is looked for in the list of the repository's issues, by a
// marker in its text, which nobody's data can bring there; a comment likewise. GitHub's search would be one request, but
// tells of what was written with a delay, and so not of what a function wrote that died a moment ago.
//
// What people do stands: an issue that they closed is reopened only where the verdict gets worse or more alerts fire; one
// that they reopened stays open until the verdict would have it open anyway; labels are replaced only where they are ours,
// and only when the severity changes. The text of an issue is ours: it says so, and people have the comments.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// ID is the emitter's id.
const ID = "github"

type emitter struct {
	options options
	render  render.Options
	api     *api
	repo    repository
}

// New makes the emitter. All faults of the settings are one error.
func New(s delivery.Settings) (responder.Emitter, error) {
	place, err1 := parsePlace(s.Env("GITHUB_REPOSITORY"))
	o, err2 := parseOptions(s.Env("GITHUB_OPTIONS"))
	view, err3 := render.FromEnv(s.Env)
	var err4 error
	if s.Key == nil {
		err4 = errors.New("key: missing, expected a token, or the key of a GitHub App")
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("github: %w", err)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.BaseURL = cmp.Or(s.BaseURL, place.base)
	a := newAPI(s)
	return &emitter{o, view, a, repository{api: a, name: place.name, public: o.public}}, nil
}

// Emit implements responder.Emitter.
func (e *emitter) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	key, err := e.repo.key(ctx)
	if err != nil {
		return nil, err
	}
	n := &notification{emitter: e, report: r, prev: prev, receipt: maps.Clone(prev), view: e.render.View(r, prev["state"])}
	if n.receipt == nil {
		n.receipt = responder.Receipt{}
	}
	if prev["repo"] != key { // what is known of another repository is not known of this one
		clear(n.receipt)
		n.receipt["repo"] = key
	}
	n.last, _ = parseMarker(n.receipt["last"])
	return n.receipt, n.carry(ctx)
}

// notification is one on its way.
type notification struct {
	*emitter
	report  responder.Report
	view    render.View
	prev    responder.Receipt
	receipt responder.Receipt // the next one
	last    marker            // of what was shown, by the receipt
	gone    bool              // there was an issue, and people took it away
}

// carry brings the notification to its issue. What was done is in the receipt, also where the rest fails.
func (n *notification) carry(ctx context.Context) error {
	i, err := n.known(ctx)
	if err == nil && i == nil && n.opens() {
		i, err = n.open(ctx)
	}
	if err != nil || i == nil {
		return err
	}
	n.receipt["number"], n.receipt["url"] = strconv.FormatInt(i.Number, 10), i.link()
	shown, err := n.settle(ctx, i)
	if err == nil && shown.opened != n.report.Seq && shown.seq <= n.report.Seq {
		err = n.comment(ctx, i)
	}
	if err != nil {
		return err
	}
	if shown.seq == n.report.Seq { // else the doubt may be about a later one, which comes again
		delete(n.receipt, "doubt")
		n.receipt["state"] = n.view.State()
	}
	return nil
}

// known gives the report's issue, nil if there is none.
func (n *notification) known(ctx context.Context) (*issue, error) {
	number, err := strconv.ParseInt(n.receipt["number"], 10, 64)
	if err != nil || number <= 0 {
		if !n.mayExist(ctx) && n.receipt["state"] == "" { // with a state there was one
			return nil, nil
		}
		return n.find(ctx)
	}
	i, err := n.get(ctx, number)
	if !errors.Is(err, errAbsent) {
		return i, err
	}
	if err := n.repo.check(ctx); err != nil { // it is not the issue that is gone
		return nil, err
	}
	n.gone = true
	if n.mayExist(ctx) { // another one, that was opened instead
		return n.find(ctx)
	}
	return nil, nil
}

// mayExist says whether there may be an issue although no receipt tells of one: also where the receipt is none, or another
// repository's, since the settings may have changed more than once.
func (n *notification) mayExist(ctx context.Context) bool {
	return responder.Interrupted(ctx) || n.receipt["doubt"] != "" || n.prev["repo"] != n.receipt["repo"] && n.report.Seq > firstSeq
}

// firstSeq is the seq of a report's first notification.
const firstSeq = 2
