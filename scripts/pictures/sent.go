package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// posted is what of a request is drawn: a message for Slack, or an issue.
type posted struct {
	render.SlackMessage
	Thread string `json:"thread_ts"`
	Title  string `json:"title"`
	Body   string `json:"body"`
}

// wire notes what is sent to a service that does nothing.
type wire struct {
	next http.RoundTripper
	sent []posted
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var p posted
		if json.Unmarshal(text, &p) == nil {
			w.sent = append(w.sent, p)
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return w.next.RoundTrip(r)
}

// sent is what an emitter that ships sends of a case: of all its notifications, one after the other.
func sent(emitter string, c rendertest.Case) []posted {
	who, ok := shipped.Find(emitter)
	if !ok {
		panic("no emitter " + emitter)
	}
	w := &wire{next: who.DryRun()}
	var s shipped.Settings
	s.Transport, s.Now = w, func() time.Time { return c.Report().SettledAt.Time }
	s.Key = func(context.Context) (string, error) { return who.Example[who.KeyVariable], nil }
	s.Getenv = func(name string) string {
		o := rendertest.Options()
		switch name {
		case "REPORT_URL":
			return o.ReportURL
		case "LINK_HOSTS":
			return o.LinkHosts[0]
		}
		return who.Example[name]
	}
	e, err := who.New(s)
	var receipt responder.Receipt
	for _, r := range c.Notifications {
		if err == nil {
			receipt, err = e.Emit(context.Background(), r, receipt)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("%s: %v", emitter, err)) // nothing that is drawn can be refused
	}
	return w.sent
}

// last is the last of what was sent that is wanted.
func last(list []posted, wanted func(posted) bool) (p posted) {
	for _, one := range list {
		if wanted(one) {
			p = one
		}
	}
	return p
}

func message(name string) render.SlackMessage {
	return last(sent("slack", rendertest.Named(name)), func(p posted) bool { return p.Text != "" && p.Thread == "" }).SlackMessage
}

func reply(name string) render.SlackMessage {
	return last(sent("slack", rendertest.Named(name)), func(p posted) bool { return p.Thread != "" }).SlackMessage
}

func issueOf(name string) posted {
	return last(sent("github", rendertest.Named(name)), func(p posted) bool { return p.Title != "" })
}
