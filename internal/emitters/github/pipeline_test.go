package github

import (
	"net/http"
	"slices"
	"testing"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"

	"github.com/m-mizutani/AlertResponder/internal/emitters/emitterstest"
)

func TestInThePipeline(t *testing.T) {
	emitterstest.Run(t, emitterstest.Case{
		New: New,
		Env: map[string]string{"GITHUB_REPOSITORY": "acme/security"},
		Key: token,
		Service: func(t *testing.T, now func() time.Time) (http.Handler, func() []emitterstest.Shown) {
			f := newFake(t)
			f.now = now
			return f, f.shown
		},
		Requests: 4, // the repository, the issue, its text, a comment
		Looks:    12,
	})
}

// shown is what people see.
func (f *fake) shown() (list []emitterstest.Shown) {
	for _, i := range f.repo().issues {
		m, _ := parseMarker(i.body)
		s := emitterstest.Shown{Report: m.report, Text: i.title + "\n" + i.body}
		for _, severity := range []responder.Severity{responder.Urgent, responder.Unclassified, responder.Safe} {
			if slices.Contains(i.labels, "severity: "+string(severity)) {
				s.Verdict += string(severity)
			}
		}
		if closed := i.state == "closed"; closed != (s.Verdict == string(responder.Safe)) {
			s.Verdict += " " + i.state
		}
		for _, c := range i.comments {
			s.Said = append(s.Said, c.body)
		}
		list = append(list, s)
	}
	return list
}
