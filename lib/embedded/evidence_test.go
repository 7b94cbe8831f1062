package embedded_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

// wire notes what it is told, and numbers its receipts.
type wire struct {
	told  []responder.Report
	prevs []responder.Receipt
	errs  []error // of the calls, in their order; nil after that
}

func (w *wire) Emit(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	w.told, w.prevs = append(w.told, r), append(w.prevs, prev)
	n := len(w.told)
	receipt := responder.Receipt{"call": strconv.Itoa(n)}
	if n <= len(w.errs) {
		return receipt, w.errs[n-1]
	}
	return receipt, nil
}

func (w *wire) lines() (lines [][2]string) {
	for _, r := range w.told {
		lines = append(lines, [2]string{string(r.Status), string(r.Result.Severity)})
	}
	return lines
}

// failing fails so many times before it answers.
func failing(times int, err error) responder.InspectorFunc {
	return func(ctx context.Context, task responder.Task) (responder.Page, error) {
		if times--; times >= 0 {
			return responder.Page{}, err
		}
		return botnet(ctx, task)
	}
}

// pipeline has one inspector of that name for each, and one emitter.
func pipeline(t *testing.T, w *wire, inspectors map[string]responder.Inspector) *embedded.Pipeline {
	t.Helper()
	o := embedded.Options{Start: start, Emitters: []embedded.Emitter{{ID: "wire", Emitter: w}}}
	for id, i := range inspectors {
		o.Inspectors = append(o.Inspectors, embedded.Inspector{ID: id, Types: []string{responder.TypeIPAddr, responder.TypeDomain}, Inspector: i})
	}
	p, err := embedded.New(o)
	require.NoError(t, err)
	return p
}

func only(t *testing.T, p *embedded.Pipeline) responder.Report {
	t.Helper()
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 1)
	return reports[0]
}

func outcomes(r responder.Report) map[string]responder.Outcome {
	m := map[string]responder.Outcome{}
	for _, i := range r.Inspections {
		m[i.Inspector] = i.Outcome
	}
	return m
}

func TestWhatComesLateCorrectsTheVerdict(t *testing.T) {
	w := new(wire)
	p := pipeline(t, w, map[string]responder.Inspector{
		"quota": failing(1, responder.RetryAfter(errors.New("over the quota"), 20*time.Minute)),
		"quiet": responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) { return responder.Page{}, nil }),
	})
	require.NoError(t, p.SendAlert(t.Context(), login("198.51.100.23")))
	require.NoError(t, p.Advance(t.Context(), 10*time.Minute-time.Millisecond))
	assert.Equal(t, [][2]string{{"new", ""}}, w.lines(), "somebody is awaited")
	require.NoError(t, p.Advance(t.Context(), time.Millisecond))
	assert.Equal(t, map[string]responder.Outcome{"quota": responder.Missing, "quiet": responder.Nothing}, outcomes(only(t, p)))
	require.NoError(t, p.Settle(t.Context()))

	assert.Equal(t, 20*time.Minute, p.Now().Sub(start))
	assert.Equal(t, [][2]string{{"new", ""}, {"published", "unclassified"}, {"published", "urgent"}}, w.lines())
	assert.Equal(t, []responder.Receipt{nil, {"call": "1"}, {"call": "2"}}, w.prevs, "it updates what it posted")
	assert.Equal(t, map[string]responder.Outcome{"quota": responder.Found, "quiet": responder.Nothing}, outcomes(only(t, p)))
}

func TestAnErrorIsTriedAgain(t *testing.T) {
	w := new(wire)
	p := pipeline(t, w, map[string]responder.Inspector{"flaky": failing(3, errors.New("reset by peer"))})
	require.NoError(t, p.SendAlert(t.Context(), login("198.51.100.23")))
	require.NoError(t, p.Settle(t.Context()))
	assert.Equal(t, [][2]string{{"new", ""}, {"published", "urgent"}}, w.lines())
	assert.Less(t, only(t, p).SettledAt.Sub(start), time.Minute, "not only at the deadline")
	assert.Equal(t, map[string]responder.Outcome{"flaky": responder.Found}, outcomes(only(t, p)))
}

func TestAFailureNeverLooksLikeACleanAnswer(t *testing.T) {
	w := new(wire)
	p := pipeline(t, w, map[string]responder.Inspector{
		"refused": failing(1000, responder.Permanent(errors.New("401"))),
		"down":    failing(1000, errors.New("503")),
		"broken":  responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) { panic("index out of range") }),
	})
	require.NoError(t, p.SendAlert(t.Context(), login("192.0.2.1")))
	require.NoError(t, p.Settle(t.Context()))
	r := only(t, p)
	assert.Equal(t, responder.Unclassified, r.Result.Severity)
	why := map[string]string{}
	for _, i := range r.Inspections {
		assert.Equal(t, responder.Failed, i.Outcome, i.Inspector)
		why[i.Inspector] = i.Error
	}
	assert.Equal(t, map[string]string{"refused": "401", "down": "503", "broken": "panic: index out of range"}, why)
	assert.Empty(t, p.DeadLetters())
}

func TestAFurtherWave(t *testing.T) {
	asked := map[string]int{}
	dns := func(ctx context.Context, task responder.Task) (responder.Page, error) {
		asked[task.Attribute.Value+" "+task.Origin[:2]]++
		if task.Attribute.Type != responder.TypeDomain {
			return botnet(ctx, task)
		}
		return responder.Page{NewAttributes: []responder.Attribute{
			{Type: responder.TypeIPAddr, Value: "198.51.100.23", Key: "address"}, {Type: responder.TypeDomain, Value: "C2.Example.NET."},
		}}, nil
	}
	a := login()
	a.Attrs = []responder.Attribute{{Type: responder.TypeDomain, Value: "c2.example.net", Key: "name"}}
	r, err := embedded.Run(t.Context(), a, embedded.Options{Inspectors: []embedded.Inspector{{ID: "dns", Inspector: responder.InspectorFunc(dns)}}})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"c2.example.net 0.": 1, "198.51.100.23 1.": 1}, asked, "each entity once")
	assert.Equal(t, responder.Urgent, r.Result.Severity)
	assert.Len(t, r.Inspections, 2)
}

func TestWhatWasPostedIsNotPostedAgain(t *testing.T) {
	w := &wire{errs: []error{errors.New("the answer got lost")}}
	p := pipeline(t, w, nil)
	require.NoError(t, p.SendAlert(t.Context(), login()))
	require.NoError(t, p.Settle(t.Context()))
	assert.Equal(t, responder.Receipt{"call": "1"}, w.prevs[1], "the receipt is kept though an error came with it")
	assert.Equal(t, responder.StatusPublished, w.told[len(w.told)-1].Status)
	assert.Empty(t, p.DeadLetters())
}

func TestAReviewerThatFails(t *testing.T) {
	for name, f := range map[string]responder.ReviewerFunc{
		"nonsense": func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{Severity: "high"}, nil
		},
		"an error": func(context.Context, responder.Report) (responder.Result, error) {
			return responder.Result{Severity: responder.Safe}, responder.Permanent(errors.New("no policy"))
		},
	} {
		r, err := embedded.Run(t.Context(), login("192.0.2.1"), embedded.Options{Reviewer: f})
		require.NoError(t, err, name)
		assert.Equal(t, responder.Unclassified, r.Result.Severity, name)
		assert.Regexp(t, `high|no policy`, r.Result.Reason, name)
	}
}

// A policy of one's own sees what was only found in a text, in the alerts and in what was looked into.
func TestWhatWasExtractedSaysSo(t *testing.T) {
	var seen responder.Report
	p, err := embedded.New(embedded.Options{Start: start,
		Inspectors: []embedded.Inspector{{ID: "quiet", Inspector: responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			return responder.Page{Signals: []responder.Signal{{Kind: "list", Verdict: responder.Harmless}}}, nil
		})}},
		Reviewer: responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
			seen = r
			return responder.Result{Severity: responder.Unclassified, Reason: "a person has to look"}, nil
		})})
	require.NoError(t, err)
	require.NoError(t, p.Send(t.Context(), []byte("3 failed logins from 198.51.100[.]23")))
	require.NoError(t, p.Settle(t.Context()))
	require.Len(t, seen.Alerts, 1)
	want := responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23", Key: "IP address", Context: []string{responder.ContextExtracted}}
	assert.Equal(t, []responder.Attribute{want}, seen.Alerts[0].Attrs)
	require.Len(t, seen.Inspections, 1)
	assert.Equal(t, &want, seen.Inspections[0].Attribute)
}

// A text is not safe because the addresses in it are harmless; it is urgent if one of them is not.
func TestATextIsNeverSafe(t *testing.T) {
	for verdict, want := range map[responder.SignalVerdict]responder.Severity{responder.Harmless: responder.Unclassified, responder.Malicious: responder.Urgent} {
		p := pipeline(t, new(wire), map[string]responder.Inspector{"list": responder.InspectorFunc(func(context.Context, responder.Task) (responder.Page, error) {
			return responder.Page{Signals: []responder.Signal{{Kind: "list", Verdict: verdict}}}, nil
		})})
		require.NoError(t, p.Send(t.Context(), []byte("the root password was changed from 198.51.100.23")))
		require.NoError(t, p.Settle(t.Context()))
		assert.Equal(t, want, only(t, p).Result.Severity, verdict)
	}
}
