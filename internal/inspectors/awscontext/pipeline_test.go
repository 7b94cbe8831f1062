package awscontext

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestContract(t *testing.T) {
	f := withNetwork(t)
	f.assumable()
	respondertest.TestInspector(t, f.inspector(otherRole), Types...)
	respondertest.TestInspector(t, newFake(t).inspector(), Types...)
}

var start = time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)

// pipe is the whole pipeline with the inspector in it, and what people were told.
type pipe struct {
	*embedded.Pipeline
	t       *testing.T
	mu      sync.Mutex
	reports []responder.Report
}

func newPipe(t *testing.T, i responder.Inspector) *pipe {
	p := &pipe{t: t}
	var err error
	p.Pipeline, err = embedded.New(embedded.Options{Start: start,
		Inspectors: []embedded.Inspector{{ID: ID, Types: Types, Inspector: i}},
		Emitters: []embedded.Emitter{{ID: "people", Emitter: responder.EmitterFunc(func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if r.Status == responder.StatusPublished {
				p.reports = append(p.reports, r)
			}
			return nil, nil
		})}}})
	require.NoError(t, err)
	return p
}

func (p *pipe) send(attrs ...responder.Attribute) {
	require.NoError(p.t, p.SendAlert(p.t.Context(), responder.Alert{Name: "odd", Rule: "r", Key: "k", Account: ownAccount, Region: "eu-west-1", Attrs: attrs}))
}

func (p *pipe) settled() responder.Report {
	require.NoError(p.t, p.Settle(p.t.Context()))
	reports, err := p.Reports(p.t.Context())
	require.NoError(p.t, err)
	require.Len(p.t, reports, 1)
	assert.Empty(p.t, p.DeadLetters())
	return reports[0]
}

// outcomes are the rows of a report: value=outcome.
func outcomes(r responder.Report) (out []string) {
	for _, row := range r.Inspections {
		if row.Attribute != nil {
			out = append(out, row.Attribute.Value+"="+string(row.Outcome))
		}
	}
	slices.Sort(out)
	return out
}

var (
	remote = responder.Attribute{Type: "ipaddr", Value: "198.51.100.8", Context: []string{"remote"}}
	within = responder.Attribute{Type: "ipaddr", Value: "10.0.0.5", Context: []string{"local"}}
)

// An alert between two addresses: the remote one is one's own NAT gateway, the local one leads to the instance and its role.
func TestPipeline(t *testing.T) {
	p := newPipe(t, withNetwork(t).inspector())
	p.send(remote, within)
	r := p.settled()
	assert.Subset(t, outcomes(r), []string{"10.0.0.5=found", "198.51.100.8=found", webID + "=found"})
	assert.Contains(t, strings.Join(outcomes(r), " "), "arn:aws:iam::111111111111:role/path/web-role=", "the role was asked for in its turn")
	host := r.Content.AlliedHosts[webID]
	assert.Equal(t, []string{"account 111111111111 (prod)", "platform", "web@example.com"}, host.Owner, "two pages, one host")
	assert.Contains(t, r.Content.AlliedHosts, "nat-0123456789abcdef0")
}

// Redelivered tasks and a service that throttles change nothing that shows.
func TestPipelineWhereAWSIsBusy(t *testing.T) {
	f := withNetwork(t)
	p := newPipe(t, f.inspector())
	p.send(within)
	calm := p.settled()
	f = withNetwork(t)
	f.busy = 30
	p = newPipe(t, f.inspector())
	p.send(within)
	busy := p.settled()
	assert.Equal(t, calm.Content, busy.Content)
	assert.Equal(t, calm.Signals, busy.Signals)
	assert.Equal(t, outcomes(calm), outcomes(busy))
}

// For an hour nothing answers: the verdict goes out at the deadline, says that it lacks this, and is corrected.
func TestPipelineWhereAWSIsDown(t *testing.T) {
	f := withNetwork(t)
	var p *pipe
	i, err := New(Options{Config: func(ctx context.Context) (aws.Config, error) {
		if p.Now().Sub(start) < time.Hour {
			return aws.Config{}, fmt.Errorf("no route")
		}
		return f.config(ctx)
	}})
	require.NoError(t, err)
	p = newPipe(t, i)
	p.send(within)
	require.NoError(t, p.Advance(t.Context(), 10*time.Minute))
	require.NotEmpty(t, p.reports)
	first := p.reports[0]
	assert.Equal(t, []responder.Outcome{responder.Missing}, []responder.Outcome{first.Inspections[0].Outcome})
	p.settled()
	last := p.reports[len(p.reports)-1]
	assert.NotEqual(t, first.Seq, last.Seq)
	assert.NotEqual(t, responder.Missing, last.Inspections[0].Outcome)
}

// A role that has too little: each row says what.
func TestPipelineWhereNothingIsAllowed(t *testing.T) {
	p := newPipe(t, newFake(t).inspector())
	p.send(remote, within, responder.Attribute{Type: "instance", Value: webID})
	r := p.settled()
	assert.Equal(t, []string{"10.0.0.5=failed", "198.51.100.8=failed", webID + "=failed"}, outcomes(r))
	assert.Contains(t, r.Inspections[0].Error, "is not allowed in account 111111111111")
	assert.NotEqual(t, responder.Safe, r.Result.Severity)
}

// killed ends the handler at one call, before it or after it, once.
type killed struct {
	aws.HTTPClient
	at, calls int
	after     bool
	mu        sync.Mutex
}

func (k *killed) Do(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if k.calls != k.at {
		return k.HTTPClient.Do(r)
	}
	if k.after {
		_, _ = k.HTTPClient.Do(r)
	}
	panic("killed")
}

// Whenever the function is killed, the task comes again and the report is the same.
func TestPipelineKilledMidway(t *testing.T) {
	played := func(at int, after bool) (responder.Report, int) {
		f := withNetwork(t)
		k := &killed{HTTPClient: f, at: at, after: after}
		i, err := New(Options{Now: func() time.Time { return start }, Config: func(ctx context.Context) (aws.Config, error) {
			c, err := f.config(ctx)
			c.HTTPClient = k
			return c, err
		}})
		require.NoError(t, err)
		p := newPipe(t, i)
		p.send(remote, within)
		return p.settled(), k.calls
	}
	calm, calls := played(0, false)
	require.Greater(t, calls, 5)
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			r, _ := played(at, after)
			assert.Equal(t, calm.Content, r.Content, "call %d", at)
			assert.Equal(t, calm.Signals, r.Signals, "call %d", at)
			assert.Equal(t, outcomes(calm), outcomes(r), "call %d", at)
		}
	}
}

// A task that is delivered twice is answered twice, and nothing of it shows.
func TestPipelineRedelivered(t *testing.T) {
	f := withNetwork(t)
	once := newPipe(t, f.inspector())
	once.send(remote, within)
	calm := once.settled()

	i := withNetwork(t).inspector()
	first := map[string]bool{}
	var mu sync.Mutex
	p := newPipe(t, responder.InspectorFunc(func(ctx context.Context, task responder.Task) (responder.Page, error) {
		page, err := i.Inspect(ctx, task)
		mu.Lock()
		defer mu.Unlock()
		if again := first[task.Attribute.Value]; !again {
			first[task.Attribute.Value] = true
			return responder.Page{}, fmt.Errorf("the answer was lost")
		}
		return page, err
	}))
	p.send(remote, within)
	twice := p.settled()
	assert.Equal(t, calm.Content, twice.Content)
	assert.Equal(t, calm.Signals, twice.Signals)
}
