package redrive_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/redrive"
)

// A queue of dead letters may be somebody else's too. What is not known to be of this stack stays, or it would be deleted
// where they look for it.
func TestLettersOfOthersStay(t *testing.T) {
	const ours = "arn:aws:sns:eu-west-1:111122223333:t"
	plain := redrive.Target{Name: "AlertQueue", ARN: alertsARN, URL: alerts}
	from := func(t redrive.Target, topic string) redrive.Target { t.Undelivered, t.Topic = true, topic; return t }
	tasksFrom := func(topic string) redrive.Target {
		return from(redrive.Target{Name: "TaskQueue", ARN: tasksARN, URL: tasks}, topic)
	}
	envelope := fmt.Sprintf(wrapped, "")
	for name, c := range map[string]struct {
		queue        redrive.Queue
		source, body string
		want         string
	}{
		"our topic":                   {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}}, "", envelope, alerts},
		"another topic":               {redrive.Queue{Targets: []redrive.Target{from(plain, ours+"2")}}, "", envelope, "it is of topic t, and no subscription of this stack"},
		"the one of two with a topic": {redrive.Queue{Targets: []redrive.Target{from(plain, ours+"2"), tasksFrom(ours)}}, "", envelope, tasks},
		"two of a topic":              {redrive.Queue{Targets: []redrive.Target{from(plain, ours), tasksFrom(ours)}}, "", envelope, "nothing says which of 2"},
		"without a subscription":      {redrive.Queue{Targets: []redrive.Target{plain}}, "", envelope, "it is of topic t, and no subscription of this stack"},
		"given up, of any topic":      {redrive.Queue{Targets: []redrive.Target{plain}}, alertsARN, envelope, alerts},
		"raw":                         {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}}, "", "x", alerts},
		"outside":                     {redrive.Queue{Targets: []redrive.Target{plain}, Outside: true}, "", "x", "others than this stack may use"},
		"outside, raw":                {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}, Outside: true}, "", "x", "others than this stack may use"},
		"outside, our topic":          {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}, Outside: true}, "", envelope, "others than this stack may use"},
		"outside, given up":           {redrive.Queue{Targets: []redrive.Target{plain}, Outside: true}, alertsARN, "x", alerts},
		"partly known":                {redrive.Queue{Targets: []redrive.Target{plain}, Partial: true}, "", "x", "part of the stack could not be asked"},
		"partly known, raw":           {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}, Partial: true}, "", "x", "part of the stack could not be asked"},
		"partly known, our topic":     {redrive.Queue{Targets: []redrive.Target{from(plain, ours)}, Partial: true}, "", envelope, alerts},
		"partly known, given up":      {redrive.Queue{Targets: []redrive.Target{plain}, Partial: true}, alertsARN, "x", alerts},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(0)
			d.letter(c.body, time.Hour).System["DeadLetterQueueSourceArn"] = c.source
			d.queue.Targets, d.queue.Outside, d.queue.Partial = c.queue.Targets, c.queue.Outside, c.queue.Partial
			o := d.run(t.Context())
			if d.Queues[c.want] != nil {
				require.True(t, o.OK(), o)
				assert.Len(t, d.Queues[c.want].Messages, 1)
				return
			}
			require.Len(t, o.Failures, 1)
			assert.ErrorContains(t, o.Failures[0].Why, c.want)
			assert.Equal(t, 1, d.Queues[dead].Waiting())
		})
	}
}

// What could not be asked is not touched.
func TestAQueueThatCouldNotBeAsked(t *testing.T) {
	d := newDesk(1)
	d.queue.Err = errors.New("NonExistentQueue")
	o := d.run(t.Context())
	assert.ErrorContains(t, o.Err, "NonExistentQueue")
	assert.Empty(t, d.Calls)
}
