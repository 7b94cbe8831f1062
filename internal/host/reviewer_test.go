package host_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestAReviewerOfOnesOwn(t *testing.T) {
	h := host.Reviewer(responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
		switch r.ReportID {
		case "panic":
			panic("oh")
		case "bad":
			return responder.Result{}, responder.Permanent(errors.New("bad"))
		case "down":
			return responder.Result{}, errors.New("down")
		}
		return responder.Result{Severity: responder.Safe, Reason: r.Alert.Name}, nil
	}))
	answer, err := h.Invoke(context.Background(), mustJSON(responder.Report{ReportID: "R", Alert: responder.Alert{Name: "n"}}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"severity":"safe","reason":"n"}`, string(answer))
	for payload, want := range map[string]error{
		`{"report_id":"panic"}`:       host.Error("panic: oh"),
		`{"report_id":"down"}`:        host.Error("down"),
		`{"report_id":"bad"}`:         host.PermanentError("bad"),
		`{}`:                          host.PermanentError("report: report_id: missing"),
		`{"v":9,"report_id":"R"}`:     host.PermanentError("report: v: schema version 9, expected 0 to 2"),
		`{"report_id":"R","seq":"x"}`: nil,
	} {
		_, err := h.Invoke(context.Background(), []byte(payload))
		if want != nil {
			assert.Equal(t, want, err, payload)
		}
		assert.Error(t, err, payload)
	}
	assert.Panics(t, func() { host.Reviewer(nil) })
}
