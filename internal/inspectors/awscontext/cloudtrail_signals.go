package awscontext

import (
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// From when on something is suspicious.
const (
	burstCalls   = 5 // refused calls…
	burstActions = 3 // …of so many kinds…
	burstTime    = time.Hour
	asleep       = 90 * 24 * time.Hour // of a key: nothing for so long, and then calls
	awake        = 24 * time.Hour
)

// blinding are calls that switch off what would have seen the next ones, or make credentials for others (MITRE ATT&CK, T1562.008
// "Disable or Modify Cloud Logs" and T1098.001 "Additional Cloud Credentials").
var blinding = []string{
	"cloudtrail StopLogging", "cloudtrail DeleteTrail", "cloudtrail UpdateTrail", "cloudtrail PutEventSelectors", "cloudtrail DeleteEventDataStore",
	"guardduty DeleteDetector", "guardduty UpdateDetector", "guardduty CreateIPSet", "guardduty DisassociateFromMasterAccount", "guardduty DisassociateFromAdministratorAccount",
	"securityhub DisableSecurityHub", "config StopConfigurationRecorder", "config DeleteConfigurationRecorder", "ec2 DeleteFlowLogs",
	"iam CreateAccessKey", "iam CreateLoginProfile", "iam UpdateLoginProfile", "iam DeactivateMFADevice", "iam AttachUserPolicy", "iam PutUserPolicy",
	"iam UpdateAssumeRolePolicy",
}

// judge adds what the calls say of who made them.
func (p *profile) judge(l *look, a answer) {
	p.summarize(l, a)
	p.refused(a.calls)
	var did []string
	var last time.Time
	for _, c := range a.calls {
		if name := c.service + " " + c.action; slices.Contains(blinding, name) {
			if c.code != "" {
				name += " (" + c.code + ")"
			}
			if did = append(did, name); c.at.After(last) {
				last = c.at
			}
		}
	}
	slices.Sort(did)
	if did = slices.Compact(did); len(did) > 0 {
		p.signal(activity, responder.Suspicious, 60, "%s called what blinds watchers or makes credentials: %s", p.what,
			strings.Join(did[:min(len(did), 10)], ", "))
		p.signals[len(p.signals)-1].SeenAt = responder.At(last)
	}
}

// summarize says how much is known, and what came from where the alert says that the other side is.
func (p *profile) summarize(l *look, a answer) {
	if len(a.calls) == 0 && a.unseen {
		return // the page says what was not allowed
	}
	if len(a.calls) == 0 {
		p.fact("no calls in CloudTrail's event history of 90 days in %s", l.region)
		return
	}
	what := several1(len(a.calls), "call")
	if a.more {
		what = "more than " + what
	}
	p.fact("%s in 90 days, last %s", what, l.day(a.calls[0].at))
	remote := l.remote()
	n := 0
	var last time.Time
	for _, c := range a.calls {
		if slices.Contains(remote, c.address) {
			if n++; c.at.After(last) {
				last = c.at
			}
		}
	}
	if n > 0 {
		p.signal(activity, responder.UnknownSignal, 0, "%s: %d of the last %d calls came from a remote address of the alert", p.what, n, len(a.calls))
		p.signals[len(p.signals)-1].SeenAt = responder.At(last)
	}
}

// refused looks for somebody who tries out what is allowed. One action refused again and again is a mistake of a program.
func (p *profile) refused(calls []call) {
	var tried []call
	for _, c := range calls {
		if c.denied() {
			tried = append(tried, c)
		}
	}
	for i, c := range tried { // the latest first
		actions, n := map[string]bool{}, 0
		for _, d := range tried[i:] {
			if c.at.Sub(d.at) <= burstTime {
				actions[d.service+" "+d.action] = true
				n++
			}
		}
		if n >= burstCalls && len(actions) >= burstActions {
			p.signal(activity, responder.Suspicious, 60, "%s was refused %d calls of %d kinds within an hour", p.what, n, len(actions))
			p.signals[len(p.signals)-1].SeenAt = responder.At(c.at)
			return
		}
	}
}

// awoke says whether a key that is that old is used now, and was not for long before. used is when IAM last saw it used.
func (l *look) awoke(a answer, made, used time.Time) (since time.Duration, ok bool) {
	at := l.alertTime()
	if made.IsZero() || at.Sub(made) < asleep {
		return 0, false
	}
	if !used.IsZero() && at.Sub(used) >= asleep && l.task.Attribute.Match(responder.ContextSubject) {
		return at.Sub(used), true // IAM is hours late with what the alert is about
	}
	if a.more || a.unseen || len(a.calls) == 0 || used.IsZero() {
		return 0, false
	}
	first := a.calls[len(a.calls)-1].at
	if at.Sub(first) > awake || l.now().Sub(first) > awake {
		return 0, false
	}
	return lookupHistory - l.now().Sub(first), true
}
