// Package meter measures what AWS would bill for the work of the pipeline: the drivers for AWS and the functions' own
// handlers run, and what they ask of AWS is answered and counted here.
//
// in → out: calls of DynamoDB, SNS and SQS, events for functions, log lines → a bill.Usage, and calls by kind.
//
// Exact are the calls, their sizes and what is billed by them. Not exact, and said so in Times, is how long a function
// runs on Lambda: that depends on how fast AWS answers.
package meter

import (
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
)

// Times is how long things are taken to last, for what Lambda bills by the millisecond.
type Times struct {
	Call    time.Duration // one call of DynamoDB, SNS or SQS, from a function
	Message time.Duration // the work on one message, on a whole processor
	Plugin  time.Duration // what a plugin waits for, for each message: its intelligence service, its destination
}

// Usually is what is assumed where nothing else is said, rather too long than too short: DynamoDB promises single-digit
// milliseconds. What plugins wait for is theirs, and told beside it.
var Usually = Times{Call: 10 * time.Millisecond, Message: time.Millisecond}

// Waiting is the same with plugins that wait a tenth of a second for each message.
var Waiting = Times{Call: Usually.Call, Message: Usually.Message, Plugin: 100 * time.Millisecond}

// Meter adds up. It is not for several goroutines at once.
type Meter struct {
	Usage bill.Usage
	Calls map[string]int // by kind: what the functions call
	Polls map[string]int // by kind: what the pollers of Lambda and the senders call
	// Invocations and Lasted are those of each queue's function.
	Invocations map[string]int
	Lasted      map[string]time.Duration // by Times
	Logged      int                      // bytes of log lines, without what CloudWatch adds
	Lines       int
	Trail       []string // the queues whose functions ran, in order

	times     Times
	memory    map[string]int // megabytes, by queue
	functions []*function
	during    int // calls in the invocation that runs
}

// New makes a meter. Memory is what the function of each queue has, in megabytes.
func New(times Times, memory map[string]int) *Meter {
	m := &Meter{times: times, memory: memory}
	m.Reset()
	return m
}

// Reset begins at zero.
func (m *Meter) Reset() {
	*m = Meter{times: m.times, memory: m.memory, functions: m.functions, Calls: map[string]int{}, Polls: map[string]int{},
		Invocations: map[string]int{}, Lasted: map[string]time.Duration{}}
}

// Total is how many calls the functions made.
func (m *Meter) Total() (n int) {
	for _, calls := range m.Calls {
		n += calls
	}
	return n
}

// call notes one call of a function.
func (m *Meter) call(kind string, u bill.Usage) {
	m.Calls[kind]++
	m.during++
	m.Usage = m.Usage.Plus(u)
}

// Table notes a call of DynamoDB, for NewDynamoDB.
func (m *Meter) Table(call string, writes, halfReads int64) {
	m.call(call, bill.Usage{WriteUnits: writes, HalfReads: halfReads})
}

// Write implements io.Writer: lines for CloudWatch Logs, one each time.
func (m *Meter) Write(line []byte) (int, error) {
	m.Logged += len(line)
	m.Lines++
	m.Usage.LogBytes += int64(len(line) + bill.LogLine)
	return len(line), nil
}
