package onawstest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Fault is what goes wrong with one call of AWS.
type Fault int

// The faults.
const (
	None      Fault = iota
	Unsent          // the connection breaks before the service did anything
	Lost            // the service did it, and the connection breaks before the answer
	Broken          // 500
	Throttled       // too many calls
	Denied          // not allowed
	faults
)

// String is for the names of tests.
func (f Fault) String() string {
	return [...]string{"none", "unsent", "lost", "broken", "throttled", "denied"}[f]
}

// told is a call that was made, with its body, and what became of it.
type told struct {
	Call
	body  []byte
	fault Fault
}

// done says whether the service did what it was asked for.
func (c told) done() bool { return c.fault == None || c.fault == Lost }

// Faults has each call fail that a plugin's function makes of AWS for a message, one at a time and in each way, and the process
// end after it. A message is acknowledged only when all is done that is done without a fault, and redelivery gets there: an
// inspector's last submission, an emitter's receipt. What a function may not do it may tell instead, in a page that failed.
func Faults(t *testing.T, template, function string, start func() lambda.Handler, w Work) {
	t.Helper()
	require.Len(t, w.Bodies, 1, "one message")
	usual := w.deliver(t, template, function, start, nil)
	require.True(t, usual.acknowledged, "without a fault")
	for n, call := range usual.told {
		for f := None + 1; f < faults; f++ {
			t.Run(call.Action+"/"+f.String(), func(t *testing.T) {
				first := w.deliver(t, template, function, start, func(i int) Fault {
					if i == n {
						return f
					}
					return None
				})
				all := first.told
				if !first.acknowledged {
					again := w.deliver(t, template, function, start, nil)
					assert.True(t, again.acknowledged, "the second delivery")
					all = append(all, again.told...)
				}
				for _, want := range usual.told {
					assert.True(t, want.optional() || isDone(all, want) || f == Denied && saysFailed(all), "acknowledged without %s on %s", want.Action, want.Resource)
				}
			})
		}
	}
}

// optional are calls that only make something cheaper: what is remembered of an answer.
func (c told) optional() bool {
	return c.Action == "dynamodb:GetItem" || c.Action == "dynamodb:UpdateItem" && keyOf(c.body).isAnswer() ||
		c.Action == "sqs:ChangeMessageVisibility"
}

// isDone says whether the same was done in one of the calls. A submission is done by one that says so.
func isDone(calls []told, want told) bool {
	for _, c := range calls {
		if c.Call == want.Call && c.done() && isLast(c) == isLast(want) && keyOf(c.body) == keyOf(want.body) {
			return true
		}
	}
	return false
}

// isLast says whether a call is a submission that crosses an inspector off.
func isLast(c told) bool { return c.submission().Done }

// saysFailed says whether one of the calls is a submission with a page that failed.
func saysFailed(calls []told) bool {
	return slices.ContainsFunc(calls, func(c told) bool {
		return c.done() && slices.ContainsFunc(c.submission().Pages, func(p responder.Page) bool { return p.Outcome == responder.Failed })
	})
}

// submission is the one that a call sends; empty for any other call.
func (c told) submission() (s responder.Submission) {
	var in struct{ MessageBody string }
	if c.Action == "sqs:SendMessage" && json.Unmarshal(c.body, &in) == nil {
		_ = json.Unmarshal([]byte(in.MessageBody), &s)
	}
	return s
}

// delivery is what came of one delivery.
type delivery struct {
	told         []told
	acknowledged bool
}

func (w Work) deliver(t *testing.T, template, function string, start func() lambda.Handler, spoil func(int) Fault) delivery {
	t.Helper()
	resources := resourcesOf(t, template)
	c := &cloud{answers: w.Answers, made: map[Call]bool{}, spoil: spoil}
	handler := w.started(t, resources, function, start, c)
	out, err := handler.Invoke(t.Context(), event(t, ownOf(t, resources, function).queue, w.Bodies[0]))
	require.NoError(t, err)
	var answer struct{ BatchItemFailures []any }
	require.NoError(t, json.Unmarshal(out, &answer))
	return delivery{c.told, len(answer.BatchItemFailures) == 0}
}

// goesThrough says whether a call is to be answered, and lets it fail otherwise.
func (c *cloud) goesThrough(w http.ResponseWriter, call Call, body []byte) bool {
	f := None
	if c.spoil != nil {
		f = c.spoil(len(c.told))
	}
	c.told = append(c.told, told{call, body, f})
	switch f {
	case Unsent, Lost:
		panic(http.ErrAbortHandler)
	case Broken:
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"__type":"InternalServerError","message":"example"}`)
	case Throttled:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ThrottlingException","message":"example"}`)
	case Denied:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"example"}`)
	}
	return f == None
}

// rowKey is the key of a row of PluginData; empty for what is about none.
type rowKey string

func keyOf(body []byte) rowKey {
	var in struct {
		Key struct {
			Key struct{ S string } `json:"key"`
		}
	}
	_ = json.Unmarshal(body, &in)
	return rowKey(in.Key.Key.S)
}

// isAnswer says whether the row is an answer of a service: see lib/intel.
func (k rowKey) isAnswer() bool { return strings.Contains(string(k), "#answer#") }
