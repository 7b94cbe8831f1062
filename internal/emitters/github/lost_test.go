package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// A receipt that was lost: the issue is found by its marker, the verdict in it stands until the next one.
func TestALostReceipt(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	i := d.only()
	i.labels = append(i.labels, "phishing")
	d.receipt = nil
	d.restart()
	require.NoError(t, d.emit(told(4, responder.Urgent)))
	assert.Contains(t, i.body, "because of 3", "a notice takes nothing away")
	assert.Len(t, i.comments, 2)
	require.NoError(t, d.emit(told(6, responder.Urgent)))
	assert.Contains(t, i.body, "because of 3")
	require.NoError(t, d.emit(told(7, responder.Safe)))
	assert.Contains(t, i.body, "because of 7")
	assert.Equal(t, []string{"alertresponder", "phishing", "severity: safe"}, i.labels)
	assert.Equal(t, "closed", i.state)
	d.receipt = nil
	require.NoError(t, d.emit(told(9, responder.Urgent)))
	assert.Equal(t, "open", i.state, "the issue itself tells who closed it")
	assert.Len(t, d.repo().issues, 1)
}

// What shows more already is not taken back.
func TestAnOlderNotification(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	d.receipt = nil
	require.NoError(t, d.emit(told(3, responder.Safe)))
	assert.Contains(t, d.only().body, "because of 5")
	assert.Len(t, d.only().comments, 1)
	assert.Empty(t, d.receipt["state"])
}

// Strangers can write what they like where everybody can write. It is not taken for ours.
func TestForgedMarkers(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "public=allow")
	d.repo().private = false
	forged := &fakeIssue{number: 1, title: "x", body: marker{report: reportID, seq: 999, severity: responder.Safe, closed: true}.String(),
		state: "closed", by: "mallory", created: start, updated: start}
	pull := &fakeIssue{number: 2, title: "x", body: forged.body, state: "open", by: "acme-bot", created: start, updated: start, pull: true}
	d.repo().issues = []*fakeIssue{forged, pull}
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	require.Len(t, d.repo().issues, 3)
	assert.Equal(t, "3", d.receipt["number"])
	assert.Zero(t, forged.writes+pull.writes)

	i := d.repo().issues[2]
	i.comments = append(i.comments, fakeComment{1, said(reportID, 5), "mallory", start})
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(5, responder.Safe)))
	assert.Len(t, i.comments, 2, "nor is a comment")
}

func TestItIsFoundOnALaterPage(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	for k := range 70 {
		d.repo().issues = append(d.repo().issues, &fakeIssue{number: int64(k + 2), title: "x", state: "open", by: "alice", created: start, updated: start})
	}
	for k := range 65 {
		d.repo().issues[0].comments = append(d.repo().issues[0].comments, fakeComment{int64(k), "x", "alice", start})
	}
	d.repo().issues[0].comments = append(d.repo().issues[0].comments, fakeComment{100, said(reportID, 3), "acme-bot", start})
	d.receipt = nil
	d.requests = nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Equal(t, "1", d.receipt["number"])
	assert.Len(t, d.repo().issues[0].comments, 66, "it was said")
	assert.Len(t, d.requests, 3+1+1+3, "three pages, who we are, the text, three pages")
}

// A comment is looked for among the last ones, however many there are.
func TestItsCommentIsFoundAmongMany(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	i := d.only()
	for k := range 1200 {
		i.comments = append(i.comments, fakeComment{int64(k), "x", "alice", start})
	}
	d.lose = func(_ int, r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/comments") }
	require.Error(t, d.emit(told(3, responder.Urgent)))
	require.Len(t, i.comments, 1201, "its answer was lost")
	d.lose, d.requests = nil, nil
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Len(t, i.comments, 1201, "it was said")
	assert.LessOrEqual(t, len(d.requests), 1+most/perPage+1, "the text, pages, who we are")
}

// A receipt that is broken, or of another form: what it does not tell is looked for.
func TestBrokenReceipts(t *testing.T) {
	for name, spoil := range map[string]func(responder.Receipt){
		"no number":         func(r responder.Receipt) { delete(r, "number") },
		"another number":    func(r responder.Receipt) { r["number"] = "#1" },
		"negative":          func(r responder.Receipt) { r["number"] = "-1" },
		"no repository":     func(r responder.Receipt) { delete(r, "repo") },
		"another place":     func(r responder.Receipt) { r["repo"] = "ghe.example.com/1" }, // and back again
		"nothing it knows":  func(r responder.Receipt) { clear(r); r["issue"] = "1" },
		"a state of before": func(r responder.Receipt) { r["state"] = `{"v":0}` },
		"no marker":         func(r responder.Receipt) { r["last"] = "<!--" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			require.NoError(t, d.emit(told(2, "")))
			require.NoError(t, d.emit(told(3, responder.Urgent)))
			spoil(d.receipt)
			require.NoError(t, d.emit(told(5, responder.Safe)))
			assert.Contains(t, d.only().body, "because of 5")
			assert.Equal(t, "closed", d.only().state)
		})
	}
}

// The search ends: at issues from before the report, and after so many.
func TestTheSearchEnds(t *testing.T) {
	d := newDesk(t)
	old := start.Add(-100 * 24 * time.Hour)
	for k := range 100 {
		d.repo().issues = append(d.repo().issues, &fakeIssue{number: int64(k + 1), title: "x", state: "open", by: "alice", created: old, updated: start})
	}
	assert.Len(t, d.does(told(3, responder.Urgent)), 1+1+1, "updated since, but opened before")

	d = newDesk(t)
	for k := range 5000 {
		d.repo().issues = append(d.repo().issues, &fakeIssue{number: int64(k + 1), title: "x", state: "open", by: "alice", created: start, updated: start})
	}
	assert.Len(t, d.does(told(3, responder.Urgent)), 1+most/perPage+1)

	d = newDesk(t)
	require.NoError(t, d.emit(told(2, "", func(r *responder.Report) { r.OpenedAt = responder.Time{} })))
	d.receipt = nil
	require.NoError(t, d.emit(told(3, responder.Urgent, func(r *responder.Report) { r.OpenedAt = responder.Time{} })))
	assert.Equal(t, "1", d.receipt["number"], "also where it is not known when it was opened")
}

// The answer to each request is lost in turn, or the process dies with it; then the notification comes again.
func TestLostAnswers(t *testing.T) {
	for _, first := range []int64{2, 3} {
		for at := 1; at <= 6; at++ {
			for _, dies := range []bool{false, true} {
				t.Run(fmt.Sprintf("first %d, request %d, dies %t", first, at, dies), func(t *testing.T) {
					d := newDesk(t)
					d.lose = func(n int, _ *http.Request) bool { return n == at }
					for _, r := range []responder.Report{told(first, responder.Urgent), told(5, responder.Safe), told(7, responder.Urgent)} {
						was := d.receipt
						ctx := t.Context()
						for tries := 0; d.emitIn(ctx, r) != nil; tries++ {
							require.Less(t, tries, 3)
							if dies {
								d.receipt, ctx = was, responder.Interrupt(t.Context())
								d.restart()
							}
						}
					}
					i := d.only()
					assert.Contains(t, i.body, "because of 7")
					assert.Equal(t, "open", i.state)
					assert.Equal(t, []string{"alertresponder", "severity: urgent"}, i.labels)
					var comments []string
					for _, c := range i.comments {
						comments = append(comments, strings.SplitN(c.body, "\n", 2)[0])
					}
					assert.Equal(t, slices.Compact(slices.Clone(comments)), comments, "nothing is said twice")
					assert.Len(t, comments, 2)
				})
			}
		}
	}
}

// An older notification between two tries of a later one does not have it said twice.
func TestAnOlderNotificationInBetween(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.lose = func(_ int, r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/comments") }
	assert.True(t, delivery.InDoubt(d.emit(told(5, responder.Urgent))))
	d.lose = nil
	require.NoError(t, d.emit(told(4, "")))
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	assert.Len(t, d.only().comments, 1)
}

// Whatever people write in the issues and comments that there are, ours are found among them.
func TestItIsFoundAmongLongTexts(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	long := strings.Repeat("<", 65536)
	ours := d.repo().issues[0]
	for k := range 45 {
		d.repo().issues = append(d.repo().issues, &fakeIssue{number: int64(k + 2), title: "x", body: long, state: "open", by: "alice", created: start, updated: start})
		ours.comments = append(ours.comments, fakeComment{int64(k), long, "alice", start})
	}
	ours.comments = append(ours.comments, fakeComment{100, said(reportID, 3), "acme-bot", start})
	d.receipt = nil
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Equal(t, "1", d.receipt["number"])
	assert.Len(t, ours.comments, 46, "it was said")
}

// An answer that says nothing: it may have been done.
func TestOddAnswers(t *testing.T) {
	for _, body := range []string{"", "{}", "[]", "null", `"x"`, `{"number": 0, "state": "open"}`, `{"number": 7}`, "<html>log in</html>", `{"number": "7"}`} {
		for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodGet} {
			d := newDesk(t)
			require.NoError(t, d.emit(told(2, "")))
			broken := true
			d.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.Method == method && broken {
					_, _ = w.Write([]byte(body))
				}
				return r.Method == method && broken
			}
			err := d.emit(told(3, responder.Urgent))
			assert.ErrorIs(t, err, delivery.ErrAnswer, "%s %q", method, body)
			assert.False(t, responder.IsPermanent(err))
			assert.NotContains(t, err.Error(), "log in")
			broken = false
			require.NoError(t, d.emit(told(3, responder.Urgent)))
			assert.Len(t, d.only().comments, 1)
			assert.Contains(t, d.only().body, "because of 3")
		}
	}
}
