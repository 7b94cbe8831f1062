package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const (
	invalid  = `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.severity' is invalid"]}`
	wrongLen = `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`
)

// What answers mean, by "Events API v2 Overview", "Response Codes & Retry Logic".
func TestAnswers(t *testing.T) {
	const permanent, backoff = -1, -2
	for _, c := range []struct {
		status   int
		header   string
		body     string
		kind     error
		wait     time.Duration
		requests int
	}{
		{400, "", invalid, delivery.ErrRefused, permanent, 2},
		{413, "", "", delivery.ErrRefused, permanent, 2},
		{400, "", "Invalid routing key", delivery.ErrKey, mended, 1},
		{400, "", wrongLen, delivery.ErrKey, mended, 1},
		{401, "", "", delivery.ErrKey, mended, 1}, {402, "", "", delivery.ErrKey, mended, 1}, {403, "", "", delivery.ErrKey, mended, 1},
		{404, "", "", delivery.ErrAnswer, mended, 1}, {301, "Location: https://attacker.example/", "", delivery.ErrAnswer, mended, 1},
		{200, "", "<html>log in</html>", delivery.ErrAnswer, mended, 1}, {204, "", "", delivery.ErrAnswer, mended, 1},
		{429, "", "Request Limit Exceeded", delivery.ErrBusy, time.Minute, 1},
		{429, "Retry-After: 30", "", delivery.ErrBusy, 30 * time.Second, 1},
		{429, "Retry-After: 99999999", "", delivery.ErrBusy, maxWait, 1},
		{500, "", "", delivery.ErrUnavailable, backoff, 1}, {503, "Retry-After: 99999999", "", delivery.ErrUnavailable, maxWait, 1},
		{408, "", "", delivery.ErrUnavailable, backoff, 1}, {-1, "", "", delivery.ErrUnavailable, backoff, 1},
	} {
		t.Run(fmt.Sprintf("%d %s%.20s", c.status, c.header, c.body), func(t *testing.T) {
			d := newDesk(t)
			d.before = func(int) (int, string, string) { return c.status, c.header, c.body }
			err := d.emitIn(t.Context(), told(3, responder.Urgent))
			require.ErrorIs(t, err, c.kind)
			assert.Equal(t, c.wait == permanent, responder.IsPermanent(err))
			if wait, ok := responder.RetryDelay(err); c.wait > 0 && assert.True(t, ok) {
				assert.Equal(t, c.wait, wait)
			}
			assert.Equal(t, c.requests, d.requests)
			respondertest.NoSecret(t, key, err, d.receipt)

			d.before = nil
			if c.wait != permanent { // nothing is lost: the same notification, or the notice that took its place
				kept := d.receipt
				assert.Equal(t, []string{"trigger"}, d.does(told(3, responder.Urgent)))
				d.receipt, d.incidents = kept, nil
				assert.Equal(t, []string{"trigger"}, d.does(told(4, "")))
				assert.Contains(t, d.incidents[0].log[0], "URGENT: UnauthorizedAccess:EC2/SSHBruteForce – because of 3")
			} else {
				assert.Empty(t, d.does(told(4, "")))
				assert.Equal(t, []string{"trigger"}, d.does(told(5, responder.Urgent)), "the next verdict may be taken")
			}
		})
	}
}

// The same of a resolve.
func TestAResolveThatFails(t *testing.T) {
	d := newDesk(t)
	d.does(told(3, responder.Urgent))
	d.before = func(int) (int, string, string) { return 429, "", "" }
	require.Error(t, d.emitIn(t.Context(), told(5, responder.Safe)))
	d.before = nil
	assert.Equal(t, []string{"resolve"}, d.does(told(6, responder.Safe)), "the notice that took its place")

	d = newDesk(t)
	d.does(told(3, responder.Urgent))
	d.before = func(int) (int, string, string) { return 429, "", "" }
	require.Error(t, d.emitIn(t.Context(), told(5, responder.Safe)))
	d.before = nil
	assert.Empty(t, d.does(told(8, responder.Urgent)), "it was overtaken by a verdict that pages: what is open stays")
}

// A page that is refused for a detail comes without details.
func TestNoDetailIsWorthAPage(t *testing.T) {
	d := newDesk(t)
	d.before = func(n int) (int, string, string) {
		if n == 1 {
			return 400, "", invalid
		}
		return 0, "", ""
	}
	require.NoError(t, d.emitIn(t.Context(), told(3, responder.Urgent)))
	require.Len(t, d.events, 1)
	assert.NotContains(t, d.events[0], "links")
	assert.Len(t, d.events[0]["payload"], 3)
	assert.Equal(t, yes, d.receipt[keyOpen])
}

// What PagerDuty says of a refusal is told, short and harmless.
func TestWhatARefusalSays(t *testing.T) {
	d := newDesk(t)
	d.before = func(int) (int, string, string) {
		return 400, "", `{"message":"no \u001b[2J ` + key + ` https://attacker.example/x","errors":["` + strings.Repeat("x", 5000) + `"]}`
	}
	err := d.emitIn(t.Context(), told(3, responder.Urgent))
	assert.ErrorContains(t, err, "no [2J … hxxps://attacker[.]example/x; xxx")
	assert.Less(t, len(err.Error()), 400)
	respondertest.NoSecret(t, key, err)
}

func TestTheKey(t *testing.T) {
	for secret, want := range map[string]string{
		"":                      "0 characters, expected the integration key",
		"e+kd5BWM-NCknhB3XnYg":  "20 characters",
		strings.Repeat("é", 32): "32 characters",
		key + "0":               "33 characters",
		"01234567-9abcdefABCDEF0123456789"[:31] + "!": "letters and digits",
	} {
		d := newDesk(t)
		d.secret = secret
		err := d.emitIn(t.Context(), told(3, responder.Urgent))
		require.ErrorIs(t, err, delivery.ErrKey)
		assert.ErrorContains(t, err, want)
		assert.Zero(t, d.requests)
		respondertest.NoSecret(t, secret, err, d.receipt)
		d.secret = " " + key + "\n"
		assert.Equal(t, []string{"trigger"}, d.does(told(4, "")), "nothing is lost")
	}
}

// A key that was replaced is read again at once, and asked for once more only where it is another.
func TestAnotherKey(t *testing.T) {
	d := newDesk(t)
	cached, reads := "ffffffffffffffffffffffffffffffff", 0
	e, err := New(delivery.Settings{Transport: d.fake, Key: func(ctx context.Context) (string, error) {
		reads++
		if responder.WantsRefresh(ctx) {
			cached = key
		}
		return cached, nil
	}})
	require.NoError(t, err)
	d.e = e
	require.NoError(t, d.emitIn(t.Context(), told(3, responder.Urgent)))
	assert.Equal(t, 2, d.requests)
	assert.Equal(t, 2, reads)
	d.keys = nil
	require.ErrorIs(t, d.emitIn(t.Context(), told(5, responder.Safe)), delivery.ErrKey)
	assert.Equal(t, 3, d.requests)
}

func TestASecretThatCannotBeRead(t *testing.T) {
	e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return "", errors.New("AccessDenied") }})
	require.NoError(t, err)
	receipt, err := e.Emit(t.Context(), told(3, responder.Urgent), nil)
	assert.ErrorContains(t, err, "pagerduty: key: AccessDenied")
	assert.False(t, responder.IsPermanent(err))
	assert.Equal(t, "trigger", receipt[keyOwed])
}

// The answer to each request is lost in turn, or the process dies with it; then the notification comes again, or the next.
func TestLostAnswers(t *testing.T) {
	sequence := []responder.Report{told(3, responder.Urgent), told(5, responder.Safe), told(7, responder.Urgent), told(9, responder.Urgent, over)}
	for at := 1; at <= 4; at++ {
		for _, dies := range []bool{false, true} {
			for _, overtaken := range []bool{false, true} {
				t.Run(fmt.Sprintf("request %d, dies %t, overtaken %t", at, dies, overtaken), func(t *testing.T) {
					d := newDesk(t)
					d.lose = func(n int) bool { return n == at }
					ctx := t.Context()
					for k, r := range sequence {
						was := d.receipt
						for d.emitIn(ctx, r) != nil {
							if dies {
								d.receipt, ctx = was, responder.Interrupt(t.Context())
							}
							if overtaken && k+1 < len(sequence) {
								break
							}
						}
						if d.requests > at {
							ctx = t.Context()
						}
					}
					assert.Nil(t, d.of(report))
					assert.Len(t, d.incidents, 2)
					assert.Empty(t, d.faults)
				})
			}
		}
	}
}

// A function that died after it had resolved, and a notice in its place: the incident may not be open any more.
func TestADeathThatANoticeHides(t *testing.T) {
	d := newDesk(t)
	d.does(told(3, responder.Urgent))
	kept := d.receipt
	d.does(told(5, responder.Safe))
	d.receipt = kept
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(6, responder.Urgent)))
	assert.Equal(t, []string{"trigger"}, d.does(told(7, responder.Urgent)))
	assert.NotNil(t, d.of(report))
}

func TestAReportWithoutAnID(t *testing.T) {
	d := newDesk(t)
	err := d.emitIn(t.Context(), told(3, responder.Urgent, func(r *responder.Report) { r.ReportID = "" }))
	assert.True(t, responder.IsPermanent(err))
	assert.Zero(t, d.requests)
	assert.Len(t, dedupKey(strings.Repeat("r", 300)), 64)
	assert.Len(t, dedupKey("r\n"), 64)
	assert.NotEqual(t, dedupKey("r\n"), dedupKey("r\r"))
}

// A receipt that cannot be read means that something may be open.
func TestOddReceipts(t *testing.T) {
	d := newDesk(t)
	for _, prev := range []responder.Receipt{{"open": "?"}, {"verdict": "x", "owed": "acknowledge", "open": "yes", "told": "abc"}, {"state": "{"}} {
		d.receipt = prev
		require.NoError(t, d.emitIn(t.Context(), told(3, responder.Urgent)))
		b, _ := json.Marshal(d.receipt)
		assert.Contains(t, string(b), `"open":"yes"`)
	}
	assert.Equal(t, 3, d.requests)
}
