package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/metrics"
	"github.com/m-mizutani/AlertResponder/internal/metrics/metricstest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 89_000_000, time.UTC)

// line is what a record makes in a log.
func line(t *testing.T, m metrics.Meter, at time.Time, message string, args ...any) string {
	t.Helper()
	text, _ := measure(t, m, at, message, args...)
	return text
}

func measure(t *testing.T, m metrics.Meter, at time.Time, message string, args ...any) (text string, measured bool) {
	t.Helper()
	r := slog.NewRecord(at, slog.LevelInfo, message, 0)
	r.Add(args...)
	r, measured = m.Measure(r)
	var b bytes.Buffer
	require.NoError(t, slog.NewJSONHandler(&b, nil).Handle(context.Background(), r))
	require.Equal(t, 1, strings.Count(b.String(), "\n"), "one line: %q", b.String())
	return b.String(), measured
}

var meter = metrics.Meter{Stack: "AlertResponder", Receives: 20}

// The lines as CloudWatch gets them.
func TestGoldenLines(t *testing.T) {
	const head, aws, tail = `{"time":"2026-03-04T05:06:07.089Z","level":"INFO","msg":`, `,"Stack":"AlertResponder","_aws":{"Timestamp":1772600767089,` +
		`"CloudWatchMetrics":[{"Namespace":"AlertResponder","Dimensions":[["Stack"]],"Metrics":[`, `]}]}}` + "\n"
	const ms = `{"Name":"Time"}`
	for _, c := range []struct {
		args []any
		want string
	}{
		{[]any{"verdict", "report_id", "A-1", "severity", responder.Urgent, "alerts", int64(3), "ms", int64(4200)},
			`"verdict","report_id":"A-1","Urgent":1,"Alerts":3,"Time":4200` + aws + `{"Name":"Urgent"},{"Name":"Alerts"},` + ms},
		{[]any{"verdict", "report_id", "A-1", "severity", responder.Unclassified, "alerts", int64(1), "ms", int64(0)},
			`"verdict","report_id":"A-1","Unclassified":1,"Alerts":1,"Time":0` + aws + `{"Name":"Unclassified"},{"Name":"Alerts"},` + ms},
		{[]any{"verdict", "report_id", "A-1", "severity", responder.Safe, "seq", int64(7)},
			`"verdict","report_id":"A-1","Safe":1,"seq":7` + aws + `{"Name":"Safe"}`},
		{[]any{"answers are missing at the deadline", "report_id", "A-1", "late", 2, "inspectors", "a,b"},
			`"answers are missing at the deadline","report_id":"A-1","Late":2,"inspectors":"a,b"` + aws + `{"Name":"Late"}`},
		{[]any{"a message failed and will be delivered again", "receive_count", 19, "error", "x"},
			`"a message failed and will be delivered again","receive_count":19,"HandedBack":1,"error":"x"` + aws + `{"Name":"HandedBack"}`},
		{[]any{"a message failed and will be delivered again", "receive_count", 20, "error", "x"},
			`"a message failed and will be delivered again","receive_count":20,"HandedBack":1,"GivenUp":1,"error":"x"` + aws +
				`{"Name":"HandedBack"},{"Name":"GivenUp"}`},
	} {
		got := line(t, meter, at, c.args[0].(string), c.args[1:]...)
		assert.Equal(t, head+c.want+tail, got)
		_, err := metricstest.Read([]byte(got))
		assert.NoError(t, err)
	}
}

// What is no measure, or not told as one, stays a line as it was.
func TestOtherLinesStayAsTheyAre(t *testing.T) {
	for _, args := range [][]any{
		{"verdict"}, {"verdict", "report_id", "A-1"}, {"verdict", "severity", "", "alerts", "3", "ms", 4.5}, {"verdict", "severity", "Urgent"},
		{"verdict", "severity", "urgent\n"}, {"another", "severity", "urgent", "alerts", 1, "ms", 1, "late", 1, "receive_count", 50},
		{"verdict", slog.Group("report", "severity", "urgent", "alerts", 1)}, {"answers are missing at the deadline", "late", "many"},
	} {
		assert.Equal(t, line(t, metrics.Meter{}, at, args[0].(string), args[1:]...), line(t, meter, at, args[0].(string), args[1:]...))
	}
	measured := []any{"severity", "urgent", "alerts", 1, "ms", 1}
	for _, m := range []metrics.Meter{{}, {Receives: 20}} {
		assert.NotContains(t, line(t, m, at, "verdict", measured...), "_aws", "no stack, no metrics")
	}
	assert.NotContains(t, line(t, meter, time.Time{}, "verdict", measured...), "_aws", "what has no time cannot be placed")
	assert.NotContains(t, line(t, metrics.Meter{Stack: "s"}, at, "a message failed and will be delivered again", "receive_count", 99), "GivenUp",
		"it is not known how often is too often")
}

func TestARecordIsNotChanged(t *testing.T) {
	r := slog.NewRecord(at, slog.LevelInfo, "verdict", 0)
	r.Add("severity", "urgent", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6)
	attrs := func(r slog.Record) (names []string) {
		r.Attrs(func(a slog.Attr) bool { names = append(names, a.Key); return true })
		return names
	}
	before := attrs(r)
	measured, ok := meter.Measure(r)
	require.True(t, ok)
	assert.Equal(t, before, attrs(r), "other handlers get it, too")
	assert.Equal(t, []string{"Urgent", "a", "b", "c", "d", "e", "f", "Stack", "_aws"}, attrs(measured))
}

func TestStack(t *testing.T) {
	for group, want := range map[string]string{
		"/alertresponder/AlertResponder/reviewer": "AlertResponder", "/alertresponder/a-1/watchlist": "a-1", "/alertresponder/" + strings.Repeat("a", 128) + "/x": strings.Repeat("a", 128),
		"": "", "/aws/lambda/AlertResponder-Reviewer-1ABC": "", "/alertresponder/": "", "/alertresponder/s": "", "/alertresponder//reviewer": "", "/alertresponder/s/": "",
		"/alertresponder/s/a/b": "", "alertresponder/s/a": "", "/alertresponder/1/a": "", "/alertresponder/ü/a": "", "/alertresponder/a\"b/a": "",
		"/alertresponder/" + strings.Repeat("a", 129) + "/x": "", "/alertresponder/a b/x": "", "/alertresponder/-a/x": "", "/alertresponder/a\n/x": "",
	} {
		assert.Equal(t, want, metrics.Stack(group), group)
	}
	for function, want := range map[string]string{
		"AlertResponder-Reviewer-1ABCdef234": "AlertResponder", "my-alerts-Receptor-1": "my-alerts",
		"": "", "reviewer": "", "my-reviewer": "", "-a-b": "", "1-a-b": "", "a\"b-c-d": "",
	} {
		assert.Equal(t, want, metrics.StackOf(function), function)
	}
}

// Whatever comes in, each line stays one JSON object, is what it was where nothing is measured, and what CloudWatch
// takes where something is.
func FuzzLine(f *testing.F) {
	f.Add("AlertResponder", "verdict", "severity", "urgent", int64(1))
	f.Add("AlertResponder", "a message failed and will be delivered again", "receive_count", "\"}\n{\"_aws\":", int64(20))
	f.Add("a/b", "answers are missing at the deadline", "late", "\xff\u2028\x1b", int64(-1))
	f.Add("s", "verdict", "_aws", "Stack", int64(1<<62))
	f.Add("s", "verdict", "Stack", "safe", int64(0))
	f.Fuzz(func(t *testing.T, group, message, key, value string, n int64) {
		m := metrics.Meter{Stack: metrics.Stack("/alertresponder/" + group + "/x"), Receives: 20}
		for _, reserved := range []string{"time", "level", "msg", "n", "severity", "Urgent", "Unclassified", "Safe", "Alerts", "Time", "Late", "HandedBack", "GivenUp"} {
			if strings.ToValidUTF8(key, "\ufffd") == reserved {
				key = "a key"
			}
		}
		number := map[string]string{"verdict": "ms", "answers are missing at the deadline": "late"}[message]
		if number == "" {
			number = "receive_count"
		}
		if key == number {
			key = "severity"
		}
		got, measured := measure(t, m, at, message, key, value, number, n, "n", value)
		require.True(t, json.Valid([]byte(got)), got)
		if !measured {
			assert.Equal(t, line(t, metrics.Meter{}, at, message, key, value, number, n, "n", value), got)
			return
		}
		values, err := metricstest.Read([]byte(got))
		require.NoError(t, err, got)
		assert.NotEmpty(t, values)
		for _, v := range values {
			assert.Equal(t, map[string]string{metrics.Dimension: m.Stack}, v.Dimensions)
			assert.Equal(t, metrics.Namespace, v.Namespace)
			assert.Equal(t, at.UnixMilli(), v.At)
		}
	})
}
