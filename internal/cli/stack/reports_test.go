package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const fingerprint = "AAAAAAAAAAAAAAAAAAAAAAAAAA"

var rules = protocol.Rules{ReviewDelay: 10 * time.Minute, Window: 24 * time.Hour, Retention: 90 * 24 * time.Hour}

// tables is a stack's tables, with one report that awaits an inspector.
func tables(t *testing.T) (*memory.Store, protocol.Item) {
	t.Helper()
	m, err := memory.New()
	require.NoError(t, err)
	now := time.Now().UnixMilli()
	fresh, err := m.Open(t.Context(), protocol.Fresh(fingerprint, now, rules), now)
	require.NoError(t, err)
	body, err := record.Alert("1", now, responder.Alert{Name: "SSH brute force", Raw: "the original"})
	require.NoError(t, err)
	require.NoError(t, m.PutBody(t.Context(), fresh.ReportID, body))
	next := fresh
	next.Pending = protocol.SetOf("0.BBBB/watchlist", "0.BBBB/flow-logs", "1.CCCC/watchlist")
	next.DeadlineAt, next.Count, next.Bodies = now+rules.ReviewDelay.Milliseconds(), 1, 1
	item, ok, err := m.Swap(t.Context(), fresh, next)
	require.NoError(t, err)
	require.True(t, ok)
	return m, item
}

// judge publishes a verdict on the item as it is.
func judge(t *testing.T, m *memory.Store, severity responder.Severity) {
	t.Helper()
	item, err := m.Get(t.Context(), fingerprint)
	require.NoError(t, err)
	alert := responder.Alert{Name: "SSH brute force"}
	v, err := record.Verdict(item, responder.Report{
		V: 1, ReportID: item.ReportID, Alert: alert, Alerts: []responder.Alert{alert}, AlertCount: 1,
		Status: responder.StatusPublished, Result: responder.Result{Severity: severity, Reason: "because"},
	})
	require.NoError(t, err)
	_, err = m.PutVerdict(t.Context(), item.ReportID, v)
	require.NoError(t, err)
	_, _, err = m.Settle(t.Context(), item.ReportID, item.Ver, severity)
	require.NoError(t, err)
}

func pipe() (*console.Console, *bytes.Buffer) {
	var out bytes.Buffer
	return &console.Console{Out: &out, Err: &out, Screen: show.NewScreen(0, false)}, &out
}

func TestReportWithoutAVerdictSaysWhoIsAwaited(t *testing.T) {
	m, item := tables(t)
	con, _ := pipe()
	err := (&report{ID: item.ReportID, Output: "auto"}).print(t.Context(), con, m, fingerprint)
	assert.EqualError(t, err, "no verdict yet, waiting for flow-logs, watchlist; --watch waits for it")
	code, say := console.Code(err)
	assert.Equal(t, console.NotDone, code)
	assert.True(t, say)
}

func TestReportThatIsNotThere(t *testing.T) {
	m, _ := tables(t)
	con, _ := pipe()
	other := protocol.ReportID(fingerprint, 1)
	assert.ErrorIs(t, (&report{ID: other}).print(t.Context(), con, m, fingerprint), errNoReport)
}

func TestReportAsJSONAndText(t *testing.T) {
	m, item := tables(t)
	judge(t, m, responder.Safe)
	judge(t, m, responder.Urgent) // the same ver: the first one stands
	con, out := pipe()
	require.NoError(t, (&report{ID: item.ReportID, Output: "auto"}).print(t.Context(), con, m, fingerprint))
	var r responder.Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	assert.Equal(t, responder.Safe, r.Result.Severity)
	require.Len(t, r.Alerts, 1)
	assert.Equal(t, "the original", r.Alerts[0].Raw)

	out.Reset()
	require.NoError(t, (&report{ID: item.ReportID, Output: "text"}).print(t.Context(), con, m, fingerprint))
	assert.Contains(t, out.String(), " SAFE  SSH brute force\n")
}

func TestWatchWaitsUntilAllEvidenceIsJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, item := tables(t)
		judge(t, m, responder.Unclassified)
		_, _, err := m.CrossOff(t.Context(), item.ReportID, "0.BBBB/watchlist", true) // since that verdict
		require.NoError(t, err)
		var told []string
		w := watch{reader: m, id: item.ReportID, fingerprint: fingerprint, tell: func(s string) { told = append(told, s) }}
		began := time.Now()
		time.AfterFunc(5*time.Second, func() { judge(t, m, responder.Urgent) })
		require.NoError(t, w.run(t.Context()))
		assert.Equal(t, 6*time.Second, time.Since(began))
		assert.Equal(t, []string{
			"0s, waiting for flow-logs, watchlist, until 10m0s from now at the latest",
			"2s, waiting for flow-logs, watchlist, until 9m58s from now at the latest",
			"4s, waiting for flow-logs, watchlist, until 9m56s from now at the latest",
			"",
		}, told)
	})
}

func TestWatchEndsWithCtrlC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, item := tables(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		err := watch{reader: m, id: item.ReportID, fingerprint: fingerprint, tell: func(string) {}}.run(ctx)
		code, say := console.Code(err)
		assert.Equal(t, console.Interrupted, code)
		assert.False(t, say)
	})
}

func TestWatchOfAReportWhosePlaceWasTaken(t *testing.T) {
	m, _ := tables(t)
	w := watch{reader: m, id: protocol.ReportID(fingerprint, 1), fingerprint: fingerprint, tell: func(string) {}}
	assert.NoError(t, w.run(t.Context()))
}

func TestListForPeopleAndForScripts(t *testing.T) {
	m, item := tables(t)
	judge(t, m, responder.Urgent)
	list, err := m.Since(t.Context(), time.Now().Add(-time.Hour), time.Now())
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, listJSON(&out, list))
	assert.JSONEq(t, fmt.Sprintf(`{"report_id": %q, "opened_at": %q, "severity": "urgent", "title": "SSH brute force"}`,
		item.ReportID, time.UnixMilli(item.OpenedAt).UTC().Format(time.RFC3339Nano)), out.String())

	text := listText(show.NewScreen(0, false), list, "1h")
	assert.Regexp(t, `(?s)URGENT .*SSH brute force .*`+item.ReportID, text)
	assert.Equal(t, "no reports in 1h\n", listText(show.NewScreen(0, false), nil, "1h"))
}

func TestParseSince(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "400d": longest,
	} {
		got, err := parseSince(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "-1h", "0d", "-1d", "401d", "99999999999999999999d", "1x", "yesterday"} {
		_, err := parseSince(text)
		assert.ErrorContains(t, err, "expected a time like", text)
	}
}
