package remote_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/policy/remote"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// client answers each invocation alike.
type client struct {
	answer, failure string
	err             error
	got             *lambda.InvokeInput
}

func (c *client) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	c.got = in
	out := &lambda.InvokeOutput{Payload: []byte(c.answer)}
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
		`{"severity":"high"}`: {Severity: "high"}, // for the stage to refuse
		`{"reason":"x"}`:      {Reason: "x"},
	} {
		result, err := ask(t, &client{answer: answer}, responder.Report{})
		require.NoError(t, err, answer)
		assert.Equal(t, want, result, answer)
	}
	for answer, want := range map[string]string{
		`"urgent"`: "expected an object", `[1]`: "expected an object", `{"sev`: "expected an object",
		`{"verdict":"urgent"}`: "none of the fields severity, reason, rules", `{"severity":1}`: "the reviewer's answer",
	} {
		_, err := ask(t, &client{answer: answer}, responder.Report{})
		require.ErrorContains(t, err, want, answer)
		assert.True(t, responder.IsPermanent(err), answer)
	}
}

func TestRegression08_FunctionErrorIsNotIgnored(t *testing.T) {
	_, err := ask(t, &client{failure: "Unhandled", answer: `{"errorType":"KeyError","errorMessage":"no such key"}`}, responder.Report{})
	require.ErrorContains(t, err, "the reviewer failed: KeyError: no such key")
	assert.False(t, responder.IsPermanent(err), "it is tried again")
	_, err = ask(t, &client{failure: "Unhandled", answer: `{"errorType":"PermanentError","errorMessage":"x"}`}, responder.Report{})
	assert.True(t, responder.IsPermanent(err))
	_, err = ask(t, &client{failure: "Unhandled", answer: `{"severity":"safe"}`}, responder.Report{})
	require.ErrorContains(t, err, "unknown error")
	_, err = ask(t, &client{failure: "Unhandled", answer: `{"errorType":"E","errorMessage":"` + strings.Repeat("x", 9999) + `"}`}, responder.Report{})
	assert.Less(t, len(err.Error()), 500)
	_, err = ask(t, &client{err: errors.New("throttled")}, responder.Report{})
	require.ErrorContains(t, err, "throttled")
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
	_, err = ask(t, c, r)
	require.ErrorContains(t, err, "bytes without the raw alerts")
	assert.True(t, responder.IsPermanent(err))
}
