package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
	"github.com/m-mizutani/AlertResponder/tester/plugins"
)

func TestInspectorContract(t *testing.T) {
	respondertest.TestInspector(t, responder.InspectorFunc(plugins.Inspect), responder.TypeIPAddr)
}

func TestInspect(t *testing.T) {
	ask := func(value string) (responder.Page, error) {
		return plugins.Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: value}})
	}
	page, err := ask("198.51.100.7")
	require.NoError(t, err)
	assert.Equal(t, responder.Malicious, page.Signals[0].Verdict)
	assert.Equal(t, "198.51.100.7", page.OpponentHosts[0].ID)

	page, err = ask("192.0.2.1")
	require.NoError(t, err)
	assert.False(t, page.HasContent())

	_, err = ask("198.51.100.255")
	assert.True(t, responder.IsPermanent(err))
}

type rows struct {
	got []plugins.Row
	err error
}

func (r *rows) Put(_ context.Context, row plugins.Row) error {
	r.got = append(r.got, row)
	return r.err
}

func TestReporterContract(t *testing.T) {
	respondertest.TestEmitter(t, plugins.Reporter{Rows: new(rows)})
}

func TestReporter(t *testing.T) {
	kept, report := new(rows), respondertest.Report()
	receipt, err := plugins.Reporter{Rows: kept}.Emit(t.Context(), report, nil)
	require.NoError(t, err)
	assert.Equal(t, responder.Receipt{"seq": "5"}, receipt)
	require.Len(t, kept.got, 1)
	assert.Equal(t, "sample-key", kept.got[0].Key)
	var told responder.Report
	require.NoError(t, json.Unmarshal([]byte(kept.got[0].Report), &told))
	assert.Equal(t, report.Result, told.Result)

	kept.err = errors.New("throttled")
	receipt, err = plugins.Reporter{Rows: kept}.Emit(t.Context(), report, nil)
	assert.ErrorContains(t, err, "throttled")
	assert.False(t, responder.IsPermanent(err), "it is tried again")
	assert.Nil(t, receipt)
}
