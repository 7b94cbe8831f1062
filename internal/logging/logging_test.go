package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/logging"
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
