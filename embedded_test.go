package alertresponder

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
	"github.com/m-mizutani/AlertResponder/tester/plugins"
)

// theSystem is the deployed one where AR_CONFIG is set, otherwise the one in this process.
func theSystem(t *testing.T) system {
	t.Helper()
	if path := os.Getenv("AR_CONFIG"); path != "" {
		return newDeployed(t, path)
	}
	return newLocal(t)
}

// local is the pipeline in this process.
type local struct {
	pipeline *embedded.Pipeline
	rows     map[string][]responder.Report
}

func newLocal(t *testing.T) *local {
	t.Helper()
	e := &local{rows: map[string][]responder.Report{}}
	var err error
	e.pipeline, err = embedded.New(embedded.Options{
		Inspectors: []embedded.Inspector{{ID: "tester", Types: []string{"ipaddr"}, Inspector: responder.InspectorFunc(plugins.Inspect)}},
		Emitters:   []embedded.Emitter{{ID: "reporter", Emitter: plugins.Reporter{Rows: e}}},
	})
	require.NoError(t, err)
	return e
}

// Put implements plugins.Rows.
func (e *local) Put(_ context.Context, r plugins.Row) error {
	var report responder.Report
	if err := json.Unmarshal([]byte(r.Report), &report); err != nil {
		return err
	}
	e.rows[r.Key] = append(e.rows[r.Key], report)
	return nil
}

func (e *local) publish(t *testing.T, message string) {
	t.Helper()
	require.NoError(t, e.pipeline.Send(t.Context(), []byte(message)))
	require.NoError(t, e.pipeline.Settle(t.Context()))
	require.Empty(t, e.pipeline.DeadLetters())
}

func (e *local) told(_ *testing.T, key string) []responder.Report {
	return slices.SortedFunc(slices.Values(e.rows[key]), func(a, b responder.Report) int { return cmp.Compare(a.Seq, b.Seq) })
}

// All that can happen has happened when publish returns.
func (e *local) wait() bool { return false }
