package security

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// scene is a report that awaits the inspector "honest", and somebody who can send to the queues.
type scene struct {
	*testing.T
	p      *inprocess.Pipeline
	logs   bytes.Buffer
	ready  bool   // honest answers
	origin string // of the alert's task
	id     string // of the report
	emits  []responder.Report
	submit host.Handler
}

var errNotYet = errors.New("not yet")

const alarm = `{"name": "a", "rule": "r", "key": "k", "attrs": [{"type": "ipaddr", "value": "198.51.100.66", "context": ["remote"]}]}`

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t}
	var err error
	s.p, err = inprocess.New(inprocess.Config{
		Log: logging.New(&s.logs, "debug"),
		Inspectors: []inprocess.Inspector{{ID: "honest", Types: []string{"ipaddr"}, Inspector: responder.InspectorFunc(
			func(_ context.Context, task responder.Task) (responder.Page, error) {
				s.origin, s.id = task.Origin, task.ReportID
				if !s.ready {
					return responder.Page{}, responder.RetryAfter(errNotYet, time.Minute)
				}
				return page(responder.Malicious), nil
			})}},
		Emitters: []inprocess.Emitter{{ID: "e", Emitter: responder.EmitterFunc(
			func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
				s.emits = append(s.emits, r)
				return nil, nil
			})}},
		Wrap: inprocess.Wrap{Handler: func(queue string, h host.Handler) host.Handler {
			if queue == bus.SubmissionQueue {
				s.submit = h
			}
			return h
		}},
	})
	require.NoError(t, err)
	s.send(alarm)
	require.NotEmpty(t, s.id)
	return s
}

func page(v responder.SignalVerdict) responder.Page {
	return responder.Page{Attribute: &responder.Attribute{Type: "ipaddr", Value: "198.51.100.66"},
		Signals: []responder.Signal{{Kind: "k", Verdict: v, Score: 90, Summary: string(v)}}}
}

func (s *scene) send(message string) {
	s.Helper()
	require.NoError(s, s.p.Send(s.Context(), []byte(message)))
	require.NoError(s, s.p.Work(s.Context()))
}

// forge sends to a queue what nobody of the pipeline has sent.
func (s *scene) forge(queue string, v any) {
	s.Helper()
	body, ok := v.(string)
	if !ok {
		text, err := json.Marshal(v)
		require.NoError(s, err)
		body = string(text)
	}
	require.NoError(s, s.p.Bus().Send(s.Context(), queue, bus.Message{Body: body}, 0))
	require.NoError(s, s.p.Work(s.Context()))
}

func (s *scene) item() protocol.Item {
	s.Helper()
	fingerprint, _, err := protocol.ParseReportID(s.id)
	require.NoError(s, err)
	item, err := s.p.Store().Get(s.Context(), fingerprint)
	require.NoError(s, err)
	return item
}

// end lets honest answer, and gives the report as it is at last.
func (s *scene) end() responder.Report {
	s.Helper()
	s.ready = true
	require.NoError(s, s.p.Settle(s.Context()))
	r, ok, err := s.p.Report(s.Context(), s.id)
	require.NoError(s, err)
	require.True(s, ok)
	assertTame(s.T, s.logs.String())
	assertTame(s.T, r.Result.Reason)
	return r
}

// unmoved says that a forgery has changed nothing of what the report awaits.
func (s *scene) unmoved() {
	s.Helper()
	assert.Equal(s, protocol.SetOf(protocol.Token(s.origin, "honest")), s.item().Pending)
	for _, r := range s.emits {
		assert.NotEqual(s, responder.StatusPublished, r.Status, "no verdict")
	}
}

func (s *scene) submission(report, token string, pages ...responder.Page) responder.Submission {
	return responder.Submission{V: responder.SchemaVersion, ReportID: report, Token: token, Pages: pages, Done: true}
}

// A page for a report that does not exist is stored and goes no further.
func TestForgedReport(t *testing.T) {
	s := newScene(t)
	for _, id := range []string{"ZZZZZZZZZZZZZZZZZZZZZZZZZZ-mwvuj5jt", strings.Split(s.id, "-")[0] + "-1"} {
		s.forge(bus.SubmissionQueue, s.submission(id, "0.A/evil", page(responder.Harmless)))
		_, ok, err := s.p.Report(t.Context(), id)
		require.NoError(t, err)
		assert.False(t, ok)
	}
	s.unmoved()
	assert.Contains(t, s.logs.String(), "for a report that is not current is stored and goes no further")
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
	all, err := s.p.Reports(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 1)
}

// What names no report, no task or no version of ours is a dead letter with its reason, and touches nothing.
func TestForgedNames(t *testing.T) {
	s := newScene(t)
	bad := []any{
		s.submission("../../etc/passwd", "0.A/evil"), s.submission("", "0.A/evil"), s.submission(s.id+"#A", "0.A/evil"),
		s.submission(s.id, ""), s.submission(s.id, "honest"), s.submission(s.id, "3.A/honest"), s.submission(s.id, "0.A/a/b"),
		s.submission(s.id, "0.A#B/honest"), s.submission(s.id, "0.A/"+strings.Repeat("x", 300)), s.submission(s.id, "-1.A/honest"),
		responder.Submission{V: 99, ReportID: s.id, Token: s.origin + "/honest", Done: true},
		"", "null and more", `{"pages": 7}`, `[]`,
	}
	for _, v := range bad {
		if v == "" {
			continue // no queue takes it
		}
		s.forge(bus.SubmissionQueue, v)
	}
	s.unmoved()
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
	letters := s.p.DeadLetters()
	assert.Len(t, letters, len(bad)-1)
	for _, l := range letters {
		assert.Contains(t, l, bus.SubmissionQueue)
		assertTame(t, l)
	}
}

// Who can send to SubmissionQueue can cross off another inspector: the verdict comes early. It says what was said in whose
// name, and the one who was imitated is heard nevertheless; what he found is not erased.
func TestForgedToken(t *testing.T) {
	s := newScene(t)
	s.forge(bus.SubmissionQueue, s.submission(s.id, s.origin+"/honest", page(responder.Harmless)))
	assert.Empty(t, s.item().Pending, "residual: crossed off")
	require.NotEmpty(t, s.emits)
	early := s.emits[len(s.emits)-1]
	assert.Equal(t, responder.StatusPublished, early.Status)
	assert.Equal(t, responder.Safe, early.Result.Severity, "residual: judged on what was forged")
	last := s.end()
	assert.Equal(t, responder.Urgent, last.Result.Severity)
	assert.Equal(t, responder.Urgent, s.emits[len(s.emits)-1].Result.Severity, "and people are told")
}

// An empty answer in another's name makes nothing safe.
func TestForgedSilence(t *testing.T) {
	s := newScene(t)
	s.forge(bus.SubmissionQueue, s.submission(s.id, s.origin+"/honest"))
	assert.Equal(t, responder.Unclassified, s.emits[len(s.emits)-1].Result.Severity, "silence is not innocence")
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
}

// A page of a task that does not exist, or of nobody who was asked, is evidence with the name of its sender; nobody is
// crossed off.
func TestForgedOrigin(t *testing.T) {
	for _, token := range []string{"0.ZZZZ/honest", "2.ZZZZ/evil", "legacy/evil", "0.ZZZZ/\x1b[31m\u202eevil\u009b"} {
		s := newScene(t)
		s.forge(bus.SubmissionQueue, s.submission(s.id, token, page(responder.Harmless)))
		s.unmoved()
		r := s.end()
		assert.Equal(t, responder.Urgent, r.Result.Severity, "a harmless word takes nothing away: %q", token)
		_, origin, name, err := protocol.ParseToken(token)
		require.NoError(t, err)
		found := false
		for _, i := range r.Inspections {
			found = found || i.Inspector == name && i.Origin == origin
		}
		assert.True(t, found, "%q is in the report", token)
	}
}

// Waves end: a page of the last one brings no further.
func TestForgedWaves(t *testing.T) {
	s := newScene(t)
	p := page(responder.UnknownSignal)
	p.NewAttributes = []responder.Attribute{{Type: "ipaddr", Value: "203.0.113.1"}}
	s.forge(bus.SubmissionQueue, s.submission(s.id, "2.ZZZZ/evil", p))
	s.unmoved()
	r := s.end()
	assert.True(t, r.Truncated, "it says that something was not looked into")
	for _, i := range r.Inspections {
		if i.Attribute != nil {
			assert.NotEqual(t, "203.0.113.1", i.Attribute.Value)
		}
	}
}

// Ten thousand new attributes are no flood: a report hands out 256, and says so.
func TestForgedFlood(t *testing.T) {
	s := newScene(t)
	p := page(responder.UnknownSignal)
	for n := range 10_000 {
		p.NewAttributes = append(p.NewAttributes, responder.Attribute{Type: "domain", Value: fmt.Sprint(n, ".example")})
	}
	s.forge(bus.SubmissionQueue, s.submission(s.id, s.origin+"/evil", p))
	assert.LessOrEqual(t, len(s.item().Seen), protocol.MaxAttributes+1)
	assert.True(t, s.end().Truncated)
}

// A page cannot say whose it is: the token does.
func TestForgedAuthor(t *testing.T) {
	s := newScene(t)
	p := page(responder.Harmless)
	p.Author, p.ReportID = "honest", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ-1"
	p.Signals[0].Inspector = "honest"
	s.forge(bus.SubmissionQueue, s.submission(s.id, "0.ZZZZ/evil", p))
	s.unmoved()
	for _, g := range s.end().Signals {
		want := map[responder.SignalVerdict]string{responder.Harmless: "evil", responder.Malicious: "honest"}[g.Verdict]
		assert.Equal(t, want, g.Inspector)
	}
}

// A page by invocation is in the name that it gives, and says that it answers no task; nobody is crossed off.
func TestForgedLegacyPage(t *testing.T) {
	s := newScene(t)
	p := page(responder.Harmless)
	p.ReportID, p.Author = s.id, "honest"
	text, err := json.Marshal(p)
	require.NoError(t, err)
	_, err = s.submit.Invoke(t.Context(), text)
	require.NoError(t, err)
	require.NoError(t, s.p.Work(t.Context()))
	s.unmoved()
	r := s.end()
	assert.Equal(t, responder.Urgent, r.Result.Severity)
	origins := map[string]bool{}
	for _, i := range r.Inspections {
		origins[i.Origin] = true
	}
	assert.Equal(t, map[string]bool{"legacy": true, s.origin: true}, origins)
	for _, bad := range []string{`{"report_id": "x", "author": "honest"}`, `{"report_id": "` + s.id + `", "v": 99}`, `{}`, `"x"`} {
		_, err = s.submit.Invoke(t.Context(), []byte(bad))
		assert.Error(t, err, bad)
	}
}

// A page for a report that was replaced touches neither that one nor its successor.
func TestForgedPageOfAReplacedReport(t *testing.T) {
	s := newScene(t)
	old, origin := s.id, s.origin
	before := s.end()
	require.NoError(t, s.p.Advance(t.Context(), 25*time.Hour))
	s.ready = false
	s.send(alarm)
	require.NotEqual(t, old, s.id)
	was := s.item()
	s.forge(bus.SubmissionQueue, s.submission(old, origin+"/honest", page(responder.Harmless)))
	s.forge(bus.SubmissionQueue, s.submission(old, protocol.Token(s.origin, "honest"), page(responder.Harmless)))
	assert.Equal(t, was, s.item())
	after, ok, err := s.p.Report(t.Context(), old)
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, before.Result, after.Result)
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
}

// A review that is not due, or a deadline that is not the item's, does nothing.
func TestForgedReview(t *testing.T) {
	s := newScene(t)
	was := s.item()
	for _, m := range []any{
		bus.ReviewMessage{V: 1, ReportID: s.id}, bus.ReviewMessage{V: 1, ReportID: s.id, DeadlineAt: was.DeadlineAt - 1},
		bus.ReviewMessage{V: 1, ReportID: s.id, DeadlineAt: 1}, bus.ReviewMessage{V: 1, ReportID: "ZZZZZZZZZZZZZZZZZZZZZZZZZZ-1"},
		bus.ReviewMessage{V: 1, ReportID: strings.Split(s.id, "-")[0] + "-1", DeadlineAt: was.DeadlineAt},
	} {
		s.forge(bus.ReviewQueue, m)
		assert.Equal(t, was, s.item())
		s.unmoved()
	}
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
}

// Who knows the deadline can bring it forward. The verdict names who is missing, and is corrected.
func TestForgedDeadline(t *testing.T) {
	s := newScene(t)
	s.forge(bus.ReviewQueue, bus.ReviewMessage{V: 1, ReportID: s.id, DeadlineAt: s.item().DeadlineAt})
	early := s.emits[len(s.emits)-1]
	assert.Equal(t, responder.Unclassified, early.Result.Severity)
	assert.Contains(t, early.Result.Reason, "No answer in time from honest")
	assert.Equal(t, responder.Urgent, s.end().Result.Severity)
}

// A task that nobody has handed out is answered for a report that exists, or for none.
func TestForgedTask(t *testing.T) {
	s := newScene(t)
	s.ready = true
	s.forge("honest", `{"v":1,"report_id":"ZZZZZZZZZZZZZZZZZZZZZZZZZZ-1","origin":"0.A","attributes":[{"type":"ipaddr","value":"198.51.100.66"}],"alert":{}}`)
	all, err := s.p.Reports(t.Context())
	require.NoError(t, err)
	assert.Empty(t, all)
}
