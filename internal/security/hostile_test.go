package security

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// marker stands in the description of the hostile alerts, and nowhere else.
const marker = "marker-in-description"

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return b
}

// obeyed is what a terminal would obey, what reorders or hides text, and what breaks lines unseen.
func obeyed(r rune) bool {
	return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// assertTame says that a text can be shown in a terminal.
func assertTame(t *testing.T, text string) {
	t.Helper()
	assert.True(t, utf8.ValidString(text), "no UTF-8")
	if i := strings.IndexFunc(text, obeyed); i >= 0 {
		assert.Fail(t, "a terminal would obey", "%q", text[max(i-40, 0):min(i+40, len(text))])
	}
}

// maxLine bounds a line of log, in bytes: far below an alert.
const maxLine = 10 << 10

func assertLogs(t *testing.T, text string, quoted ...string) {
	t.Helper()
	assertTame(t, text)
	for line := range strings.Lines(text) {
		assert.True(t, json.Valid([]byte(line)), "no JSON: %.200q", line)
		assert.Less(t, len(line), maxLine, "%.200q", line)
		for _, q := range quoted {
			assert.NotContains(t, line, q)
		}
	}
}

// wired is the pipeline with all plugins that ship, each with the transport that it is given by its name.
func wired(t *testing.T, log *slog.Logger, transport func(name string, hosts, dead []string) http.RoundTripper) inprocess.Config {
	t.Helper()
	c := inprocess.Config{Log: log}
	of := func(name string, hosts, dead []string) setting {
		return setting{t: t, client: &http.Client{Transport: transport(name, hosts, dead)}, log: log, canary: canary}
	}
	for id, i := range inspectors {
		c.Inspectors = append(c.Inspectors, inprocess.Inspector{ID: id, Types: []string{"*"}, Inspector: i.make(of(id, i.hosts, nil))})
	}
	for id, e := range emitters {
		c.Emitters = append(c.Emitters, inprocess.Emitter{ID: id, Emitter: e.make(of(id, e.hosts, e.dead))})
	}
	return c
}

// run sends messages through a pipeline, until nothing is under way any more.
func run(t *testing.T, c inprocess.Config, messages ...[]byte) (*inprocess.Pipeline, []responder.Report) {
	t.Helper()
	p, err := inprocess.New(c)
	require.NoError(t, err)
	for _, m := range messages {
		require.NoError(t, p.Send(t.Context(), m))
	}
	require.NoError(t, p.Settle(t.Context()))
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	return p, reports
}

// One hostile alert goes through everything, and all that comes of it is a verdict.
func TestHostileAlert(t *testing.T) {
	for name, want := range map[string]string{"hostile.json": "Hostile ", "hostile.txt": ""} {
		t.Run(name, func(t *testing.T) {
			nothingFetched(t)
			var logs bytes.Buffer
			networks := map[string]*network{}
			c := wired(t, logging.New(&logs, "debug"), func(name string, hosts, dead []string) http.RoundTripper {
				networks[name] = &network{t: t, hosts: hosts, dead: dead, lines: emitters[name].marked, then: emitters[name].answers}
				return networks[name]
			})
			c.Inspectors = append(c.Inspectors, inprocess.Inspector{ID: "echo", Types: []string{"*"}, Inspector: responder.InspectorFunc(echo)})
			p, reports := run(t, c, fixture(t, name))
			require.Len(t, reports, 1)
			assert.Empty(t, p.DeadLetters())
			r := reports[0]
			assert.Contains(t, []responder.Severity{responder.Urgent, responder.Unclassified}, r.Result.Severity)
			assert.True(t, strings.HasPrefix(r.Alert.Name, want), "%.80q", r.Alert.Name)
			assertTame(t, r.Result.Reason)
			assert.True(t, r.Alert.Severity >= 0 && r.Alert.Severity <= 100)
			assertLogs(t, logs.String(), marker)
			for id, e := range emitters {
				assert.Equal(t, len(e.hosts) > 0 && !e.picky, networks[id].calls > 0, "%s: was told (%q)", id, e.hosts)
			}
		})
	}
}

// The hostile alert brings what it is meant to bring: otherwise nothing was tested.
func TestTheHostileAlertIsHostile(t *testing.T) {
	_, reports := run(t, inprocess.Config{}, fixture(t, "hostile.json"))
	require.Len(t, reports, 1)
	a := reports[0].Alert
	assert.GreaterOrEqual(t, len(a.Attrs), 16)
	for _, bad := range []string{"\x1b", "\x00", "\u202e", "\u009b", "<!channel>", "@everyone", "#123", "![i](", "{{7*7}}", "${x}", "=cmd"} {
		assert.Contains(t, a.Name, bad)
	}
	assert.Contains(t, a.Description, marker)
	raw := string(fixture(t, "hostile.json"))
	assert.False(t, utf8.ValidString(raw))
	assert.Contains(t, raw, `\ud800`)
	assert.Contains(t, raw, strings.Repeat("[", 3000))
	assert.Contains(t, raw, "169.254.169.254")
	assert.Equal(t, 2, strings.Count(raw, `"severity":`))
}

// The same when everything fails, and what fails quotes the alert.
func TestHostileAlertWhenEverythingFails(t *testing.T) {
	for name, mark := range map[string]func(error) error{
		"for good": responder.Permanent, "again and again": func(err error) error { return err },
		"with a panic": func(err error) error { panic(err.Error()) },
	} {
		t.Run(name, func(t *testing.T) {
			nothingFetched(t)
			var logs bytes.Buffer
			p, reports := run(t, failing(logging.New(&logs, "debug"), mark), fixture(t, "hostile.json"))
			require.Len(t, reports, 1)
			r := reports[0]
			assert.Equal(t, responder.Unclassified, r.Result.Severity)
			assertTame(t, r.Result.Reason)
			for _, i := range r.Inspections {
				assert.Contains(t, []responder.Outcome{responder.Failed, responder.Missing}, i.Outcome)
				assertTame(t, i.Error)
			}
			for _, d := range p.DeadLetters() {
				assertTame(t, d)
			}
			assert.NotEmpty(t, logs.String())
			assertLogs(t, logs.String(), strings.Repeat("A", 2000))
		})
	}
}

// failing are plugins that fail, with errors that quote what they were given.
func failing(log *slog.Logger, mark func(error) error) inprocess.Config {
	quote := func(a responder.Alert, value string) error { return mark(errors.New(value + a.Name + a.Description)) }
	return inprocess.Config{
		Log: log,
		Inspectors: []inprocess.Inspector{{ID: "i", Types: []string{"*"}, Inspector: responder.InspectorFunc(
			func(_ context.Context, task responder.Task) (responder.Page, error) {
				return responder.Page{}, quote(task.Alert, task.Attribute.Value)
			})}},
		Reviewer: responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
			return responder.Result{}, quote(r.Alert, "")
		}),
		Emitters: []inprocess.Emitter{{ID: "e", Emitter: responder.EmitterFunc(
			func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
				return nil, quote(r.Alert, "")
			})}},
	}
}

// echo says what it was asked, in every place where it can: an inspector that an attacker has in his hands.
func echo(_ context.Context, task responder.Task) (responder.Page, error) {
	a, text := task.Attribute, task.Attribute.Value+task.Alert.Name+task.Attribute.Key
	return responder.Page{
		Title: text, Author: text, Error: text, Outcome: responder.Found,
		Signals: []responder.Signal{{Kind: text, Verdict: responder.Malicious, Summary: text, Source: text, URL: text}},
		// A further wave with what nobody may fetch.
		NewAttributes: []responder.Attribute{{Type: "x" + a.Type, Value: "x" + a.Value}, {Type: "url", Value: "http://169.254.169.254/" + a.Value}},
		OpponentHosts: []responder.OpponentHost{{ID: text, Country: []string{text}, ASOwner: []string{text},
			RelatedURLs: []responder.URL{{URL: "http://169.254.169.254/" + text, Reference: text}}}},
		AlliedHosts:  []responder.AlliedHost{{ID: text, HostName: []string{text}, Activities: []responder.Activity{{Action: text}}}},
		SubjectUsers: []responder.SubjectUser{{UserName: text, Activities: []responder.Activity{{Target: text}}}},
	}, nil
}
