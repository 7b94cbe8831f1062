package awscontext

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// In an account that allows nothing, in one that has nothing, and in one where all is there.
func TestContractOfIdentities(t *testing.T) {
	empty := newFake(t)
	for action := range withAlice(t).answers {
		if action != "sts:GetCallerIdentity" {
			empty.refuses(action, 404, "NoSuchEntity")
		}
	}
	for name, f := range map[string]*fakeAWS{"nothing allowed": newFake(t), "nothing there": empty, "all there": withAlice(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			respondertest.TestInspector(t, f.at(), responder.TypeUsername, responder.TypeAccessKey, responder.TypeBucket, responder.TypeARN)
		})
	}
}

// However many groups, keys and policies there are, and however long their names: the calls and the page are bounded.
func TestAUserWithTooMuch(t *testing.T) {
	f := withAlice(t)
	groups, policies, keys := "", "", ""
	for range 500 {
		groups += "<member><GroupName>" + hostileXML + "</GroupName></member>"
		policies += "<member><PolicyArn>arn:aws:iam::1:policy/" + hostileXML + "</PolicyArn></member>"
		keys += "<member><AccessKeyId>" + longLived + "</AccessKeyId><Status>" + hostileXML + "</Status></member>"
	}
	f.says("iam:ListGroupsForUser", xmlOf("ListGroupsForUser", "<Groups>"+groups+"</Groups>"))
	f.says("iam:ListAttachedUserPolicies", xmlOf("ListAttachedUserPolicies", "<AttachedPolicies>"+policies+"</AttachedPolicies>"))
	f.says("iam:ListAttachedGroupPolicies", xmlOf("ListAttachedGroupPolicies", "<AttachedPolicies>"+policies+"</AttachedPolicies>"))
	f.says("iam:ListAccessKeys", xmlOf("ListAccessKeys", "<AccessKeyMetadata>"+keys+"</AccessKeyMetadata>"))
	var events []map[string]any
	for i := range 500 {
		events = append(events, said(time.Duration(i)*time.Hour, "s3", strconv.Itoa(i)+hostileXML, "alice", hostileXML, hostileXML, hostileXML))
	}
	f.trailed("us-east-1", map[string][]map[string]any{"Username=alice": events})
	page, err := f.inspects(f.at(), username("alice", "user"))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(f.calls), maxCalls)
	assert.Len(t, page.SubjectUsers[0].Activities, maxActivities)
	for _, s := range page.Signals {
		assert.LessOrEqual(t, len([]rune(s.Summary)), maxFacts)
	}
}

const hostileXML = "&lt;!channel&gt; name with a very long text 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
