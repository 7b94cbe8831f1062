package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/metrics"
	"github.com/m-mizutani/AlertResponder/internal/metrics/metricstest"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

func line(t *testing.T, b *bytes.Buffer) map[string]any {
	t.Helper()
	require.Equal(t, 1, strings.Count(b.String(), "\n"), "one line per record: %q", b.String())
	var m map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &m))
	return m
}

func TestTheRequestIsNamed(t *testing.T) {
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	var b bytes.Buffer
	logging.New(&b, "").With("report_id", "x").InfoContext(ctx, "hello")
	m := line(t, &b)
	assert.Equal(t, "r-1", m["requestId"])
	assert.Equal(t, "x", m["report_id"])
	assert.Equal(t, "hello", m["message"])
	assert.Equal(t, "INFO", m["level"])
	assert.Contains(t, m, "timestamp")

	b.Reset()
	logging.New(&b, "").Info("no request")
	assert.NotContains(t, line(t, &b), "requestId")
}

func TestLevels(t *testing.T) {
	for level, lines := range map[string]int{"": 3, "nonsense": 3, "debug": 4, " WARN ": 2, "error": 1} {
		var b bytes.Buffer
		log := logging.New(&b, level)
		log.Debug("m")
		log.Info("m")
		log.Warn("m")
		log.Error("m")
		assert.Equal(t, lines, strings.Count(b.String(), "\n"), level)
	}
}

// What an attacker writes into an alert must not reach a terminal that shows the log.
func TestHostileTextIsHarmless(t *testing.T) {
	hostile := "a\x1b[2Jb\u009b31mc\u202ed\ne\x00f\xffg"
	var b bytes.Buffer
	logging.New(&b, "").Error(hostile, "s", hostile, "error", errors.New(hostile), "list", []string{"\x1b"})
	for _, c := range []string{"\x1b", "\u009b", "\u202e", "\x00", "\xff"} {
		assert.NotContains(t, b.String(), c)
	}
	assert.Equal(t, 1, strings.Count(b.String(), "\n"))
}

func TestTextsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	var b bytes.Buffer
	logging.New(&b, "").Error("m", "s", long, "error", errors.New(long))
	assert.Less(t, b.Len(), 3*logging.MaxText)
	assert.Contains(t, b.String(), "…")
}

// invoked is the context of an invocation.
func invoked() context.Context {
	return lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "01234567-89ab-cdef-0123-456789abcdef"})
}

// first is the line of a first verdict with long words in it.
func first(log *slog.Logger) {
	log.InfoContext(invoked(), "verdict", "report_id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ-mmbkq9eg", "severity", "unclassified", "alerts", 999, "ms", 899_999)
}

// All that is logged of a report is one line, which is short with a stack's name of 20 letters also after a storm, and
// after a quarter of a year in a queue of dead letters.
func TestTheLineOfAVerdictIsShort(t *testing.T) {
	const id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-mmbkq9eg"
	for _, args := range [][]any{
		{"alerts", int64(999_999), "ms", int64(900_000)},
		{"alerts", int64(999_999), "ms", int64(9_999_999_999)},
		{"seq", int64(999_999)},
	} {
		var b bytes.Buffer
		args = append([]any{"report_id", id, "severity", "unclassified"}, args...)
		logging.Measured(&b, "", metrics.Meter{Stack: strings.Repeat("s", 20)}).InfoContext(invoked(), "verdict", args...)
		assert.LessOrEqual(t, b.Len(), 400, b.String())
		values, err := metricstest.Read(b.Bytes())
		require.NoError(t, err)
		got := map[string]float64{}
		for _, v := range values {
			got[v.Name] = v.Value
		}
		want := map[string]float64{"Unclassified": 1}
		for n := 4; n < len(args); n += 2 {
			if name := map[any]string{"alerts": "Alerts", "ms": "Time"}[args[n]]; name != "" {
				want[name] = float64(args[n+1].(int64))
			}
		}
		assert.Equal(t, want, got)
		assert.Contains(t, b.String(), id)
		assert.Equal(t, args[4] == "seq", strings.Contains(b.String(), `"seq":999999`), b.String())
	}
}

func TestMeasuredLines(t *testing.T) {
	for _, c := range []struct {
		log     func(*slog.Logger)
		metrics int
		request bool
	}{
		{first, 3, false},
		{func(l *slog.Logger) { first(l.With("version", "1")) }, 3, false},
		{func(l *slog.Logger) { first(l.WithGroup("inner")) }, 0, false}, // the id is in the group
		{func(l *slog.Logger) {
			l.WarnContext(invoked(), "answers are missing at the deadline", "late", 1)
		}, 1, true},
		{func(l *slog.Logger) { l.InfoContext(invoked(), "another line", "alerts", 1) }, 0, true},
	} {
		var b bytes.Buffer
		c.log(logging.Measured(&b, "info", metrics.Meter{Stack: "s"}))
		values, err := metricstest.Read(b.Bytes())
		require.NoError(t, err)
		assert.Len(t, values, c.metrics, b.String())
		assert.Equal(t, c.metrics > 0, strings.Contains(b.String(), "_aws"), b.String())
		m := line(t, &b)
		assert.Equal(t, c.request, m["requestId"] != nil, b.String())
		stamp, err := time.Parse(time.RFC3339, m["timestamp"].(string))
		require.NoError(t, err)
		for _, v := range values {
			assert.Equal(t, stamp.UnixMilli(), v.At, "the line and its metrics have one time")
		}
	}
}

// Where a function logs to says which stack it belongs to. Without that it logs as well.
func TestMetricsByTheEnvironment(t *testing.T) {
	failed := func(l *slog.Logger, receives int) {
		l.Error("a message failed and will be delivered again", "receive_count", receives)
	}
	for _, c := range []struct {
		make            func() *slog.Logger
		group, function string
		receives        int
		want            string
	}{
		{logging.FromEnv, "/alertresponder/my-alerts/webhook", "", pipeline.PluginReceives, "GivenUp my-alerts"},
		{logging.FromEnv, "/alertresponder/my-alerts/webhook", "", pipeline.PluginReceives - 1, "HandedBack my-alerts"},
		{logging.FromEnv, "/aws/lambda/theirs-Inspector-1A", "theirs-Inspector-1A", pipeline.PluginReceives, ""},
		{logging.FromEnv, "", "", 1, ""},
		{stage, "/alertresponder/my-alerts/reviewer", "another-Reviewer-1", pipeline.StageReceives, "GivenUp my-alerts"},
		{stage, "/alertresponder/my-alerts/reviewer", "", pipeline.StageReceives - 1, "HandedBack my-alerts"},
		{stage, "/aws/lambda/my-alerts-Reviewer-1A", "my-alerts-Reviewer-1A", 1, "HandedBack my-alerts"},
		{stage, "", "reviewer", 1, ""},
	} {
		t.Setenv("AWS_LAMBDA_LOG_GROUP_NAME", c.group)
		t.Setenv("AWS_LAMBDA_FUNCTION_NAME", c.function)
		values, err := metricstest.Read(onStandardError(t, func() { failed(c.make(), c.receives) }))
		require.NoError(t, err)
		got := ""
		if len(values) > 0 {
			last := values[len(values)-1]
			got = last.Name + " " + last.Dimensions["Stack"]
		}
		assert.Equal(t, c.want, got, "%+v", c)
	}
}

func stage() *slog.Logger { return logging.OfStage(pipeline.StageReceives) }

// onStandardError gives what is written there.
func onStandardError(t *testing.T, f func()) []byte {
	t.Helper()
	was := os.Stderr
	defer func() { os.Stderr = was }()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	os.Stderr = file
	f()
	require.NoError(t, file.Close())
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return text
}
