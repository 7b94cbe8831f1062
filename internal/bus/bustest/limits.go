package bustest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// filled is a message of n bytes with an attribute in it, of characters of up to four bytes.
func filled(n int) bus.Message {
	m := bus.Message{Attributes: []bus.Attribute{text("status", "published"), types("*", "ipaddr")}}
	n -= m.Size()
	m.Body = strings.Repeat("\U0001F600", n/8) + strings.Repeat("a", n-n/8*4)
	return m
}

func testNotificationLimit(t *testing.T, h Harness) {
	m := filled(bus.MaxNotification)
	require.Equal(t, bus.MaxNotification, m.Size())
	require.NoError(t, h.Bus.Publish(t.Context(), Topic, m))
	refused(t, h.Bus.Publish(t.Context(), Topic, filled(bus.MaxNotification+1)))
	h.holds(t, raw, m.Body)
	h.holds(t, wrapped, m.Body)
}

func testMessageLimit(t *testing.T, h Harness) {
	m := filled(bus.MaxMessage)
	require.Equal(t, bus.MaxMessage, m.Size())
	require.NoError(t, h.Bus.Send(t.Context(), alone, m, 0))
	refused(t, h.Bus.Send(t.Context(), alone, filled(bus.MaxMessage+1), 0))
	h.holds(t, alone, m.Body)
}

func refused(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	assert.True(t, responder.IsPermanent(err), "%v, expected a permanent error", err)
}

// hostile bodies must come as they were sent, to the byte.
var hostile = []string{
	" ", "\t", "\n", "\r", "\r\n \r\n", " x ", "\n{}\n",
	`{"Type":"Notification","Message":"x"}`,
	`{"Records":[{"eventSource":"aws:sqs","body":"x"}]}`,
	`"\u0000\ud800"`, `\`, `%00%0a+&=;`, `<!channel> ]]> &amp; <x/>`, "${jndi:ldap://x}", "\u007f\u0080\u009f",
	"é ü 漢字 \U0001F600 \u200b\u202e\u2028\u2029\ufeff", "\ufeff{}", "\uFFFD", "\uD7FF\uE000\U00010000\U0010FFFF",
	strings.Repeat("[", 10000),
}

func testHostile(t *testing.T, h Harness) {
	for _, body := range hostile {
		h.send(t, body, text("k", body))
		h.publish(t, body, text("k", body))
	}
	for _, queue := range []string{alone, raw, wrapped} {
		left := map[string]bool{}
		for _, body := range hostile {
			left[body] = true
		}
		for _, d := range h.take(t, queue, len(hostile)) {
			if queue == wrapped && !left[d.Body] {
				assert.Fail(t, "not as it was sent", "in %s: %.200q", queue, d.Body)
			}
			assert.True(t, left[d.Body], "in %s: %.200q", queue, d.Body)
			assert.Equal(t, d.Body, d.Attributes["k"], "in %s", queue)
			delete(left, d.Body)
		}
		assert.Empty(t, left, queue)
	}
}

func testRefused(t *testing.T, h Harness) {
	long := strings.Repeat("n", 257)
	for name, m := range map[string]bus.Message{
		"empty":            {},
		"NUL":              {Body: "a\x00"},
		"vertical tab":     {Body: "\v"},
		"escape":           {Body: "\x1b[31m"},
		"U+FFFE":           {Body: "\uFFFE"},
		"U+FFFF":           {Body: "a\uFFFF"},
		"no UTF-8":         {Body: "a\xff"},
		"half a surrogate": {Body: "\xed\xa0\x80"},
		"cut character":    {Body: "\xf0\x9f\x98"},
		"empty value":      {Body: "x", Attributes: []bus.Attribute{text("severity", "")}},
		"value":            {Body: "x", Attributes: []bus.Attribute{text("k", "\x00")}},
		"empty name":       {Body: "x", Attributes: []bus.Attribute{text("", "v")}},
		"name":             {Body: "x", Attributes: []bus.Attribute{text("a b", "v")}},
		"long name":        {Body: "x", Attributes: []bus.Attribute{text(long, "v")}},
		"twice":            {Body: "x", Attributes: []bus.Attribute{text("k", "v"), text("k", "w")}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, h.Bus.Publish(t.Context(), Topic, m))
			refused(t, h.Bus.Send(t.Context(), alone, m, 0))
		})
	}
	var many []bus.Attribute
	for _, name := range strings.Split("a b c d e f g h i j k", " ") {
		many = append(many, text(name, "v"))
	}
	refused(t, h.Bus.Send(t.Context(), alone, bus.Message{Body: "x", Attributes: many}, 0))
	h.silent(t, alone)
	h.silent(t, raw)
}

// What the outbox makes is taken by the service, whatever is in the texts.
func testOutbox(t *testing.T, h Harness) {
	odd := "\x00 \x1b \uFFFE\uFFFF \u2028 <&> \xff \U0001F600"
	o := bus.Outbox{Bus: renamed{h.Bus}}
	attrs := []responder.Attribute{{Type: "ipaddr", Value: odd, Key: odd, Context: []string{odd}}, {Type: odd, Value: "x"}}
	alert := responder.Alert{Name: odd, Description: odd, Attrs: attrs, Raw: odd}
	require.NoError(t, o.Task(t.Context(), responder.TaskMessage{ReportID: "r-1", Origin: "0.a", Attributes: attrs, Alert: alert}))
	require.NoError(t, o.Report(t.Context(), responder.Report{ReportID: "r-1", Alert: alert, Status: responder.StatusNew}))
	require.NoError(t, o.Submit(t.Context(), responder.Submission{ReportID: "r-1", Token: odd}))
	h.take(t, everything, 1)
	var task responder.TaskMessage
	require.NoError(t, json.Unmarshal([]byte(h.take(t, addresses, 1)[0].Body), &task))
	assert.Equal(t, strings.ToValidUTF8(odd, "\uFFFD"), task.Attributes[0].Value)
	h.take(t, raw, 2)
	h.take(t, alone, 1)
}

// renamed sends everything to the suite's topic and queue.
type renamed struct{ bus.Bus }

// Publish implements bus.Bus.
func (r renamed) Publish(ctx context.Context, _ string, m bus.Message) error {
	return r.Bus.Publish(ctx, Topic, m)
}

// Send implements bus.Bus.
func (r renamed) Send(ctx context.Context, _ string, m bus.Message, d time.Duration) error {
	return r.Bus.Send(ctx, alone, m, d)
}
