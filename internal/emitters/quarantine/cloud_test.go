package quarantine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const account = "111122223333"

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// cloud is an account in which things are open or shut. It knows what nobody must ever do: to shut a thing anew that is shut,
// or with a record of before that does not say that it was open.
type cloud struct {
	mu      sync.Mutex
	shut    map[string]string // id of the action, by kind and value
	shuts   map[string]int    // how often each went from open to shut
	calls   []string
	wrong   []string
	tags    map[string]string
	already bool
	fail    func(call string) error // before it is done; nil: never
	lose    func(call string) error // after it was done
}

func newCloud() *cloud {
	return &cloud{shut: map[string]string{}, shuts: map[string]int{}, tags: map[string]string{"Name": "web"}}
}

func (c *cloud) call(name string, do func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, name)
	if c.fail != nil {
		if err := c.fail(name); err != nil {
			return err
		}
	}
	do()
	if c.lose != nil {
		return c.lose(name)
	}
	return nil
}

func key(t actions.Target) string { return string(t.Kind) + " " + t.Value }

func (c *cloud) Look(ctx context.Context, t actions.Target, known actions.Before) (l actions.Look, err error) {
	err = c.call("look", func() {
		l = actions.Look{ARN: "arn:aws:x:eu-west-1:" + account + ":" + t.Value, Account: account, Name: "EC2 instance " + t.Value + " (web)", Tags: c.tags,
			Plan: []string{"Give it another group."}, Warnings: []string{"Open connections go on."}, Already: c.already, Before: actions.Before(`"open"`)}
		if known != nil {
			l.Before = known
		} else if c.shut[key(t)] != "" {
			l.Before, l.Already = actions.Before(`"shut"`), true
		}
	})
	return l, errors.Join(err, ctx.Err())
}

func (c *cloud) Do(ctx context.Context, id string, t actions.Target, b actions.Before) (d actions.Done, err error) {
	err = c.call("do", func() {
		switch was := c.shut[key(t)]; {
		case string(b) != `"open"`:
			c.wrong = append(c.wrong, fmt.Sprintf("%s: done with a record of before that says %s", key(t), b))
		case was != "" && was != id:
			c.wrong = append(c.wrong, fmt.Sprintf("%s: done as %s and as %s", key(t), was, id))
		case was == "":
			c.shut[key(t)] = id
			c.shuts[key(t)]++
		}
		d = actions.Done{Did: []string{"It has another group."}}
	})
	return d, errors.Join(err, ctx.Err())
}

// undo is what the tool does, or a person.
func (c *cloud) undo(t actions.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.shut, key(t))
}

func (c *cloud) count(call string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range c.calls {
		if name == call {
			n++
		}
	}
	return n
}

// theRules act on all that there is, when it is malicious.
const theRules = `
version: 1
rules:
  - name: all
    actions: [isolate-instance, deactivate-key, deny-user, deny-role, block-bucket, block-address]
    sources: [guardduty]
    accounts: ["111122223333"]
    signals: [{verdict: malicious}]
    ip_sets: ["arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/0123"]
`

type stand struct {
	*emitter
	cloud  *cloud
	memory responder.Memory
	now    time.Time
	mode   string
	rules  string
}

func newStand(t require.TestingT, mode, rules string) *stand {
	s := &stand{cloud: newCloud(), memory: responder.NewMemory(), now: start, mode: mode, rules: rules}
	s.restart(t)
	return s
}

// restart is another function, with the same memory.
func (s *stand) restart(t require.TestingT) {
	e, err := newEmitter(Options{Memory: s.memory, Now: func() time.Time { return s.now },
		Getenv: func(name string) string {
			return map[string]string{"QUARANTINE_MODE": s.mode, "QUARANTINE_RULES": s.rules}[name]
		}}, s.cloud)
	require.NoError(t, err)
	s.emitter = e
}

func own(kind, value, label string) responder.Attribute {
	return responder.Attribute{Type: kind, Value: value, Key: label, Context: []string{responder.ContextLocal, responder.ContextSubject}}
}

func theInstance() responder.Attribute {
	return own(responder.TypeInstance, "i-0123456789abcdef0", "instance")
}

func theAddress() responder.Attribute {
	return responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23", Context: []string{responder.ContextRemote, responder.ContextClient}}
}

// urgent is a verdict by which the entities are acted on: malicious, each of them.
func urgent(id string, attrs ...responder.Attribute) responder.Report {
	if len(attrs) == 0 {
		attrs = []responder.Attribute{theInstance()}
	}
	a := responder.Alert{Name: "Brute force", Rule: "UnauthorizedAccess:EC2/SSHBruteForce", Source: "guardduty", Account: account, Region: "eu-west-1",
		Timestamp: responder.Span(start.Add(-time.Minute), start.Add(-time.Minute)), Attrs: attrs}
	r := responder.Report{V: 1, ReportID: id, Alert: a, Alerts: []responder.Alert{a}, Status: responder.StatusPublished, Seq: 3,
		Result: responder.Result{Severity: responder.Urgent}}
	for _, attr := range attrs {
		r.Signals = append(r.Signals, responder.Signal{Kind: "reputation", Verdict: responder.Malicious, Score: 90, Attribute: &attr, Inspector: "virustotal"})
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "virustotal", Attribute: &attr, Outcome: responder.Found})
	}
	return r
}

func titles(pages []responder.Page) string {
	var out []string
	for _, p := range pages {
		out = append(out, string(p.Outcome)+" "+p.Title)
	}
	return strings.Join(out, "\n")
}

// act acts, and checks that the second time there is nothing else to tell, and nothing done.
func (s *stand) act(t testing.TB, r responder.Report) string {
	t.Helper()
	list, receipt, err := s.Act(t.Context(), r, nil)
	require.NoError(t, err)
	done := s.cloud.count("do")
	again, _, err := s.Act(t.Context(), r, receipt)
	require.NoError(t, err)
	require.Equal(t, list, again)
	require.Equal(t, done, s.cloud.count("do"))
	require.Empty(t, s.cloud.wrong)
	return titles(list)
}
