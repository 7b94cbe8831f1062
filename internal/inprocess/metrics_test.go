package inprocess

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/metrics"
	"github.com/m-mizutani/AlertResponder/internal/metrics/metricstest"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// deployed has a pipeline log as the stack's functions do, in invocations that have an id.
func deployed(c *Config, log *bytes.Buffer) {
	c.Log = logging.Measured(log, "info", metrics.Meter{Stack: "AlertResponder", Receives: pipeline.StageReceives})
	inner := c.Wrap.Handler
	c.Wrap.Handler = func(queue string, h host.Handler) host.Handler {
		if inner != nil {
			h = inner(queue, h)
		}
		return handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
			id := &lambdacontext.LambdaContext{AwsRequestID: "01234567-89ab-cdef-0123-456789abcdef"}
			return h.Invoke(lambdacontext.NewContext(ctx, id), payload)
		})
	}
}

// sums is what CloudWatch makes of a log: of each metric, the sum and the number of values.
func sums(t *testing.T, log *bytes.Buffer) map[string][2]float64 {
	t.Helper()
	out := map[string][2]float64{}
	for line := range strings.Lines(log.String()) {
		values, err := metricstest.Read([]byte(line))
		require.NoError(t, err, line)
		for _, v := range values {
			require.Equal(t, "AlertResponder", v.Namespace)
			require.Equal(t, map[string]string{"Stack": "AlertResponder"}, v.Dimensions)
			out[v.Name] = [2]float64{out[v.Name][0] + v.Value, out[v.Name][1] + 1}
		}
	}
	return out
}

// byName judges a report by the word that its first alert begins with.
var byName = responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
	severity, _, _ := strings.Cut(r.Alert.Name, " ")
	return responder.Result{Severity: responder.Severity(severity)}, nil
})

func keyed(at time.Duration, name, key string, users ...string) testAlert {
	return alert(at, name, users...).with(func(a *responder.Alert) { a.Key = key })
}

// together sends alerts so that they come in one batch.
func together(t *testing.T, p *Pipeline, alerts ...testAlert) {
	t.Helper()
	for _, a := range alerts {
		require.NoError(t, p.Send(t.Context(), a.message()))
	}
	send(t, p)
}

func TestMetricsCountAlertsAndVerdicts(t *testing.T) {
	var log bytes.Buffer
	var p *Pipeline
	p, _ = pipelineWith(t, func(c *Config) { c.Reviewer = byName; deployed(c, &log) },
		func(context.Context, responder.Task) (responder.Page, error) {
			p.clock.advance(p.Now().Add(90 * time.Second)) // it takes its time
			return responder.Page{}, nil
		})
	together(t, p, keyed(0, "urgent 1", "one", "p"), keyed(0, "urgent 2", "one", "p"), keyed(0, "urgent 3", "one", "p"))
	send(t, p, keyed(5*time.Minute, "safe 1", "two", "q"))
	send(t, p, keyed(10*time.Minute, "unclassified 1", "three", "r"))
	send(t, p, keyed(15*time.Minute, "safe 2", "four", "s"))
	assert.Equal(t, map[string][2]float64{
		"Alerts": {6, 4}, "Urgent": {1, 1}, "Safe": {2, 2}, "Unclassified": {1, 1}, "Time": {4 * 90_000, 4},
	}, sums(t, &log))

	log.Reset()
	send(t, p, keyed(time.Hour, "urgent 4", "one", "p"), keyed(time.Hour, "urgent 5", "one", "p"))
	assert.Empty(t, log.String(), "nothing per repeat")

	send(t, p, keyed(2*time.Hour, "urgent 6", "one", "new"))
	assert.Equal(t, map[string][2]float64{"Urgent": {1, 1}}, sums(t, &log),
		"a verdict that is given again is one more verdict; its report and its alerts were counted")
	assert.Contains(t, log.String(), `"seq":`)
}

// Who has not answered at the deadline is counted there, once: as an inspector, not for each of its tasks.
func TestMetricsCountWhoIsLate(t *testing.T) {
	var log bytes.Buffer
	p, s := pipelineWith(t, func(c *Config) {
		c.Inspectors = append(c.Inspectors, Inspector{ID: "silent", Types: []string{"*"}, Inspector: responder.InspectorFunc(nothing)},
			Inspector{ID: "gone", Types: []string{"*"}, Inspector: responder.InspectorFunc(nothing)})
		c.Wrap.Handler = func(queue string, h host.Handler) host.Handler {
			if queue == "silent" || queue == "gone" {
				return handlerFunc(func(context.Context, []byte) ([]byte, error) { return []byte(`{"batchItemFailures":[]}`), nil })
			}
			return h
		}
		deployed(c, &log)
	}, nothing)
	send(t, p, alert(0, "a", "p"), alert(time.Minute, "b", "q"))
	want := map[string][2]float64{"Alerts": {2, 1}, "Unclassified": {1, 1}, "Time": {600_000, 1}, "Late": {2, 1}}
	assert.Equal(t, want, sums(t, &log))
	assert.Contains(t, log.String(), `"inspectors":"gone,silent"`)
	assert.Equal(t, 2, strings.Count(log.String(), "\n"))

	log.Reset()
	deadline := bus.ReviewMessage{ReportID: s.last().ReportID, DeadlineAt: start.Add(10 * time.Minute).UnixMilli()}
	for range 2 {
		require.NoError(t, bus.Outbox{Bus: p.bus}.Review(t.Context(), deadline, 0))
		require.NoError(t, p.Settle(t.Context()))
	}
	assert.Empty(t, log.String(), "a deadline that comes again counts nobody again")

	send(t, p, alert(time.Hour, "c", "new"))
	assert.Equal(t, map[string][2]float64{"Unclassified": {1, 1}, "Late": {2, 1}}, sums(t, &log), "the next deadline is another one")
}

// Each verdict counts once, also where the bus repeats and reorders.
func TestMetricsOnARudeBus(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var log bytes.Buffer
			p, s := pipelineWith(t, func(c *Config) { c.Rude = rand.New(rand.NewPCG(seed, 1)); deployed(c, &log) }, nothing)
			for n := range 5 {
				require.NoError(t, p.Send(t.Context(), keyed(0, "a", fmt.Sprint(n%2), fmt.Sprint("user ", n)).message()))
			}
			require.NoError(t, p.Settle(t.Context()))
			reports := map[string]responder.Report{}
			verdicts := map[string]bool{}
			for _, r := range s.with(responder.StatusPublished) {
				verdicts[fmt.Sprint(r.ReportID, r.Seq)] = true
				if first, ok := reports[r.ReportID]; !ok || r.Seq < first.Seq {
					reports[r.ReportID] = r
				}
			}
			got := sums(t, &log)
			assert.GreaterOrEqual(t, got["Unclassified"][0], float64(len(verdicts)), "some are overtaken before they are shown")
			assert.Equal(t, float64(strings.Count(log.String(), `"message":"verdict"`)), got["Unclassified"][0])
			assert.Equal(t, float64(len(reports)), got["Time"][1], "each report once")
			assert.Equal(t, float64(len(reports)), got["Alerts"][1])
			assert.LessOrEqual(t, got["Alerts"][0], 5.0)
		})
	}
}

// A review that comes again when it is done counts nothing, nor does the second of two that are done at once, which take the
// one item for unjudged both; also where there was new evidence between them.
func TestMetricsOfAReviewThatComesTwice(t *testing.T) {
	var log bytes.Buffer
	var review []byte
	var reviewer host.Handler
	meanwhile := func(context.Context, string) {}
	p, s := pipelineWith(t, func(c *Config) {
		c.Wrap.Handler = func(queue string, h host.Handler) host.Handler {
			if queue == bus.ReviewQueue {
				reviewer = handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
					review = payload
					return h.Invoke(ctx, payload)
				})
				return reviewer
			}
			return h
		}
		c.Wrap.Store = func(to store.Store) store.Store {
			return settling{to, func(ctx context.Context, reportID string) {
				now := meanwhile
				meanwhile = func(context.Context, string) {}
				now(ctx, reportID)
			}}
		}
		deployed(c, &log)
	}, nothing)
	once := map[string][2]float64{"Alerts": {1, 1}, "Unclassified": {1, 1}, "Time": {0, 1}}
	send(t, p, alert(0, "a", "p"))
	require.Equal(t, once, sums(t, &log))
	require.NoError(t, bus.Outbox{Bus: p.bus}.Review(t.Context(), bus.ReviewMessage{ReportID: s.last().ReportID}, 0))
	require.NoError(t, p.Settle(t.Context()))
	assert.Equal(t, once, sums(t, &log))

	for key, evidence := range map[string]bool{"the same": false, "new evidence": true} {
		log.Reset()
		published := len(s.with(responder.StatusPublished))
		meanwhile = func(ctx context.Context, reportID string) {
			if evidence {
				_, made, err := p.store.CrossOff(ctx, reportID, "0.a/absent", false)
				require.True(t, made && err == nil)
			}
			_, err := reviewer.Invoke(ctx, review)
			require.NoError(t, err)
		}
		send(t, p, keyed(time.Minute, "b", key, "p"))
		assert.Greater(t, len(s.with(responder.StatusPublished)), published)
		assert.Equal(t, once, sums(t, &log), key)
	}
}

// settling is a store before whose Settle something else happens.
type settling struct {
	store.Store
	before func(context.Context, string)
}

func (s settling) Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error) {
	s.before(ctx, reportID)
	return s.Store.Settle(ctx, reportID, ver, verdict)
}

// What a stage hands back is counted, and the last time says that the queue gives it up.
func TestMetricsCountWhatIsGivenUp(t *testing.T) {
	var log bytes.Buffer
	p, _ := pipelineWith(t, func(c *Config) {
		c.Wrap.Store = func(to store.Store) store.Store { return verdictless{to} }
		deployed(c, &log)
	}, nothing)
	require.NoError(t, p.Send(t.Context(), alert(0, "a", "p").message()))
	require.NoError(t, p.Settle(t.Context()))
	const dead, failed = 2, 2 * pipeline.StageReceives // the review, and the one that the deadline asked for
	require.Len(t, p.DeadLetters(), dead)
	assert.Equal(t, map[string][2]float64{"HandedBack": {failed, failed}, "GivenUp": {dead, dead}}, sums(t, &log))
	assert.Equal(t, failed, strings.Count(log.String(), `"requestId":"01234567-89ab`), "what failed can be looked up")
}

// verdictless is a store that takes no verdict.
type verdictless struct{ store.Store }

func (verdictless) PutVerdict(context.Context, string, store.Verdict) (store.Verdict, error) {
	return store.Verdict{}, errInjected
}

// The log of a report that goes well is one line, of at most 400 bytes with everything that the deployed functions put there,
// as long as its words can be; a repeat logs nothing.
func TestLogBytesPerReport(t *testing.T) {
	var log bytes.Buffer
	var p *Pipeline
	p, _ = pipelineWith(t, func(c *Config) {
		c.Inspectors = append(c.Inspectors, Inspector{ID: "another", Types: []string{"*"}, Inspector: responder.InspectorFunc(nothing)})
		deployed(c, &log)
	}, func(_ context.Context, task responder.Task) (responder.Page, error) {
		if task.Attribute.Value == "p" {
			p.clock.advance(p.Now().Add(599 * time.Second)) // as long as it can take without a deadline
		}
		return responder.Page{}, nil
	})
	many := []testAlert{alert(0, "a", "p", "q", "r", "s")}
	for len(many) < pipeline.StageBatch {
		many = append(many, alert(0, "a", "p"))
	}
	together(t, p, many...)
	assert.Contains(t, log.String(), `"Unclassified":1,"Alerts":10,"Time":599000`)
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), "one line per report")
	assert.LessOrEqual(t, log.Len(), 400, log.String())

	log.Reset()
	send(t, p, alert(time.Hour, "b", "p"), alert(2*time.Hour, "c", "q", "r"))
	assert.Zero(t, log.Len(), log.String())
}
