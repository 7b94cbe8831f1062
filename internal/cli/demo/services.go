package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/github"
	"github.com/m-mizutani/AlertResponder/internal/emitters/slack"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// services are the emitters of Slack and GitHub, which ship. What they say goes to nobody: the services answer from here.
func services(t *teller) ([]inprocess.Emitter, error) {
	s, err := slack.New(t.settings(t.atSlack, slack.DryRun(), map[string]string{"SLACK_CHANNEL": "C0123456789"}, "xoxb-demo"))
	if err != nil {
		return nil, err
	}
	g, err := github.New(t.settings(t.atGithub, github.DryRun(), map[string]string{"GITHUB_REPOSITORY": "example/security"}, "github_pat_demo"))
	if err != nil {
		return nil, err
	}
	return []inprocess.Emitter{{ID: slack.ID, Emitter: s}, {ID: github.ID, Emitter: g}}, nil
}

func (t *teller) settings(heard func(context.Context, *http.Request, []byte), next http.RoundTripper, env map[string]string, key string) delivery.Settings {
	return delivery.Settings{
		Key:       func(context.Context) (string, error) { return key, nil },
		Getenv:    func(name string) string { return env[name] },
		Transport: tap{heard, next},
		Now:       func() time.Time { return t.pipeline.Now() },
	}
}

// tap hears what is said to a service.
type tap struct {
	heard func(context.Context, *http.Request, []byte)
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (w tap) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.heard(r.Context(), r, body)
	return w.next.RoundTrip(r)
}

// atSlack writes down what Slack is told.
func (t *teller) atSlack(ctx context.Context, r *http.Request, body []byte) {
	var m struct {
		Thread    string `json:"thread_ts"`
		Broadcast bool   `json:"reply_broadcast"`
	}
	_ = json.Unmarshal(body, &m) // what is no JSON is no message
	switch {
	case strings.HasSuffix(r.URL.Path, "/chat.update"):
		t.slack = body
		t.line(ctx, "slack", "the message of this incident is updated")
	case !strings.HasSuffix(r.URL.Path, "/chat.postMessage"):
	case m.Thread == "":
		t.slack = body
		t.line(ctx, "slack", "a message is posted")
	case m.Broadcast:
		t.line(ctx, "slack", "what has changed is a reply in its thread, which the channel sees too")
	default:
		t.line(ctx, "slack", "a reply in its thread has the details")
	}
}

// atGithub writes down what GitHub is told.
func (t *teller) atGithub(ctx context.Context, r *http.Request, body []byte) {
	switch {
	case r.Method == http.MethodPatch:
		t.amend(body)
		t.line(ctx, "github", "the issue of this incident is updated")
	case r.Method != http.MethodPost:
	case strings.HasSuffix(r.URL.Path, "/comments"):
		t.line(ctx, "github", "a comment says what has changed")
	case strings.HasSuffix(r.URL.Path, "/issues"):
		t.amend(body)
		t.line(ctx, "github", "an issue is opened")
	}
}

// amend keeps the issue as it is after a change, which has only what it changes.
func (t *teller) amend(body []byte) {
	_ = json.Unmarshal(body, &t.issue) // what is no JSON changes nothing
}

// issue is one of GitHub.
type issue struct {
	Title  string   `json:"title"`
	Labels []string `json:"labels"`
	State  string   `json:"state"`
	Body   string   `json:"body"`
}

// issueLines are as many as a reader wants of an issue's text.
const issueLines = 18

// stands shows what people see in the end.
func (t *teller) stands() {
	if drawn, ok := t.screen.Message(t.slack); ok {
		t.print("\n" + t.screen.Bold("In Slack, one message:") + "\n\n" + drawn)
	}
	if t.issue.Title != "" {
		t.print("\n" + t.screen.Bold("On GitHub, one issue:") + "\n\n" + t.screen.Issue(t.issue.Title, t.issue.Labels, t.issue.State, t.issue.Body, issueLines))
	}
	t.print("\n")
}
