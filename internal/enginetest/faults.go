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

// EachSecond has each second attempt of a name fail, beginning with the first.
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
	attempts map[string]int
}

// Set begins with a plan, nil for none.
func (f *Faults) Set(p Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan, f.attempts = p, map[string]int{}
}

// Attempts is how many attempts of the calls of a name there were since Set.
func (f *Faults) Attempts(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attempts[name]
}

// Option puts the faults into a client.
func (f *Faults) Option(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("faults", f.attempt), "Retry", middleware.After)
}

func (f *Faults) next(name string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan == nil {
		return None
	}
	f.attempts[name]++
	return f.plan(name, f.attempts[name])
}

func (f *Faults) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
	fault := f.next(awsmiddleware.GetOperationName(ctx))
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
