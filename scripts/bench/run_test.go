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
		{[]string{"-help"}, measured, "go run ./scripts/bench -quick"},
		{[]string{"-o", "xml"}, badUsage, "expected text or json"},
		{[]string{"-what"}, badUsage, "-what"},
		{[]string{"everything"}, badUsage, "no arguments"},
	} {
		var out, complaints bytes.Buffer
		assert.Equal(t, c.code, run(t.Context(), c.args, &out, &complaints, line(&out)), "%q", c.args)
		assert.Contains(t, complaints.String(), c.says, "%q", c.args)
		assert.Empty(t, out.String())
	}
}

func line(out *bytes.Buffer) *progress.Line { return &progress.Line{Out: out, Now: time.Now} }

// It is run in the checkout's folder, or says that it was not; and Ctrl-C ends it.
func TestWithoutACheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints bytes.Buffer
	assert.Equal(t, notMeasured, run(ctx, nil, &out, &complaints, line(&out)))
	assert.Contains(t, complaints.String(), "template.yml")
	assert.Empty(t, out.String())
}
