package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// spoil puts the schedule into a client: calls are numbered where they begin, and each of their attempts is spoiled.
func (w *world) spoil(stack *middleware.Stack) error {
	err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("numbered", w.numbered), middleware.After)
	if err != nil {
		return err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("spoiled", w.attempt), "Retry", middleware.After)
}

// oneCall is a call of AWS under way.
type oneCall struct {
	input    any
	what     fault
	attempts int
}

type oneCallKey struct{}

func (w *world) numbered(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, _ middleware.Metadata, err error) {
	f := w.top()
	switch {
	case f.crashed:
		panic("this function has crashed")
	case f.expired:
		return out, middleware.Metadata{}, errExpired
	}
	name := awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx)
	n := len(w.names)
	c := &oneCall{input: in.Parameters, what: w.faults[n]}
	w.names, w.of = append(w.names, name), append(w.of, f.number)
	if _, list := in.Parameters.(*ssm.GetParametersByPathInput); !list { // a function is alone with its list
		w.meanwhile(ctx, n)
	}
	w.on.made.note(f.queue, callsOf(in.Parameters)...)
	return next.HandleInitialize(middleware.WithStackValue(ctx, oneCallKey{}, c), in)
}

// attempt makes one attempt of a call, or what the schedule wants instead.
func (w *world) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	out middleware.FinalizeOutput, _ middleware.Metadata, err error) {
	c, f := middleware.GetStackValue(ctx, oneCallKey{}).(*oneCall), w.top()
	c.attempts++
	first := c.attempts == 1
	switch {
	case c.what == refused:
		return out, middleware.Metadata{}, errStatus(http.StatusInternalServerError, "InternalServerError")
	case c.what == throttled, c.what == throttledOnce && first:
		return out, middleware.Metadata{}, errStatus(http.StatusBadRequest, "ThrottlingException")
	case c.what == crashBefore:
		f.crashed = true
		panic(errInjected)
	}
	out, meta, err := w.make(ctx, c.input, in, next)
	switch {
	case c.what == answerLost, c.what == lostOnce && first:
		return middleware.FinalizeOutput{}, meta, errLost
	case c.what == timedOut:
		if _, hurries := ctx.Deadline(); hurries {
			<-ctx.Done()
		} else {
			f.expired = true
		}
		return middleware.FinalizeOutput{}, meta, errExpired
	case c.what == panicAfter, c.what == crashAfter:
		f.crashed = c.what == crashAfter
		panic(errInjected)
	}
	return out, meta, err
}

func (w *world) make(ctx context.Context, input any, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error) {
	if err := ctx.Err(); err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &aws.RequestCanceledError{Err: err}
	}
	result, done, err := w.reach(ctx, input)
	if done {
		return middleware.FinalizeOutput{Result: result}, middleware.Metadata{}, err
	}
	if awsmiddleware.GetServiceID(ctx) != dynamodb.ServiceID {
		panic(fmt.Sprintf("no answer for a %T", input))
	}
	return next.HandleFinalize(ctx, in)
}

// What the SDK makes of faults.
var (
	errLost    = &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}
	errExpired = &aws.RequestCanceledError{Err: context.DeadlineExceeded}
)

func errStatus(status int, code string) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{}}},
		Err:      errors.Join(errInjected, &smithy.GenericAPIError{Code: code, Message: "injected"}),
	}}
}

// madeCalls are the calls of AWS that were made, by the queue of the function.
type madeCalls struct {
	mu sync.Mutex
	by map[string]map[onawstest.Call]bool
}

func (m *madeCalls) note(queue string, calls ...onawstest.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[string]map[onawstest.Call]bool{}
	}
	if m.by[queue] == nil {
		m.by[queue] = map[onawstest.Call]bool{}
	}
	for _, c := range calls {
		m.by[queue][c] = true
	}
}
