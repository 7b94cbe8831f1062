package remote_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/policy/remote"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// client answers each invocation alike.
type client struct {
	answer, failure string
	status          int32 // 200 if zero
	hangs           bool
	err             error
	got             *lambda.InvokeInput
}

func (c *client) Invoke(ctx context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	c.got = in
	if c.hangs {
		<-ctx.Done()
		return nil, fmt.Errorf("canceled: %w", ctx.Err())
	}
	out := &lambda.InvokeOutput{Payload: []byte(c.answer), StatusCode: cmp.Or(c.status, 200)}
	if c.failure != "" {
		out.FunctionError = &c.failure
	}
	return out, c.err
}

func ask(t *testing.T, c *client, r responder.Report) (responder.Result, error) {
	return remote.New(c, "arn:aws:lambda:eu-west-1:123456789012:function:mine").Review(t.Context(), r)
}

func TestReview(t *testing.T) {
	c := &client{answer: `{"severity":"urgent","reason":"because","rules":["r"],"more":1}`}
	result, err := ask(t, c, responder.Report{ReportID: "X-1"})
	require.NoError(t, err)
	assert.Equal(t, responder.Result{Severity: responder.Urgent, Reason: "because", Rules: []string{"r"}}, result)
	assert.Equal(t, "arn:aws:lambda:eu-west-1:123456789012:function:mine", aws.ToString(c.got.FunctionName))
	var sent responder.Report
	require.NoError(t, json.Unmarshal(c.got.Payload, &sent))
	assert.Equal(t, "X-1", sent.ReportID)
}

func TestAnswers(t *testing.T) {
	for answer, want := range map[string]responder.Result{
		"": {}, "null": {}, "{}": {}, " {} ": {},
		`{"severity":"high"}`:              {Severity: "high"}, // for the stage to refuse
		`{"severity":null}`:                {},
		`{"reason":"x"}`:                   {Reason: "x"},
		`{"Severity":"safe","Reason":"x"}`: {Severity: responder.Safe, Reason: "x"},
	} {
		result, err := ask(t, &client{answer: answer}, responder.Report{})
		require.NoError(t, err, answer)
		assert.Equal(t, want, result, answer)
	}
	for answer, want := range map[string]string{
		`"urgent"`: "expected an object", `[1]`: "expected an object", `{"sev`: "expected an object", `true`: "expected an object",
		`{"verdict":"urgent-SECRET"}`:                         "none of the fields severity, reason, rules",
		`{"statusCode":200,"body":"{\"severity\":\"safe\"}"}`: "none of the fields severity, reason, rules",
		`{"severity":1}`:                                      "the function's answer", `{"severity":"safe","rules":"SECRET"}`: "the function's answer",
		`{"severity":` + strings.Repeat("1", 5000) + `}`: "the function's answer",
	} {
		result, err := ask(t, &client{answer: answer}, responder.Report{})
		require.ErrorContains(t, err, want, answer)
		assert.True(t, responder.IsPermanent(err), answer)
		assert.Zero(t, result, answer)
		assert.NotContains(t, err.Error(), "SECRET", "the payload is not in the error")
		assert.Less(t, len(err.Error()), 400)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	answer, err := json.Marshal(responder.Result{Reason: strings.Repeat("r", 1<<20), Rules: slices.Repeat([]string{"r"}, 1<<10)})
	require.NoError(t, err)
	result, err := ask(t, &client{answer: string(answer)}, responder.Report{})
	require.NoError(t, err)
	assert.Len(t, result.Rules, 64)
	assert.Len(t, result.Reason, 4<<10)
}

func TestRegression08_FunctionErrorIsNotIgnored(t *testing.T) {
	for _, c := range []struct{ payload, want string }{
		{`{"errorType":"KeyError","errorMessage":"no such key","stackTrace":["SECRET"]}`, "the function failed: KeyError: no such key"},
		{`{"errorMessage":"Task timed out after 3.00 seconds"}`, "the function failed: Task timed out after 3.00 seconds"},
		{`{"severity":"safe"}`, "the function failed: it does not say why"},
		{`nonsense SECRET`, "the function failed: it does not say why"},
		{`{"errorType":"E","errorMessage":"` + strings.Repeat("x", 9999) + `"}`, "the function failed: E: " + strings.Repeat("x", 300)},
	} {
		result, err := ask(t, &client{failure: "Unhandled", answer: c.payload}, responder.Report{})
		require.EqualError(t, err, c.want)
		assert.Zero(t, result)
		assert.False(t, responder.IsPermanent(err), "it is tried again")
	}
	_, err := ask(t, &client{failure: "Unhandled", answer: `{"errorType":"PermanentError","errorMessage":"x"}`}, responder.Report{})
	assert.True(t, responder.IsPermanent(err), "the function says that it would be in vain")
}

// The name of the error by which a reviewer that was made with the SDK says that trying again is in vain.
func TestPermanentErrorOfTheSDK(t *testing.T) {
	h := host.Reviewer(responder.ReviewerFunc(func(context.Context, responder.Report) (responder.Result, error) {
		return responder.Result{}, responder.Permanent(errors.New("no"))
	}))
	_, err := h.Invoke(t.Context(), []byte(`{"report_id":"X-1"}`))
	payload := fmt.Sprintf(`{"errorType":%q,"errorMessage":%q}`, reflect.TypeOf(err).Name(), err)
	_, err = ask(t, &client{failure: "Unhandled", answer: payload}, responder.Report{})
	assert.True(t, responder.IsPermanent(err), payload)
}

func TestCallFails(t *testing.T) {
	_, err := ask(t, &client{err: errors.New("throttled")}, responder.Report{})
	require.ErrorContains(t, err, "invoke the function: throttled")
	assert.False(t, responder.IsPermanent(err))
	_, err = ask(t, &client{status: 202, answer: `{"severity":"safe"}`}, responder.Report{})
	require.ErrorContains(t, err, "status 202, expected 200")
}

// A function that never answers is left when the caller's time is over.
func TestFunctionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		_, err := remote.New(&client{hangs: true}, "f").Review(ctx, responder.Report{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, responder.IsPermanent(err))
	})
}

func TestTooLarge(t *testing.T) {
	r := responder.Report{Alert: responder.Alert{Raw: "x"}}
	for range 10 {
		r.Alerts = append(r.Alerts, responder.Alert{Name: "a", Raw: strings.Repeat("r", 1<<20)})
	}
	c := &client{answer: "{}"}
	_, err := ask(t, c, r)
	require.NoError(t, err)
	assert.Less(t, len(c.got.Payload), 6<<20)
	assert.Contains(t, string(c.got.Payload), `"truncated":true`)
	assert.Len(t, r.Alerts[9].Raw, 1<<20, "the caller's report is its own")
	assert.False(t, r.Truncated)

	r.Alerts[0].Description = strings.Repeat("d", 7<<20)
	for n := range 500 {
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: fmt.Sprint("i", n), Outcome: responder.Nothing, Title: strings.Repeat("t", 4<<10)})
		r.Signals = append(r.Signals, responder.Signal{Verdict: responder.Harmless, Summary: fmt.Sprint(n) + strings.Repeat("s", 4<<10)})
	}
	r.Inspections = append(r.Inspections, responder.Inspection{Inspector: "z", Outcome: responder.Missing})
	r.Signals = append(r.Signals, responder.Signal{Verdict: responder.Malicious})
	r.Seq = 7
	_, err = ask(t, c, r)
	require.NoError(t, err)
	assert.Less(t, len(c.got.Payload), 6_000_000)
	var sent responder.Report
	require.NoError(t, json.Unmarshal(c.got.Payload, &sent))
	assert.True(t, sent.Truncated)
	assert.Equal(t, int64(7), sent.Seq)
	assert.Equal(t, responder.Malicious, sent.Signals[0].Verdict)
	assert.True(t, slices.ContainsFunc(sent.Inspections, func(i responder.Inspection) bool { return i.Outcome == responder.Missing }))
}
