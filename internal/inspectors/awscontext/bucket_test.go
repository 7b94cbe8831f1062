package awscontext

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func aBucket(name string) responder.Attribute {
	return responder.Attribute{Type: responder.TypeBucket, Value: name, Key: "bucket", Context: []string{responder.ContextLocal, responder.ContextObject}}
}

// rest answers reads of S3 or Lambda by what stands in the path (Amazon S3 API Reference and AWS Lambda API Reference, the actions).
func (f *fakeAWS) rest(service string, by map[string]reply) {
	f.on(service+":GET", func(q request) reply {
		assert.Equal(f.t, strings.HasPrefix(q.path, "/logs?"), q.owner == ownAccount, "of the owner's bucket alone: %s", q.path)
		for part, r := range by {
			if strings.Contains(q.path, part) {
				return r
			}
		}
		return refused(service+":GET", 403, "AccessDenied")
	})
}

const (
	listed = `<ListAllMyBucketsResult><Buckets><Bucket><Name>logs-2</Name><BucketRegion>eu-west-1</BucketRegion></Bucket><Bucket><Name>logs</Name><CreationDate>2024-01-01T00:00:00.000Z</CreationDate>
		<BucketRegion>eu-north-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>`
	blocked = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
)

func grants(uri, permission string) string {
	return `<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>` + uri + `</URI></Grantee><Permission>` + permission +
		`</Permission></Grant></AccessControlList></AccessControlPolicy>`
}

// openBucket is one that is open by its policy and by its ACL.
func openBucket() map[string]reply {
	return map[string]reply{
		"prefix=":                {body: listed},
		"?tagging":               {body: `<Tagging><TagSet><Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>`},
		"logs?publicAccessBlock": refused("s3:GET", 404, "NoSuchPublicAccessBlockConfiguration"),
		"?policyStatus":          {body: `<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>`},
		"?acl":                   {body: grants("http://acs.amazonaws.com/groups/global/AllUsers", "READ")},
		"?encryption":            {body: `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`},
		"?versioning":            {body: `<VersioningConfiguration/>`},
		"/v20180820/":            refused("s3:GET", 404, "NoSuchPublicAccessBlockConfiguration"),
	}
}

func withBucket(t *testing.T, by map[string]reply) *fakeAWS {
	f := newFake(t)
	f.rest("s3", by)
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases/>`))
	f.trailed("eu-north-1", map[string][]map[string]any{"ResourceName=logs": {said(time.Hour, "s3", "PutBucketPolicy", "alice", "203.0.113.7", "", "logs")}})
	return f
}

func TestBucket(t *testing.T) {
	f := withBucket(t, openBucket())
	for _, a := range []responder.Attribute{aBucket("logs"), {Type: responder.TypeARN, Value: "arn:aws:s3:::logs/a/key"}} {
		f.calls = nil
		page, err := f.inspects(f.at(), a)
		require.NoError(t, err)
		assert.Equal(t, []string{
			"ownership unknown: S3 bucket logs of account 111111111111: in eu-north-1; created or changed 2024-01-01 (2 years ago); tags team=data; public access not blocked; encrypted by aws:kms; not versioned",
			"exposure unknown: S3 bucket logs is open to the public: its policy is public, and its ACL grants everybody READ",
		}, sentences(page))
		require.Len(t, page.SubjectUsers, 1)
		assert.Equal(t, "alice", page.SubjectUsers[0].UserName)
		assert.Equal(t, "PutBucketPolicy", page.SubjectUsers[0].Activities[0].Action)
		assert.Len(t, f.calls, 11, "%q", f.calls)
		assert.Empty(t, page.Error)
	}
}

func TestWhatKeepsThePublicOut(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]reply
		want   string
	}{
		"a block of the bucket":   {map[string]reply{"logs?publicAccessBlock": {body: blocked}}, ""},
		"a block of the account":  {map[string]reply{"/v20180820/": {body: blocked}}, ""},
		"an ACL for others alone": {map[string]reply{"?policyStatus": refused("s3:GET", 404, "NoSuchBucketPolicy"), "?acl": {body: grants("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE")}}, ""},
		"everybody writes": {map[string]reply{"?policyStatus": {body: `<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>`}, "?acl": {body: grants("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "FULL_CONTROL")}},
			"exposure suspicious: S3 bucket logs is open to the public: its ACL grants every account of AWS FULL_CONTROL"},
		"nowhere to ask": {map[string]reply{"/v20180820/": refused("s3:GET", 400, "InvalidURI")},
			"exposure unknown: S3 bucket logs is open to the public: its policy is public, and its ACL grants everybody READ, unless a block that could not be looked at keeps the public out"},
		"nobody knows": {map[string]reply{"/v20180820/": refused("s3:GET", 403, "AccessDenied")},
			"exposure unknown: S3 bucket logs is open to the public: its policy is public, and its ACL grants everybody READ, unless a block that could not be looked at keeps the public out"},
	} {
		by := openBucket()
		for k, v := range c.change {
			by[k] = v
		}
		f := withBucket(t, by)
		page, err := f.inspects(f.at(), aBucket("logs"))
		require.NoError(t, err)
		if got := sentences(page); c.want == "" {
			assert.Len(t, got, 1, name)
		} else {
			assert.Contains(t, got, c.want, name)
		}
	}
}

// A bucket of nobody's of ours is nothing, however much it answers to the world.
func TestBucketOfOthers(t *testing.T) {
	f := withBucket(t, openBucket())
	page, err := f.inspects(f.at(), aBucket("log"))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
	assert.Equal(t, []string{"sts:GetCallerIdentity", "s3:GET"}, f.calls)
	f.assumable()
	page, err = f.inspects(f.at(otherRole), aBucket("log"))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
	assert.Equal(t, []string{"sts:GetCallerIdentity", "s3:GET", "sts:GetCallerIdentity", "s3:GET", "sts:AssumeRole", "s3:GET"}, f.calls, "also looked for in the other account")
	f.calls = nil
	for _, name := range []string{"", "a", "Upper", "a_b", "../etc", "a/b", "a?acl", strings.Repeat("b", 64)} {
		page, err := f.inspects(f.at(), aBucket(name))
		require.NoError(t, err)
		assert.False(t, page.HasContent(), name)
	}
	assert.NotContains(t, f.calls, "s3:GET")
}

func TestBucketWithTooLittleToSee(t *testing.T) {
	for part, action := range map[string]string{
		"prefix=": "s3:ListAllMyBuckets", "?tagging": "s3:GetBucketTagging", "logs?publicAccessBlock": "s3:GetBucketPublicAccessBlock", "?policyStatus": "s3:GetBucketPolicyStatus",
		"?acl": "s3:GetBucketAcl", "?encryption": "s3:GetEncryptionConfiguration", "?versioning": "s3:GetBucketVersioning", "/v20180820/": "s3:GetAccountPublicAccessBlock",
	} {
		by := openBucket()
		by[part] = refused("s3:GET", 403, "AccessDenied")
		f := withBucket(t, by)
		page, err := f.inspects(f.at(), aBucket("logs"))
		require.NoError(t, err)
		assert.Equal(t, responder.Failed, page.Outcome)
		assert.Contains(t, page.Error, action)
		if part == "?versioning" || part == "logs?publicAccessBlock" {
			assert.NotContains(t, strings.Join(sentences(page), ""), map[string]string{"?versioning": "not versioned", "logs?publicAccessBlock": "public access not blocked"}[part])
		}
		by[part] = refused("s3:GET", 503, "SlowDown")
		_, err = f.inspects(f.at(), aBucket("logs"))
		assert.Error(t, err, action)
		assert.False(t, responder.IsPermanent(err))
	}
	f := withBucket(t, openBucket())
	delete(f.answers, "cloudtrail:LookupEvents")
	page, err := f.inspects(f.at(), aBucket("logs"))
	require.NoError(t, err)
	assert.Contains(t, page.Error, "cloudtrail:LookupEvents")
}

const functionARN = "arn:aws:lambda:eu-west-1:" + ownAccount + ":function:hook"

func openFunction() map[string]reply {
	return map[string]reply{
		"/functions/hook/configuration": {body: `{"FunctionName":"hook","FunctionArn":"` + functionARN + `","Runtime":"python3.13","Role":"arn:aws:iam::` + ownAccount + `:role/Hook","LastModified":"2026-11-01T10:00:00.000+0000","VpcConfig":{"VpcId":""},"Environment":{"Variables":{"PASSWORD":"hunter2"}}}`},
		"/tags/":                        {body: `{"Tags":{"owner":"jane"}}`},
		"/functions/hook/urls":          {body: `{"FunctionUrlConfigs":[{"FunctionUrl":"https://x.lambda-url.eu-west-1.on.aws/","AuthType":"NONE"}]}`},
		"/functions/hook/policy":        {body: `{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunctionUrl\",\"Condition\":{\"StringEquals\":{\"lambda:FunctionUrlAuthType\":\"NONE\"}}}]}"}`},
	}
}

func TestFunction(t *testing.T) {
	f := newFake(t)
	f.rest("lambda", openFunction())
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases/>`))
	f.trailed("eu-west-1", map[string][]map[string]any{"ResourceName=hook": {said(time.Hour, "lambda", "UpdateFunctionCode20150331v2", "alice", "203.0.113.7", "")}})
	for _, name := range []string{functionARN, functionARN + ":live", functionARN + ":7"} {
		f.calls = nil
		page, err := f.inspects(f.at(), anARN(name))
		require.NoError(t, err)
		assert.Equal(t, []string{
			"ownership unknown: Lambda function hook of account 111111111111: in eu-west-1; runtime python3.13; changed 2026-11-01 (29 days ago); role Hook; tags owner=jane; a URL for everybody; can be called by everybody",
			"exposure unknown: Lambda function hook can be called by everybody at its URL",
		}, sentences(page))
		assert.NotContains(t, page.Signals[0].Summary, "hunter2")
		require.Len(t, page.SubjectUsers, 1)
		require.Len(t, page.NewAttributes, 1)
		assert.Equal(t, "arn:aws:iam::"+ownAccount+":role/Hook", page.NewAttributes[0].Value)
		assert.Len(t, f.calls, 7, "%q", f.calls)
	}
	for part, action := range map[string]string{"configuration": "lambda:GetFunctionConfiguration", "/tags/": "lambda:ListTags", "/urls": "lambda:ListFunctionUrlConfigs", "/policy": "lambda:GetPolicy"} {
		by := openFunction()
		for k := range by {
			if strings.Contains(k, part) {
				delete(by, k)
			}
		}
		f.rest("lambda", by)
		page, err := f.inspects(f.at(), anARN(functionARN))
		require.NoError(t, err)
		assert.Equal(t, responder.Failed, page.Outcome)
		assert.Contains(t, page.Error, action)
	}
	for policy, want := range map[string]string{
		`{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"999999999999\"}}]}"}`:         "", // it lets one account in
		`{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s3.amazonaws.com\"}}]}"}`: "",
		"": "exposure unknown: Lambda function hook can be called by everybody at its URL, unless its policy, which could not be looked at, keeps them out",
	} {
		by := openFunction()
		if by["/functions/hook/policy"] = (reply{body: policy}); policy == "" {
			delete(by, "/functions/hook/policy")
		}
		f.rest("lambda", by)
		page, err := f.inspects(f.at(), anARN(functionARN))
		require.NoError(t, err)
		assert.Equal(t, want != "", len(page.Signals) == 2, policy)
		if want != "" {
			assert.Contains(t, sentences(page), want)
		}
	}
	f.rest("lambda", map[string]reply{"": refused("lambda:GET", 404, "ResourceNotFoundException")})
	page, err := f.inspects(f.at(), anARN(functionARN))
	require.NoError(t, err)
	assert.False(t, page.HasContent())
}

func TestOtherARNs(t *testing.T) {
	f := newFake(t)
	f.says("iam:ListAccountAliases", xmlOf("ListAccountAliases", `<AccountAliases/>`))
	var asked []request
	f.on("tagging:POST", func(q request) reply {
		asked = append(asked, q)
		return reply{body: `{"PaginationToken":"","ResourceTagMappingList":[{"ResourceARN":"x","Tags":[{"Key":"Owner","Value":"<b>jane</b>"}]}]}`}
	})
	page, err := f.inspects(f.at(), anARN("arn:aws:sqs:eu-north-1:"+ownAccount+":orders"))
	require.NoError(t, err)
	assert.Equal(t, []string{"ownership unknown: sqs orders of account 111111111111: in eu-north-1; one's own; tags Owner=<b>jane</b>"}, sentences(page))
	require.Len(t, asked, 1)
	assert.Equal(t, "eu-north-1", asked[0].region)
	assert.JSONEq(t, `{"ResourceARNList":["arn:aws:sqs:eu-north-1:`+ownAccount+`:orders"]}`, asked[0].body)
	_, err = f.inspects(f.at(), anARN("arn:aws:iam::"+ownAccount+":policy/Deploy"))
	require.NoError(t, err)
	assert.Equal(t, "us-east-1", asked[1].region, "where what has no region is kept")
	delete(f.answers, "tagging:POST")
	page, err = f.inspects(f.at(), anARN("arn:aws:sqs:eu-north-1:"+ownAccount+":orders"))
	require.NoError(t, err)
	assert.Contains(t, page.Error, "tag:GetResources")
	for _, other := range []string{"arn:aws:sqs:eu-north-1:999999999999:orders", "arn:aws:iam::999999999999:root"} {
		page, err = f.inspects(f.at(), anARN(other))
		require.NoError(t, err)
		assert.Equal(t, responder.Skipped, page.Outcome)
	}
}

// Of an address that is nobody's of ours, what the alert's principals did from there is told, and it is looked up once.
func TestCallsFromAnAddress(t *testing.T) {
	f := withAlice(t)
	f.says("ec2:DescribeNetworkInterfaces", `<DescribeNetworkInterfacesResponse><networkInterfaceSet/></DescribeNetworkInterfacesResponse>`)
	f.says("ec2:DescribeAddresses", `<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>`)
	f.trailed("us-east-1", map[string][]map[string]any{"AccessKeyId=" + longLived: {
		said(time.Hour, "iam", "ListUsers", "alice", "203.0.113.7", "AccessDenied"), said(2*time.Hour, "s3", "ListBuckets", "alice", "192.0.2.9", "")}})
	i := f.at()
	alert := responder.Alert{Source: "guardduty", Account: ownAccount, Region: "us-east-1", Attrs: []responder.Attribute{accessKey(longLived)}}
	for range 3 {
		page, err := i.Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: "203.0.113.7", Context: []string{responder.ContextRemote}}, Alert: alert})
		require.NoError(t, err)
		assert.Equal(t, []string{"activity unknown: 1 of the last 2 calls of " + longLived + " came from here"}, sentences(page))
		assert.Equal(t, "alice", page.SubjectUsers[0].UserName)
		assert.Equal(t, "ListUsers: AccessDenied", page.SubjectUsers[0].Activities[0].Action)
	}
	n := 0
	for _, c := range f.calls {
		if c == "cloudtrail:LookupEvents" {
			n++
		}
	}
	assert.Equal(t, 1, n)
	page, err := i.Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.77", Context: []string{responder.ContextRemote}}, Alert: alert})
	require.NoError(t, err)
	assert.False(t, page.HasContent())
}
