package meter

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/host"
)

// Function is a function as Lambda runs it, with batches of so many messages: each batch is a receive, an invocation and a
// deletion, and all batches are full. So that this holds whatever comes at once, what the pollers do is counted by
// messages: the handler may get fewer at a time, never more.
func (m *Meter) Function(queue string, h host.Handler, batch int) host.Handler {
	f := &function{Meter: m, queue: queue, Handler: h, batch: max(batch, 1)}
	m.functions = append(m.functions, f)
	return f
}

type function struct {
	*Meter
	queue string
	host.Handler
	batch int

	// The batch that is not full yet.
	messages int
	size     int
	lasts    time.Duration
}

// event is what an SQS event tells of its messages, each as it is.
type event struct {
	Records []json.RawMessage `json:"Records"`
}

type message struct {
	Body       string `json:"body"`
	Attributes map[string]struct {
		StringValue string `json:"stringValue"`
		DataType    string `json:"dataType"`
	} `json:"messageAttributes"`
}

// Invoke implements host.Handler.
func (f *function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	var failed []string
	for batch := range slices.Chunk(e.Records, f.batch) {
		answer, err := f.invoke(ctx, batch)
		if err != nil {
			return nil, err
		}
		ids, err := envelope.ReadFailures(answer)
		if err != nil {
			return nil, err
		}
		failed = append(failed, ids...)
	}
	return envelope.Failures(failed), nil
}

func (f *function) invoke(ctx context.Context, batch []json.RawMessage) ([]byte, error) {
	payload, err := json.Marshal(event{batch})
	if err != nil {
		return nil, err
	}
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "00000000-0000-4000-8000-000000000000"})
	f.during = 0
	f.Trail = append(f.Trail, f.queue)
	answer, err := f.Handler.Invoke(ctx, payload)
	f.lasts += time.Duration(f.during) * f.times.Call
	if err != nil {
		return nil, err
	}
	return answer, f.received(batch)
}

// received notes messages that came. What came through a topic was delivered by SNS.
func (f *function) received(batch []json.RawMessage) error {
	for _, raw := range batch {
		var m message
		if err := json.Unmarshal(raw, &m); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		size := len(m.Body)
		for name, a := range m.Attributes {
			size += len(name) + len(a.DataType) + len(a.StringValue)
		}
		if !slices.Contains([]string{bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue}, f.queue) {
			f.Usage.Deliveries += bill.Chunks(size)
		}
		f.size += size
		f.messages++
		f.lasts += f.work()
		if f.messages == f.batch {
			f.bill()
		}
	}
	return nil
}

// bill notes a batch: a receive, of 64 KB each, an invocation and a deletion.
func (f *function) bill() {
	if f.messages == 0 {
		return
	}
	f.Polls["sqs:ReceiveMessage "+f.queue]++
	f.Polls["sqs:DeleteMessage "+f.queue]++
	f.Usage.Requests += bill.Chunks(f.size) + 1
	f.Invocations[f.queue]++
	f.Usage.Invocations++
	f.Lasted[f.queue] += f.lasts
	f.Usage.MBMillis += int64(f.memory[f.queue]) * int64((f.lasts+time.Millisecond-1)/time.Millisecond)
	f.messages, f.size, f.lasts = 0, 0, 0
}

// Flush notes the batches that are not full.
func (m *Meter) Flush() {
	for _, f := range m.functions {
		f.bill()
	}
}

// processor is how much memory brings a whole processor, in megabytes (AWS Lambda Developer Guide, "Configure Lambda
// function memory").
const processor = 1769

// work is how long one message takes beside the calls.
func (f *function) work() time.Duration {
	d := f.times.Message * processor / time.Duration(min(f.memory[f.queue], processor))
	if !slices.Contains([]string{bus.AlertQueue, bus.InspectionQueue, bus.SubmissionQueue, bus.ReviewQueue}, f.queue) {
		d += f.times.Plugin
	}
	return d
}
