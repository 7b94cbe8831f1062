package alertresponder

import (
	"crypto/rand"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// An update of the stack while alerts come in, one waits for its inspector and one for its deadline: AR_UPDATE is the
// command of the update.
func TestUpdateInFlight(t *testing.T) {
	command := os.Getenv("AR_UPDATE")
	if command == "" {
		t.Skip("AR_UPDATE is not set: no update to test")
	}
	d := theStack(t)
	d.until = time.Now().Add(2*patience + d.reviewDelay(t))
	answered, missed := "answered-"+rand.Text(), "missed-"+rand.Text()
	for _, key := range []string{answered, missed} {
		d.publish(t, alert(t, key, mail()))
	}
	isNew := func(r responder.Report) bool { return r.Status == responder.StatusNew }
	id := await(t, d, answered, "a notice", isNew).ReportID
	await(t, d, missed, "a notice", isNew)

	update := exec.CommandContext(t.Context(), "sh", "-c", command)
	update.Stdout, update.Stderr = os.Stderr, os.Stderr
	require.NoError(t, update.Start())
	ended := make(chan error, 1)
	go func() { ended <- update.Wait() }()
	var keys []string
	for during := true; during; {
		key := "during-" + rand.Text()
		d.publish(t, alert(t, key, address("198.51.100.9")))
		keys = append(keys, key)
		select {
		case err := <-ended:
			require.NoError(t, err)
			during = false
		case <-time.After(200 * time.Millisecond):
		}
	}
	d.answer(t, d.task(t, id), responder.Malicious)

	t.Logf("%d alerts came in during the update", len(keys))
	for _, key := range append(keys, answered) {
		verdict := await(t, d, key, "a verdict", published)
		assert.Equal(t, responder.Urgent, verdict.Result.Severity, verdict.Result.Reason)
		assert.Equal(t, int64(1), verdict.AlertCount)
		oneReport(t, d.told(t, key))
	}
	verdict := await(t, d, missed, "the verdict of the deadline", published)
	require.Len(t, answers(verdict, "clerk"), 1)
	assert.Equal(t, responder.Missing, answers(verdict, "clerk")[0].Outcome)
}
