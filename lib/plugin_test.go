package responder_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestErrors(t *testing.T) {
	why := errors.New("401")
	permanent := fmt.Errorf("ask: %w", responder.Permanent(why))
	assert.True(t, responder.IsPermanent(permanent))
	assert.ErrorIs(t, permanent, why)
	assert.EqualError(t, permanent, "ask: 401")
	assert.False(t, responder.IsPermanent(why))
	require.NoError(t, responder.Permanent(nil))

	wait := fmt.Errorf("ask: %w", responder.RetryAfter(why, time.Minute))
	d, ok := responder.RetryDelay(wait)
	assert.Equal(t, []any{time.Minute, true}, []any{d, ok})
	assert.ErrorIs(t, wait, why)
	_, ok = responder.RetryDelay(why)
	assert.False(t, ok)
	d, _ = responder.RetryDelay(responder.RetryAfter(why, -1))
	assert.Zero(t, d)
	require.NoError(t, responder.RetryAfter(nil, 1))
}

func TestFuncs(t *testing.T) {
	var i responder.Inspector = responder.InspectorFunc(func(_ context.Context, task responder.Task) (responder.Page, error) {
		return responder.Page{Title: task.ReportID}, nil
	})
	page, err := i.Inspect(t.Context(), responder.Task{ReportID: "x"})
	require.NoError(t, err)
	assert.Equal(t, "x", page.Title)
	var r responder.Reviewer = responder.ReviewerFunc(func(_ context.Context, report responder.Report) (responder.Result, error) {
		return responder.Result{Reason: report.ReportID}, nil
	})
	result, err := r.Review(t.Context(), responder.Report{ReportID: "x"})
	require.NoError(t, err)
	assert.Equal(t, "x", result.Reason)
	var e responder.Emitter = responder.EmitterFunc(func(_ context.Context, _ responder.Report, prev responder.Receipt) (responder.Receipt, error) {
		return prev, nil
	})
	receipt, err := e.Emit(t.Context(), responder.Report{}, responder.Receipt{"a": "b"})
	require.NoError(t, err)
	assert.Equal(t, responder.Receipt{"a": "b"}, receipt)
}

func TestTasks(t *testing.T) {
	m := responder.TaskMessage{ReportID: "r", Origin: "0.A", Attributes: []responder.Attribute{{Value: "1"}, {Value: "2"}}, Alert: responder.Alert{Name: "n"}}
	tasks := m.Tasks()
	require.Len(t, tasks, 2)
	assert.Equal(t, responder.Task{ReportID: "r", Origin: "0.A", Attribute: responder.Attribute{Value: "2"}, Alert: responder.Alert{Name: "n"}}, tasks[1])
	assert.Equal(t, "0.A/me", m.Token("me"))
}

func TestSmallWords(t *testing.T) {
	assert.True(t, responder.Attribute{Context: []string{"a", "b"}}.Match("b"))
	assert.False(t, responder.Attribute{}.Match(""))
	assert.False(t, responder.Page{Title: "t", Error: "e", Outcome: responder.Nothing}.HasContent())
	for _, p := range []responder.Page{
		{OpponentHosts: make([]responder.OpponentHost, 1)}, {AlliedHosts: make([]responder.AlliedHost, 1)}, {SubjectUsers: make([]responder.SubjectUser, 1)},
		{Signals: make([]responder.Signal, 1)}, {NewAttributes: make([]responder.Attribute, 1)},
	} {
		assert.True(t, p.HasContent(), p)
	}
	assert.Equal(t, []int{3, 2, 1, 0, 0}, []int{responder.Malicious.Rank(), responder.Suspicious.Rank(), responder.Harmless.Rank(),
		responder.UnknownSignal.Rank(), responder.SignalVerdict("x").Rank()})
	assert.Equal(t, []responder.State{responder.Firing, responder.Firing, responder.Resolved},
		[]responder.State{responder.State("").OrFiring(), responder.State("x").OrFiring(), responder.Resolved.OrFiring()})
	assert.Equal(t, []string{"n", "r", "id", "report"}, []string{
		responder.Report{Alert: responder.Alert{Name: "n", Rule: "r"}, ReportID: "id"}.Title(),
		responder.Report{Alert: responder.Alert{Rule: "r"}, ReportID: "id"}.Title(),
		responder.Report{ReportID: "id"}.Title(), responder.Report{}.Title(),
	})
}

func TestSecrets(t *testing.T) {
	t.Setenv("A_SECRET", "x")
	s, err := responder.EnvSecret("A_SECRET")(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "x", s)
	_, err = responder.EnvSecret("NO_SUCH_SECRET")(t.Context())
	require.ErrorContains(t, err, "NO_SUCH_SECRET")
	assert.False(t, responder.WantsRefresh(t.Context()))
	assert.True(t, responder.WantsRefresh(responder.Refresh(t.Context())))
}
