package inprocess

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The mistakes of the predecessors, each with the number that docs/ARCHITECTURE.md has for it. Those of merging,
// hashing, the template, the tool and the hosts stand in their own packages.

// sink is an emitter that keeps what it is given.
type sink struct{ reports []responder.Report }

func (s *sink) Emit(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	s.reports = append(s.reports, r)
	return responder.Receipt{"id": r.ReportID}, nil
}

func (s *sink) last() responder.Report { return s.reports[len(s.reports)-1] }

func (s *sink) with(status responder.Status) (out []responder.Report) {
	for _, r := range s.reports {
		if r.Status == status {
			out = append(out, r)
		}
	}
	return out
}

func pipelineWith(t *testing.T, change func(*Config), inspect responder.InspectorFunc) (*Pipeline, *sink) {
	t.Helper()
	s := &sink{}
	c := Config{
		Start:      start,
		Inspectors: []Inspector{{ID: "inspector", Types: []string{"*"}, Inspector: inspect}},
		Emitters:   []Emitter{{ID: "emitter", Emitter: s}},
	}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	require.NoError(t, err)
	return p, s
}

func send(t *testing.T, p *Pipeline, alerts ...testAlert) {
	t.Helper()
	for _, a := range alerts {
		require.NoError(t, p.Advance(t.Context(), start.Add(a.at).Sub(p.Now())))
		require.NoError(t, p.Send(t.Context(), a.message()))
	}
	require.NoError(t, p.Settle(t.Context()))
	require.Empty(t, p.DeadLetters())
}

func nothing(context.Context, responder.Task) (responder.Page, error) {
	return responder.Page{}, nil
}

func malicious(context.Context, responder.Task) (responder.Page, error) {
	return responder.Page{Signals: []responder.Signal{{Kind: "reputation", Verdict: responder.Malicious, Summary: "known"}}}, nil
}

func names(alerts []responder.Alert) (out []string) {
	for _, a := range alerts {
		out = append(out, a.Name)
	}
	slices.Sort(out)
	return out
}

// The window slid with every repeat, and only the first alert was reviewed: a daily detector was judged once,
// ever.
func TestRegression01_TheWindowDoesNotSlide(t *testing.T) {
	p, _ := pipelineWith(t, nil, nothing)
	for day := range 6 {
		send(t, p, alert(time.Duration(day)*23*time.Hour, fmt.Sprint("day ", day), "p"))
	}
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	var opened []string
	for _, r := range reports {
		opened = append(opened, r.Alert.Name)
		assert.LessOrEqual(t, r.SettledAt.Sub(r.OpenedAt.Time), 24*time.Hour)
	}
	assert.Equal(t, []string{"day 0", "day 2", "day 4"}, opened, "the next alert after 24 hours opens a report of its own")
}

// ... and what joins a report is judged with it.
func TestRegression01_LaterAlertsAreReviewed(t *testing.T) {
	p, s := pipelineWith(t, nil, func(ctx context.Context, task responder.Task) (responder.Page, error) {
		if task.Attribute.Value == "attacker" {
			return malicious(ctx, task)
		}
		return responder.Page{}, nil
	})
	send(t, p, alert(0, "a", "p"))
	assert.Equal(t, responder.Unclassified, s.last().Result.Severity)
	send(t, p, alert(20*time.Hour, "b", "attacker"))
	assert.Equal(t, responder.Urgent, s.last().Result.Severity)
	assert.Equal(t, []string{"a", "b"}, names(s.last().Alerts))
}

// The alert was recorded before the timers were started: one failed call, and the retry saw "existing" and
// never started the review.
func TestRegression02_ARetryFinishesWhatTheFirstBegan(t *testing.T) {
	s := scenarios()[0]
	calls := play(t.Context(), s, schedule{}).names
	receptor := slices.Index(calls, "bus.Publish ReportNotification") + 1
	require.Equal(t, []string{
		"store.Open", "store.PutBody", "store.Swap", "bus.Send ReviewQueue", "bus.Publish TaskNotification", "bus.Publish ReportNotification",
	}, calls[:receptor], "body, item, deadline, task, notice")
	for n := range receptor {
		for _, what := range []fault{refused, answerLost, crashBefore, crashAfter} {
			w := play(t.Context(), s, schedule{faults: map[int]fault{n: what}})
			require.Empty(t, w.broken, "%s: %s", calls[n], what)
			require.Len(t, w.reports, 1)
			for _, k := range w.reports {
				require.Equal(t, responder.StatusPublished, k.last.Status)
			}
		}
	}
}

// A repeat after the verdict overwrote it with an empty one.
func TestRegression03_ARepeatKeepsTheVerdict(t *testing.T) {
	asked := map[string]bool{}
	p, s := pipelineWith(t, nil, func(ctx context.Context, task responder.Task) (responder.Page, error) {
		if v := task.Attribute.Value; !asked[v] {
			asked[v] = true // it takes a second, or the verdict would overtake the notice
			return responder.Page{}, responder.RetryAfter(errInjected, time.Second)
		}
		return malicious(ctx, task)
	})
	send(t, p, alert(0, "a", "p"))
	verdict := s.last()
	require.Equal(t, responder.Urgent, verdict.Result.Severity)
	shown := len(s.reports)

	send(t, p, alert(time.Hour, "b", "p"))
	stands, ok, err := p.Report(t.Context(), verdict.ReportID)
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, verdict.Seq, stands.Seq)
	assert.Equal(t, responder.Urgent, stands.Result.Severity)
	assert.Len(t, s.reports, shown, "nothing new: nobody is told")

	send(t, p, alert(2*time.Hour, "c", "q"))
	notice := s.with(responder.StatusOngoing)
	require.Len(t, notice, 1)
	assert.Equal(t, responder.Urgent, notice[0].Result.Severity, "a notice changes no verdict")
	assert.Equal(t, responder.Urgent, s.last().Result.Severity)
	assert.Len(t, s.last().Signals, 2)
}

// One undecodable message failed the whole batch, and the good ones were done again.
func TestRegression04_ABadMessageFailsAlone(t *testing.T) {
	p, s := pipelineWith(t, nil, nothing)
	message := func(id, body string) envelope.Delivery {
		return envelope.Delivery{ID: id, Body: body, QueueARN: "arn:aws:sqs:eu-west-1:123456789012:AlertQueue", ReceiveCount: 1, SentAt: start}
	}
	broken := `{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:123456789012:alerts","Message":{"not":"text"}}`
	event := envelope.SQSEvent(
		message("1", string(alert(0, "a", "p").message())), message("2", broken),
		message("3", string(alert(0, "b", "q").with(otherKey).message())), message("4", "\x01\x02 not JSON at all"),
	)
	answer, err := p.ports.Receptor().Invoke(t.Context(), event)
	require.NoError(t, err)
	assert.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"2"}]}`, string(answer))

	require.NoError(t, p.Settle(t.Context()))
	verdicts := s.with(responder.StatusPublished)
	assert.Len(t, verdicts, 3, "two alerts, and a text that is kept")
	for _, r := range verdicts {
		assert.Equal(t, int64(1), r.AlertCount)
	}
}

// The work was marked as sent before it was sent: a failed publish lost the task for good.
func TestRegression05_AFailedPublishIsTriedAgain(t *testing.T) {
	s := scenarios()[0]
	calls := play(t.Context(), s, schedule{}).names
	task := slices.Index(calls, "bus.Publish TaskNotification")
	w := play(t.Context(), s, schedule{faults: map[int]fault{task: refused, task + 4: refused}})
	require.Empty(t, w.broken)
	published := 0
	for _, name := range w.names {
		if name == "bus.Publish TaskNotification" {
			published++
		}
	}
	assert.Greater(t, published, 1)
	for _, k := range w.reports {
		assert.Len(t, k.last.Inspections, 4, "two inspectors, two attributes")
	}
}

// Attribute hashes included the time: no deduplication, and two inspectors could feed each other without end.
func TestRegression11_InspectorsCannotFeedEachOther(t *testing.T) {
	asked := map[string]int{}
	feed := func(next func(string) string) responder.InspectorFunc {
		return func(_ context.Context, task responder.Task) (responder.Page, error) {
			asked[task.Attribute.Value]++
			a := user(next(task.Attribute.Value))
			a.Key, a.Context = time.Now().String(), []string{fmt.Sprint(len(asked))}
			return responder.Page{NewAttributes: []responder.Attribute{a}}, nil
		}
	}
	p, _ := pipelineWith(t, func(c *Config) {
		c.Inspectors = []Inspector{{ID: "one", Types: []string{"*"}, Inspector: feed(func(string) string { return "q" })},
			{ID: "two", Types: []string{"*"}, Inspector: feed(func(string) string { return "p" })}}
	}, nil)
	send(t, p, alert(0, "a", "p"))
	assert.Equal(t, map[string]int{"p": 2, "q": 2}, asked, "each attribute once, by each inspector")

	clear(asked)
	p, s := pipelineWith(t, nil, feed(func(value string) string { return value + "'" }))
	send(t, p, alert(0, "a", "p"))
	assert.Equal(t, map[string]int{"p": 1, "p'": 1, "p''": 1}, asked, "two further waves at most")
	assert.Len(t, s.last().Inspections, 3)
}

func TestRegression11_TheSameAttributesLaterAreNothingNew(t *testing.T) {
	var asked atomic.Int64
	p, s := pipelineWith(t, nil, func(context.Context, responder.Task) (responder.Page, error) {
		asked.Add(1)
		return responder.Page{}, nil
	})
	send(t, p, alert(0, "a", "p", "q"), alert(time.Minute, "b", "q", "p"), alert(time.Hour, "c", "p", "q").with(func(a *responder.Alert) {
		a.Attrs[0].Key, a.Attrs[1].Context = "another label", []string{"remote"}
	}))
	assert.Equal(t, int64(2), asked.Load())
	assert.Equal(t, []string{"a"}, names(s.last().Alerts))
}

// A report too large for SNS blocked its shard for a day.
func TestRegression13_ALargeReportIsCutAndSaysSo(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 4<<10) // 64 KiB
	p, s := pipelineWith(t, nil, func(_ context.Context, task responder.Task) (responder.Page, error) {
		page := responder.Page{Title: "large"}
		for n := range 30 {
			page.OpponentHosts = append(page.OpponentHosts, responder.OpponentHost{
				ID: fmt.Sprint(task.Attribute.Value, n), ASOwner: []string{text[:3000]},
			})
		}
		return page, nil
	})
	large := alert(0, "a", "p", "q", "r", "s", "t", "u").with(func(a *responder.Alert) { a.Description = text })
	message := string(large.message())
	message = message[:len(message)-1] + `,"padding":"` + strings.Repeat(text, 12) + `"}` // 840 KiB: the queue takes it
	require.NoError(t, p.bus.Send(t.Context(), bus.AlertQueue, bus.Message{Body: message}, 0))
	send(t, p, alert(time.Minute, "b", "p", "v"))

	verdicts := s.with(responder.StatusPublished)
	require.NotEmpty(t, verdicts)
	told := verdicts[len(verdicts)-1]
	assert.True(t, told.Truncated)
	assert.Equal(t, responder.Unclassified, told.Result.Severity)
	assert.Equal(t, int64(2), told.AlertCount)
	encoded, err := json.Marshal(told)
	require.NoError(t, err)
	assert.Less(t, len(encoded), bus.MaxNotification)

	whole, ok, err := p.Report(t.Context(), told.ReportID)
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, whole.Alerts, 2)
	assert.Len(t, whole.Alerts[0].Raw, len(message), "the whole of it stays in the table")
	assert.Len(t, whole.Inspections, 7)
}

// An eventually consistent read right after a write found nothing, and crashed. All reads are strongly
// consistent here; and what finds nothing all the same says so and goes on.
func TestRegression14_WhatFindsNothingDoesNotCrash(t *testing.T) {
	p, s := pipelineWith(t, nil, nothing)
	const unknown = "AAAAAAAAAAAAAAAAAAAAAAAAAA-abc"
	out := bus.Outbox{Bus: p.bus}
	ctx := t.Context()
	require.NoError(t, out.Review(ctx, bus.ReviewMessage{ReportID: unknown}, 0))
	require.NoError(t, out.Review(ctx, bus.ReviewMessage{ReportID: unknown, DeadlineAt: 1}, 0))
	require.NoError(t, out.Submit(ctx, responder.Submission{ReportID: unknown, Token: "0.a/inspector", Done: true}))
	require.NoError(t, out.Submit(ctx, responder.Submission{ReportID: unknown, Token: "0.a/inspector", Pages: []responder.Page{{
		Attribute: &responder.Attribute{Type: "username", Value: "p"}, NewAttributes: []responder.Attribute{user("q")},
	}}}))
	require.NoError(t, p.Settle(ctx))
	assert.Empty(t, p.DeadLetters())
	assert.Empty(t, s.reports)

	send(t, p, alert(0, "a", "p")) // and a review right after the writes finds all of them
	assert.Equal(t, []string{"a"}, names(s.last().Alerts))
	assert.Len(t, s.last().Inspections, 1)
}

// Whole alerts and keys of services were logged at Info, by every function.
func TestRegression15_LogsAreShortAndSayNothingSecret(t *testing.T) {
	const marker, key = "MARKER-of-the-alert", "KEY-of-a-service"
	var log bytes.Buffer
	p, s := pipelineWith(t, func(c *Config) { deployed(c, &log) }, malicious)
	marked := func(at time.Duration, name string, users ...string) testAlert {
		return alert(at, name, users...).with(func(a *responder.Alert) { a.Name, a.Description = marker+name, marker+key })
	}
	send(t, p, marked(0, "a", marker+"p", "q"))
	require.Len(t, s.with(responder.StatusPublished), 1)
	assert.LessOrEqual(t, log.Len(), 400, log.String())
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one line per report")
	assert.Contains(t, log.String(), s.last().ReportID)
	assert.NotContains(t, log.String(), marker)
	assert.NotContains(t, log.String(), key)

	log.Reset()
	send(t, p, marked(time.Minute, "b", marker+"p", "q"), marked(2*time.Minute, "c", "q"))
	assert.Empty(t, log.String(), "nothing per repeat")
}

// ... also where something fails.
func TestRegression15_FailuresDoNotTellTheAlert(t *testing.T) {
	const marker = "MARKER-of-the-alert"
	var log bytes.Buffer
	failing := true
	p, s := pipelineWith(t, func(c *Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Wrap.Bus = func(to bus.Bus) bus.Bus { return failingBus{to, &failing} }
	}, nothing)
	require.NoError(t, p.Send(t.Context(), alert(0, marker, marker).with(func(a *responder.Alert) { a.Description = marker }).message()))
	require.NoError(t, p.Work(t.Context()))
	assert.Contains(t, log.String(), "out of order")
	failing = false
	require.NoError(t, p.Settle(t.Context()))
	require.Len(t, s.with(responder.StatusPublished), 1)
	assert.NotContains(t, log.String(), marker)
}

// failingBus refuses all messages while it is told to.
type failingBus struct {
	bus.Bus
	failing *bool
}

func (b failingBus) Publish(ctx context.Context, topic string, m bus.Message) error {
	if *b.failing {
		return errors.New("out of order")
	}
	return b.Bus.Publish(ctx, topic, m)
}

// The reviewer's answer was never checked: an empty severity was paged.
func TestRegression17_TheReviewersAnswerIsChecked(t *testing.T) {
	for name, test := range map[string]struct {
		result responder.Result
		err    error
		want   responder.Severity
		reason string
	}{
		"empty":     {responder.Result{Reason: "because"}, nil, responder.Unclassified, "because"},
		"nonsense":  {responder.Result{Severity: "P1", Reason: "because"}, nil, responder.Unclassified, `"P1", expected urgent, unclassified or safe`},
		"uppercase": {responder.Result{Severity: "URGENT"}, nil, responder.Unclassified, "refused"},
		"error":     {responder.Result{Severity: responder.Safe}, errors.New("no answer"), responder.Unclassified, "the reviewer failed: no answer"},
		"permanent": {responder.Result{}, responder.Permanent(errors.New("no answer")), responder.Unclassified, "the reviewer failed: no answer"},
		"good":      {responder.Result{Severity: responder.Safe, Reason: "because"}, nil, responder.Safe, "because"},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := pipelineWith(t, func(c *Config) {
				c.Reviewer = responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
					return test.result, test.err
				})
			}, nothing)
			send(t, p, alert(0, "a", "p"))
			require.Len(t, s.with(responder.StatusPublished), 1)
			assert.Equal(t, test.want, s.last().Result.Severity)
			assert.Contains(t, s.last().Result.Reason, test.reason)
		})
	}
	t.Run("panic", func(t *testing.T) {
		p, s := pipelineWith(t, func(c *Config) {
			c.Reviewer = responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) { panic("oh") })
		}, nothing)
		send(t, p, alert(0, "a", "p"))
		assert.Equal(t, responder.Unclassified, s.last().Result.Severity)
		assert.Contains(t, s.last().Result.Reason, "panicked")
	})
}

// Time ran out in a list of attributes: the rest was never sent.
func TestRegression19_TheRestOfAListIsAskedAgain(t *testing.T) {
	asked := map[string]int{}
	p, s := pipelineWith(t, func(c *Config) { c.Inspectors[0].Options.Concurrency = 1 },
		func(_ context.Context, task responder.Task) (responder.Page, error) {
			value := task.Attribute.Value
			if asked[value]++; len(asked) > 2 && asked[value] == 1 {
				return responder.Page{}, context.DeadlineExceeded
			}
			return responder.Page{Title: "answered " + value}, nil
		})
	send(t, p, alert(0, "a", "p", "q", "r", "s", "t"))
	require.Len(t, s.last().Inspections, 5)
	for _, i := range s.last().Inspections {
		assert.Equal(t, responder.Nothing, i.Outcome)
		assert.Equal(t, "answered "+i.Attribute.Value, i.Title)
	}
	assert.Equal(t, map[string]int{"p": 1, "q": 1, "r": 2, "s": 2, "t": 2}, asked, "who has answered is not asked again")
}
