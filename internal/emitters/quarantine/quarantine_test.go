package quarantine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestContract(t *testing.T) {
	for _, mode := range []string{"on", "dry-run"} {
		respondertest.TestEmitter(t, newStand(t, mode, theRules))
	}
}

// What is done is told with how it is put back, once; and what it does not stop.
func TestItIsDoneAndTold(t *testing.T) {
	s := newStand(t, "on", theRules)
	said := s.act(t, urgent("R1"))
	list, err := s.ledger.List(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "found isolated EC2 instance i-0123456789abcdef0 (web); undo: alertresponder quarantine undo "+list[0].ID+
		". Not stopped, or perhaps broken: Open connections go on. Done: It has another group. Rule all: urgent by guardduty; virustotal says malicious", said)
	assert.Equal(t, []any{ledger.Done, "R1", "all", "Brute force"}, []any{list[0].State, list[0].Report, list[0].Rule, list[0].Alert})
	assert.Equal(t, []string{"look", "do"}, s.cloud.calls)
	assert.Contains(t, s.act(t, urgent("R2")), "It was done for report R1")
	assert.Equal(t, []string{"look", "do"}, s.cloud.calls, "another report asks for the same")
}

// A dry-run does everything but the action, and says of it what it would do, from then on.
func TestADryRunDoesNothing(t *testing.T) {
	for _, mode := range []string{"", "dry-run", " dry-run\n"} {
		s := newStand(t, mode, theRules)
		want := "found dry-run, nothing was done: would isolate EC2 instance i-0123456789abcdef0 (web); rule all: urgent by guardduty; virustotal says malicious. " +
			"It would not stop, or might break: Open connections go on. It would: Give it another group"
		assert.Equal(t, want, s.act(t, urgent("R1")))
		assert.Equal(t, want, s.act(t, urgent("R2")), "nothing stands in its way: nothing was done")
		s.now = s.now.Add(100 * time.Hour)
		assert.Equal(t, want, s.act(t, urgent("R1")), "it would have been done then")
		assert.Equal(t, []string{"look", "look"}, s.cloud.calls, "once for each report")
		list, err := s.ledger.List(t.Context(), 10)
		require.NoError(t, err)
		assert.Empty(t, list)
	}
}

// Each kind has its targets, by what they are called in alerts.
func TestTargets(t *testing.T) {
	arn := func(value string) responder.Attribute { return own(responder.TypeARN, value, "principal") }
	for _, c := range []struct {
		a    responder.Attribute
		want string
	}{
		{theInstance(), "isolate-instance i-0123456789abcdef0 111122223333 eu-west-1"},
		{own(responder.TypeAccessKey, "AKIAIOSFODNN7EXAMPLE", "access key"), "deactivate-key AKIAIOSFODNN7EXAMPLE 111122223333 "},
		{own(responder.TypeUsername, "alice", "user"), "deny-user alice 111122223333 "},
		{own(responder.TypeUsername, "web-role", "role"), "deny-role web-role 111122223333 "},
		{arn("arn:aws:iam::111122223333:role/path/web-role"), "deny-role web-role 111122223333 "},
		{arn("arn:aws:sts::111122223333:assumed-role/web-role/i-0123"), "deny-role web-role 111122223333 "},
		{arn("arn:aws:iam::444455556666:user/bob"), "deny-user bob 444455556666 "},
		{own(responder.TypeBucket, "logs", "bucket"), "block-bucket logs 111122223333 eu-west-1"},
		{theAddress(), "block-address 198.51.100.23  "},
		{own(responder.TypeUsername, "alice", "session name"), ""},
		{own(responder.TypeUsername, "alice", "user of process"), ""},
		{own(responder.TypeUsername, "alice", "Kubernetes user"), ""},
		{own(responder.TypeUsername, "alice", ""), ""},
		{responder.Attribute{Type: responder.TypeUsername, Value: "alice", Context: []string{"local", "object"}}, ""},
		{responder.Attribute{Type: responder.TypeInstance, Value: "i-0123456789abcdef0"}, ""},
		{responder.Attribute{Type: responder.TypeInstance, Value: "i-0123456789abcdef0", Context: []string{"remote", "local"}}, ""},
		{responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23"}, ""},
		{responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23", Context: []string{"remote", "local"}}, ""},
		{responder.Attribute{Type: responder.TypeIPAddr, Value: "10.0.0.1", Context: []string{"remote"}}, ""},
		{responder.Attribute{Type: responder.TypeIPAddr, Value: "100.64.0.1", Context: []string{"remote"}}, ""},
		{responder.Attribute{Type: responder.TypeIPAddr, Value: "x", Context: []string{"remote"}}, ""},
		{arn("arn:aws:iam::111122223333:root"), ""}, {arn("arn:aws:lambda:eu-west-1:111122223333:function:f"), ""}, {arn("role/x"), ""},
		{own(responder.TypeDomain, "example.com", "domain"), ""}, {own(responder.TypeInstance, "", "instance"), ""},
	} {
		r := urgent("R", c.a)
		var got string
		for _, one := range candidates(r, func(actions.Kind) bool { return true }) {
			got += fmt.Sprint(one.target.Kind, " ", one.target.Value, " ", one.target.Account, " ", one.target.Region)
		}
		assert.Equal(t, c.want, got, "%v", c.a)
	}
}

// Beside a role that acted, a name is that of its session; and users of OCSF may be those of any system.
func TestNamesThatAreOfNoUser(t *testing.T) {
	alice := own(responder.TypeUsername, "alice", "user")
	role := own(responder.TypeARN, "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0", "role")
	object := role
	object.Context = []string{responder.ContextLocal, responder.ContextObject}
	users := func(r responder.Report) (out []string) {
		for _, c := range candidates(r, func(k actions.Kind) bool { return k == actions.DenyUser }) {
			out = append(out, c.target.Value)
		}
		return out
	}
	assert.Equal(t, []string{"alice"}, users(urgent("R", alice, object)))
	for _, acted := range []responder.Attribute{role, own(responder.TypeARN, "arn:aws:sts::111122223333:assumed-role/web/alice", "principal"), own(responder.TypeUsername, "web", "role")} {
		assert.Empty(t, users(urgent("R", alice, acted)), acted.Value)
	}
	instances := func(r responder.Report) int {
		return len(candidates(r, func(k actions.Kind) bool { return k == actions.IsolateInstance }))
	}
	session := theInstance()
	session.Key = "instance of the session"
	assert.Equal(t, 0, instances(urgent("R", session, role)))
	assert.Equal(t, 1, instances(urgent("R", theInstance(), role)), "GuardDuty has looked at it")
	call := urgent("R", theInstance(), role)
	call.Alerts[0].Source = "aws.s3"
	assert.Equal(t, 0, instances(call), "CloudTrail has the session's name only")
	ocsf := urgent("R", alice)
	ocsf.Alerts[0].Source = "ocsf"
	assert.Empty(t, users(ocsf))
}

// A person's decision stands for the report, whatever comes; a new report is a new decision.
func TestWhatWasPutBackIsNotDoneAgain(t *testing.T) {
	s := newStand(t, "on", theRules)
	putBack := func() {
		list, err := s.ledger.List(t.Context(), 1)
		require.NoError(t, err)
		_, err = s.ledger.Undoing(t.Context(), list[0].ID, "carol")
		require.NoError(t, err)
		assert.Contains(t, s.act(t, urgent("R1")), "and carol is putting it back")
		s.cloud.undo(list[0].Target)
		require.NoError(t, s.ledger.Undone(t.Context(), list[0].ID, actions.Done{Left: []string{"a group is gone"}}))
	}
	s.act(t, urgent("R1"))
	putBack()
	want := "skipped isolated EC2 instance i-0123456789abcdef0 (web); carol put it back at 2026-05-04 03:02 UTC, and so it stays for this report. Left as it was: a group is gone"
	assert.Equal(t, want, s.act(t, urgent("R1")))
	s.restart(t)
	assert.Equal(t, want, s.act(t, urgent("R1")))
	assert.Contains(t, s.act(t, urgent("R2")), "found isolated")
	putBack()
	assert.Equal(t, want, s.act(t, urgent("R1")), "also after another one's")
	assert.Equal(t, 2, s.cloud.count("do"))
}

// A verdict that is corrected puts nothing back by itself, and says how.
func TestACorrectedVerdict(t *testing.T) {
	s := newStand(t, "on", theRules)
	said := s.act(t, urgent("R1"))
	safe := urgent("R1")
	safe.Result.Severity = responder.Safe
	safe.Inspections = append(safe.Inspections, responder.Inspection{Inspector: ID, Attribute: &safe.Alert.Attrs[0], Outcome: responder.Found})
	assert.Contains(t, s.act(t, safe), "The verdict is safe now: nothing is put back by itself")
	assert.Contains(t, s.act(t, safe), "undo: alertresponder quarantine undo ")
	assert.Equal(t, said, s.act(t, urgent("R1")))
	assert.Equal(t, 1, s.cloud.count("do"))
	dry := newStand(t, "", theRules)
	safe.Inspections = safe.Inspections[:1]
	assert.Empty(t, dry.act(t, safe), "what no rule is about is not spoken of")
	safe.Inspections = append(safe.Inspections, responder.Inspection{Inspector: ID, Attribute: &safe.Alert.Attrs[0], Outcome: responder.Skipped})
	assert.Equal(t, "skipped dry-run: would not isolate instance i-0123456789abcdef0: no rule is for it at the verdict safe", dry.act(t, safe), "but where it was")
}

// What goes wrong is told, and tried again where that may help.
func TestWhatGoesWrong(t *testing.T) {
	denied := fmt.Errorf("isolate-instance: %w: ec2:ModifyNetworkInterfaceAttribute: UnauthorizedOperation (status 403)", actions.ErrDenied)
	refused := fmt.Errorf("isolate-instance: %w: the instance is terminated", actions.ErrRefused)
	for name, c := range map[string]struct {
		call  string
		err   error
		says  string
		after time.Duration // 0: it is not tried again; -1: by the host's own back-off
		then  string        // what is said when it works
	}{
		"refused at once":   {"look", refused, "skipped did not isolate instance i-0123456789abcdef0: isolate-instance: refused: the instance is terminated", 0, "found isolated"},
		"refused at last":   {"do", refused, "skipped could not isolate EC2 instance i-0123456789abcdef0 (web), nothing was done: isolate-instance: refused", 0, "skipped could not"},
		"may not look":      {"look", denied, "UnauthorizedOperation (status 403); it is tried again", 5 * time.Minute, "found isolated"},
		"may not do":        {"do", denied, "found is about to isolate EC2 instance i-0123456789abcdef0 (web): isolate-instance: not allowed: ec2:Modify", 5 * time.Minute, "found isolated"},
		"is down":           {"look", errors.New("503 one"), "it cannot be looked at just now; it is tried again", -1, "found isolated"},
		"is down meanwhile": {"do", errors.New("503 two"), "AWS did not answer as it should; it is tried again; undo: alertresponder quarantine undo ", -1, "found isolated"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, "on", theRules)
			s.cloud.fail = func(call string) error {
				if call == c.call {
					return c.err
				}
				return nil
			}
			for range 3 {
				list, _, err := s.Act(t.Context(), urgent("R1"), nil)
				assert.Contains(t, titles(list), c.says)
				d, waits := responder.RetryDelay(err)
				assert.Equal(t, []any{c.after != 0, c.after > 0, max(c.after, 0)}, []any{err != nil, waits, d}, "%v", err)
				assert.False(t, responder.IsPermanent(err))
			}
			s.cloud.fail = nil
			assert.Contains(t, s.act(t, urgent("R1")), c.then)
		})
	}
}

// What was begun is not gone on with when the rules do not allow it any more, or in a dry-run, and that is told.
func TestWhatIsHalfDone(t *testing.T) {
	s := newStand(t, "on", theRules)
	s.cloud.fail = func(call string) error {
		if call == "do" {
			return actions.ErrDenied
		}
		return nil
	}
	_, _, err := s.Act(t.Context(), urgent("R1"), nil)
	require.Error(t, err)
	s.cloud.fail = nil
	sample := urgent("R1")
	sample.Alerts[0].Sample = true
	assert.Contains(t, s.act(t, sample), "found began to isolate EC2 instance i-0123456789abcdef0 (web), and does not go on, for an alert of the report is a sample (rule all); "+
		"what may have been done, undo: alertresponder quarantine undo ")
	list, _, err := s.Act(t.Context(), urgent("R2"), nil)
	assert.Contains(t, titles(list), "another function is at it")
	d, _ := responder.RetryDelay(err)
	assert.Equal(t, ledger.Attempt, d)
	s.mode = "dry-run"
	s.restart(t)
	assert.Contains(t, s.act(t, urgent("R1")), "does not go on, for it is a dry-run now")
	assert.Equal(t, 1, s.cloud.count("do"))
	s.mode = "on"
	s.restart(t)
	s.cloud.tags = map[string]string{"keep": "1"}
	s.emitter.rules.never.tags = []tag{{"keep", "*"}}
	assert.Contains(t, s.act(t, urgent("R1")), "nothing was done: its tag keep=1 is on the list of what is never touched")
	assert.Equal(t, 1, s.cloud.count("do"))
}

// Another function that died is followed, after its time.
func TestAnotherReportGoesOn(t *testing.T) {
	s := newStand(t, "on", theRules)
	s.cloud.lose = func(call string) error {
		if call == "do" {
			return errors.New("the answer is lost")
		}
		return nil
	}
	_, _, err := s.Act(t.Context(), urgent("R1"), nil)
	require.Error(t, err)
	s.cloud.lose = nil
	s.now = s.now.Add(ledger.Attempt)
	assert.Contains(t, s.act(t, urgent("R2")), "found isolated")
	assert.Equal(t, map[string]int{"isolate-instance i-0123456789abcdef0": 1}, s.cloud.shuts)
}

// Without a rule nothing is asked; notices are no verdicts.
func TestNothingIsDoneWithoutARule(t *testing.T) {
	for _, rules := range []string{"", "# none\n", "null"} {
		s := newStand(t, "on", rules)
		assert.Empty(t, s.act(t, urgent("R1")))
		assert.Empty(t, s.cloud.calls)
	}
	s := newStand(t, "on", theRules)
	for _, status := range []responder.Status{responder.StatusNew, responder.StatusOngoing, ""} {
		r := urgent("R1")
		r.Status = status
		assert.Empty(t, s.act(t, r))
	}
	assert.Empty(t, s.cloud.calls)
}

// What is not understood is an error at start, never on.
func TestWhatIsNotUnderstood(t *testing.T) {
	for _, mode := range []string{"ON", "true", "yes", "1", "off", "dry", "On"} {
		_, err := newEmitter(Options{Memory: responder.NewMemory(), Getenv: func(name string) string {
			return map[string]string{"QUARANTINE_MODE": mode}[name]
		}}, newCloud())
		assert.ErrorContains(t, err, fmt.Sprintf("quarantine: QUARANTINE_MODE: %q, expected dry-run or on", mode))
	}
	_, err := newEmitter(Options{}, newCloud())
	assert.ErrorContains(t, err, "memory: nil")
}

// A report with very many entities is not worked off without end.
func TestTooManyTargets(t *testing.T) {
	var attrs []responder.Attribute
	for n := range 30 {
		attrs = append(attrs, own(responder.TypeInstance, fmt.Sprintf("i-%016x", n), "instance"))
	}
	s := newStand(t, "on", theRules+"ceiling: 100\n")
	said := s.act(t, urgent("R1", attrs...))
	assert.Equal(t, maxTargets, s.cloud.count("do"))
	assert.Contains(t, said, "10 more entities of the report were not looked at")
}

// Somebody who judges by our words cannot have us talk without end.
func TestThereIsAnEndToChanges(t *testing.T) {
	s := newStand(t, "on", theRules)
	var receipt responder.Receipt
	told, last := 0, ""
	for n := range 4 * maxChanges {
		r := urgent("R1")
		if n%2 == 1 {
			r.Result.Severity = responder.Safe
			r.Inspections = append(r.Inspections, responder.Inspection{Inspector: ID, Attribute: &r.Alert.Attrs[0]})
		}
		list, next, err := s.Act(t.Context(), r, receipt)
		require.NoError(t, err)
		if next != nil {
			receipt = next
		}
		if now := titles(list); now != "" && now != last {
			told, last = told+1, now
		}
	}
	assert.Equal(t, maxChanges, told)
}

// How an action ended is recorded also when the function's time is over.
func TestTheEndIsRecordedInAnyCase(t *testing.T) {
	s := newStand(t, "on", theRules)
	ctx, cancel := context.WithCancel(t.Context())
	s.cloud.lose = func(call string) error {
		if call == "do" {
			cancel()
		}
		return nil
	}
	_, _, err := s.Act(ctx, urgent("R1"), nil)
	require.Error(t, err)
	list, err := s.ledger.List(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"It has another group."}, list[0].Did)
	s.cloud.lose = nil
	assert.Contains(t, s.act(t, urgent("R1")), "found isolated")
}

// What we said ourselves, however it is understood, is no evidence.
func TestOurOwnWordsAreNoEvidence(t *testing.T) {
	s := newStand(t, "on", theRules)
	r := urgent("R1")
	r.Inspections = append(r.Inspections, responder.Inspection{Inspector: ID, Attribute: &r.Alert.Attrs[0], Outcome: responder.Failed})
	assert.Contains(t, s.act(t, r), "found isolated")
}
