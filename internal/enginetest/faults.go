package enginetest

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Fault is what goes wrong with one attempt of a call.
type Fault int

// The faults.
const (
	None      Fault = iota
	Unsent          // the connection breaks before the call reaches the service
	Lost            // the service has done what was asked for, and the connection breaks before the answer
	Throttled       // the service has done nothing, there were too many calls
)

// String is for the names of tests.
func (f Fault) String() string { return [...]string{"none", "unsent", "lost", "throttled"}[f] }

// Plan says what goes wrong with the nth attempt (from 1) of the calls of a name, such as "PutItem".
type Plan func(name string, nth int) Fault

// Once has the nth attempt of the calls of these names fail; without names, of each name.
func Once(f Fault, nth int, names ...string) Plan {
	return func(name string, n int) Fault {
		if n == nth && (len(names) == 0 || slices.Contains(names, name)) {
			return f
		}
		return None
	}
}

// Always has all attempts fail.
func Always(f Fault) Plan { return func(string, int) Fault { return f } }

// EachSecond has each second attempt of a name fail, beginning with the first: for calls that are made one after another.
func EachSecond(f Fault) Plan {
	return func(_ string, n int) Fault {
		if n%2 == 1 {
			return f
		}
		return None
	}
}

// Faults spoils the calls of clients that have Option in their APIOptions.
type Faults struct {
	mu       sync.Mutex
	plan     Plan
	each     bool // nth counts the attempts of one call, not those of all calls of its name
	attempts map[string]int
}

// Set begins with a plan, nil for none.
func (f *Faults) Set(p Plan) { f.set(p, false) }

// SetEachFirst has the first attempt of each call fail, and no other, however many calls are made at once.
func (f *Faults) SetEachFirst(fault Fault) { f.set(Once(fault, 1), true) }

func (f *Faults) set(p Plan, each bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan, f.each, f.attempts = p, each, map[string]int{}
}

// Attempts is how many attempts of the calls of a name there were since Set.
func (f *Faults) Attempts(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attempts[name]
}

// Option puts the faults into a client.
func (f *Faults) Option(stack *middleware.Stack) error {
	if err := stack.Initialize.Add(middleware.InitializeMiddlewareFunc("call", begin), middleware.Before); err != nil {
		return err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("faults", f.attempt), "Retry", middleware.After)
}

// ofCall is the key of the count of one call's attempts.
type ofCall struct{}

func begin(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, ofCall{}, new(int)), in)
}

func (f *Faults) next(ctx context.Context, name string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan == nil {
		return None
	}
	call := middleware.GetStackValue(ctx, ofCall{}).(*int)
	*call++
	f.attempts[name]++
	if f.each {
		return f.plan(name, *call)
	}
	return f.plan(name, f.attempts[name])
}

func (f *Faults) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
	fault := f.next(ctx, awsmiddleware.GetOperationName(ctx))
	switch fault {
	case Unsent:
		return out, meta, errBroken
	case Throttled:
		return out, meta, errThrottled(awsmiddleware.GetServiceID(ctx))
	}
	out, meta, err = next.HandleFinalize(ctx, in)
	if fault == Lost {
		return middleware.FinalizeOutput{}, meta, errBroken
	}
	return out, meta, err
}

// errBroken is what the SDK makes of a connection that breaks.
var errBroken = &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}

// errThrottled is what a service says when it has too many calls (Amazon DynamoDB Developer Guide, "Error handling with
// DynamoDB"; Amazon SQS API Reference, SendMessage; AWS Systems Manager API Reference, "Common Errors").
func errThrottled(service string) error {
	code := map[string]string{"DynamoDB": "ProvisionedThroughputExceededException", "SQS": "RequestThrottled"}[service]
	if code == "" {
		code = "ThrottlingException"
	}
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "too many calls", Fault: smithy.FaultClient},
	}}
}
