package awscontext

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	_, err := New(Options{Roles: []string{"look", otherRole, "arn:aws:iam::222222222222:role/second"}})
	require.Error(t, err)
	assert.Contains(t, err.Error(), `role "look": expected arn:aws:iam::<account>:role/<name>`)
	assert.Contains(t, err.Error(), `role "arn:aws:iam::222222222222:role/second": the account has another one`)
	assert.Contains(t, err.Error(), "Config is nil")
	roles, err := rolesByAccount([]string{" " + otherRole + "\n", "", otherRole, "arn:aws-cn:iam::333333333333:role/r"})
	assert.NoError(t, err)
	assert.Equal(t, map[string]string{otherAccount: otherRole, "333333333333": "arn:aws-cn:iam::333333333333:role/r"}, roles)
}

func TestAnAccountWithoutARoleIsSkipped(t *testing.T) {
	f := newFake(t)
	page := f.ask(f.inspector(), "instance", "i-1", otherAccount, "")
	assert.Equal(t, responder.Page{Outcome: responder.Skipped, Title: "account 222222222222: no role to look into it"}, page)
	page = f.ask(f.inspector(otherRole), "instance", "i-1", "evil.example", "")
	assert.Equal(t, responder.Page{Outcome: responder.Skipped, Title: `account "evil.example": expected 12 digits`}, page)
}

// A region becomes a part of an address that credentials are sent to.
func TestARegionThatIsNoneIsSkipped(t *testing.T) {
	f := newFake(t)
	for _, region := range []string{"evil.example/", "eu-west-1.evil.example#", "cn-north-1", "us-gov-west-1", "EU-WEST-1", "..", "global"} {
		page := f.ask(f.inspector(), "instance", "i-1", "", region)
		assert.Equal(t, responder.Skipped, page.Outcome, region)
	}
	assert.NotContains(t, f.calls, "ec2:DescribeInstances")
}

func TestARoleThatMayNotBeAssumed(t *testing.T) {
	f := newFake(t)
	l, err := f.inspector(otherRole).(*inspector).accounts.look(t.Context(), responder.Task{}, target{account: otherAccount})
	require.NoError(t, err)
	_, err = l.ask(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
	assert.ErrorIs(t, err, denied{"sts:AssumeRole of " + otherRole, otherAccount})
	f.assumable()
	f.on("ec2:DescribeVpcs", func(q request) reply {
		assert.Equal(t, otherAccount, q.account)
		return reply{}
	})
	found, err := l.ask(t.Context(), awsapi.EC2("DescribeVpcs"), nil)
	assert.NoError(t, err)
	assert.True(t, found)
}

func TestTheOwnAccountIsAskedForOnce(t *testing.T) {
	f := newFake(t)
	broken := errors.New("no credentials")
	config := func(ctx context.Context) (aws.Config, error) {
		c, _ := f.config(ctx)
		return c, broken
	}
	i, err := New(Options{Config: config})
	require.NoError(t, err)
	_, err = f.try(i, "instance", "i-1", "", "")
	require.ErrorIs(t, err, broken)
	assert.False(t, responder.IsPermanent(err))
	broken = nil
	for range 3 {
		f.ask(i, "instance", "i-1", "", "")
	}
	n := 0
	for _, c := range f.calls {
		if c == "sts:GetCallerIdentity" {
			n++
		}
	}
	assert.Equal(t, 1, n)
}
