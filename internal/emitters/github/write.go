package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Bounds of texts. GitHub takes 256 characters of a title and 65,536 of a body or a comment; a comment that long is read by
// nobody.
const (
	maxTitle   = 250
	maxBody    = 60_000
	maxComment = 16_000
)

// edit is what is written of an issue. What is empty stays as it is.
type edit struct {
	Title     string   `json:"title,omitempty"`
	Body      string   `json:"body,omitempty"`
	Labels    []string `json:"labels,omitzero"` // an empty list takes all away
	Assignees []string `json:"assignees,omitempty"`
	State     string   `json:"state,omitempty"`
	Reason    string   `json:"state_reason,omitempty"`
}

func (e edit) isEmpty() bool {
	return e.Title == "" && e.Body == "" && e.Labels == nil && e.State == ""
}

// write makes a request with an edit; where an assignee or a label is not taken, without them.
func (n *notification) write(ctx context.Context, method, path string, e edit) (*issue, error) {
	var out issue
	err := n.repo.do(ctx, method, path, e, &out)
	for _, some := range []*[]string{&e.Assignees, &e.Labels} {
		if errors.Is(err, errInvalid) && *some != nil {
			*some, out = nil, issue{}
			err = n.repo.do(ctx, method, path, e, &out)
		}
	}
	if err == nil {
		err = out.odd()
	}
	n.doubt(err)
	return &out, err
}

// doubt remembers that something may have been done although there is an error.
func (n *notification) doubt(err error) {
	if delivery.InDoubt(err) || errors.Is(err, errOdd) {
		n.receipt["doubt"] = "1"
	}
}

// open opens the report's issue.
func (n *notification) open(ctx context.Context) (*issue, error) {
	delete(n.receipt, "number") // of one that is gone
	m := n.marker(marker{opened: n.report.Seq})
	title, body := n.title(), n.body(m)
	i, err := n.write(ctx, http.MethodPost, "/issues", edit{
		Title: title, Body: body, Labels: n.labels(n.options.labels), Assignees: n.options.assignees,
	})
	if errors.Is(err, errAbsent) { // what is wrong may be seen at the repository
		told := errors.Unwrap(err)
		if err = n.repo.check(ctx); err == nil {
			err = fmt.Errorf("%s: %w", ID, delivery.KeyError(told.Error()))
		}
	}
	if err != nil {
		return nil, err
	}
	i.Title, i.Body, i.Labels = title, body, nil // as they were sent
	n.receipt["last"] = m.String()
	return i, nil
}

// settle has the issue show the notification, by one request at most, and gives what it shows then.
func (n *notification) settle(ctx context.Context, i *issue) (marker, error) {
	last, ok := parseMarker(i.Body)
	if !ok {
		last = n.last // people took it away
	}
	if last.seq > n.report.Seq || n.blind(last) {
		return last, nil
	}
	m := n.marker(last)
	var e edit
	e.State, e.Reason, m.closed = n.state(i.State, last)
	if title := n.title(); title != i.Title {
		e.Title = title
	}
	if body := n.body(m); body != strings.ReplaceAll(i.Body, "\r\n", "\n") {
		e.Body = body
	}
	if m.severity != last.severity {
		e.Labels = n.labels(i.names())
	}
	if !e.isEmpty() {
		if _, err := n.write(ctx, http.MethodPatch, numbered(i.Number), e); err != nil {
			return last, err
		}
	}
	n.receipt["last"] = m.String()
	return m, nil
}

// blind says whether the issue shows more than can be shown now: there is a verdict in it, of which this is only a notice,
// and what the verdict said is not remembered. The next verdict shows all again.
func (n *notification) blind(last marker) bool {
	return n.notice() && n.prev["state"] == "" && last.severity != ""
}

// marker is the one of the notification, after another one.
func (n *notification) marker(last marker) marker {
	return marker{report: reportKey(n.report.ReportID), seq: n.report.Seq, opened: last.opened, severity: n.severity(),
		closed: last.closed, count: max(n.report.AlertCount, last.count, 0)}
}

// comment says what has changed, once.
func (n *notification) comment(ctx context.Context, i *issue) error {
	text := n.view.MarkdownChange(maxComment)
	if n.prev["state"] == "" { // it is not remembered what was shown, and so not known what has changed
		text = n.view.Markdown(maxComment)
	}
	if text == "" {
		return nil
	}
	if responder.Interrupted(ctx) || n.receipt["doubt"] != "" {
		if there, err := n.commented(ctx, i); there || err != nil {
			return err
		}
	}
	var out struct{ ID int64 }
	in := map[string]string{"body": said(reportKey(n.report.ReportID), n.report.Seq) + "\n" + text}
	err := n.repo.do(ctx, http.MethodPost, numbered(i.Number)+"/comments", in, &out)
	if errors.Is(err, errLocked) { // somebody wants no more comments, or GitHub; the issue's text is up to date
		return nil
	}
	if err == nil && out.ID <= 0 {
		err = fmt.Errorf("%s: %w", ID, errOdd)
	}
	n.doubt(err)
	return err
}

// title has no emoji: in a title GitHub makes nothing else of a text. A colon that looks alike takes the place of the one.
func (n *notification) title() string {
	words := strings.Fields(n.view.Headline())
	for i, w := range words {
		if strings.Count(w, ":") > 1 {
			words[i] = strings.ReplaceAll(w, ":", "꞉")
		}
	}
	title := []rune(cmp.Or(strings.Join(words, " "), "A report"))
	return string(title[:min(len(title), maxTitle)])
}

const footer = "\n\n---\n<sub>AlertResponder keeps this text up to date: what is written into it is lost, comments are not.</sub>\n"

func (n *notification) body(m marker) string {
	return m.String() + "\n" + n.view.Markdown(maxBody) + footer
}

// labels are those of an issue after the notification: of those that it has, all but the severities, and the severity.
func (n *notification) labels(has []string) []string {
	prefix := n.options.severity
	if prefix == "" {
		return slices.Clone(has)
	}
	out := slices.DeleteFunc(slices.Clone(has), func(l string) bool {
		return slices.ContainsFunc([]responder.Severity{responder.Urgent, responder.Unclassified, responder.Safe},
			func(s responder.Severity) bool { return strings.EqualFold(l, prefix+string(s)) })
	})
	if s := n.severity(); s != "" {
		out = append(out, prefix+string(s))
	}
	return out
}
