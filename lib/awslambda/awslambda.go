package awslambda

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/awsenv"
	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Inspector makes the handler of an inspector's queue: tasks in, submissions out.
//
// When all attributes of a task have an answer, they are submitted, and the inspector is crossed off. Where
// some have to be asked again, the others' pages are submitted at once, and the message waits: as long as
// responder.RetryAfter says, otherwise about as long as the task is old, between 5 s and 15 min. It panics
// where i is nil.
func Inspector(i responder.Inspector, o Options) lambda.Handler {
	log := o.logger()
	options, err := o.inspector()
	url, missing := need("SUBMISSION_QUEUE_URL")
	if err := errors.Join(err, missing); err != nil {
		return unfit(log, err)
	}
	return host.Inspector(i, host.InspectorPorts{
		Submit: submissions{url, queues}, Postpone: ownQueue{queues}, Now: time.Now, Log: log,
	}, options)
}

// Emitter makes the handler of an emitter's queue: reports in. Of Options, ID and Logger count. A responder.Actor
// needs SUBMISSION_QUEUE_URL as well. It panics where e is nil.
func Emitter(e responder.Emitter, o Options) lambda.Handler {
	log := o.logger()
	options, err := o.emitter()
	table, missing := need("PLUGIN_DATA")
	ports := host.EmitterPorts{
		Receipts: &receipts{client: tables, table: table}, Postpone: ownQueue{queues}, Now: time.Now, Log: log,
	}
	if _, ok := e.(responder.Actor); ok {
		url, none := need("SUBMISSION_QUEUE_URL")
		ports.Submit, missing = submissions{url, queues}, errors.Join(missing, none)
	}
	if err := errors.Join(err, missing); err != nil {
		return unfit(log, err)
	}
	return host.Emitter(e, ports, options)
}

// Reviewer makes the handler of a reviewer of one's own (parameter ReviewerLambdaArn), which is invoked with a
// report and answers with a result. It panics where r is nil.
func Reviewer(r responder.Reviewer) lambda.Handler { return host.Reviewer(r) }

// The clients are made when they are first needed, all of one configuration; a failure is not kept.
var (
	sharedConfig = once(func(context.Context) (aws.Config, error) { return awsenv.Config() })
	queues       = once(func(ctx context.Context) (queueClient, error) {
		c, err := sharedConfig(ctx)
		if err != nil {
			return nil, err
		}
		return sqs.NewFromConfig(c), nil
	})
	tables = once(func(ctx context.Context) (*dynamodb.Client, error) {
		c, err := sharedConfig(ctx)
		if err != nil {
			return nil, err
		}
		return dynamodb.NewFromConfig(c), nil
	})
)

// once makes a function that gives what f gave when it first succeeded.
func once[T any](f func(context.Context) (T, error)) func(context.Context) (T, error) {
	var mu sync.Mutex
	var done bool
	var value T
	return func(ctx context.Context) (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return value, nil
		}
		v, err := f(ctx)
		if err == nil {
			value, done = v, true
		}
		return v, err
	}
}
