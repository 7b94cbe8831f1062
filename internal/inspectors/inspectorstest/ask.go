package inspectorstest

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Settings are those of an inspector whose service answers by h, at Start.
func Settings(t *testing.T, h http.HandlerFunc) intel.Settings {
	return intel.Settings{
		Key:       func(context.Context) (string, error) { return key, nil },
		Memory:    responder.NewMemory(),
		Transport: &service{t: t, handle: by(h), now: func() time.Time { return Start }},
		Now:       func() time.Time { return Start },
	}
}

// Ask asks an inspector alone, and checks the page that it gives.
func Ask(t *testing.T, i responder.Inspector, kind, value string) (responder.Page, error) {
	t.Helper()
	task := responder.Task{ReportID: "report", Origin: "0.A", Attribute: responder.Attribute{Type: kind, Value: value}}
	page, err := i.Inspect(t.Context(), task)
	if err == nil {
		assert.NoError(t, respondertest.CheckPage(task, page))
	}
	respondertest.NoSecret(t, key, page, err)
	return page, err
}

// Golden compares a page with the one in a file, which is written anew where the environment variable UPDATE_PAGES says so.
func Golden(t *testing.T, file string, page responder.Page) {
	t.Helper()
	got, err := json.MarshalIndent(page, "", "  ")
	require.NoError(t, err)
	if os.Getenv("UPDATE_PAGES") != "" {
		require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(got), file)
}
