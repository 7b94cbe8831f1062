package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// longest is how far back reports can be, whatever the stack's retention.
const longest = 400 * 24 * time.Hour

// reader is what the commands need of a stack's tables; store.Store and store.Reader say what it does.
type reader interface {
	Get(ctx context.Context, fingerprint string) (protocol.Item, error)
	Latest(ctx context.Context, reportID string) (store.Verdict, bool, error)
	Bodies(ctx context.Context, reportID string) ([]store.Body, error)
	Since(ctx context.Context, from, now time.Time) ([]store.Summary, error)
}

// tables are the tables of the stack.
func (t target) tables(ctx context.Context) (reader, error) {
	if t.Stack == "" {
		return nil, errNoStack
	}
	cfg, err := t.config(ctx)
	if err != nil {
		return nil, err
	}
	r := resources{cloudformation.NewFromConfig(cfg), t.Stack}
	var names dynamo.Tables
	if names.AlertMap, err = r.id(ctx, alertMapTable); err != nil {
		return nil, err
	}
	if names.ReportData, err = r.id(ctx, reportDataTable); err != nil {
		return nil, err
	}
	return dynamo.New(dynamodb.NewFromConfig(cfg), names, longest), nil
}

// latest is the report after its last verdict, with the original messages; false if there is no verdict.
func latest(ctx context.Context, r reader, id string) (responder.Report, bool, error) {
	v, ok, err := r.Latest(ctx, id)
	if err != nil || !ok {
		return responder.Report{}, false, err
	}
	report, err := record.Report(v)
	if err != nil {
		return report, false, err
	}
	bodies, err := r.Bodies(ctx, id)
	if err != nil {
		return report, false, err
	}
	return record.Whole(report, bodies), true, nil
}
