package awscontext

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var today = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

const longLived, temporaryKey = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"

// said is an event of CloudTrail as LookupEvents gives it (AWS CloudTrail API Reference, LookupEvents; AWS CloudTrail User Guide,
// "CloudTrail userIdentity element").
func said(age time.Duration, source, name, user, address, code string, resources ...string) map[string]any {
	identity := map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + ownAccount + ":user/" + user, "userName": user, "accountId": ownAccount}
	if role, session, ok := strings.Cut(user, "/"); ok {
		identity = map[string]any{"type": "AssumedRole", "arn": "arn:aws:sts::" + ownAccount + ":assumed-role/" + user, "accountId": ownAccount,
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": "arn:aws:iam::" + ownAccount + ":role/" + role, "userName": role},
				"attributes": map[string]any{"mfaAuthenticated": "true"}}}
		user = session
	}
	record, _ := json.Marshal(map[string]any{"userIdentity": identity, "sourceIPAddress": address, "errorCode": code, "eventName": name})
	list := []map[string]string{}
	for _, r := range resources {
		list = append(list, map[string]string{"ResourceType": "x", "ResourceName": r})
	}
	return map[string]any{"EventId": "e", "EventName": name, "EventSource": source + ".amazonaws.com", "Username": user, "ReadOnly": "false",
		"EventTime": float64(today.Add(-age).UnixMilli()) / 1000, "CloudTrailEvent": string(record), "Resources": list}
}

// trailed answers LookupEvents in one region, by attribute and value.
func (f *fakeAWS) trailed(region string, by map[string][]map[string]any) {
	f.on("cloudtrail:LookupEvents", func(q request) reply {
		var in struct {
			LookupAttributes []struct{ AttributeKey, AttributeValue string }
			MaxResults       int
		}
		require.NoError(f.t, json.Unmarshal([]byte(q.body), &in))
		require.Len(f.t, in.LookupAttributes, 1, "the list can contain only one item")
		require.LessOrEqual(f.t, in.MaxResults, 50)
		events := []map[string]any{}
		if q.region == region {
			events = append(events, by[in.LookupAttributes[0].AttributeKey+"="+in.LookupAttributes[0].AttributeValue]...)
		}
		b, _ := json.Marshal(map[string]any{"Events": events})
		return reply{body: string(b)}
	})
}

// xmlOf is an answer of IAM.
func xmlOf(action, inner string) string {
	return fmt.Sprintf("<%[1]sResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>", action, inner)
}

// simulates says which actions are allowed; "*" is all.
func (f *fakeAWS) simulates(allowed ...string) {
	f.on("iam:SimulatePrincipalPolicy", func(q request) reply {
		var b strings.Builder
		for i := 1; q.params.Has(fmt.Sprintf("ActionNames.member.%d", i)); i++ {
			action := q.params.Get(fmt.Sprintf("ActionNames.member.%d", i))
			decision := "implicitDeny"
			if slices.Contains(allowed, action) || slices.Contains(allowed, "*") {
				decision = "allowed"
			}
			fmt.Fprintf(&b, "<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member>", action, decision)
		}
		return reply{body: xmlOf("SimulatePrincipalPolicy", "<EvaluationResults>"+b.String()+"</EvaluationResults>")}
	})
}

// withAlice has a user with all that a user can have.
func withAlice(t *testing.T) *fakeAWS {
	f := newFake(t)
	f.on("iam:GetUser", func(q request) reply {
		if q.params.Get("UserName") != "alice" {
			return refused("iam:GetUser", 404, "NoSuchEntity")
		}
		return reply{body: xmlOf("GetUser", `<User><UserName>alice</UserName><Arn>arn:aws:iam::`+ownAccount+`:user/team/alice</Arn><CreateDate>2020-01-02T03:04:05Z</CreateDate>
			<PasswordLastUsed>2026-11-29T10:00:00Z</PasswordLastUsed><PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::`+ownAccount+`:policy/Edge</PermissionsBoundaryArn></PermissionsBoundary>
			<Tags><member><Key>Owner</Key><Value>jane&#10;doe</Value></member><member><Key>x</Key><Value>y</Value></member></Tags></User>`)}
	})
	f.says("iam:ListMFADevices", xmlOf("ListMFADevices", `<MFADevices/>`))
	f.says("iam:GetLoginProfile", xmlOf("GetLoginProfile", `<LoginProfile><UserName>alice</UserName></LoginProfile>`))
	f.says("iam:ListAccessKeys", xmlOf("ListAccessKeys", `<AccessKeyMetadata><member><AccessKeyId>`+longLived+`</AccessKeyId><Status>Active</Status><CreateDate>2022-11-30T00:00:00Z</CreateDate></member></AccessKeyMetadata>`))
	f.says("iam:GetAccessKeyLastUsed", xmlOf("GetAccessKeyLastUsed", `<UserName>alice</UserName><AccessKeyLastUsed><LastUsedDate>2026-11-30T11:00:00Z</LastUsedDate><ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>`))
	f.says("iam:ListAttachedUserPolicies", xmlOf("ListAttachedUserPolicies", `<AttachedPolicies><member><PolicyName>AdministratorAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn></member></AttachedPolicies>`))
	f.says("iam:ListUserPolicies", xmlOf("ListUserPolicies", `<PolicyNames><member>mine</member></PolicyNames>`))
	f.says("iam:ListGroupsForUser", xmlOf("ListGroupsForUser", `<Groups><member><GroupName>devs</GroupName></member></Groups>`))
	f.says("iam:ListAttachedGroupPolicies", xmlOf("ListAttachedGroupPolicies", `<AttachedPolicies><member><PolicyArn>arn:aws:iam::`+ownAccount+`:policy/Deploy</PolicyArn></member></AttachedPolicies>`))
	f.says("sts:GetAccessKeyInfo", `<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>`+ownAccount+`</Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>`)
	f.simulates("*")
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases><member>shop</member></AccountAliases>`))
	f.trailed("us-east-1", map[string][]map[string]any{"Username=alice": {
		said(time.Hour, "iam", "CreateAccessKey", "alice", "203.0.113.7", "", "bob"),
		said(2*time.Hour, "ec2", "DescribeInstances", "alice", "198.51.100.1", ""),
		said(3*time.Hour, "ec2", "DescribeInstances", "alice", "198.51.100.1", ""),
	}})
	return f
}

// at is an inspector whose clock stands.
func (f *fakeAWS) at(roles ...string) *inspector {
	i := f.inspector(roles...).(*inspector)
	i.accounts.now = func() time.Time { return today }
	i.accounts.trail.now = i.accounts.now
	return i
}

// inspects asks for an attribute of an alert of GuardDuty with a remote address.
func (f *fakeAWS) inspects(i *inspector, a responder.Attribute) (responder.Page, error) {
	task := responder.Task{ReportID: "A-1", Attribute: a, Alert: responder.Alert{Source: "guardduty", Account: ownAccount, Region: "eu-west-1",
		Timestamp: responder.Span(today, today), Attrs: []responder.Attribute{a, {Type: responder.TypeIPAddr, Value: "203.0.113.7", Context: []string{responder.ContextRemote}}}}}
	page, err := i.Inspect(f.t.Context(), task)
	if err == nil {
		require.NoError(f.t, respondertest.CheckPage(task, page))
	}
	return page, err
}

// sentences are what a page says, by kind.
func sentences(p responder.Page) (out []string) {
	for _, s := range p.Signals {
		out = append(out, s.Kind+" "+string(s.Verdict)+": "+s.Summary)
	}
	return out
}

func username(name, key string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeUsername, Value: name, Key: key, Context: []string{responder.ContextLocal, responder.ContextSubject}}
}

func accessKey(id string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeAccessKey, Value: id, Key: "access key", Context: []string{responder.ContextLocal, responder.ContextSubject}}
}

func anARN(s string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeARN, Value: s, Key: "principal", Context: []string{responder.ContextLocal, responder.ContextSubject}}
}

func TestUser(t *testing.T) {
	f := withAlice(t)
	page, err := f.inspects(f.at(), username("alice", "user"))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"ownership unknown: IAM user alice of account 111111111111 (shop): created 2020-01-02 (6 years ago); tags Owner=jane doe; console password last used 2026-11-29 (1 day ago); " +
			"no MFA device; access key AKIAIOSFODNN7EXAMPLE active, created 2022-11-30 (4 years ago), last used 2026-11-30 (less than a day ago) for s3 in eu-west-1; groups devs; " +
			"policies AdministratorAccess, Deploy, mine (inline); boundary Edge; 3 calls in 90 days, last 2026-11-30 (less than a day ago)",
		"privilege unknown: IAM user alice may, with every resource: everything that was asked for: change permissions, make credentials, hand on any role, assume any role, switch off logging, " +
			"switch off detection, read all secrets, read all parameters, read all objects, delete all objects, decrypt with all keys, start instances, run commands on all instances, " +
			"change the code of all functions; no MFA device",
		"activity unknown: IAM user alice: 1 of the last 3 calls came from a remote address of the alert",
		"activity suspicious: IAM user alice called what blinds watchers or makes credentials: iam CreateAccessKey",
	}, sentences(page))
	assert.Equal(t, []responder.SubjectUser{{UserName: "alice", Activities: []responder.Activity{
		{ServiceName: "iam", RemoteAddr: "203.0.113.7", Principal: "alice", Action: "CreateAccessKey", Target: "bob", LastSeen: responder.At(today.Add(-time.Hour))},
		{ServiceName: "ec2", RemoteAddr: "198.51.100.1", Principal: "alice", Action: "DescribeInstances (2 times)", LastSeen: responder.At(today.Add(-2 * time.Hour))},
	}}}, page.SubjectUsers)
	assert.Empty(t, page.Outcome)
	assert.Empty(t, page.Error)
	assert.Equal(t, "https://eu-west-1.console.aws.amazon.com/iam/home?region=eu-west-1#/users/details/alice", page.Signals[0].URL)
	assert.Len(t, f.calls, 14, "%q", f.calls) // GetCallerIdentity among them
}

// Whatever one call is not allowed, the rest is still said, and what is missing is named.
func TestUserWithTooLittleToSee(t *testing.T) {
	for action := range withAlice(t).answers {
		if action == "sts:GetCallerIdentity" || action == "sts:GetAccessKeyInfo" {
			continue
		}
		f := withAlice(t)
		delete(f.answers, action)
		page, err := f.inspects(f.at(), username("alice", "user"))
		require.NoError(t, err)
		assert.Contains(t, page.Error, action)
		assert.NotContains(t, page.Error, "secret words")
		assert.Equal(t, responder.Failed, page.Outcome)
		if action == "iam:GetUser" {
			continue
		}
		if action == "cloudtrail:LookupEvents" {
			assert.NotContains(t, page.Signals[0].Summary, "no calls", "nobody knows")
		}
		assert.Contains(t, page.Signals[0].Summary, "created 2020-01-02", action)
		assert.NotContains(t, page.Signals[0].Summary, "\n")
	}
}

// Each call that is throttled again and again, or broken, is an error that is tried again, never a page that looks whole.
func TestUserOfABusyService(t *testing.T) {
	for action := range withAlice(t).answers {
		for _, r := range []reply{refused(action, 400, "ThrottlingException"), refused(action, 503, "ServiceUnavailable"), {body: "<html"}} {
			if action == "sts:GetAccessKeyInfo" || action == "iam:GetLoginProfile" && r.status == 0 { // whose answer is not read
				continue
			}
			f := withAlice(t)
			f.on(action, func(request) reply { return r })
			page, err := f.inspects(f.at(), username("alice", "user"))
			require.Error(t, err, "%s %v", action, page)
			assert.False(t, responder.IsPermanent(err), action)
			if d, ok := responder.RetryDelay(err); action == "cloudtrail:LookupEvents" && r.status == 400 {
				assert.True(t, ok)
				assert.Equal(t, 15*time.Second, d)
			}
		}
	}
}

// What a service control policy keeps from all of the account, nobody there may.
func TestWhatTheOrganizationDoesNotAllow(t *testing.T) {
	f := withAlice(t)
	f.says("iam:SimulatePrincipalPolicy", xmlOf("SimulatePrincipalPolicy", `<EvaluationResults><member><EvalActionName>cloudtrail:StopLogging</EvalActionName><EvalDecision>allowed</EvalDecision>
		<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail></member>
		<member><EvalActionName>s3:GetObject</EvalActionName><EvalDecision>allowed</EvalDecision></member></EvaluationResults>`))
	page, err := f.inspects(f.at(), username("alice", "user"))
	require.NoError(t, err)
	assert.Contains(t, sentences(page), "privilege unknown: IAM user alice may, with every resource: read all objects; no MFA device")
}

func TestNobody(t *testing.T) {
	f := withAlice(t)
	f.refuses("iam:GetRole", 404, "NoSuchEntity")
	page, err := f.inspects(f.at(), username("nobody-here", "user"))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
	assert.Equal(t, []string{"sts:GetCallerIdentity", "iam:GetUser", "cloudtrail:LookupEvents", "cloudtrail:LookupEvents"}, f.calls)
}

// What cannot be a name of IAM costs no call.
func TestWhoIsNotOfIAM(t *testing.T) {
	for _, c := range []struct {
		source, account, name, key string
		context                    string
	}{
		{"guardduty", ownAccount, `CORP\alice`, "user", ""},
		{"guardduty", ownAccount, "system:serviceaccount:default:web", "service account", ""},
		{"guardduty", ownAccount, "Alice Liddell", "user", ""},
		{"guardduty", ownAccount, strings.Repeat("a", 65), "user", ""},
		{"guardduty", ownAccount, "", "user", ""},
		{"guardduty", ownAccount, "a/b/c", "user", ""},
		{"guardduty", ownAccount, "alice", "user of process", ""},
		{"guardduty", ownAccount, "alice", "Kubernetes user", ""},
		{"guardduty", ownAccount, "alice", "database user", ""},
		{"guardduty", ownAccount, "alice", "user", responder.ContextRemote},
		{"falco", "", "alice", "user", ""},
		{"wazuh", "my-gcp-project", "alice", "user", ""},
		{"alertmanager", "", "alice", "user", ""},
		{"native", "", "root", "user", ""},
		{"unknown", "", "ec2-user", "user", ""},
	} {
		f := withAlice(t)
		a := username(c.name, c.key)
		if c.context != "" {
			a.Context = []string{c.context}
		}
		page, err := f.at().Inspect(t.Context(), responder.Task{Attribute: a, Alert: responder.Alert{Source: c.source, Account: c.account}})
		assert.NoError(t, err)
		assert.Equal(t, responder.Page{}, page, "%v", c)
		assert.Empty(t, f.calls, "%v", c)
	}
	for _, c := range [][2]string{{"native", ""}, {"falco", ownAccount}, {"wazuh", ownAccount}, {"aws.iam", ""}, {"my-mapping", ""}} {
		_, ok := principalOf(responder.Task{Attribute: username("alice", "user"), Alert: responder.Alert{Source: c[0], Account: c[1]}})
		assert.True(t, ok, "%v", c)
	}
}

func TestRoot(t *testing.T) {
	f := newFake(t)
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases/>`))
	f.says("iam:GetAccountSummary", xmlOf("GetAccountSummary", `<SummaryMap><entry><key>AccountMFAEnabled</key><value>0</value></entry><entry><key>AccountAccessKeysPresent</key><value>1</value></entry></SummaryMap>`))
	f.trailed("us-east-1", map[string][]map[string]any{"Username=root": {said(time.Hour, "signin", "ConsoleLogin", "root", "203.0.113.7", "")}})
	for _, a := range []responder.Attribute{username("root", "user"), anARN("arn:aws:iam::" + ownAccount + ":root")} {
		page, err := f.inspects(f.at(), a)
		require.NoError(t, err)
		assert.Contains(t, sentences(page), "privilege unknown: The root user may do everything; no MFA device")
		assert.Contains(t, page.Signals[0].Summary, "no MFA device; has access keys; 1 call in 90 days")
		require.Len(t, page.SubjectUsers, 1)
		assert.Equal(t, "ConsoleLogin", page.SubjectUsers[0].Activities[0].Action)
	}
}

const trustGitHub = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}},
	{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::999999999999:root","Service":"ec2.amazonaws.com"},"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}`

func withDeploy(t *testing.T) *fakeAWS {
	f := newFake(t)
	f.on("iam:GetRole", func(q request) reply {
		if q.params.Get("RoleName") != "Deploy" {
			return refused("iam:GetRole", 404, "NoSuchEntity")
		}
		return reply{body: xmlOf("GetRole", `<Role><Path>/</Path><RoleName>Deploy</RoleName><Arn>arn:aws:iam::`+ownAccount+`:role/Deploy</Arn><CreateDate>2025-11-30T00:00:00Z</CreateDate>
			<AssumeRolePolicyDocument>`+url.PathEscape(trustGitHub)+`</AssumeRolePolicyDocument><RoleLastUsed><LastUsedDate>2026-11-30T00:00:00Z</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed></Role>`)}
	})
	f.says("iam:ListAttachedRolePolicies", xmlOf("ListAttachedRolePolicies", `<AttachedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/PowerUserAccess</PolicyArn></member></AttachedPolicies>`))
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases/>`))
	f.says("iam:ListRolePolicies", xmlOf("ListRolePolicies", `<PolicyNames/>`))
	f.says("sts:GetAccessKeyInfo", `<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>`+ownAccount+`</Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>`)
	f.simulates("s3:GetObject", "sts:AssumeRole")
	f.trailed("eu-west-1", map[string][]map[string]any{
		"Username=jane@example.com":                                {said(time.Hour, "ec2", "RunInstances", "Deploy/jane@example.com", "203.0.113.7", "", "i-1"), said(time.Hour, "s3", "ListBuckets", "Other/jane@example.com", "192.0.2.1", "")},
		"AccessKeyId=" + temporaryKey:                              {said(time.Hour, "ec2", "RunInstances", "Deploy/jane@example.com", "203.0.113.7", "Client.UnauthorizedOperation", "i-1")},
		"ResourceName=arn:aws:iam::" + ownAccount + ":role/Deploy": {said(time.Hour, "sts", "AssumeRole", "alice", "203.0.113.7", "", "arn:aws:iam::"+ownAccount+":role/Deploy")},
	})
	return f
}

func TestRole(t *testing.T) {
	const is = "ownership unknown: IAM role Deploy of account 111111111111: created 2025-11-30 (12 months ago); can be assumed by OIDC provider token.actions.githubusercontent.com, " +
		"account 999999999999 under conditions, ec2.amazonaws.com; last used 2026-11-30 (less than a day ago) in eu-west-1; policies PowerUserAccess; 1 call in 90 days, last 2026-11-30 (less than a day ago)"
	const open = "exposure suspicious: IAM role Deploy can be assumed by everybody whom OIDC provider token.actions.githubusercontent.com knows: no condition says whom it means"
	const may = "privilege unknown: IAM role Deploy may, with every resource: assume any role, read all objects"
	for name, c := range map[string]struct {
		a            responder.Attribute
		user, action string
	}{
		"role":           {username("Deploy", "role"), "Deploy", "AssumeRole"},
		"role of an ARN": {anARN("arn:aws:iam::" + ownAccount + ":role/ci/Deploy"), "Deploy", "AssumeRole"},
		"session":        {username("Deploy/jane@example.com", "user"), "Deploy/jane@example.com", "RunInstances"},
		"assumed":        {anARN("arn:aws:sts::" + ownAccount + ":assumed-role/Deploy/jane@example.com"), "Deploy/jane@example.com", "RunInstances"},
	} {
		f := withDeploy(t)
		page, err := f.inspects(f.at(), c.a)
		require.NoError(t, err, name)
		got := sentences(page)
		assert.Equal(t, is, got[0], name)
		assert.Contains(t, got, open)
		assert.Contains(t, got, may)
		require.Len(t, page.SubjectUsers, 1, name)
		assert.Equal(t, c.user, page.SubjectUsers[0].UserName)
		require.Len(t, page.SubjectUsers[0].Activities, 1, "not those of another role with a session of that name")
		assert.Equal(t, c.action, page.SubjectUsers[0].Activities[0].Action)
		assert.LessOrEqual(t, len(f.calls), 8, "%q", f.calls)
	}
}

// A name that is no user's is looked for among sessions, and leads to the role.
func TestSession(t *testing.T) {
	f := withDeploy(t)
	f.refuses("iam:GetUser", 404, "NoSuchEntity")
	page, err := f.inspects(f.at(), username("jane@example.com", "session name"))
	require.NoError(t, err)
	assert.NotContains(t, f.calls, "iam:GetUser", "sessions are no users")
	assert.Equal(t, "Session jane@example.com", page.Title)
	var roles []string
	for _, a := range page.NewAttributes {
		roles = append(roles, a.Value)
	}
	assert.ElementsMatch(t, []string{"arn:aws:iam::" + ownAccount + ":role/Deploy", "arn:aws:iam::" + ownAccount + ":role/Other"}, roles)
}

func TestAccessKey(t *testing.T) {
	f := withAlice(t)
	f.trailed("eu-west-1", map[string][]map[string]any{"AccessKeyId=" + longLived: {said(time.Hour, "s3", "ListBuckets", "alice", "203.0.113.7", "")}})
	page, err := f.inspects(f.at(), accessKey(longLived))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"ownership unknown: Access key AKIAIOSFODNN7EXAMPLE of account 111111111111 (shop): of IAM user alice; active, created 2022-11-30 (4 years ago); " +
			"last used 2026-11-30 (less than a day ago) for s3 in eu-west-1; 1 call in 90 days, last 2026-11-30 (less than a day ago)",
		"activity suspicious: Access key AKIAIOSFODNN7EXAMPLE is used now, and was not for 2 months before",
		"activity unknown: Access key AKIAIOSFODNN7EXAMPLE: 1 of the last 1 calls came from a remote address of the alert",
	}, sentences(page))
	assert.Equal(t, "alice", page.SubjectUsers[0].UserName)
	assert.Equal(t, []responder.Attribute{username("alice", "user of the access key")}, page.NewAttributes)
	assert.Equal(t, []string{"sts:GetCallerIdentity", "sts:GetAccessKeyInfo", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "cloudtrail:LookupEvents", "cloudtrail:LookupEvents", "iam:ListAccountAliases"}, f.calls)
}

// A key that sleeps for years and wakes up; one that is used each day; one that is new; one of which more is known.
func TestKeyThatWakesUp(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		used, made time.Duration
		calls      []time.Duration
		object     bool
		want       bool
	}{
		"last used years ago":          {used: 1000 * day, made: 2000 * day, want: true},
		"used years ago by another":    {used: 1000 * day, made: 2000 * day, object: true},
		"only since an hour":           {used: time.Hour, made: 2000 * day, calls: []time.Duration{time.Minute, time.Hour}, want: true},
		"since a week":                 {used: time.Hour, made: 2000 * day, calls: []time.Duration{time.Minute, 7 * day}},
		"new":                          {used: time.Hour, made: 2 * day, calls: []time.Duration{time.Minute}},
		"no calls that CloudTrail has": {used: time.Hour, made: 2000 * day},
	} {
		f := newFake(t)
		l, err := f.at().accounts.look(t.Context(), responder.Task{Attribute: accessKey(longLived)}, target{})
		require.NoError(t, err)
		if c.object {
			l.task.Attribute.Context = []string{responder.ContextObject}
		}
		var a answer
		for _, age := range c.calls {
			a.calls = append(a.calls, call{at: today.Add(-age)})
		}
		_, ok := l.awoke(a, today.Add(-c.made), today.Add(-c.used))
		assert.Equal(t, c.want, ok, name)
		a.more = true
		_, ok = l.awoke(a, today.Add(-c.made), today.Add(-c.used))
		assert.Equal(t, c.want && len(c.calls) == 0, ok, "what is older is not known: %s", name)
	}
}

func TestTemporaryKey(t *testing.T) {
	f := withDeploy(t)
	page, err := f.inspects(f.at(), accessKey(temporaryKey))
	require.NoError(t, err)
	assert.Contains(t, page.Signals[0].Summary, "of Deploy/jane@example.com; with MFA; 1 call in 90 days")
	assert.Equal(t, "RunInstances: Client.UnauthorizedOperation", page.SubjectUsers[0].Activities[0].Action)
	require.Len(t, page.NewAttributes, 1)
	assert.Equal(t, "arn:aws:iam::"+ownAccount+":role/Deploy", page.NewAttributes[0].Value)
	assert.NotContains(t, f.calls, "iam:GetAccessKeyLastUsed")

	// It was never used, or not for what CloudTrail keeps: who made it is known all the same.
	f.trailed("us-east-1", map[string][]map[string]any{"ResourceName=" + temporaryKey: {said(time.Hour, "sts", "GetSessionToken", "alice", "203.0.113.7", "", temporaryKey)}})
	page, err = f.inspects(f.at(), accessKey(temporaryKey))
	require.NoError(t, err)
	assert.Contains(t, page.Signals[0].Summary, "made for alice by GetSessionToken from 203.0.113.7")

	f.trailed("us-east-1", nil)
	page, err = f.inspects(f.at(), accessKey(temporaryKey))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
}

func TestKeysOfOtherAccounts(t *testing.T) {
	const info = `<GetAccessKeyInfoResponse><GetAccessKeyInfoResult><Account>` + otherAccount + `</Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>`
	f := withAlice(t)
	f.says("sts:GetAccessKeyInfo", info)
	page, err := f.inspects(f.at(), accessKey(longLived))
	require.NoError(t, err)
	assert.Equal(t, []string{"ownership unknown: Access key AKIAIOSFODNN7EXAMPLE is of account 222222222222, into which there is no role to look"}, sentences(page))
	assert.Equal(t, []string{"sts:GetCallerIdentity", "sts:GetAccessKeyInfo"}, f.calls)

	f = withAlice(t)
	f.says("sts:GetAccessKeyInfo", info)
	f.assumable()
	f.on("iam:GetAccessKeyLastUsed", func(q request) reply {
		assert.Equal(t, otherAccount, q.account, "with the role's credentials")
		return reply{body: xmlOf("GetAccessKeyLastUsed", `<UserName>bob</UserName><AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>`)}
	})
	page, err = f.inspects(f.at(otherRole), accessKey(longLived))
	require.NoError(t, err)
	assert.Contains(t, page.Signals[0].Summary, "of account 222222222222 (shop): of IAM user bob")
	assert.Contains(t, page.Signals[0].Summary, "never used")
}

func TestNoAccessKey(t *testing.T) {
	f := withAlice(t)
	for _, id := range []string{"", "AKIA", "AKIA1234", "XKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE ", "akiaiosfodnn7example", "AKIA" + strings.Repeat("A", 200)} {
		page, err := f.inspects(f.at(), accessKey(id))
		require.NoError(t, err)
		assert.Equal(t, responder.Page{}, page)
	}
	assert.Empty(t, f.calls)
	f.refuses("sts:GetAccessKeyInfo", 400, "ValidationError")
	page, err := f.inspects(f.at(), accessKey(longLived))
	require.NoError(t, err)
	assert.Equal(t, responder.Page{}, page)
	f.refuses("sts:GetAccessKeyInfo", 404, "NoSuchEntity")
	f.refuses("iam:GetAccessKeyLastUsed", 404, "NoSuchEntity")
	page, err = f.inspects(f.at(), accessKey(longLived))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
}
