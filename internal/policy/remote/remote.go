// Package remote is a reviewer of one's own: a Lambda function that is invoked with each report.
//
// in → out: a report → the function's answer. What it says is checked by the stage that asks.
package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/merge"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Client is the part of AWS Lambda that is called.
type Client interface {
	Invoke(ctx context.Context, in *lambda.InvokeInput, opts ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Reviewer implements responder.Reviewer.
type Reviewer struct {
	client   Client
	function string
}

// New makes a reviewer of a function, given by its ARN.
func New(client Client, function string) *Reviewer { return &Reviewer{client, function} }

// maxPayload bounds a report, in bytes: synchronous invocations take 6 MB (AWS Lambda Developer Guide, "Lambda
// quotas").
const maxPayload = 5_400_000

// Review implements responder.Reviewer. The function gets a report that is too large without raw texts, or cut as
// merge.Fit says; it is truncated then.
func (r *Reviewer) Review(ctx context.Context, report responder.Report) (responder.Result, error) {
	payload, err := encode(report)
	if err != nil {
		return responder.Result{}, responder.Permanent(fmt.Errorf("report for the reviewer: %w", err))
	}
	out, err := r.client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &r.function, InvocationType: types.InvocationTypeRequestResponse, Payload: payload,
	})
	switch {
	case err != nil:
		return responder.Result{}, fmt.Errorf("invoke the function: %w", err)
	case aws.ToString(out.FunctionError) != "":
		return responder.Result{}, failure(out.Payload)
	case out.StatusCode != http.StatusOK:
		return responder.Result{}, fmt.Errorf("invoke the function: status %d, expected 200", out.StatusCode)
	}
	return decode(out.Payload)
}

func encode(report responder.Report) ([]byte, error) {
	payload, err := json.Marshal(report)
	if err != nil || len(payload) <= maxPayload {
		return payload, err
	}
	report, _ = merge.Fit(report, maxPayload)
	return json.Marshal(report)
}

// permanent is the type of error by which a reviewer made with package awslambda says that trying again will
// not help.
const permanent = "PermanentError"

// failure is what the function's error says (AWS Lambda Developer Guide, "Understanding retry behavior": the
// payload of a FunctionError has errorType and errorMessage).
func failure(payload []byte) error {
	var f struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	_ = json.Unmarshal(payload, &f) // what cannot be read says nothing
	what := strings.Trim(entity.Cut(f.ErrorType, 80)+": "+entity.Cut(f.ErrorMessage, 300), ": ")
	err := fmt.Errorf("the function failed: %s", cmp.Or(what, "it does not say why"))
	if f.ErrorType == permanent {
		return responder.Permanent(err)
	}
	return err
}

// The bounds of an answer: of its list of rules, and in bytes of each text.
const (
	maxRules = 64
	maxText  = 4 << 10
)

// decode reads an answer. Nothing, null and {} are a zero Result, which leaves the report to a person; another
// object must have a field of a Result. What severity it says is for the stage to check.
func decode(payload []byte) (responder.Result, error) {
	payload = bytes.TrimSpace(payload)
	var fields map[string]json.RawMessage
	var result responder.Result
	if len(payload) == 0 {
		return result, nil
	}
	if json.Unmarshal(payload, &fields) != nil {
		return result, responder.Permanent(errors.New("the function's answer: expected an object with severity and reason"))
	}
	if len(fields) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(fields)), isOfResult) {
		return result, responder.Permanent(errors.New("the function's answer: none of the fields severity, reason, rules"))
	}
	if err := json.Unmarshal(payload, &result); err != nil {
		return responder.Result{}, responder.Permanent(fmt.Errorf("the function's answer: %s", entity.Cut(err.Error(), 200)))
	}
	result, _ = bound.Copy(result, maxRules, maxText)
	return result, nil
}

// isOfResult says whether a field is one of a Result; encoding/json does not look at upper and lower case.
func isOfResult(field string) bool {
	return slices.ContainsFunc([]string{"severity", "reason", "rules"}, func(s string) bool { return strings.EqualFold(s, field) })
}
