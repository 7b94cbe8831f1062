package respondertest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// recorder is a test that notes its failures.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) text() string { return strings.Join(r.errors, "\n") }

func good(_ context.Context, t responder.Task) (responder.Page, error) {
	switch {
	case t.Attribute.Value == "":
		return responder.Page{}, responder.Permanent(errors.New("empty"))
	case t.Attribute.Type == responder.TypeIPAddr:
		return responder.Page{Signals: []responder.Signal{{Kind: "k", Verdict: responder.Harmless, Score: 3}}}, nil
	}
	return responder.Page{}, nil
}

func TestAGoodInspectorPasses(t *testing.T) {
	respondertest.TestInspector(t, responder.InspectorFunc(good))
	respondertest.TestInspector(t, responder.InspectorFunc(good), responder.TypeDomain)
	respondertest.TestInspector(t, all(func(ts []responder.Task) ([]responder.Page, error) {
		return make([]responder.Page, len(ts)), nil
	}))
}

type all func([]responder.Task) ([]responder.Page, error)

func (all) Inspect(context.Context, responder.Task) (responder.Page, error) {
	panic("InspectAll is called instead")
}

func (f all) InspectAll(_ context.Context, ts []responder.Task) ([]responder.Page, error) {
	return f(ts)
}

func TestWhatIsFoundOfInspectors(t *testing.T) {
	var calls atomic.Int64
	answers := func(p responder.Page) responder.InspectorFunc {
		return func(context.Context, responder.Task) (responder.Page, error) { return p, nil }
	}
	signal := func(s responder.Signal) responder.InspectorFunc {
		return answers(responder.Page{Signals: []responder.Signal{s}})
	}
	for want, i := range map[string]responder.Inspector{
		"panic: oh": responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) { panic("oh") }),
		"would be retried": responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			return responder.Page{}, errors.New("x")
		}),
		"answered differently": responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			return responder.Page{Title: fmt.Sprint(calls.Add(1))}, nil
		}),
		"changed its task": responder.InspectorFunc(func(_ context.Context, t responder.Task) (responder.Page, error) {
			t.Attribute.Context[0] += "x"
			return responder.Page{}, nil
		}),
		`outcome: "clean"`:         answers(responder.Page{Outcome: "clean"}),
		`outcome: "missing"`:       answers(responder.Page{Outcome: responder.Missing}),
		"does not say why":         answers(responder.Page{Outcome: responder.Failed}),
		"but the page has content": answers(responder.Page{Outcome: responder.Nothing, AlliedHosts: make([]responder.AlliedHost, 1)}),
		"new_attributes[0]":        answers(responder.Page{NewAttributes: []responder.Attribute{{Type: "domain"}}}),
		"report_id":                answers(responder.Page{ReportID: "other"}),
		"attribute: type":          answers(responder.Page{Attribute: &responder.Attribute{Type: "other"}}),
		"at most":                  answers(responder.Page{Title: strings.Repeat("x", respondertest.MaxPage)}),
		"kind: is empty":           signal(responder.Signal{Verdict: responder.Harmless}),
		`verdict: "bad"`:           signal(responder.Signal{Kind: "k", Verdict: "bad"}),
		"score: 101":               signal(responder.Signal{Kind: "k", Verdict: responder.Harmless, Score: 101}),
		"url: \"javascript:":       signal(responder.Signal{Kind: "k", Verdict: responder.Harmless, URL: "javascript:alert(1)"}),
		"InspectAll of 0 tasks: pani": all(func(ts []responder.Task) ([]responder.Page, error) {
			return nil, responder.Permanent(errors.New(ts[0].ReportID))
		}),
		"tasks gave 1 pages": all(func([]responder.Task) ([]responder.Page, error) { return make([]responder.Page, 1), nil }),
		"than beside others": all(func(ts []responder.Task) ([]responder.Page, error) {
			pages := make([]responder.Page, len(ts))
			for i := range ts {
				pages[i].Title = fmt.Sprint(i)
			}
			return pages, nil
		}),
	} {
		r := &recorder{TB: t}
		respondertest.TestInspector(r, i, responder.TypeInstance)
		assert.Contains(t, r.text(), want)
	}
}

func TestNoSampleTasks(t *testing.T) {
	r := &recorder{TB: t}
	respondertest.TestInspector(r, responder.InspectorFunc(good), "unheard-of")
	assert.Contains(t, r.text(), "no sample tasks")
}

func TestADeafInspectorIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		respondertest.TestInspector(r, responder.InspectorFunc(func(ctx context.Context, _ responder.Task) (responder.Page, error) {
			if ctx.Done() != nil {
				time.Sleep(time.Hour)
			}
			return responder.Page{}, nil
		}), responder.TypeBucket)
		require.Len(t, r.errors, 2)
		assert.Contains(t, r.text(), "during the call: has not returned after 5s")
		assert.Contains(t, r.text(), "before the call: has not returned after 5s")
		time.Sleep(2 * time.Hour)
	})
}

func TestReviewers(t *testing.T) {
	verdict := func(s responder.Severity, reason string) responder.ReviewerFunc {
		return func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{Severity: s, Reason: reason}, nil
		}
	}
	respondertest.TestReviewer(t, verdict(responder.Safe, "always"))
	respondertest.TestReviewer(t, verdict("", ""))
	var calls atomic.Int64
	for want, rv := range map[string]responder.ReviewerFunc{
		`severity: "high"`: verdict("high", "x"),
		"reason: is empty": verdict(responder.Urgent, ""),
		"Reports()[0]: panic": func(_ context.Context, r responder.Report) (responder.Result, error) {
			panic(r.Inspections[0].Inspector)
		},
		"would be retried": func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{}, errors.New("x")
		},
		"judged differently": func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{Reason: fmt.Sprint(calls.Add(1))}, nil
		},
		"changed the report": func(_ context.Context, r responder.Report) (responder.Result, error) {
			r.Content.AlliedHosts["x"] = responder.AlliedHost{}
			return responder.Result{}, nil
		},
		"before the call: pani": func(ctx context.Context, _ responder.Report) (responder.Result, error) {
			if ctx.Err() != nil {
				panic("x")
			}
			return responder.Result{}, nil
		},
	} {
		r := &recorder{TB: t}
		respondertest.TestReviewer(r, rv)
		assert.Contains(t, r.text(), want)
	}
}

func TestEmitters(t *testing.T) {
	var prevs []responder.Receipt
	respondertest.TestEmitter(t, responder.EmitterFunc(func(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
		prevs = append(prevs, prev)
		return responder.Receipt{"id": fmt.Sprint(r.Seq)}, nil
	}))
	assert.Nil(t, prevs[0])
	assert.Equal(t, responder.Receipt{"id": "2"}, prevs[3])
	for want, e := range map[string]responder.EmitterFunc{
		"panic:": func(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) { panic("x") },
		"would be retried": func(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
			return nil, errors.New("x")
		},
		"receipt: 5": func(context.Context, responder.Report, responder.Receipt) (responder.Receipt, error) {
			return responder.Receipt{"x": strings.Repeat("x", 5000)}, nil
		},
		"changed the report": func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
			clear(r.Content.AlliedHosts)
			return nil, nil
		},
		"changed the previous receip": func(_ context.Context, r responder.Report, p responder.Receipt) (responder.Receipt, error) {
			if p != nil {
				p["x"] = "y"
			}
			return responder.Receipt{}, nil
		},
	} {
		r := &recorder{TB: t}
		respondertest.TestEmitter(r, e)
		assert.Contains(t, r.text(), want)
	}
}

func TestSamples(t *testing.T) {
	kinds := map[string]int{}
	for _, task := range respondertest.Tasks() {
		kinds[task.Attribute.Type]++
		assert.Empty(t, task.Alert.Raw)
	}
	assert.Len(t, kinds, 10)
	for kind, n := range kinds {
		assert.Len(t, respondertest.Tasks(kind), n)
		assert.Greater(t, n, 15, kind)
	}
	assert.Len(t, respondertest.Tasks("*"), len(respondertest.Tasks()))
	respondertest.Tasks()[0].Attribute.Context[0] = "changed"
	assert.NotEqual(t, "changed", respondertest.Tasks()[0].Attribute.Context[0])
	var seq int64
	for _, r := range respondertest.Reports() {
		assert.Greater(t, r.Seq, seq)
		assert.Equal(t, r.Seq%2 == 1, r.Status == responder.StatusPublished)
		seq = r.Seq
	}
}

func TestNoSecret(t *testing.T) {
	const secret = `s3"cret`
	respondertest.NoSecret(t, secret, responder.Page{Title: "s3"}, errors.New("401"), "log")
	respondertest.NoSecret(t, "", "x")
	r := &recorder{TB: t}
	respondertest.NoSecret(r, secret, responder.Page{Title: "a " + secret}, fmt.Errorf("get: %w", errors.New(secret)), "fine", `{"msg":"s3\"cret"}`)
	assert.Len(t, r.errors, 3)
}
