// Package remote is a reviewer of one's own: a Lambda function that is invoked with each report.
//
// in → out: a report → the function's answer. What it says is checked by the stage that asks.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/m-mizutani/AlertResponder/internal/entity"
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
const maxPayload = 6 << 20 * 9 / 10

// Review implements responder.Reviewer. The raw texts of a report that is too large are left out of what the
// function gets.
func (r *Reviewer) Review(ctx context.Context, report responder.Report) (responder.Result, error) {
	payload, err := encode(report)
	if err != nil {
		return responder.Result{}, responder.Permanent(fmt.Errorf("report for the reviewer: %w", err))
	}
	out, err := r.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &r.function, Payload: payload})
	switch {
	case err != nil:
		return responder.Result{}, fmt.Errorf("invoke the reviewer: %w", err)
	case aws.ToString(out.FunctionError) != "":
		return responder.Result{}, failure(out.Payload)
	}
	return decode(out.Payload)
}

func encode(report responder.Report) ([]byte, error) {
	payload, err := json.Marshal(report)
	if err != nil || len(payload) <= maxPayload {
		return payload, err
	}
	report.Truncated = true
	report.Alert.Raw = ""
	alerts := make([]responder.Alert, len(report.Alerts))
	for i, a := range report.Alerts {
		a.Raw = ""
		alerts[i] = a
	}
	report.Alerts = alerts
	if payload, err = json.Marshal(report); err == nil && len(payload) > maxPayload {
		err = fmt.Errorf("%d bytes without the raw alerts, expected at most %d", len(payload), maxPayload)
	}
	return payload, err
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
	if json.Unmarshal(payload, &f) != nil || f.ErrorType+f.ErrorMessage == "" {
		f.ErrorType = "unknown error"
	}
	err := fmt.Errorf("the reviewer failed: %s: %s", entity.Cut(f.ErrorType, 80), entity.Cut(f.ErrorMessage, 300))
	if f.ErrorType == permanent {
		return responder.Permanent(err)
	}
	return err
}

// decode reads an answer. null and {} are a zero Result, which leaves the report to a person; another object
// must have a field of a Result.
func decode(payload []byte) (responder.Result, error) {
	payload = bytes.TrimSpace(payload)
	var fields map[string]json.RawMessage
	var result responder.Result
	if len(payload) == 0 {
		return result, nil
	}
	if err := json.Unmarshal(payload, &fields); err != nil {
		return result, responder.Permanent(errors.New("the reviewer's answer: expected an object with severity and reason"))
	}
	if len(fields) > 0 && fields["severity"] == nil && fields["reason"] == nil && fields["rules"] == nil {
		return result, responder.Permanent(errors.New("the reviewer's answer: none of the fields severity, reason, rules"))
	}
	if err := json.Unmarshal(payload, &result); err != nil {
		return responder.Result{}, responder.Permanent(fmt.Errorf("the reviewer's answer: %w", err))
	}
	return result, nil
}
