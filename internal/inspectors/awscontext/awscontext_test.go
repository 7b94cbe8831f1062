package awscontext

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// begin is a look at nothing in particular.
func (f *fakeAWS) begin(roles ...string) *look {
	l, err := f.inspector(roles...).(*inspector).accounts.look(f.t.Context(), responder.Task{}, target{})
	require.NoError(f.t, err)
	return l
}

func TestBusyServicesAreAskedAgain(t *testing.T) {
	f := newFake(t)
	f.says("ec2:DescribeVpcs", "<r/>")
	l := f.begin()
	f.busy = 2
	found, err := l.ask(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
	assert.NoError(t, err)
	assert.True(t, found)
	f.busy = 3
	_, err = l.ask(t.Context(), awsapi.IAM("GetUser"), nil)
	require.EqualError(t, err, "iam:GetUser: Throttling (status 400)")
	assert.False(t, responder.IsPermanent(err), "the task waits")
}

func TestDeniedNotFoundAndBroken(t *testing.T) {
	for action, call := range map[string]awsapi.Call{
		"ec2:DescribeVpcs":        awsapi.EC2("DescribeVpcs"),
		"iam:GetUser":             awsapi.IAM("GetUser"),
		"cloudtrail:LookupEvents": awsapi.CloudTrail("LookupEvents", struct{}{}),
		"s3:GET":                  awsapi.S3("GetBucketTagging", "b", "tagging"),
		"lambda:GET":              awsapi.Lambda("GetFunction", "2015-03-31", "functions", "f"),
	} {
		f := newFake(t)
		l := f.begin()
		f.refuses(action, 403, "AccessDeniedException")
		_, err := l.ask(t.Context(), call, nil)
		assert.Equal(t, denied{call.Name(), ownAccount}, err, action)
		found, err := l.also(t.Context(), call, nil)
		assert.False(t, found)
		assert.NoError(t, err)
		assert.Equal(t, call.Name()+" is not allowed in account 111111111111", l.close(responder.Page{}).Error)
		assert.Equal(t, responder.Failed, l.close(responder.Page{}).Outcome, "it does not look like nothing")
		f.refuses(action, 400, "SomethingNotFound")
		found, err = l.ask(t.Context(), call, nil)
		assert.False(t, found)
		assert.NoError(t, err)
		f.refuses(action, 400, "ValidationError")
		_, err = l.ask(t.Context(), call, nil)
		assert.EqualError(t, err, call.Name()+": ValidationError (status 400)")
		f.says(action, "<html>")
		_, err = l.ask(t.Context(), call, &struct{}{})
		assert.ErrorContains(t, err, call.Name()+": ")
	}
}

func TestCallsAreBounded(t *testing.T) {
	f := newFake(t)
	f.says("ec2:DescribeVpcs", "<r/>")
	l := f.begin()
	for range maxCalls {
		_, err := l.ask(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
		require.NoError(t, err)
	}
	found, err := l.also(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
	assert.NoError(t, err)
	assert.False(t, found)
	assert.Contains(t, l.close(responder.Page{Title: "x"}).Error, "ec2:DescribeVpcs: too many calls")
	_, err = l.ask(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
	assert.ErrorContains(t, err, "more than 24 calls")
}
