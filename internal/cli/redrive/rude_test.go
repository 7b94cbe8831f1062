package redrive_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
	"github.com/m-mizutani/AlertResponder/internal/cli/redrive/redrivetest"
)

// Whatever SQS does: a letter is where it was, or where it comes from, or both; its body and attributes are the same,
// and it has a name and a time. What the outcome says is so.
func TestNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(rt *rapid.T) {
			d := drawn(rt)
			before := slices.Clone(d.Queues[dead].Messages)
			max := rapid.IntRange(0, 30).Draw(rt, "max")
			rounds := rapid.IntRange(1, 3).Draw(rt, "rounds")
			var outcomes []redrive.Outcome
			for range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				d.Before = func(string) {
					time.Sleep(10 * time.Millisecond)
					if rapid.IntRange(0, 40).Draw(rt, "stop") == 40 {
						cancel()
					}
				}
				outcomes = append(outcomes, (&redrive.Run{SQS: d.SQS, Max: max}).Queue(ctx, d.queue))
				cancel()
				d.queue.AsOf = time.Now()
				d.check(rt, before)
			}
			assert.LessOrEqual(rt, d.Bytes, 1<<20)
			d.checkOutcomes(rt, outcomes, max)
		})
	})
}

// bubbled is a test in a bubble, where it may not be asked for its deadline.
type bubbled struct{ rapid.TB }

// drawn is a queue of dead letters, and an SQS that is as bad as it may be.
func drawn(rt *rapid.T) *desk {
	d := newDesk(0)
	d.Picky = rapid.Bool().Draw(rt, "picky")
	n := rapid.IntRange(0, 35).Draw(rt, "letters")
	for i := range n {
		size := rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 90_000, 104_850, 500_000, 1<<20 - 60}).Draw(rt, "size")
		m := d.letter(fmt.Sprint("letter ", i, " ", strings.Repeat("x", size)), time.Duration(i+1)*time.Second)
		m.Attributes = attributes(rt, 1<<20-len(m.Body))
		if rapid.IntRange(0, 9).Draw(rt, "stranger") == 9 {
			m.System["DeadLetterQueueSourceArn"] = tasksARN
		}
	}
	d.queue.Letters = rapid.SampledFrom([]int{0, n, 1000}).Draw(rt, "counted")
	faults := rapid.SampledFrom([]int{0, 3, 10}).Draw(rt, "faults")
	fault := func(label string, of ...redrivetest.Fault) redrivetest.Fault {
		if rapid.IntRange(1, 12).Draw(rt, label) > faults {
			return redrivetest.None
		}
		return rapid.SampledFrom(of).Draw(rt, label+" fault")
	}
	d.Call = func(name string) redrivetest.Fault {
		if name == "ReceiveMessage" {
			return fault(name, redrivetest.Repeat, redrivetest.Repeat, redrivetest.Empty, redrivetest.Lost, redrivetest.Busy)
		}
		if rapid.IntRange(0, 2).Draw(rt, "whole") > 0 { // most faults are of entries
			return redrivetest.None
		}
		return fault(name, redrivetest.Busy, redrivetest.Lost, redrivetest.Silent)
	}
	d.Entry = func(name, _ string) redrivetest.Fault {
		return fault(name+" entry", redrivetest.Refused, redrivetest.Busy, redrivetest.Lost, redrivetest.Silent)
	}
	return d
}

// attributes are up to ten that fit into so many bytes, of all kinds, some of those that redriving sets.
func attributes(rt *rapid.T, room int) map[string]types.MessageAttributeValue {
	attrs := map[string]types.MessageAttributeValue{}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "delivery_id", "first_sent"}),
		0, 10, rapid.ID).Draw(rt, "names")
	for _, name := range names {
		a := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(rapid.SampledFrom([]string{"", "v", "1700000000000"}).Draw(rt, "value"))}
		switch rapid.IntRange(0, 3).Draw(rt, "kind") {
		case 0:
			a.DataType = aws.String("Number.epoch")
		case 1:
			a = types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(rt, "bytes")}
		}
		if room -= 40; room > 0 {
			attrs[name] = a
		}
	}
	return attrs
}

// check looks for each letter that there was.
func (d *desk) check(rt *rapid.T, before []*redrivetest.Message) {
	copies := map[string][]*redrivetest.Message{}
	for _, m := range d.Queues[alerts].Messages {
		copies[m.Body] = append(copies[m.Body], m)
	}
	for _, l := range before {
		stays := d.Queues[dead].Has(l.ID)
		require.True(rt, stays || len(copies[l.Body]) > 0, "%s is lost", l.ID)
		if l.System["DeadLetterQueueSourceArn"] != alertsARN {
			require.True(rt, stays && len(copies[l.Body]) == 0, "%s is a stranger's", l.ID)
		}
		for _, c := range copies[l.Body] {
			same(rt, l, c)
		}
		delete(copies, l.Body)
	}
	require.Empty(rt, copies, "nothing else was sent")
	require.Empty(rt, d.Queues[tasks].Messages)
}

// same compares a letter and what was sent.
func same(rt *rapid.T, l, c *redrivetest.Message) {
	room, slots := 1<<20-len(l.Body), 10-len(l.Attributes)
	for name, a := range l.Attributes {
		require.Equal(rt, a, c.Attributes[name], "%s of %s", name, l.ID)
		room -= len(name) + len(*a.DataType) + len(aws.ToString(a.StringValue)) + len(a.BinaryValue)
	}
	extra := 0
	for _, set := range [][2]string{{"delivery_id", l.ID}, {"first_sent", l.System["SentTimestamp"]}} {
		name, want := set[0], set[1]
		if _, ok := l.Attributes[name]; ok {
			continue
		}
		if need := len(name) + len("String") + len(want); slots > 0 && room >= need {
			slots, room, extra = slots-1, room-need, extra+1
			require.Equal(rt, text(want), c.Attributes[name], "%s of %s", name, l.ID)
		}
	}
	require.Len(rt, c.Attributes, len(l.Attributes)+extra)
	sent, err := strconv.ParseInt(c.System["SentTimestamp"], 10, 64)
	require.NoError(rt, err)
	require.GreaterOrEqual(rt, sent, time.Now().Add(-time.Hour).UnixMilli())
}

// checkOutcomes compares what was said and what is.
func (d *desk) checkOutcomes(rt *rapid.T, outcomes []redrive.Outcome, max int) {
	gone, said := len(d.Queues[dead].Deleted), 0
	for _, o := range outcomes {
		said += o.PutBack
		require.LessOrEqual(rt, len(o.Failures), o.Failed)
		require.GreaterOrEqual(rt, o.PutBack, o.Twice)
		if max > 0 {
			require.LessOrEqual(rt, o.PutBack, max)
		}
		require.Zero(rt, o.Newer)
	}
	require.GreaterOrEqual(rt, said, gone, "deleted means put back")
	require.GreaterOrEqual(rt, len(d.Queues[alerts].Messages), said, "put back means sent")
}

// Entries that fail are tried again, those that are refused are not, and each that stays is told.
func TestEntriesThatFail(t *testing.T) {
	for _, c := range []struct {
		fault          redrivetest.Fault
		times          int // so often
		putBack, sends int
		why            string
	}{
		{redrivetest.Busy, 1, 10, 2, ""},
		{redrivetest.Busy, 2, 10, 3, ""},
		{redrivetest.Busy, 9, 9, 3, "ServiceUnavailable: says the test"},
		{redrivetest.Silent, 1, 10, 2, ""},
		{redrivetest.Silent, 9, 9, 3, "SQS does not say what became of it"},
		{redrivetest.Refused, 1, 9, 1, "InvalidMessageContents: says the test"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(10)
			left := c.times
			d.Entry = func(name, body string) redrivetest.Fault {
				if name != "SendMessageBatch" || body != "body 3" || left == 0 {
					return redrivetest.None
				}
				left--
				return c.fault
			}
			o := d.run(t.Context())
			require.NoError(t, o.Err)
			assert.Equal(t, []int{c.putBack, 10 - c.putBack, c.sends}, []int{o.PutBack, o.Failed, d.Calls["SendMessageBatch"]}, "%v", c)
			assert.Equal(t, 10-c.putBack, d.Queues[dead].Waiting())
			assert.Len(t, d.Queues[alerts].Messages, c.putBack)
			if c.why != "" {
				assert.Equal(t, "message-4", o.Failures[0].MessageID)
				assert.EqualError(t, o.Failures[0].Why, c.why)
			}
		})
	}
}

// A service that takes nothing is left alone, and a letter that SQS gives again is not sent again.
func TestEntriesThatAllFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(40)
		d.Entry = func(name, _ string) redrivetest.Fault { return redrivetest.Busy }
		o := d.run(t.Context())
		assert.ErrorContains(t, o.Err, "ServiceUnavailable")
		assert.Equal(t, 3, d.Calls["SendMessageBatch"])
		assert.Equal(t, 40, d.Queues[dead].Waiting())
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(25)
		d.Call = func(name string) redrivetest.Fault {
			if name == "ReceiveMessage" && d.Calls[name] < 8 {
				return redrivetest.Repeat
			}
			return redrivetest.None
		}
		left := 3 // all tries of its batch
		d.Entry = func(name, body string) redrivetest.Fault {
			if name == "DeleteMessageBatch" && body == "body 24" && left > 0 {
				left--
				return redrivetest.Busy
			}
			return redrivetest.None
		}
		o := d.run(t.Context())
		assert.True(t, o.OK(), o)
		assert.Len(t, d.Queues[alerts].Messages, 25, "each once")
		assert.Empty(t, d.Queues[dead].Messages)
	})
}

// An engine that refuses to delete what is gone says that it is gone.
func TestDeletedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(10)
		d.Picky = true
		d.Entry = func(name, _ string) redrivetest.Fault {
			if name == "DeleteMessageBatch" {
				return redrivetest.Lost
			}
			return redrivetest.None
		}
		o := d.run(t.Context())
		assert.True(t, o.OK(), o)
		assert.Empty(t, d.Queues[dead].Messages)
	})
}

// Where SQS takes less than its documentation says, a batch is parted, and only a letter that is too long by itself stays.
func TestPartsWhatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(9)
		d.letter(strings.Repeat("x", 1<<20), time.Hour)
		d.Sent = func(_ string, m *redrivetest.Message) { require.Less(t, len(m.Body), 1000) }
		old := small{d.SQS}
		o := (&redrive.Run{SQS: old}).Queue(t.Context(), d.queue)
		require.NoError(t, o.Err)
		assert.Equal(t, []int{9, 1}, []int{o.PutBack, o.Failed})
		assert.ErrorContains(t, o.Failures[0].Why, "BatchRequestTooLong")
	})
}
