package slack

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// answers has each request answered by a text.
func (d *desk) answers(status int, text string, header ...string) {
	d.before = func(_ int, _ string, w http.ResponseWriter) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
		return true
	}
}

func failing(code string) string { return `{"ok":false,"error":"` + code + `"}` }

// What each answer means. None is permanent: somebody may mend it, or Slack does, and a message is not lost meanwhile.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		kind   error
		wait   time.Duration
		doubt  bool
		n      int // requests
	}{
		{200, failing("invalid_auth"), delivery.ErrKey, 5 * time.Minute, false, 2},
		{200, failing("token_revoked"), delivery.ErrKey, 5 * time.Minute, false, 2},
		{401, "", delivery.ErrKey, 5 * time.Minute, false, 1},
		{200, failing("missing_scope"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("channel_not_found"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("not_in_channel"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("is_archived"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("restricted_action_read_only_channel"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("an_error_of_next_year"), errSetUp, 5 * time.Minute, false, 1},
		{404, "<html>", errSetUp, 5 * time.Minute, false, 1},
		{302, "", errSetUp, 5 * time.Minute, false, 1},
		{400, failing("is_archived"), errSetUp, 5 * time.Minute, false, 1},
		{200, failing("ratelimited"), delivery.ErrBusy, time.Minute, false, 1},
		{429, failing("ratelimited"), delivery.ErrBusy, time.Minute, false, 1},
		{200, failing("service_unavailable"), delivery.ErrUnavailable, 0, false, 1},
		{200, failing("request_timeout"), delivery.ErrUnavailable, 0, false, 1},
		{200, failing("fatal_error"), delivery.ErrUnavailable, 0, true, 1},
		{200, failing("internal_error"), delivery.ErrUnavailable, 0, true, 1},
		{500, "x", delivery.ErrUnavailable, 0, true, 1},
		{200, "<html>log in</html>", delivery.ErrAnswer, 0, true, 1},
		{200, "", delivery.ErrAnswer, 0, true, 1},
		{200, "[]", delivery.ErrAnswer, 0, true, 1},
		{200, "{}", delivery.ErrAnswer, 0, true, 1},
		{200, `{"ok":false,"error":"<b>log in</b>"}`, delivery.ErrAnswer, 0, true, 1},
		{200, `{"ok":"yes"}`, delivery.ErrAnswer, 0, true, 1},
		{200, `{"ok":true}`, delivery.ErrAnswer, 0, true, 1},
		{200, `{"ok":true,"channel":"C0SECURITY","ts":"<x>"}`, delivery.ErrAnswer, 0, true, 1},
		{200, `{"ok":true,"channel":"#security","ts":"1.1"}`, delivery.ErrAnswer, 0, true, 1},
	} {
		d := newDesk(t)
		d.answers(c.status, c.text)
		err := d.emit(told(3, responder.Urgent))
		if c.status == 401 { // it says nothing of what it means
			c.kind = errSetUp
		}
		assert.ErrorIs(t, err, c.kind, c.text)
		assert.False(t, responder.IsPermanent(err), c.text)
		wait, _ := responder.RetryDelay(err)
		assert.Equal(t, c.wait, wait, c.text)
		assert.Equal(t, c.doubt, d.receipt["doubt"] != "", c.text)
		assert.Len(t, d.requests, c.n, c.text)
		assert.NotContains(t, err.Error(), "log in")
		assert.NotContains(t, err.Error(), "<")
		d.before = nil
		d.clock = d.clock.Add(c.wait)
		require.NoError(t, d.emit(told(3, responder.Urgent)), c.text)
		d.holdsOne(t, "because of 3")
	}
}

// While Slack wants to be left alone, it is.
func TestRetryAfter(t *testing.T) {
	d := newDesk(t)
	d.answers(429, "", "Retry-After", "30")
	err := d.emit(told(2, ""))
	wait, _ := responder.RetryDelay(err)
	assert.Equal(t, 30*time.Second, wait)
	d.before = nil
	d.clock = d.clock.Add(10 * time.Second)
	err = d.emit(told(2, "", func(r *responder.Report) { r.ReportID = "another" }))
	wait, _ = responder.RetryDelay(err)
	assert.Equal(t, 20*time.Second, wait)
	assert.Len(t, d.requests, 1)
	d.clock = d.clock.Add(20 * time.Second)
	require.NoError(t, d.emit(told(2, "")))
}

// What Slack does not take is left out: the blocks, the metadata. What it does not take at all is given up.
func TestWhatIsNotTakenIsLeftOut(t *testing.T) {
	for _, code := range []string{"invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_arguments"} {
		d := newDesk(t)
		refuse := func(n int, _ string, w http.ResponseWriter) bool {
			if n%2 == 1 {
				d.fail(w, code)
			}
			return n%2 == 1
		}
		d.before = refuse
		require.NoError(t, d.emit(told(2, "")), code)
		m := d.only()
		assert.True(t, strings.HasPrefix(m.Text, "*NEW* Backdoor"), m.Text)
		assert.Contains(t, m.Text, "did not take the rest")
		assert.Equal(t, "[]", string(m.Attachments))
		assert.NotEmpty(t, m.Metadata)
		d.before = nil
		require.NoError(t, d.emit(told(3, responder.Urgent)))
		assert.Contains(t, m.body, "because of 3", "the next one is whole")
		d.requests = nil
		d.before = refuse
		require.NoError(t, d.emit(told(5, responder.Safe)))
		assert.Equal(t, []string{updates, updates, posts, posts}, d.requests)
		assert.Equal(t, "[]", string(m.Attachments), "what stood there before would be wrong")

		d.answers(200, failing(code))
		err := d.emit(told(7, responder.Urgent))
		assert.True(t, responder.IsPermanent(err), code)
		assert.ErrorIs(t, err, delivery.ErrRefused)
	}
	d := newDesk(t)
	d.before = func(n int, _ string, w http.ResponseWriter) bool {
		if n == 1 {
			d.fail(w, "metadata_must_be_sent_from_app")
		}
		return n == 1
	}
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Contains(t, d.only().body, "because of 3")
	assert.Empty(t, d.only().Metadata)
}

// Of what comes in several parts, those that are there are not sent again.
func TestPartsThatAreThere(t *testing.T) {
	d := newDesk(t)
	d.limited = true
	r := told(3, responder.Urgent)
	for k := range 300 {
		a := responder.Attribute{Type: responder.TypeDomain, Value: "d.example"}
		r.Signals = append(r.Signals, responder.Signal{Kind: "k", Verdict: responder.Malicious, Score: 90, Attribute: &a, Inspector: "sensor" + strings.Repeat("x", k%20),
			Summary: strings.Repeat("some words ", 20) + "of sensor " + strings.Repeat("y", k)})
	}
	require.NoError(t, d.emit(told(2, "")))
	tries := 0
	for d.emit(r) != nil {
		d.clock = d.clock.Add(time.Second)
		require.Less(t, tries, 12)
		tries++
	}
	assert.Greater(t, tries, 1)
	d.holdsOne(t)
	assert.Len(t, d.replies(), 11, "what changed, and ten messages at most")
	assert.Equal(t, []string{"<!here>"}, d.mentions)
	d.limited = false
	assert.Equal(t, []string{updates, posts}, d.does(told(5, responder.Urgent)), "not all of it again")
}

func TestTheKey(t *testing.T) {
	d := newDesk(t)
	for _, key := range []string{"", "not a key", "http://hooks.slack.com/services/x", "https://evil.example/services/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com"} {
		d.key = key
		err := d.emit(told(2, ""))
		assert.ErrorIs(t, err, delivery.ErrKey, key)
		wait, _ := responder.RetryDelay(err)
		assert.Equal(t, 5*time.Minute, wait)
		respondertest.NoSecret(t, key, err)
	}
	assert.Empty(t, d.requests, "it is sent to nobody")
	d.key = botToken + "\n"
	require.NoError(t, d.emit(told(2, "")))

	denied := errors.New("access denied")
	e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return "", denied }, Getenv: func(n string) string { return d.env[n] }, Transport: d.fake})
	require.NoError(t, err)
	_, err = e.Emit(t.Context(), told(2, ""), nil)
	assert.ErrorIs(t, err, denied)
}

// A token that was replaced is read anew at once.
func TestANewToken(t *testing.T) {
	d := newDesk(t)
	e, err := New(delivery.Settings{Getenv: func(n string) string { return d.env[n] }, Transport: d.fake, Key: func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			return botToken, nil
		}
		return "xoxb-old", nil
	}})
	require.NoError(t, err)
	_, err = e.Emit(t.Context(), told(2, ""), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{posts, posts}, d.requests)
}
