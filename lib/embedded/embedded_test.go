package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// botnet is an inspector as a stranger writes one.
func botnet(_ context.Context, task responder.Task) (responder.Page, error) {
	addr, err := netip.ParseAddr(task.Attribute.Value)
	if err != nil || !netip.MustParsePrefix("198.51.100.0/24").Contains(addr) {
		return responder.Page{}, nil
	}
	return responder.Page{Title: "Botnet", Signals: []responder.Signal{{
		Kind: "botnet", Verdict: responder.Malicious, Score: 90, Source: "botnet list", Summary: "is part of a botnet",
	}}}, nil
}

func login(addresses ...string) responder.Alert {
	a := responder.Alert{Name: "Login from afar", Rule: "login", Key: "alice"}
	for _, ip := range addresses {
		a.Attrs = append(a.Attrs, responder.Attribute{Type: responder.TypeIPAddr, Value: ip, Key: "client", Context: []string{responder.ContextRemote}})
	}
	return a
}

func Example() {
	report, err := embedded.Run(context.Background(), login("198.51.100.23"), embedded.Options{
		Inspectors: []embedded.Inspector{{ID: "botnet", Types: []string{responder.TypeIPAddr}, Inspector: responder.InspectorFunc(botnet)}},
	})
	fmt.Println(report.Result.Severity, err)
	fmt.Println(report.Result.Reason)
	// Output:
	// urgent <nil>
	// Malicious: botnet says of 198.51.100[.]23: is part of a botnet.
}

// One that fails, one that does not answer in time, and somebody who is told.
func ExamplePipeline() {
	ctx := context.Background()
	broken := func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, responder.Permanent(errors.New("the key is not valid"))
	}
	slow := func(context.Context, responder.Task) (responder.Page, error) {
		return responder.Page{}, responder.RetryAfter(errors.New("over the quota"), time.Hour)
	}
	tell := func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
		fmt.Printf("told: %s, severity %q, reason %q\n", r.Status, r.Result.Severity, r.Result.Reason)
		return nil, nil
	}
	p, err := embedded.New(embedded.Options{
		Start: start,
		Inspectors: []embedded.Inspector{
			{ID: "broken", Inspector: responder.InspectorFunc(broken)},
			{ID: "slow", Inspector: responder.InspectorFunc(slow)},
		},
		Emitters: []embedded.Emitter{{ID: "console", Emitter: responder.EmitterFunc(tell)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = p.SendAlert(ctx, login("198.51.100.23"))
	_ = p.Work(ctx)
	fmt.Println("nothing to say yet at", p.Now().Sub(start))
	_ = p.Advance(ctx, 10*time.Minute)
	// Output:
	// told: new, severity "", reason ""
	// nothing to say yet at 0s
	// told: published, severity "unclassified", reason "Nobody looked into 198.51.100[.]23. No answer in time from slow. Failed: broken (the key is not valid)."
}

func TestAStrangersInspector(t *testing.T) {
	respondertest.TestInspector(t, responder.InspectorFunc(botnet), responder.TypeIPAddr)
	began := time.Now()
	var told []responder.Report
	p, err := embedded.New(embedded.Options{
		Start:      start,
		Inspectors: []embedded.Inspector{{ID: "botnet", Types: []string{responder.TypeIPAddr}, Inspector: responder.InspectorFunc(botnet)}},
		Emitters: []embedded.Emitter{{ID: "memory", Emitter: responder.EmitterFunc(
			func(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
				told = append(told, r)
				return responder.Receipt{"n": prev["n"] + "x"}, nil
			})}},
	})
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, p.SendAlert(ctx, login("192.0.2.1")))
	require.NoError(t, p.Settle(ctx))
	require.NoError(t, p.SendAlert(ctx, login("192.0.2.1")))
	require.NoError(t, p.SendAlert(ctx, login("192.0.2.1", "198.51.100.23")))
	require.NoError(t, p.Settle(ctx))

	reports, err := p.Reports(ctx)
	require.NoError(t, err)
	require.Len(t, reports, 1, "one incident is one report")
	r := reports[0]
	assert.Equal(t, responder.Urgent, r.Result.Severity)
	assert.Equal(t, int64(3), r.AlertCount)
	assert.Len(t, r.Alerts, 2, "a repeat is counted, and nothing else")
	assert.NotEmpty(t, r.Alerts[1].Raw)
	assert.True(t, slices.IsSortedFunc(told, func(a, b responder.Report) int { return int(a.Seq - b.Seq) }))
	assert.Equal(t, responder.Urgent, told[len(told)-1].Result.Severity)
	assert.Empty(t, p.DeadLetters())
	assert.Less(t, time.Since(began), time.Second)
}

// all answers for all attributes at once.
type all struct{ calls int }

func (a *all) Inspect(context.Context, responder.Task) (responder.Page, error) { panic("not called") }

func (a *all) InspectAll(_ context.Context, tasks []responder.Task) ([]responder.Page, error) {
	a.calls++
	pages := make([]responder.Page, len(tasks))
	for i, task := range tasks {
		pages[i].Title = task.Attribute.Value
	}
	return pages, nil
}

func TestABatchInspector(t *testing.T) {
	a := &all{}
	r, err := embedded.Run(t.Context(), login("192.0.2.1", "192.0.2.2", "192.0.2.3"), embedded.Options{
		Inspectors: []embedded.Inspector{{ID: "logs", Inspector: a}},
		Reviewer: responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
			return responder.Result{Severity: responder.Safe, Reason: fmt.Sprint(len(r.Inspections))}, nil
		}),
	})
	require.NoError(t, err)
	assert.Equal(t, 1, a.calls)
	assert.Equal(t, responder.Result{Severity: responder.Safe, Reason: "3"}, r.Result)
}

func TestNobodyWaitsForAnUnlistedInspector(t *testing.T) {
	p, err := embedded.New(embedded.Options{Inspectors: []embedded.Inspector{{ID: "quiet", Unlisted: true, Inspector: responder.InspectorFunc(
		func(context.Context, responder.Task) (responder.Page, error) {
			return responder.Page{}, responder.RetryAfter(errors.New("later"), time.Minute)
		})}}})
	require.NoError(t, err)
	require.NoError(t, p.SendAlert(t.Context(), login("192.0.2.1")))
	require.NoError(t, p.Work(t.Context()))
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	assert.Len(t, reports, 1)
}

func TestDelaysAndWindow(t *testing.T) {
	var log bytes.Buffer
	var asked []time.Duration
	var p *embedded.Pipeline
	p, err := embedded.New(embedded.Options{
		Start: start, InspectionDelay: 2 * time.Minute, ReviewDelay: 5 * time.Minute, AggregationWindow: time.Hour,
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		Inspectors: []embedded.Inspector{{ID: "slow", Inspector: responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			asked = append(asked, p.Now().Sub(start))
			return responder.Page{}, responder.RetryAfter(errors.New("busy"), 10*time.Minute)
		})}},
	})
	require.NoError(t, err)
	require.NoError(t, p.SendAlert(t.Context(), login("192.0.2.1")))
	require.NoError(t, p.Advance(t.Context(), 6*time.Minute))
	assert.Equal(t, []time.Duration{2 * time.Minute}, asked)
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 5*time.Minute, reports[0].SettledAt.Sub(start))
	for range 2 { // just within the window, and just after it
		require.NoError(t, p.Advance(t.Context(), 28*time.Minute))
		require.NoError(t, p.SendAlert(t.Context(), login("192.0.2.1")))
	}
	require.NoError(t, p.Advance(t.Context(), 6*time.Minute))
	reports, err = p.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 2)
	assert.Equal(t, []time.Duration{0, 62 * time.Minute}, []time.Duration{reports[0].OpenedAt.Sub(start), reports[1].OpenedAt.Sub(start)})
	assert.NotEmpty(t, log.String())
}

func TestFaultyOptions(t *testing.T) {
	_, err := embedded.New(embedded.Options{
		Inspectors:  []embedded.Inspector{{ID: "Not An Id", Inspector: responder.InspectorFunc(botnet)}, {ID: "nil"}},
		Emitters:    []embedded.Emitter{{ID: "nil"}},
		ReviewDelay: time.Hour,
	})
	for _, want := range []string{"Not An Id", `inspector "nil": is nil`, "the id is taken", "ReviewDelay: 1h0m0s"} {
		assert.ErrorContains(t, err, want)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
	_, err = embedded.New(embedded.Options{})
	assert.ErrorContains(t, err, "AWS_LAMBDA_RUNTIME_API")
}
