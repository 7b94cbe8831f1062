package awscontext

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestRefusedCalls(t *testing.T) {
	refusals := func(every time.Duration, actions ...string) (calls []call) {
		for i, a := range actions {
			calls = append(calls, call{service: "iam", action: a, code: "AccessDenied", at: today.Add(-time.Duration(i) * every)})
		}
		return calls
	}
	for name, c := range map[string]struct {
		calls []call
		want  string
	}{
		"trying out":          {refusals(time.Minute, "ListUsers", "ListRoles", "GetUser", "ListUsers", "ListKeys"), "x was refused 5 calls of 4 kinds within an hour"},
		"a mistake":           {refusals(time.Minute, "ListUsers", "ListUsers", "ListUsers", "ListUsers", "ListUsers", "ListUsers", "GetUser"), ""},
		"over a day":          {refusals(5*time.Hour, "ListUsers", "ListRoles", "GetUser", "ListUsers", "ListKeys"), ""},
		"few":                 {refusals(time.Minute, "ListUsers", "ListRoles", "GetUser"), ""},
		"as EC2 says it":      {[]call{{action: "a", code: "Client.UnauthorizedOperation"}, {action: "b", code: "Client.UnauthorizedOperation"}, {action: "c", code: "AccessDeniedException"}, {action: "a", code: "AccessDenied"}, {action: "a", code: "AccessDenied"}}, "x was refused 5 calls of 3 kinds within an hour"},
		"other errors":        {[]call{{action: "a", code: "NoSuchBucket"}, {action: "b", code: "NoSuchBucket"}, {action: "c", code: "NoSuchBucket"}, {action: "d", code: "NoSuchBucket"}, {action: "e", code: "NoSuchBucket"}}, ""},
		"then, and since not": {append([]call{{action: "ListBuckets", at: today}}, refusals(time.Minute, "ListUsers", "ListRoles", "GetUser", "ListUsers", "ListKeys")...), "x was refused 5 calls of 4 kinds within an hour"},
	} {
		p := profile{what: "x"}
		p.refused(c.calls)
		if c.want == "" {
			assert.Empty(t, p.signals, name)
			continue
		}
		require.Len(t, p.signals, 1, name)
		assert.Equal(t, c.want, p.signals[0].Summary, name)
		assert.Equal(t, responder.Suspicious, p.signals[0].Verdict)
	}
}

func TestCreatedBy(t *testing.T) {
	f := newFake(t)
	f.trailed("eu-west-1", map[string][]map[string]any{"ResourceName=i-1": {
		said(time.Hour-time.Minute, "ec2", "CreateTags", "tagger", "192.0.2.1", "", "i-1"),
		said(time.Hour, "ec2", "RunInstances", "Deploy/jane", "192.0.2.1", "", "i-1"),
		said(time.Hour+time.Minute, "ec2", "RunInstances", "failed", "192.0.2.1", "Client.UnauthorizedOperation", "i-1"),
	}})
	l, err := f.at().accounts.look(t.Context(), responder.Task{}, target{})
	require.NoError(t, err)
	who, err := l.createdBy(t.Context(), "i-1", today.Add(-time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "Deploy/jane", who)
	assert.Len(t, f.calls, 2)
	for _, at := range []time.Time{{}, today.Add(-91 * 24 * time.Hour)} {
		who, err = l.createdBy(t.Context(), "i-1", at)
		require.NoError(t, err)
		assert.Empty(t, who)
	}
	assert.Len(t, f.calls, 2, "not asked for what CloudTrail has forgotten")
	delete(f.answers, "cloudtrail:LookupEvents")
	_, err = l.createdBy(t.Context(), "i-2", today)
	require.NoError(t, err)
	assert.Equal(t, []string{"cloudtrail:LookupEvents"}, l.notSeen)
}

// Calls are put together without losing one, the latest first.
func TestGroupsKeepAllCalls(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) call {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "x") }
		return call{service: pick("iam", "s3"), action: pick("A", "B"), target: pick("", "t"), who: pick("u", "v"), session: pick("", "s"), address: pick("192.0.2.1", ""),
			code: pick("", "AccessDenied"), mfa: rapid.Bool().Draw(t, "mfa"), at: today.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "age")) * time.Minute)}
	})
	rapid.Check(t, func(t *rapid.T) {
		calls := rapid.SliceOfN(one, 0, 50).Draw(t, "calls")
		n := 0
		var before time.Time
		for i, g := range grouped(calls) {
			n += g.count
			assert.False(t, g.first.After(g.at))
			assert.True(t, i == 0 || !g.at.After(before))
			before = g.at
		}
		assert.Equal(t, len(calls), n)
	})
}

// What CloudTrail says of callers and resources was written by them.
func TestHostileEvents(t *testing.T) {
	evil := strings.Repeat("x", 5000) + "\x1b[31m\u202e\n<!channel>"
	record, _ := json.Marshal(map[string]any{"userIdentity": map[string]any{"arn": "arn:aws:iam::1:" + evil, "userName": evil, "sessionContext": "none"}, "sourceIPAddress": evil, "errorCode": evil})
	for _, text := range []string{string(record), "", "{", "null", `{"userIdentity":[]}`, `{"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":false}}}}`} {
		e := event{EventName: evil, EventSource: evil, Username: evil, CloudTrailEvent: text}
		e.Resources = append(e.Resources, struct{ ResourceType, ResourceName string }{"", evil})
		a := group{call: e.call(), count: 2}.activity()
		b, err := json.Marshal(a)
		require.NoError(t, err)
		assert.Less(t, len(b), 8*maxName)
		for _, s := range []string{a.ServiceName, a.RemoteAddr, a.Principal, a.Action, a.Target} {
			assert.NotContains(t, s, "\x1b")
			assert.NotContains(t, s, "\u202e")
			assert.NotContains(t, s, "\n")
		}
	}
}
