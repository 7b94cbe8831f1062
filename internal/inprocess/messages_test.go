package inprocess_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inprocess"
)

// What a queue can hold is kept, whatever it becomes in an envelope.
func TestLargeAndBinaryMessagesAreKept(t *testing.T) {
	for name, message := range map[string]string{
		"1 MiB of text": strings.Repeat("a", 1<<20), "control characters": strings.Repeat("\x01", 300<<10), "what SQS refuses": "a\uFFFFb", "invalid UTF-8": strings.Repeat("\xff", 300<<10),
	} {
		p, err := inprocess.New(inprocess.Config{})
		require.NoError(t, err)
		require.NoError(t, p.Send(t.Context(), []byte(message)), name)
		require.NoError(t, p.Settle(t.Context()))
		reports, err := p.Reports(t.Context())
		require.NoError(t, err)
		require.Len(t, reports, 1, name)
		assert.Equal(t, "local", reports[0].Alert.Name)
		assert.Equal(t, []rune(message), []rune(reports[0].Alerts[0].Raw), name)
		assert.Empty(t, p.DeadLetters())
	}
}

// A report says that it could not take all attributes of an alert.
func TestAnAlertWithTooManyAttributesSaysSo(t *testing.T) {
	for n, truncated := range map[int]bool{256: false, 257: true, 400: true} {
		var attrs []string
		for i := range n {
			attrs = append(attrs, fmt.Sprintf(`{"type":"domain","value":"d%d.example"}`, i))
		}
		p, err := inprocess.New(inprocess.Config{})
		require.NoError(t, err)
		require.NoError(t, p.Send(t.Context(), []byte(`{"name":"n","rule":"r","key":"k","attrs":[`+strings.Join(attrs, ",")+`]}`)))
		require.NoError(t, p.Settle(t.Context()))
		reports, err := p.Reports(t.Context())
		require.NoError(t, err)
		require.Len(t, reports, 1)
		assert.Equal(t, truncated, reports[0].Truncated, n)
	}
}
