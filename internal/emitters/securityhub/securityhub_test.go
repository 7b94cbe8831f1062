package securityhub

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var readAndWrite = []string{"GetFindings", "BatchUpdateFindings"}

func TestContract(t *testing.T) {
	respondertest.TestEmitter(t, newDesk(t, "archive").e)
}

// Two calls for a verdict that says something new, none for one that does not.
func TestAVerdict(t *testing.T) {
	d := newDesk(t, "on")
	for _, c := range []struct {
		severity responder.Severity
		want     string
	}{
		{responder.Unclassified, "NEW NEW"}, {responder.Urgent, "NOTIFIED NOTIFIED"}, {responder.Safe, "RESOLVED RESOLVED"},
		{responder.Urgent, "NOTIFIED NOTIFIED"}, {"", "NEW NEW"}, {responder.Safe, "RESOLVED RESOLVED"},
	} {
		assert.Equal(t, readAndWrite, d.does(told(3, c.severity)))
		assert.Equal(t, c.want, d.status())
		assert.Empty(t, d.does(told(5, c.severity, func(r *responder.Report) { r.Result.Reason = "because of 3" })), "it is written there already")
	}
	b, _ := json.Marshal(d.updates[2])
	assert.JSONEq(t, `{"FindingIdentifiers": [{"Id": "`+arn+`", "ProductArn": "`+product+`"}], "Workflow": {"Status": "RESOLVED"}, "UserDefinedFields": {"AlertResponder": "RESOLVED"},
		"Note": {"UpdatedBy": "AlertResponder", "Text": "SAFE: SSH brute force – because of 3 – Nobody looked into it. – https://reports.example.com/r/GEZDGNBVGY3TQOJQGEZDGNBVGY-mq3k2w00"}}`, string(b))
}

func TestWhatIsNotWritten(t *testing.T) {
	for name, change := range map[string]func(*responder.Report){
		"a notice":            func(r *responder.Report) { r.Status = responder.StatusOngoing },
		"a test finding":      func(r *responder.Report) { r.Alerts[0].Sample = true },
		"another source":      func(r *responder.Report) { r.Alerts[0].Source, r.Alert.Source = "falco", "falco" },
		"a message of others": func(r *responder.Report) { r.Alerts[0].Key, r.Alert.Key = `["111122223333","eu-west-1","x"]`, "" },
		"no message":          func(r *responder.Report) { r.Alerts[0].Raw, r.Alert.Raw = "", "" },
		"no JSON":             func(r *responder.Report) { r.Alerts[0].Raw, r.Alert.Raw = "{", "[]" },
		"another account": func(r *responder.Report) {
			r.Alerts[0].Key, r.Alert.Key = `["444455556666","eu-west-1","`+gdID+`"]`, ""
		},
	} {
		d := newDesk(t, "archive")
		assert.Empty(t, d.does(told(3, responder.Safe, change)), name)
		assert.Equal(t, "NEW <nil>", d.status())
	}
}

// What somebody else set stands, whatever the verdict is.
func TestWhatPeopleDidStands(t *testing.T) {
	for _, c := range []struct {
		was, person string // what was written before, what a person set then
		verdict     responder.Severity
		want        string
	}{
		{"", "SUPPRESSED", responder.Urgent, "SUPPRESSED <nil>"},
		{"", "RESOLVED", responder.Urgent, "RESOLVED <nil>"},
		{"", "NOTIFIED", responder.Safe, "NOTIFIED <nil>"},
		{"urgent", "RESOLVED", responder.Urgent, "RESOLVED NOTIFIED"},
		{"urgent", "SUPPRESSED", responder.Safe, "SUPPRESSED NOTIFIED"},
		{"safe", "NEW", responder.Safe, "NEW RESOLVED"},
		{"safe", "NEW", responder.Unclassified, "NEW RESOLVED"},
		{"safe", "NEW", responder.Urgent, "NOTIFIED NOTIFIED"},
		{"safe", "NOTIFIED", responder.Safe, "NOTIFIED RESOLVED"},
		{"safe", "RESOLVED", responder.Urgent, "NOTIFIED NOTIFIED"}, // cannot be told from ours
	} {
		d := newDesk(t, "archive")
		if c.was != "" {
			require.NoError(t, d.emit(told(3, responder.Severity(c.was))))
		}
		d.archived[gdID] = false
		d.by("", c.person)
		calls := d.does(told(5, c.verdict))
		assert.Equal(t, c.want, d.status(), "%+v", c)
		if !strings.Contains(c.want, "NOTIFIED NOTIFIED") {
			assert.NotContains(t, calls, "BatchUpdateFindings")
			assert.False(t, d.archived[gdID], "%+v", c)
		}
	}
	d := newDesk(t, "on")
	d.by("", "SUPPRESSED")
	d.only()["UserDefinedFields"] = map[string]any{field: "SUPPRESSED"}
	assert.Equal(t, []string{"GetFindings"}, d.does(told(3, responder.Safe)), "whatever the field says")
	d.by("", "NEW")
	d.only()["UserDefinedFields"] = nil
	assert.Equal(t, readAndWrite, d.does(told(5, responder.Safe)), "a person gave it back")
}

// A finding has one note, and fields of others.
func TestNotesAndFieldsOfOthers(t *testing.T) {
	d := newDesk(t, "on")
	d.by("alice", "NEW")
	d.only()["UserDefinedFields"] = map[string]any{"ticket": "SEC-1"}
	d.does(told(3, responder.Urgent))
	assert.Equal(t, "alice", d.only()["Note"].(map[string]any)["UpdatedBy"])
	assert.Equal(t, map[string]any{"ticket": "SEC-1", field: "NOTIFIED"}, d.only()["UserDefinedFields"])

	fields := map[string]any{}
	for k := range 50 {
		fields[fmt.Sprint("k", k)] = "v"
	}
	d.only()["UserDefinedFields"] = fields
	d.by("", "NEW")
	err := d.emit(told(5, responder.Safe))
	assert.True(t, responder.IsPermanent(err))
	assert.ErrorContains(t, err, "no room")
}

// A finding that is not there yet is looked for for two hours.
func TestAFindingThatIsNotThere(t *testing.T) {
	d := newDesk(t, "on")
	kept := d.findings
	d.findings = nil
	err := d.emit(told(3, responder.Safe))
	wait, ok := responder.RetryDelay(err)
	assert.True(t, ok && wait == again && !responder.IsPermanent(err), "%v", err)
	d.findings = kept
	assert.Equal(t, readAndWrite, d.does(told(3, responder.Safe)))

	d = newDesk(t, "on")
	d.findings, d.now = nil, start.Add(patience)
	err = d.emit(told(3, responder.Safe))
	assert.True(t, responder.IsPermanent(err))
	assert.ErrorContains(t, err, "an account that this one does not administer")
	assert.Empty(t, d.does(told(3, responder.Safe)), "until there is something else to say")
}

func TestUnprocessed(t *testing.T) {
	for code, permanent := range map[string]bool{"ConcurrentUpdateError": false, "InternalFailure": false, "FindingNotFound": false, "else": false,
		"InvalidInput": true, "FindingSizeExceeded": true, "DuplicatedFindingIdentifier": true} {
		d := newDesk(t, "on")
		d.refuse = code
		err := d.emit(told(3, responder.Safe))
		require.Error(t, err)
		assert.Equal(t, permanent, responder.IsPermanent(err), code)
		wait, _ := responder.RetryDelay(err)
		assert.True(t, permanent || wait == again, code)
		d.refuse = ""
		d.does(told(3, responder.Safe))
		assert.Equal(t, permanent, d.status() == "NEW <nil>", code)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		wait   time.Duration // -1: permanent; 0: back-off
	}{
		{403, "AccessDeniedException", mended}, {401, "InvalidAccessException", -1}, {400, "InvalidInputException", -1}, {400, "ValidationException", -1},
		{429, "LimitExceededException", 0}, {429, "TooManyRequestsException", 0}, {500, "InternalException", 0}, {503, "ServiceUnavailable", 0}, {-1, "", 0},
		{400, "ExpiredTokenException", 0},
	} {
		for _, at := range readAndWrite {
			d := newDesk(t, "on")
			d.before = func(_ int, action string) (int, string) {
				if action == at {
					return c.status, c.code
				}
				return 0, ""
			}
			err := d.emit(told(3, responder.Safe))
			require.Error(t, err)
			wait, _ := responder.RetryDelay(err)
			assert.Equal(t, c.wait < 0, responder.IsPermanent(err), "%s: %v", c.code, err)
			assert.Equal(t, max(c.wait, 0), wait, c.code)
			assert.NotContains(t, err.Error(), account, "what the service says is told to nobody")
			assert.Contains(t, err.Error(), "securityhub:"+at)
			d.before = nil
			d.does(told(3, responder.Safe))
			assert.Equal(t, c.wait < 0, d.status() == "NEW <nil>", c.code)
		}
	}
}

func TestRegions(t *testing.T) {
	d := newDesk(t, "on")
	d.region = "ap-northeast-1"
	elsewhere := func(r *responder.Report) {
		a := &r.Alerts[0]
		a.Key, a.Raw = strings.ReplaceAll(a.Key, region, d.region), strings.ReplaceAll(a.Raw, region, d.region)
		r.Alert = *a
	}
	id := strings.ReplaceAll(arn, region, d.region)
	d.findings = nil
	d.put(id, strings.ReplaceAll(product, region, d.region))
	assert.Equal(t, readAndWrite, d.does(told(3, responder.Safe, elsewhere)), "in the finding's Region")
	for _, there := range []string{"cn-north-1", "us-gov-west-1"} {
		d = newDesk(t, "on")
		d.region = there
		err := d.emit(told(3, responder.Safe, elsewhere))
		assert.True(t, responder.IsPermanent(err), "%v", err)
		assert.Empty(t, d.calls, "another partition")
	}
	d = newDesk(t, "on")
	d.only()["AwsAccountId"] = "444455556666"
	err := d.emit(told(3, responder.Safe))
	assert.True(t, responder.IsPermanent(err))
	assert.Equal(t, []string{"GetFindings"}, d.calls)
}

// A verdict that was cut has no original messages: an earlier notification named the finding.
func TestAReportThatWasCut(t *testing.T) {
	d := newDesk(t, "on")
	assert.Empty(t, d.does(told(2, "", func(r *responder.Report) { r.Status = responder.StatusNew })))
	assert.Equal(t, readAndWrite, d.does(told(3, responder.Safe, func(r *responder.Report) { r.Alerts[0].Raw, r.Alert.Raw, r.Truncated = "", "", true })))
}

// A message with very many things in it costs no more than reading it.
func TestAMessageOfManyThings(t *testing.T) {
	many := `{"findings":[` + strings.Repeat(`{"findings":[{},{},{}]},`, 40_000) + `{}]}`
	r := told(3, responder.Safe, func(r *responder.Report) { r.Alerts[0].Raw, r.Alert.Raw = many, "" })
	assert.Less(t, testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			findings(r)
		}
	}).AllocedBytesPerOp(), int64(16<<20))
	assert.Empty(t, findings(r))
}

func TestOptions(t *testing.T) {
	_, err := New(Options{Getenv: func(name string) string {
		return map[string]string{"SECURITYHUB_ON": "yes", "REPORT_URL": "http://x"}[name]
	}})
	for _, part := range []string{`SECURITYHUB_ON: "yes", expected on or archive`, "REPORT_URL", "configuration of AWS"} {
		assert.ErrorContains(t, err, part)
	}
	d := newDesk(t, "")
	_, err = New(Options{Config: d.config, Getenv: func(string) string { return "" }})
	assert.NoError(t, err)
	_, err = New(Options{Config: d.config, Getenv: func(name string) string { return map[string]string{"SECURITYHUB_ON": "archive"}[name] }})
	assert.ErrorContains(t, err, "archive needs a memory")
	assert.True(t, awsapi.IsRegion(region))
}
