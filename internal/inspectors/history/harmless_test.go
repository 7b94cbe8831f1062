package history_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// An urgent report is still counted when nothing else of it is known any more.
func TestWhatWasUrgentLongAgoIsNotHarmless(t *testing.T) {
	d := newDiary(t)
	d.many(115, func(r *responder.Report) {
		if r.ReportID == "REPORT-000" {
			r.Result.Severity = responder.Urgent
		}
	})
	is, why := d.says(task())
	assert.Contains(t, why, "1 urgent")
	assert.Equal(t, responder.UnknownSignal, is, why)
}

// Rules are named by who wrote them: two senders may have the same name for different things.
func TestARuleIsOneOfItsSender(t *testing.T) {
	d := newDiary(t)
	d.many(14, func(r *responder.Report) { r.Alert.Source, r.Alerts[0].Source = "falco", "falco" })
	is, why := d.says(task(func(t *responder.Task) { t.Alert.Source = "guardduty" }))
	assert.Equal(t, responder.UnknownSignal, is, why)
}
