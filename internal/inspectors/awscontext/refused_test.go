package awscontext

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What AWS refuses will not be better in an hour: the question is wrong, and it came with the alert.
func TestAQuestionThatIsRefusedIsNotAskedForHours(t *testing.T) {
	f := newFake(t)
	f.says("iam:ListAccountAliases", "<r/>")
	f.refuses("tagging:POST", 400, "InvalidParameterException")
	page, err := f.try(f.inspector(), "arn", "arn:aws:nonsense:eu-west-1:"+ownAccount+":thing/x", "", "")
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Contains(t, page.Error, "InvalidParameterException")
	for _, code := range []string{"Throttling", "RequestLimitExceeded", "ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed"} {
		f.refuses("tagging:POST", 400, code)
		_, err = f.try(f.inspector(), "arn", "arn:aws:nonsense:eu-west-1:"+ownAccount+":thing/x", "", "")
		assert.Error(t, err, code)
		assert.False(t, responder.IsPermanent(err), code)
	}
}

// nowhere is the name service's answer for regions that there are none of.
type nowhere struct{ aws.HTTPClient }

func (n nowhere) Do(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Host, "nowhere") {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
	}
	return n.HTTPClient.Do(r)
}

// Regions come with alerts, and look like one or not.
func TestARegionThatDoesNotExistIsNotAskedForHours(t *testing.T) {
	f := newFake(t)
	i, err := New(Options{Config: func(ctx context.Context) (aws.Config, error) {
		c, err := f.config(ctx)
		c.HTTPClient = nowhere{f}
		return c, err
	}})
	require.NoError(t, err)
	page, err := f.try(i, "arn", "arn:aws:ec2:eu-nowhere-1:"+ownAccount+":instance/i-0123456789abcdef0", "", "")
	require.NoError(t, err)
	assert.Equal(t, responder.Skipped, page.Outcome)
	assert.Contains(t, page.Title, "eu-nowhere-1")
}

// A role that is gone hides one account, and not those after it.
func TestABucketIsLookedForInEveryAccount(t *testing.T) {
	f := newFake(t)
	third := "arn:aws:iam::333333333333:role/look"
	f.on("sts:AssumeRole", func(q request) reply {
		if q.params.Get("RoleArn") == otherRole {
			return refused("sts:AssumeRole", 403, "AccessDenied")
		}
		return reply{body: `<r><AssumeRoleResult><Credentials><AccessKeyId>333333333333</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></r>`}
	})
	f.on("s3:GET", func(q request) reply {
		if q.account == "333333333333" && !strings.Contains(q.path, "our-logs") || strings.Contains(q.path, "prefix=") && q.account == "333333333333" {
			return reply{body: `<ListAllMyBucketsResult><Buckets><Bucket><Name>our-logs</Name><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>`}
		}
		return reply{body: "<ListAllMyBucketsResult/>"}
	})
	page := f.ask(f.inspector(otherRole, third), "bucket", "our-logs", "", "")
	assert.Contains(t, page.Title, "our-logs")
	assert.Contains(t, page.Error, "sts:AssumeRole of "+otherRole)
}

// Who may change an interface may write into its description that it is a NAT gateway's. What an instance of one's own has is the
// instance's, and what it lets in is told.
func TestAnInstanceCannotPassForAService(t *testing.T) {
	for _, description := range []string{"Interface for NAT Gateway nat-0123456789abcdef0", "ELB app/web/50dc6c495c0c9188", "RDSNetworkInterface", "aws-K8S-i-00000000000000001"} {
		f := withWeb(t)
		f.network(ownAccount, eni{id: "eni-1", kind: "interface", description: description, vpc: "vpc-1", private: "10.0.0.5", public: "198.51.100.7", instance: webID})
		page := f.ask(f.inspector(), "ipaddr", "198.51.100.7", "", "")
		assert.Contains(t, page.Title, "EC2 instance "+webID, description)
		require.Len(t, page.NewAttributes, 1, description)
		assert.Equal(t, webID, page.NewAttributes[0].Value, description)
	}
}

// The look at one attribute takes as many calls the next time.
func TestTooManyCallsAreNotMadeAgainForHours(t *testing.T) {
	f := newFake(t)
	l := f.begin()
	l.calls = maxCalls
	_, err := l.events(t.Context(), byName, "alice")
	require.Error(t, err)
	page, err := (&inspector{}).without(err)
	require.NoError(t, err)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Equal(t, "more than 24 calls", page.Error)
}
