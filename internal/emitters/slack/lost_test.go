package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

const (
	looks  = "conversations.history"
	reads  = "conversations.replies"
	whoami = "auth.test"
)

// once loses the answer to the n-th request.
func (d *desk) once(n int) {
	d.requests = nil
	d.lose = func(k int, _ string) bool {
		if k == n {
			d.lose = nil
		}
		return k == n
	}
}

// The answer to each request is lost in turn, or the process dies with it; then the notification comes again.
func TestLostAnswers(t *testing.T) {
	for _, first := range []int64{2, 3} {
		for at := 1; at <= 8; at++ {
			for _, dies := range []bool{false, true} {
				t.Run(fmt.Sprintf("first %d, request %d, dies %t", first, at, dies), func(t *testing.T) {
					d := newDesk(t)
					d.once(at)
					for _, r := range []responder.Report{told(first, responder.Unclassified), told(5, responder.Urgent), told(7, responder.Safe)} {
						was := d.receipt
						ctx := context.Background()
						for tries := 0; d.emitIn(ctx, r) != nil; tries++ {
							require.Less(t, tries, 3)
							if dies {
								d.receipt, ctx = was, responder.Interrupt(context.Background())
								d.restart()
							}
						}
					}
					d.holdsOne(t, "because of 7", "SAFE")
					assert.Equal(t, []string{"<!here>"}, d.mentions)
				})
			}
		}
	}
}

// holdsOne says that there is one message, which shows the last notification, and that nothing is told twice in its thread.
func (d *desk) holdsOne(t assert.TestingT, texts ...string) {
	if m := d.messages(); assert.Len(t, m, 1) {
		for _, s := range texts {
			assert.Contains(t, m[0].body, s)
		}
	}
	seen := map[string]bool{}
	for _, r := range d.replies() {
		p, ok := found{Metadata: r.Metadata}.of(aReply)
		key := fmt.Sprint(p.Seq, ".", p.Part)
		assert.True(t, ok)
		assert.False(t, seen[key], "%s twice", key)
		seen[key] = true
	}
}

// What it takes to find one's own.
func TestRecall(t *testing.T) {
	d := newDesk(t)
	d.once(1)
	err := d.emit(told(2, ""))
	assert.True(t, delivery.InDoubt(err))
	assert.NotEmpty(t, d.receipt["doubt"])
	assert.Equal(t, []string{looks, whoami, reads}, d.does(told(2, "")), "it is there")
	assert.Empty(t, d.receipt["doubt"])
	assert.Equal(t, []string{updates, posts}, d.does(told(3, responder.Unclassified)))

	// The function died after the reply: it has called people.
	require.NoError(t, d.emit(told(5, responder.Safe)))
	was := d.receipt
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	d.receipt = was
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(7, responder.Urgent)))
	assert.Len(t, d.replies(), 3)
	assert.Equal(t, []string{"<!here>"}, d.mentions)

	// Nothing is remembered at all.
	d.receipt = nil
	d.restart()
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(9, responder.Urgent)))
	d.holdsOne(t, "because of 9", "URGENT")
	assert.Len(t, d.mentions, 1, "they know")
}

// The message of another report is not this one's.
func TestAnotherReport(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(3, responder.Urgent, func(r *responder.Report) { r.ReportID = "another-1" })))
	d.receipt = nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Len(t, d.messages(), 2)
}

// The function dies between the update and the reply that calls people, and nothing is remembered.
func TestWhoWasNotCalledIsCalled(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.receipt = nil
	d.before = func(_ int, method string, w http.ResponseWriter) bool {
		if method == posts {
			w.WriteHeader(http.StatusBadGateway)
		}
		return method == posts
	}
	require.Error(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Contains(t, d.only().Text, "URGENT")
	d.before, d.receipt = nil, nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	d.holdsOne(t)
	assert.Equal(t, []string{"<!here>"}, d.mentions)
}

// Of several messages, which there are where it could not look, the last one is kept up to date.
func TestTheLastOfSeveral(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.receipt = nil
	require.NoError(t, d.emit(told(2, "")))
	d.receipt = nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Safe)))
	require.Len(t, d.messages(), 2)
	assert.Equal(t, []int{0, 1}, []int{d.messages()[0].updates, d.messages()[1].updates})
}

// A notice takes nothing away of a verdict that is not remembered.
func TestANoticeAfterALostVerdict(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.receipt = nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(4, "")))
	assert.Contains(t, d.only().body, "because of 3")
	assert.Equal(t, 1, d.only().updates)
	assert.Len(t, d.replies(), 2, "it is told in the thread")
	require.NoError(t, d.emit(told(6, responder.Urgent)))
	assert.Contains(t, d.only().body, "because of 3")
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	d.holdsOne(t, "because of 7")
	assert.Len(t, d.mentions, 1)
}

// What came late is not told: the message shows more.
func TestALateNotification(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	for _, r := range []responder.Report{told(2, ""), told(3, responder.Safe)} {
		d.receipt, d.requests = nil, nil
		d.restart()
		require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), r))
		assert.Equal(t, []string{looks, whoami, reads}, d.requests)
	}
	d.holdsOne(t, "because of 5")
}

// Where the token may not look, or the channel is known by its name alone, it is said twice rather than not at all.
func TestWhereItCannotLook(t *testing.T) {
	for name, spoil := range map[string]func(*desk){
		"no scope": func(d *desk) { delete(d.scopes, "channels:history") },
		"a name":   func(d *desk) { d.env["SLACK_CHANNEL"] = "#security"; d.restart() },
	} {
		d := newDesk(t)
		spoil(d)
		d.once(1)
		require.Error(t, d.emit(told(2, "")), name)
		require.NoError(t, d.emit(told(2, "")), name)
		require.NoError(t, d.emit(told(3, responder.Urgent)), name)
		require.Len(t, d.messages(), 2, name)
		assert.Equal(t, 1, d.messages()[1].updates, name)
	}
	d := newDesk(t, "SLACK_CHANNEL", "#security")
	require.NoError(t, d.emit(told(2, "", func(r *responder.Report) { r.ReportID = "another-1" })))
	d.receipt = nil
	d.once(1)
	require.Error(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(2, "")))
	assert.Len(t, d.messages(), 2, "its id was learnt of another report")
}

// What another app writes is not taken for ours, whatever it says; nor is what it makes of metadata in the way.
func TestForgedMetadata(t *testing.T) {
	d := newDesk(t)
	d.clock = start.Add(time.Second)
	for _, metadata := range []string{
		`{"event_type":"alertresponder_report","event_payload":{"report":"` + reportID + `","seq":"3","severity":"urgent","opened":"3"}}`,
		`{"event_type":"alertresponder_report","event_payload":{"report":7,"seq":[]}}`, `{}`, `[]`, `"x"`, `7`,
	} {
		d.add(&fakePost{Channel: channelID, Text: "x", Metadata: []byte(metadata)})
		d.posts[len(d.posts)-1].Bot = "B0MALLORY"
	}
	forged := len(d.posts)
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Len(t, d.messages(), forged+1)
	assert.Equal(t, []string{"<!here>"}, d.mentions)
	d.add(&fakePost{Channel: channelID, Thread: d.receipt["ts"], Text: "x",
		Metadata: []byte(`{"event_type":"alertresponder_reply","event_payload":{"report":"` + reportID + `","seq":"5","severity":"safe","part":"1"}}`)})
	d.posts[len(d.posts)-1].Bot = "B0MALLORY"
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(5, responder.Safe)))
	assert.Len(t, d.replies(), 3)
}

// It is found on a later page, and the search has an end.
func TestTheSearchEnds(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.clock = start.Add(time.Minute)
	for range 250 {
		d.add(&fakePost{Channel: channelID, Text: "x"})
	}
	d.receipt, d.requests = nil, nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(2, "")))
	assert.Equal(t, []string{looks, looks, looks, whoami, reads}, d.requests)
	for range 1000 {
		d.add(&fakePost{Channel: channelID, Text: "x"})
	}
	d.receipt, d.requests = nil, nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(2, "")))
	assert.Len(t, d.requests, pages+1, "it is posted anew")
}

// rude is Slack on its worst days.
func (d *desk) rude(t *rapid.T) {
	d.lose = func(int, string) bool { return rapid.IntRange(0, 9).Draw(t, "lost") == 0 }
	d.before = func(_ int, method string, w http.ResponseWriter) bool {
		switch rapid.IntRange(0, 19).Draw(t, "mood") {
		case 0:
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			codes := []string{"ratelimited", "service_unavailable", "request_timeout", "internal_error", "fatal_error", "invalid_auth", "channel_not_found"}
			if method != posts && method != updates { // where it may not look, it cannot find
				codes = codes[:6]
			}
			d.fail(w, rapid.SampledFrom(codes).Draw(t, "code"))
		case 2:
			w.WriteHeader(rapid.SampledFrom([]int{200, 403, 502, 503}).Draw(t, "status"))
			_, _ = w.Write([]byte("<html>" + strings.Repeat("x", 100)))
		default:
			return false
		}
		return true
	}
}

// Whatever fails, and whenever the process dies: at last there is one message of the report, it shows the last notification,
// nothing is told twice, and people were called once for each time that it got worse.
func TestAnySequenceOfFailures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		d.limited = true
		rises, last := 0, responder.Severity("")
		seq := int64(1)
		var r responder.Report
		for range rapid.IntRange(1, 5).Draw(rt, "notifications") {
			seq += int64(rapid.IntRange(1, 2).Draw(rt, "step"))
			severity := last
			if seq%2 == 1 {
				severity = rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Unclassified, responder.Safe}).Draw(rt, "severity")
			}
			if severity == responder.Urgent && last != responder.Urgent {
				rises++
			}
			last, r = severity, told(seq, severity)
			d.rude(rt)
			ctx := context.Background()
			for tries := 0; ; tries++ {
				was := d.receipt
				d.clock = d.clock.Add(10 * time.Second)
				err := d.emitIn(ctx, r)
				if err != nil && responder.IsPermanent(err) {
					rt.Fatalf("given up: %v", err)
				}
				dies := rapid.IntRange(0, 4).Draw(rt, "dies") == 0
				if dies {
					d.receipt = was
					ctx = responder.Interrupt(ctx)
					d.restart()
				} else if err == nil {
					break
				}
				if tries > 30 {
					d.before, d.lose = nil, nil
				}
			}
		}
		word := strings.ToUpper(string(last))
		d.holdsOne(rt, word)
		if len(d.mentions) != rises {
			rt.Fatalf("called %d times, got worse %d times", len(d.mentions), rises)
		}
	})
}
