package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	atOnce     = 8               // incidents that are sent at a time: more would only wait for each other
	patience   = 5 * time.Second // until the next one is sent all the same
	stepTime   = time.Minute     // for a verdict
	restTime   = 5 * time.Minute
	visibility = 3 * time.Second
)

// world is the stack with a proxy before it, and the incidents that it knows.
type world struct {
	*stack
	*proxy
	began time.Time

	mu        sync.Mutex
	incidents map[string]*incident // by fingerprint
	cold      []fate               // of the next readings of the list of inspectors, which belong to no incident
	any       *anyCall             // of all incidents; nil: none
	kills     int
}

func newWorld(t *testing.T) *world {
	w := &world{stack: findStack(t), began: time.Now(), incidents: map[string]*incident{}}
	engine, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL"))
	require.NoError(t, err)
	w.proxy = &proxy{engine: engine, to: throughTLS(t, os.Getenv("AWS_CA_BUNDLE")), names: w.stack.names, judge: w.fateOf, witness: w.seen}
	serveProxy(t, os.Getenv("CRASH_PROXY"), w.proxy)
	w.hurry(t, visibility)
	return w
}

// fateOf implements judge.
func (w *world) fateOf(c call) fate {
	what := passes
	if in := w.about(c); in != nil {
		what = in.judge(c)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case what != passes:
	case c.function == "Receptor" && c.lists() && len(w.cold) > 0:
		what, w.cold = w.cold[0], w.cold[1:]
	case w.any != nil:
		what = w.any.judge(c)
	}
	if what != passes {
		w.kills++
	}
	return what
}

// anyCall has each call of a function be the last of its process that has a number divisible by each, up to so many.
type anyCall struct {
	each, most int
	calls      map[string]int
}

func (a *anyCall) judge(c call) fate {
	a.calls[c.function]++
	n := a.calls[c.function]
	if n%a.each != 0 || n/a.each > a.most {
		return passes
	}
	return []fate{unsent, unanswered}[n/a.each%2]
}

func (w *world) killed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kills
}

// seen implements witness.
func (w *world) seen(c call) {
	if in := w.about(c); in != nil {
		in.witness(c)
	}
}

func (w *world) about(c call) *incident {
	w.mu.Lock()
	defer w.mu.Unlock()
	return incidentOf(c, w.incidents)
}

// send sends incidents, some at a time, and comes back when all steps are sent.
func (w *world) send(t *testing.T, list []*incident) {
	t.Helper()
	w.mu.Lock()
	for _, in := range list {
		w.incidents[in.fingerprint] = in
	}
	w.mu.Unlock()
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for n, in := range list {
		slots <- struct{}{}
		if n > 0 && n%40 == 0 {
			w.say(t, "%d of %d are on their way", n, len(list))
		}
		all.Go(func() { w.sendOne(t.Context(), in, func() { <-slots }) })
	}
	all.Wait()
}

// sendOne goes through the steps of an incident. Others may be sent as soon as it has to wait for time to pass.
func (w *world) sendOne(ctx context.Context, in *incident, next func()) {
	next = sync.OnceFunc(next)
	defer next()
	for n, s := range in.steps {
		last := n == len(in.steps)-1
		if last || in.burst {
			in.begin()
		}
		if err := w.step(ctx, in, n, s); err != nil {
			in.fail("step %d: %v", n, err)
			return
		}
		if in.burst {
			continue
		}
		until(ctx, patience, func() bool { return in.through(n) })
		next()
		if !last && !w.await(ctx, in, n) {
			return
		}
	}
}

// await says whether the emitter shows more verdicts than so many, in the time that it takes where no emitter is killed.
func (w *world) await(ctx context.Context, in *incident, more int) bool {
	ok := until(ctx, stepTime, func() bool { return in.shows(more) })
	if !ok {
		in.fail("step %d: no verdict is shown", more)
	}
	return ok
}

func (w *world) step(ctx context.Context, in *incident, n int, s step) error {
	if s.late {
		return w.answerLate(ctx, in)
	}
	now := time.Now()
	text, err := json.Marshal(responder.Alert{
		Name: fmt.Sprintf("alert %d", n), Rule: rule + run, Key: in.key, Severity: 50, Timestamp: responder.Span(now, now), Attrs: s.attrs,
	})
	if err != nil {
		return err
	}
	return w.publish(ctx, string(text))
}

// answerLate sends the page of the inspector that was missing.
func (w *world) answerLate(ctx context.Context, in *incident) error {
	item, err := w.store.Get(ctx, in.fingerprint)
	if err != nil {
		return err
	}
	if len(item.Late) != 1 {
		return fmt.Errorf("late are %q, expected one", item.Late)
	}
	text, err := json.Marshal(responder.Submission{
		V: responder.SchemaVersion, ReportID: item.ReportID, Token: item.Late[0], Done: true,
		Pages: []responder.Page{{Attribute: &domain, Outcome: responder.Found, Title: "It was known", Signals: []responder.Signal{
			{Kind: "reputation", Verdict: responder.Malicious, Score: 80, Source: absent, Summary: "late, and malicious"},
		}}},
	})
	if err != nil {
		return err
	}
	return w.submit(ctx, string(text))
}

// rest waits until all queues are empty, and have been for a while; all but those of who has to wait for a lease.
func (w *world) rest(t *testing.T, but ...string) {
	t.Helper()
	var left map[string]int
	quiet, told := 0, time.Now()
	ok := until(t.Context(), restTime, func() bool {
		var err error
		left, err = w.left(t.Context())
		require.NoError(t, err)
		for _, name := range but {
			delete(left, name)
		}
		if quiet++; len(left) > 0 {
			quiet = 0
		}
		if time.Since(told) > 20*time.Second {
			told = time.Now()
			w.say(t, "waiting for %v", left)
		}
		return quiet > 5 || onlyDead(left)
	})
	require.True(t, ok, "it does not come to rest: %v", left)
	require.Empty(t, left, "dead letters")
	require.Empty(t, w.failures())
}

// say tells how far it is.
func (w *world) say(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("%3.0f s  %s", time.Since(w.began).Seconds(), fmt.Sprintf(format, args...))
}

func onlyDead(left map[string]int) bool {
	for name := range left {
		if !dead(name) {
			return false
		}
	}
	return len(left) > 0
}

// until says whether something came true in time.
func until(ctx context.Context, d time.Duration, what func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !what() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
