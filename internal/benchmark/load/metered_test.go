package load_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/bus"
)

func stack(t *testing.T) load.Stack {
	t.Helper()
	s, err := load.ReadStack("../../../template.yml")
	require.NoError(t, err)
	return s
}

func metered(t *testing.T, batch int) *load.Metered {
	t.Helper()
	p, err := load.NewMetered(stack(t), batch, meter.Usually)
	require.NoError(t, err)
	return p
}

// measure sends a workload, and forgets what its first alerts cost.
func measure(t *testing.T, batch int, w load.Workload) *load.Metered {
	t.Helper()
	p := metered(t, batch)
	require.NoError(t, p.Send(t.Context(), w.First...))
	p.Reset()
	require.NoError(t, p.Send(t.Context(), w.Messages...))
	return p
}

// The drivers for AWS make no more calls than the ports have methods: 23 for a new alert, whatever the number of its
// attributes, and what they are billed.
func TestWhatANewAlertIsBilled(t *testing.T) {
	if raced {
		t.Skip("counts, of one goroutine: ten times as long")
	}
	calls := map[string]int{
		"dynamodb:PutItem AlertMap":      1, // open
		"dynamodb:UpdateItem AlertMap":   4, // swap, twice cross off, settle
		"dynamodb:GetItem AlertMap":      2, // the review, the deadline
		"dynamodb:PutItem ReportData":    4, // the alert, two submissions, the verdict
		"dynamodb:Query ReportData":      1,
		"dynamodb:UpdateItem PluginData": 4, // lease and receipt, of the notice and of the verdict
		"sns:Publish TaskNotification":   1, "sns:Publish ReportNotification": 2,
		"sqs:SendMessage ReviewQueue": 2, "sqs:SendMessage SubmissionQueue": 2,
	}
	for attributes, want := range map[int]bill.Usage{
		// Of the 13 rows written, the verdict has more than 1 KB, and one write is the index's.
		load.Attributes: {WriteUnits: 15, HalfReads: 6, Requests: 22, Publishes: 4, Deliveries: 5, Invocations: 9},
		// Larger rows and one message of more than 64 KB, and not one call more.
		load.Many: {WriteUnits: 19, HalfReads: 6, Requests: 23, Publishes: 5, Deliveries: 6, Invocations: 9},
	} {
		t.Run(fmt.Sprint(attributes), func(t *testing.T) {
			p := measure(t, 1, load.News(1, attributes))
			assert.Equal(t, calls, p.Calls)
			assert.Equal(t, 23, p.Total())
			got := p.Usage
			got.MBMillis, got.LogBytes = 0, 0
			assert.Equal(t, want, got)
			for _, queue := range slices.Sorted(maps.Keys(p.Invocations)) {
				assert.Equal(t, p.Invocations[queue], p.Polls["sqs:ReceiveMessage "+queue], queue)
				assert.Equal(t, p.Invocations[queue], p.Polls["sqs:DeleteMessage "+queue], queue)
			}
			assert.Equal(t, 1, p.Lines)
			assert.LessOrEqual(t, p.Logged, 400, "bytes of logs for a report")
		})
	}
}

// A repeat is two calls, which its batch shares, and nothing is logged.
func TestWhatARepeatIsBilled(t *testing.T) {
	if raced {
		t.Skip("counts, of one goroutine: ten times as long")
	}
	for batch, times := range map[int]int{1: 20, 10: 2} {
		p := measure(t, batch, load.Repeats(20))
		assert.Equal(t, map[string]int{"dynamodb:PutItem AlertMap": times, "dynamodb:UpdateItem AlertMap": times}, p.Calls)
		assert.Equal(t, map[string]int{bus.AlertQueue: times}, p.Invocations)
		assert.Equal(t, int64(2*times), p.Usage.WriteUnits)
		assert.Equal(t, int64(2*times), p.Usage.Requests)
		assert.Equal(t, int64(20), p.Usage.Publishes, "by their senders")
		assert.Zero(t, p.Logged)
	}
}

// What a million alerts cost, a quarter of them repeats, by the published prices and without anything that is free.
func TestDollarsPerMillionAlerts(t *testing.T) {
	if raced {
		t.Skip("counts, of one goroutine: ten times as long")
	}
	for batch, most := range map[int]int64{1: 20, 10: 14} {
		w := load.Mix(200)
		require.Equal(t, 150, w.New)
		p := measure(t, batch, w)
		per := bill.Of(p.Usage).Total().PerMillion(len(w.Messages))
		t.Logf("batches of %d: %s dollars per million alerts", batch, per.FloatString(4))
		assert.True(t, per.AtMost(most), "batches of %d: %s dollars per million alerts, expected at most %d", batch, per.FloatString(4), most)
		assert.False(t, per.AtMost(most/2), "too little to be true: %s", per.FloatString(4))
		assert.Equal(t, w.New, p.Lines)
	}
}

// What every stack polls while nothing happens: four queues.
func TestTheStackIdles(t *testing.T) {
	s := stack(t)
	assert.Equal(t, 4, s.Always)
	assert.Equal(t, map[string]int{bus.AlertQueue: 10, bus.InspectionQueue: 10, bus.SubmissionQueue: 10, bus.ReviewQueue: 10},
		map[string]int{bus.AlertQueue: s.Batch[bus.AlertQueue], bus.InspectionQueue: s.Batch[bus.InspectionQueue],
			bus.SubmissionQueue: s.Batch[bus.SubmissionQueue], bus.ReviewQueue: s.Batch[bus.ReviewQueue]})
	assert.Equal(t, map[string]int{bus.AlertQueue: 256, bus.InspectionQueue: 256, bus.SubmissionQueue: 256, bus.ReviewQueue: 1024},
		map[string]int{bus.AlertQueue: s.Memory[bus.AlertQueue], bus.InspectionQueue: s.Memory[bus.InspectionQueue],
			bus.SubmissionQueue: s.Memory[bus.SubmissionQueue], bus.ReviewQueue: s.Memory[bus.ReviewQueue]}, "memory is money")
	idle := bill.Idle(s.Always, s.Alarms)
	assert.True(t, idle.PollingFree.AtMost(1), "a month's polling: %s dollars", idle.PollingFree.FloatString(2))
	assert.Zero(t, idle.AlarmsFree.Sign(), "%d alarms", s.Alarms)
	assert.LessOrEqual(t, s.Alarms, bill.FreeAlarms)
}
