package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/progress"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, flat, "go run ./scripts/soak -for 1h"},
		{[]string{"-o", "xml"}, badUsage, "expected -o text or json"},
		{[]string{"-for", "0s"}, badUsage, "-for above 0"},
		{[]string{"-samples", "5"}, badUsage, "6 at least"},
		{[]string{"-what"}, badUsage, "-what"},
		{[]string{"10m"}, badUsage, "no arguments"},
	} {
		var out, complaints bytes.Buffer
		assert.Equal(t, c.code, run(t.Context(), c.args, &out, &complaints, &progress.Line{}), "%q", c.args)
		assert.Contains(t, complaints.String(), c.says, "%q", c.args)
		assert.Empty(t, out.String())
	}
}

// Ctrl-C ends it, and it does not say that all is well.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints bytes.Buffer
	assert.Equal(t, grew, run(ctx, nil, &out, &complaints, &progress.Line{Out: &complaints, Now: time.Now}))
	assert.Contains(t, complaints.String(), "context canceled")
}
