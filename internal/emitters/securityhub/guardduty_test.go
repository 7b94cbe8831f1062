package securityhub

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestArchive(t *testing.T) {
	d := newDesk(t, "archive")
	assert.Equal(t, readAndWrite, d.does(told(3, responder.Urgent)), "nothing was archived here")
	assert.Equal(t, append(readAndWrite, "guardduty:GetFindings", "ArchiveFindings"), d.does(told(5, responder.Safe)))
	assert.True(t, d.archived[gdID])
	assert.Equal(t, readAndWrite, d.does(told(7, responder.Safe)), "another reason")
	d.archive(gdID, false)
	assert.Equal(t, []string{"GetFindings"}, d.does(told(9, responder.Safe)), "a person does not think so")
	assert.False(t, d.archived[gdID])
}

func TestUnarchive(t *testing.T) {
	d := newDesk(t, "archive")
	d.does(told(3, responder.Safe))
	require.True(t, d.archived[gdID])
	assert.Equal(t, append([]string{"guardduty:GetFindings", "UnarchiveFindings"}, readAndWrite...), d.does(told(5, responder.Unclassified)))
	assert.False(t, d.archived[gdID])
	assert.Equal(t, "NEW NEW", d.status())
	d.archive(gdID, true)
	assert.NotContains(t, d.does(told(7, responder.Urgent)), "UnarchiveFindings", "this time a person did")
	assert.True(t, d.archived[gdID])
}

// Security Hub takes the status back some time after a finding was unarchived. That was no person.
func TestUnarchivedFindingsBecomeNew(t *testing.T) {
	d := newDesk(t, "archive")
	d.does(told(3, responder.Safe))
	d.late = true
	d.does(told(5, responder.Urgent))
	slices.Reverse(d.pending)
	d.apply()
	assert.Equal(t, "NEW NOTIFIED", d.status())
	d.late = false
	assert.Contains(t, d.does(told(7, responder.Safe)), "ArchiveFindings")
	assert.Equal(t, "RESOLVED RESOLVED", d.status())
	d.does(told(9, responder.Urgent))
	d.by("", "NEW")
	assert.Equal(t, []string{"GetFindings"}, d.does(told(11, responder.Safe)), "this time a person did")
}

// Another report of the same finding: its receipt knows nothing, the memory does.
func TestUnarchiveByAnotherReport(t *testing.T) {
	d := newDesk(t, "archive")
	d.does(told(3, responder.Safe))
	d.receipt = nil
	assert.Contains(t, d.does(told(3, responder.Urgent, func(r *responder.Report) { r.ReportID = "another" })), "UnarchiveFindings")
	d.archive(gdID, true)
	d.receipt = nil
	assert.NotContains(t, d.does(told(3, responder.Urgent, func(r *responder.Report) { r.ReportID = "a third" })), "UnarchiveFindings", "this time a person did")
	d = newDesk(t, "archive")
	d.does(told(3, responder.Safe))
	d.now = d.now.Add(remembered)
	assert.NotContains(t, d.does(told(5, responder.Urgent)), "UnarchiveFindings", "it is not known any more")
}

func TestWhatPeopleArchived(t *testing.T) {
	d := newDesk(t, "archive")
	d.archived[gdID] = true
	assert.Equal(t, append(readAndWrite, "guardduty:GetFindings"), d.does(told(3, responder.Safe)))
	assert.Equal(t, readAndWrite, d.does(told(5, responder.Urgent)))
	assert.True(t, d.archived[gdID])
}

func TestOnDoesNotArchive(t *testing.T) {
	d := newDesk(t, "on")
	assert.Equal(t, readAndWrite, d.does(told(3, responder.Safe)))
	assert.False(t, d.archived[gdID])
}

// Other findings than GuardDuty's cannot be archived there.
func TestAFindingOfAnotherProduct(t *testing.T) {
	d := newDesk(t, "archive")
	product := "arn:aws:securityhub:eu-west-1:444455556666:product/example-corp/example-edr"
	d.findings = nil
	d.put("edr/4711", product)
	r := told(3, responder.Safe, func(r *responder.Report) {
		r.Alert = responder.Alert{Source: "securityhub", Name: "x", Key: `["` + account + `","` + region + `","product/example-corp/example-edr","edr/4711"]`,
			Raw: `{"SchemaVersion":"2018-10-08","Id":"edr/4711","ProductArn":"` + product + `","AwsAccountId":"` + account + `","Region":"` + region + `"}`}
		r.Alerts = []responder.Alert{r.Alert}
	})
	assert.Equal(t, readAndWrite, d.does(r))
	assert.Equal(t, "RESOLVED RESOLVED", d.status())
}

// The administrator of the finding's account has a detector of its own.
func TestAnotherDetector(t *testing.T) {
	d := newDesk(t, "archive")
	d.detector = "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0"
	assert.Equal(t, append(readAndWrite, "guardduty:GetFindings", "ListDetectors", "guardduty:GetFindings", "ArchiveFindings"), d.does(told(3, responder.Safe)))
	assert.True(t, d.archived[gdID])
	d = newDesk(t, "archive")
	delete(d.archived, gdID)
	err := d.emit(told(3, responder.Safe))
	assert.True(t, responder.IsPermanent(err))
	assert.ErrorContains(t, err, "does not have the finding any more")
}

// Without Security Hub findings are archived all the same, and it is told.
func TestWithoutSecurityHub(t *testing.T) {
	d := newDesk(t, "archive")
	d.hubOff = true
	err := d.emit(told(3, responder.Safe))
	assert.True(t, responder.IsPermanent(err), "%v", err)
	assert.ErrorContains(t, err, "InvalidAccessException")
	assert.True(t, d.archived[gdID])
	d.before = func(_ int, action string) (int, string) {
		if action == "UnarchiveFindings" {
			return 429, "TooManyRequestsException"
		}
		return 0, ""
	}
	err = d.emit(told(5, responder.Urgent))
	require.Error(t, err)
	assert.False(t, responder.IsPermanent(err), "one of them passes")
	d.before = nil
	assert.Equal(t, []string{"guardduty:GetFindings", "UnarchiveFindings"}, d.does(told(5, responder.Urgent)))
	assert.False(t, d.archived[gdID])
}

// The answer to each call is lost in turn, or the function dies with it: no receipt. What was archived here is known.
func TestLostAnswers(t *testing.T) {
	for _, dies := range []bool{false, true} {
		for at := 1; at <= 12; at++ {
			d := newDesk(t, "archive")
			count := 0
			d.lose = func(int, string) bool { count++; return count == at }
			for _, r := range []responder.Report{told(3, responder.Safe), told(5, responder.Urgent), told(7, responder.Safe), told(9, responder.Urgent)} {
				for tries := 0; ; tries++ {
					require.Less(t, tries, 3)
					was := d.receipt
					err := d.emit(r)
					if err == nil {
						break
					}
					if dies {
						d.receipt = was
					}
				}
				if !dies || r.Result.Severity != responder.Safe { // who does not know that it was unarchived here takes NEW for a person's
					assert.Equal(t, r.Result.Severity == responder.Safe, d.archived[gdID], "call %d, after %d", at, r.Seq)
				}
			}
			assert.Equal(t, "NOTIFIED NOTIFIED", d.status())
		}
	}
}

// broken is a memory that cannot be had.
type broken struct{ responder.Memory }

func (broken) Load(context.Context, string) (responder.Entry, error) {
	return responder.Entry{}, errors.New("no memory")
}
func (broken) Store(context.Context, string, []byte, time.Time) error { return errors.New("no memory") }

// What cannot be remembered is not done.
func TestWithoutAMemoryNothingIsArchived(t *testing.T) {
	d := newDesk(t, "archive")
	d.with("archive", broken{})
	err := d.emit(told(3, responder.Safe))
	assert.ErrorContains(t, err, "no memory")
	assert.False(t, responder.IsPermanent(err))
	assert.False(t, d.archived[gdID])
	d.with("archive", d.memory)
	d.does(told(3, responder.Safe))
	assert.True(t, d.archived[gdID])
}
