package github

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// What becomes of an issue's state: of what it is, what was told by it, and what is told now.
func TestStates(t *testing.T) {
	const u, m, s, none = responder.Urgent, responder.Unclassified, responder.Safe, responder.Severity("")
	all := []string{bySafe, byResolved}
	for name, c := range map[string]struct {
		now      string
		last     marker
		severity responder.Severity
		resolved bool
		notice   bool
		count    int64
		close    []string
		want     string // state and reason; empty: left alone
		closed   bool
	}{
		"a verdict that somebody has to look at": {now: "open", severity: u, close: all},
		"safe":                                   {now: "open", severity: s, close: all, want: "closed not_planned", closed: true},
		"safe, and that does not close":          {now: "open", severity: s, close: []string{byResolved}},
		"safe, and nothing closes":               {now: "open", severity: s, resolved: true},
		"resolved":                               {now: "open", severity: u, resolved: true, close: all, want: "closed completed", closed: true},
		"resolved, and that does not close":      {now: "open", severity: u, resolved: true, close: []string{bySafe}},
		"both":                                   {now: "open", severity: s, resolved: true, close: all, want: "closed not_planned", closed: true},
		"a notice closes nothing":                {now: "open", severity: s, notice: true, close: all},
		"a notice that it is resolved closes nothing":        {now: "open", severity: u, resolved: true, notice: true, close: all},
		"a notice does not forget that it was closed":        {now: "closed", last: marker{severity: s, closed: true}, severity: s, notice: true, close: all, closed: true},
		"corrected upwards":                                  {now: "closed", last: marker{severity: s, closed: true}, severity: m, close: all, want: "open reopened"},
		"it fires again":                                     {now: "closed", last: marker{severity: u, closed: true}, severity: u, notice: true, close: all, want: "open reopened"},
		"closed by people, and the same again":               {now: "closed", last: marker{severity: u}, severity: u, close: all},
		"closed by people, and less bad":                     {now: "closed", last: marker{severity: u}, severity: m, close: all},
		"closed by people, and safe":                         {now: "closed", last: marker{severity: u}, severity: s, close: all, closed: true},
		"closed by people, and worse":                        {now: "closed", last: marker{severity: m}, severity: u, close: all, want: "open reopened"},
		"closed by people before there was a verdict":        {now: "closed", severity: m, close: all},
		"closed by people before it was urgent":              {now: "closed", severity: u, close: all, want: "open reopened"},
		"closed by people, and more alerts fire":             {now: "closed", last: marker{severity: m, count: 3}, severity: m, count: 4, close: all, want: "open reopened"},
		"closed by people, and a notice that more fire":      {now: "closed", last: marker{severity: m, count: 3}, severity: m, count: 4, notice: true, close: all, want: "open reopened"},
		"closed by people, more alerts, but it is over":      {now: "closed", last: marker{severity: m, count: 3}, severity: m, count: 4, resolved: true},
		"closed by people, more alerts, and they are safe":   {now: "closed", last: marker{severity: m, count: 3}, severity: s, count: 4, close: all, closed: true},
		"reopened by people, and safe again":                 {now: "open", last: marker{severity: s, closed: true}, severity: s, close: all, closed: true},
		"reopened by people, and urgent":                     {now: "open", last: marker{severity: s, closed: true}, severity: u, close: all},
		"reopened by people, urgent since, and safe at last": {now: "open", last: marker{severity: u}, severity: s, close: all, want: "closed not_planned", closed: true},
		"none of the three":                                  {now: "open", severity: "SAFE", close: all},
		"no verdict yet":                                     {now: "closed", severity: none, notice: true, close: all},
	} {
		t.Run(name, func(t *testing.T) {
			n := &notification{emitter: &emitter{options: options{close: c.close}}, report: responder.Report{AlertCount: c.count},
				view: render.View{Severity: c.severity, Resolved: c.resolved, Phase: render.Verdict}}
			if c.notice {
				n.view.Phase = render.Ongoing
			}
			state, reason, closed := n.state(c.now, c.last)
			if state != "" {
				state += " " + reason
			}
			assert.Equal(t, c.want, state)
			assert.Equal(t, c.closed, closed, "what is remembered")
		})
	}
}

func TestWhatPeopleDoStands(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Unclassified)))
	i := d.only()
	d.setState(i, "closed", new("completed"), "alice")
	require.NoError(t, d.emit(told(5, responder.Unclassified)))
	assert.Equal(t, "closed", i.state, "an update")
	assert.Contains(t, i.body, "because of 5")
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.Equal(t, "open", i.state, "it got worse")
	d.setState(i, "closed", nil, "alice")
	require.NoError(t, d.emit(told(8, responder.Urgent, alerts(2))))
	assert.Equal(t, "open", i.state, "it goes on")
	d.setState(i, "closed", nil, "alice")
	require.NoError(t, d.emit(told(9, responder.Urgent, alerts(2))))
	assert.Equal(t, "closed", i.state, "that was told already")
	require.NoError(t, d.emit(told(11, responder.Safe, alerts(2))))
	d.setState(i, "open", nil, "alice")
	require.NoError(t, d.emit(told(13, responder.Safe, alerts(2))))
	assert.Equal(t, "open", i.state, "reopened by people")
	assert.Len(t, d.repo().issues, 1)
}

// An alert that is over closes its issue, by the verdict that says so; when it fires again, the notice opens it.
func TestResolved(t *testing.T) {
	d := newDesk(t)
	over := func(r *responder.Report) {
		r.AlertCount, r.Alert.State = 2, responder.Resolved
		if len(r.Alerts) > 0 {
			last := r.Alert
			last.Timestamp = responder.Span(start, start.Add(time.Minute))
			r.Alerts = append(r.Alerts, last)
		}
	}
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	require.NoError(t, d.emit(told(4, responder.Urgent, over)))
	i := d.only()
	assert.Equal(t, "open", i.state)
	require.NoError(t, d.emit(told(5, responder.Urgent, over)))
	assert.Equal(t, []string{"closed", "completed"}, []string{i.state, i.reason})
	require.NoError(t, d.emit(told(6, responder.Urgent, alerts(3), func(r *responder.Report) { r.Alert.Timestamp = responder.Span(start, start.Add(time.Hour)) })))
	assert.Equal(t, "open", i.state)
	assert.Contains(t, i.body, "because of 5")
	assert.Len(t, i.comments, 4)
}

// The text is ours. What people write into it goes, and so what they took out comes back.
func TestATextThatPeopleEdit(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Safe)))
	i := d.only()
	assert.Equal(t, "closed", i.state)
	i.body, i.title = "I looked at it", "mine"
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	assert.Equal(t, "open", i.state, "the receipt remembers that it was closed by us")
	assert.Contains(t, i.body, "because of 5")
	assert.Contains(t, i.title, "URGENT")
	assert.Equal(t, []string{"alertresponder", "severity: urgent"}, i.labels)
	i.body = "> quoted\n" + i.body + "\nand more"
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.NotContains(t, i.body, "quoted")
}

// An issue that people deleted, or moved to another repository, is as one that they closed: where it would be reopened,
// another one is opened.
func TestIssuesThatAreGone(t *testing.T) {
	for name, take := range map[string]func(*fakeIssue){
		"deleted":                    func(i *fakeIssue) { i.deleted = true },
		"moved where it can be read": func(i *fakeIssue) { i.transferred = "/repositories/99/issues/7" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.repos["acme/blog"] = &fakeRepo{id: 99, name: "acme/blog"}
			require.NoError(t, d.emit(told(2, "")))
			require.NoError(t, d.emit(told(3, responder.Unclassified)))
			take(d.only())
			require.NoError(t, d.emit(told(5, responder.Unclassified)))
			d.clock = d.clock.Add(time.Hour)
			require.NoError(t, d.emit(told(7, responder.Safe)))
			assert.Len(t, d.repo().issues, 1, "people had done with it")
			require.NoError(t, d.emit(told(9, responder.Urgent)))
			require.Len(t, d.repo().issues, 2)
			require.NoError(t, d.emit(told(11, responder.Urgent)))
			assert.Len(t, d.repo().issues, 2)
			assert.Contains(t, d.repo().issues[1].body, "because of 11")
			assert.Equal(t, "2", d.receipt["number"])
			assert.Empty(t, d.repos["acme/blog"].issues)
		})
	}
}
