package slack

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// A channel that is known by its name only: its id is in the receipt, so that a message which took the place of a deleted one
// is found.
func TestTheSecondMessageOfANamedChannel(t *testing.T) {
	d := newDesk(t, "SLACK_CHANNEL", "#security")
	require.NoError(t, d.emit(told(2, "")))
	d.only().gone = true
	d.once(2) // the first one says that the message is gone
	require.Error(t, d.emit(told(3, responder.Urgent)))
	require.Len(t, d.messages(), 1, "its answer was lost")
	d.restart()
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.holdsOne(t, "because of 3", "URGENT")
}

// A reply is found in a thread of any length.
func TestAReplyInALongThread(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	for range perPage * pages {
		d.add(&fakePost{Channel: channelID, Thread: d.only().TS, Text: "x"})
	}
	require.NoError(t, d.emit(told(3, responder.Safe)))
	last := told(5, responder.Urgent)
	d.once(2)
	require.Error(t, d.emit(last))
	said := len(d.replies())
	d.requests = nil
	require.NoError(t, d.emit(last))
	assert.Len(t, d.replies(), said, "it was said")
	assert.Len(t, d.mentions, 1, "once")
	assert.Equal(t, []string{reads, whoami}, d.requests)
}

// The same channel by its id instead of its name, or again after another one: its message is there.
func TestTheSameChannelAgain(t *testing.T) {
	d := newDesk(t, "SLACK_CHANNEL", "#security")
	require.NoError(t, d.emit(told(2, "")))
	for i, channel := range []string{channelID, "C0OTHER", channelID} {
		d.env["SLACK_CHANNEL"] = channel
		d.restart()
		require.NoError(t, d.emit(told(int64(3+i), responder.Urgent)))
	}
	require.Len(t, d.messages(), 2)
	assert.Equal(t, channelID, d.messages()[0].Channel)
	assert.Contains(t, d.messages()[0].body, "because of 5")
	assert.Equal(t, "C0OTHER", d.messages()[1].Channel)
	assert.Equal(t, []string{"<!here>", "<!here>"}, d.mentions, "once in each")
}

// A receipt that is broken, or of another form, is none: it is not asked for again and again, and nothing is given up.
func TestBrokenReceipts(t *testing.T) {
	for name, spoil := range map[string]func(responder.Receipt){
		"no id":         func(r responder.Receipt) { r["ts"] = "?" },
		"no channel":    func(r responder.Receipt) { delete(r, "channel") },
		"a name":        func(r responder.Receipt) { r["channel"] = "#security" },
		"odd numbers":   func(r responder.Receipt) { r["shown"], r["told"], r["opened"] = "x", "x.y", "-" },
		"no state":      func(r responder.Receipt) { r["state"] = "{" },
		"odd severity":  func(r responder.Receipt) { r["loud"], r["verdict"] = "loud", "fatal" },
		"of before":     func(r responder.Receipt) { clear(r); r["message"] = "1" },
		"all are empty": func(r responder.Receipt) { clear(r) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			require.NoError(t, d.emit(told(2, "")))
			spoil(d.receipt)
			if len(d.receipt) == 0 { // of none the host says so
				require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
			} else {
				require.NoError(t, d.emit(told(3, responder.Urgent)))
			}
			d.holdsOne(t, "because of 3", "URGENT")
		})
	}
}

// What is not worth to believe: how long Slack, or who stands in for it, wants to be left alone.
func TestAbsurdRetryAfter(t *testing.T) {
	for _, c := range []struct {
		status int
		after  string
		want   time.Duration
	}{
		{429, "30", 30 * time.Second}, {429, "-1", time.Minute}, {429, "soon", time.Minute}, {429, "1e9", time.Minute},
		{429, "99999999999999999999999", time.Minute}, {429, "999999", maxWait}, {429, "Fri, 31 Dec 9999 23:59:59 GMT", maxWait},
		{503, "999999", maxWait},
	} {
		d := newDesk(t)
		d.before = func(_ int, _ string, w http.ResponseWriter) bool {
			w.Header().Set("Retry-After", c.after)
			w.WriteHeader(c.status)
			return true
		}
		err := d.emit(told(2, ""))
		wait, ok := responder.RetryDelay(err)
		assert.True(t, ok)
		assert.Equal(t, c.want, wait, "%d %s", c.status, c.after)
		d.before = nil
		d.clock = d.clock.Add(c.want)
		require.NoError(t, d.emit(told(2, "")), "%d %s", c.status, c.after)
		d.only()
	}
}
