// Package past is what an alert cost when it waited in workflows: the flow of the predecessors, step by step.
//
// in → out: the number of attributes → calls and a bill.Usage, by the rules by which this project's own are counted.
//
// It is a lower bound. Of the predecessors are known the numbers of calls (27 for a new alert with 4 attributes, 327 with 64;
// ten and more for a repeat) and that each new alert waited in two executions of Step Functions. The steps here are the fewest
// that make these numbers; their rows are taken for small, their functions for the smallest that there are, and a repeat
// for one that starts no execution.
package past

import (
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
)

// Step is one step of the flow.
type Step struct {
	What string
	// Calls are those of AWS that functions and workflows make, once and for each attribute.
	Calls, Each int64
	// Once and ForEach are what is billed for them.
	Once, ForEach bill.Usage
}

// inspectors that look into each attribute.
const inspectors = 2

// New are the steps of a new alert.
var New = []Step{
	{What: "the sender publishes; the receptor is invoked by the topic", Once: bill.Usage{Publishes: 1, Invocations: 1}},
	{What: "receptor: the incident's row", Calls: 1, Once: bill.Usage{WriteUnits: 1}},
	{What: "receptor: the alert", Calls: 1, Once: bill.Usage{WriteUnits: 1}},
	{What: "receptor: starts the execution for the inspection", Calls: 1},
	{What: "receptor: starts the execution for the review", Calls: 1},
	{What: "receptor: tells that there is a report; the emitter is invoked", Calls: 1, Once: bill.Usage{Publishes: 1, Invocations: 1}},
	{What: "inspection: waits, then invokes the dispatcher", Once: bill.Usage{Transitions: 2, Invocations: 1}},
	{What: "dispatcher: publishes a task for each attribute; each inspector is invoked", Each: 1,
		ForEach: bill.Usage{Publishes: 1, Invocations: inspectors}},
	{What: "inspectors: invoke the submitter with each page", Each: inspectors, ForEach: bill.Usage{Invocations: inspectors}},
	{What: "submitter: each page", Each: inspectors, ForEach: bill.Usage{WriteUnits: inspectors}},
	{What: "review: waits, then invokes compiler, reviewer and publisher", Once: bill.Usage{Transitions: 4, Invocations: 3}},
	{What: "compiler: reads what there is", Calls: 1, Once: bill.Usage{HalfReads: 2}},
	{What: "publisher: publishes the verdict; the emitter is invoked", Calls: 1, Once: bill.Usage{Publishes: 1, Invocations: 1}},
}

// Repeat are the steps of a repeat: its ten calls, as the cheapest that they can be, and no execution.
var Repeat = []Step{
	{What: "the sender publishes; the receptor is invoked by the topic", Once: bill.Usage{Publishes: 1, Invocations: 1}},
	{What: "ten calls, taken for reads", Calls: 10, Once: bill.Usage{HalfReads: 20}},
}

// Memory is that of a function, in megabytes: the least that Lambda has.
const Memory = 128

// Total is what some steps make together, for so many attributes. Each call lasts as long as this project's own are taken
// to last, and whoever waits for it is billed.
func Total(steps []Step, attributes int64, call time.Duration) (calls int64, u bill.Usage) {
	for _, s := range steps {
		calls += s.Calls + attributes*s.Each
		u = u.Plus(s.Once).Plus(s.ForEach.Times(attributes))
	}
	u.MBMillis = calls * call.Milliseconds() * Memory
	return calls, u
}

// Mix is so many alerts, a quarter of them repeats.
func Mix(alerts, attributes int64, call time.Duration) bill.Usage {
	_, fresh := Total(New, attributes, call)
	_, repeat := Total(Repeat, attributes, call)
	return fresh.Times(alerts - alerts/4).Plus(repeat.Times(alerts / 4))
}
