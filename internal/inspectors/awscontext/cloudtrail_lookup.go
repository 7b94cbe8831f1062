package awscontext

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// events looks up what was done by or to what has that name, in the region of the alert and in the one where IAM, STS and the sign-in page
// are at home: their calls stand nowhere else (AWS CloudTrail User Guide, "CloudTrail concepts", on global service events). What is not
// allowed is noted.
func (l *look) events(ctx context.Context, by, value string) (answer, error) {
	regions := []string{l.region}
	if global := awsapi.Global(l.region); global != l.region {
		regions = append(regions, global)
	}
	var all []answer
	for _, region := range regions {
		a, err := l.unlessDenied(l.accounts.trail.look(ctx, question{account: l.account.id, region: region, by: by, value: value}, l.lookup))
		if err != nil {
			return answer{}, err
		}
		all = append(all, a)
	}
	return merged(all...), nil
}

// unlessDenied notes that a look-up is not allowed, and goes on without.
func (l *look) unlessDenied(a answer, err error) (answer, error) {
	var d denied
	if errors.As(err, &d) {
		l.notSeen = append(l.notSeen, d.action)
		return answer{unseen: true}, nil
	}
	return a, err
}

// lookup is one call of LookupEvents.
func (l *look) lookup(ctx context.Context, q question) (answer, error) {
	type attribute struct{ AttributeKey, AttributeValue string }
	in := struct {
		LookupAttributes   []attribute
		MaxResults         int
		StartTime, EndTime int64 `json:",omitempty"`
	}{[]attribute{{q.by, q.value}}, lookupPage, q.from, q.to}
	var out struct {
		Events    []event
		NextToken string
	}
	here := l.region
	l.region = q.region
	defer func() { l.region = here }()
	if _, err := l.ask(ctx, awsapi.CloudTrail("LookupEvents", in), &out); err != nil {
		return answer{}, unhurried(err)
	}
	a := answer{more: out.NextToken != ""}
	for _, e := range out.Events[:min(len(out.Events), lookupPage)] {
		a.calls = append(a.calls, e.call())
	}
	return a, nil
}

// unhurried marks what was throttled all the same: others of the account look events up too, and take turns.
func unhurried(err error) error {
	var e *awsapi.Error
	if errors.As(err, &e) && strings.Contains(e.Code, "Throttl") {
		return responder.RetryAfter(err, 15*time.Second)
	}
	return err
}

// createdBy says who made a resource at about that time, by the trail of the region; "" where that is not known. It is one call at most.
func (l *look) createdBy(ctx context.Context, resource string, at time.Time) (string, error) {
	const around = 15 * time.Minute
	if at.IsZero() || l.now().Sub(at) > lookupHistory {
		return "", nil
	}
	q := question{account: l.account.id, region: l.region, by: byResource, value: resource, from: at.Add(-around).Unix(), to: at.Add(around).Unix()}
	a, err := l.unlessDenied(l.accounts.trail.look(ctx, q, l.lookup))
	if err != nil {
		return "", err
	}
	for _, c := range slices.Backward(a.calls) { // the first one
		if c.code == "" && c.makes() {
			return c.who, nil
		}
	}
	return "", nil
}

// makes says whether a call makes a resource.
func (c call) makes() bool {
	return slices.ContainsFunc([]string{"Create", "Run", "Allocate", "Start", "Launch", "Request"}, func(verb string) bool {
		return strings.HasPrefix(c.action, verb)
	})
}

const maxActivities = 20

// activities are the groups of calls for people: those from where the alert says that the other side is go first, then those that changed
// or tried something, then the latest.
func (l *look) activities(a answer) (out []responder.Activity) {
	remote := l.remote()
	groups := grouped(a.calls)
	weight := func(g group) (n int) {
		for _, is := range []bool{slices.Contains(remote, g.address), g.denied(), g.writes} {
			if n *= 2; is {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(weight(b), weight(a)) })
	for _, g := range groups[:min(len(groups), maxActivities)] {
		out = append(out, g.activity())
	}
	return out
}

// remote are the addresses of the other side in the alert.
func (l *look) remote() (out []string) {
	for _, a := range l.task.Alert.Attrs {
		if a.Type == responder.TypeIPAddr && a.Match(responder.ContextRemote) {
			out = append(out, a.Value)
		}
	}
	return out
}

func (g group) activity() responder.Activity {
	action := g.action
	if g.code != "" {
		action += ": " + g.code
	}
	if g.count > 1 {
		action += " (" + several1(g.count, "time") + ")"
	}
	a := responder.Activity{ServiceName: g.service, RemoteAddr: g.address, Principal: g.who, Action: action, Target: g.target}
	if !g.at.IsZero() {
		a.LastSeen = responder.At(g.at)
	}
	return a
}
