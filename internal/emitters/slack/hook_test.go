package slack

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

func newHookDesk(t *testing.T, env ...string) *desk {
	d := newDesk(t, append([]string{"SLACK_CHANNEL", ""}, env...)...)
	d.key = hookURL
	return d
}

// The lesser mode: a message for each that says something else.
func TestAWebhook(t *testing.T) {
	d := newHookDesk(t)
	for _, step := range []struct {
		report responder.Report
		n      int
	}{
		{told(2, ""), 1}, {told(3, responder.Unclassified), 2}, {told(4, responder.Unclassified), 2}, {told(5, responder.Unclassified), 2},
		{told(7, responder.Urgent), 3}, {told(7, responder.Urgent), 3}, {told(8, responder.Urgent, resolved), 4}, {told(9, responder.Urgent, resolved), 4},
		{told(11, responder.Safe, resolved), 5},
	} {
		require.NoError(t, d.emit(step.report))
		assert.Len(t, d.messages(), step.n, step.report.Seq)
	}
	assert.Equal(t, []string{"<!here>"}, d.mentions)
	assert.Contains(t, d.posts[2].Text, "URGENT (was UNCLASSIFIED)")
	assert.Contains(t, d.posts[2].body, "Seen by sensor 5", "also what was not worth a message by itself")
	assert.Len(t, d.requests, 5)
}

// A notice that knows of a verdict does not stand for it.
func TestAWebhookTellsTheVerdict(t *testing.T) {
	d := newHookDesk(t)
	require.NoError(t, d.emit(told(4, responder.Urgent)))
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	require.Len(t, d.messages(), 2)
	assert.Contains(t, d.posts[1].body, "because of 5")
	assert.Len(t, d.mentions, 1)
}

func TestAWebhookFails(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		kind   error
		wait   time.Duration
		n      int
	}{
		{404, "no_service", delivery.ErrKey, 5 * time.Minute, 2},
		{403, "invalid_token", delivery.ErrKey, 5 * time.Minute, 2},
		{404, "channel_not_found", errSetUp, 5 * time.Minute, 1},
		{410, "channel_is_archived", errSetUp, 5 * time.Minute, 1},
		{403, "action_prohibited", errSetUp, 5 * time.Minute, 1},
		{403, "<html>", errSetUp, 5 * time.Minute, 1},
		{500, "rollup_error", delivery.ErrUnavailable, 0, 1},
		{429, "rate_limited", delivery.ErrBusy, time.Minute, 1},
		{200, "<html>log in</html>", delivery.ErrAnswer, 0, 1},
		{200, "", delivery.ErrAnswer, 0, 1},
	} {
		d := newHookDesk(t)
		d.answers(c.status, c.text)
		err := d.emit(told(3, responder.Urgent))
		assert.ErrorIs(t, err, c.kind, c.text)
		assert.False(t, responder.IsPermanent(err), c.text)
		wait, _ := responder.RetryDelay(err)
		assert.Equal(t, c.wait, wait, c.text)
		assert.Len(t, d.requests, c.n, c.text)
		assert.NotContains(t, err.Error(), "<")
		d.before = nil
		d.clock = d.clock.Add(time.Minute)
		require.NoError(t, d.emit(told(3, responder.Urgent)))
		assert.Len(t, d.mentions, 1)
	}
	d := newHookDesk(t)
	d.before = func(n int, _ string, w http.ResponseWriter) bool {
		if n == 1 {
			w.WriteHeader(400)
			_, _ = w.Write([]byte("invalid_blocks"))
		}
		return n == 1
	}
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Contains(t, d.only().Text, "did not take the rest")
	d.answers(400, "invalid_payload")
	assert.True(t, responder.IsPermanent(d.emit(told(5, responder.Safe))))
}

// Who goes from a webhook to a token, or back, begins anew.
func TestAnotherKindOfKey(t *testing.T) {
	d := newHookDesk(t)
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.key, d.env["SLACK_CHANNEL"] = botToken, channelID
	d.restart()
	assert.Equal(t, []string{posts, posts}, d.does(told(5, responder.Safe)))
	d.key = hookURL
	assert.Equal(t, []string{"webhook"}, d.does(told(7, responder.Safe)))

	d.env["SLACK_CHANNEL"] = ""
	d.restart()
	d.key = botToken
	err := d.emit(told(9, responder.Safe))
	assert.ErrorIs(t, err, errSetUp)
	assert.ErrorContains(t, err, "SLACK_CHANNEL")
}

// Another address of Slack is one of its webhooks too.
func TestAnotherAddress(t *testing.T) {
	for key, want := range map[string]string{hookURL: "http://127.0.0.1:1/services/T0000/B0000/of-the-team-5bc1", botToken: "http://127.0.0.1:1/api/chat.postMessage"} {
		var got string
		e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return key, nil }, BaseURL: "http://127.0.0.1:1/api",
			Getenv:    func(n string) string { return map[string]string{"SLACK_CHANNEL": channelID}[n] },
			Transport: tripper(func(r *http.Request) (*http.Response, error) { got = r.URL.String(); return DryRun().RoundTrip(r) })})
		require.NoError(t, err)
		_, err = e.Emit(t.Context(), told(2, ""), nil)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
