package actions_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// engine is a local AWS. What it has is read by AWS's own command line.
type engine struct {
	t      *testing.T
	id     string // of the action
	config aws.Config
}

func onEngine(t *testing.T) engine {
	if os.Getenv("AWS_ENDPOINT_URL") == "" {
		t.Skip("AWS_ENDPOINT_URL is not set: no engine")
	}
	c, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	return engine{t, strings.ToLower(rand.Text()[:16]) + "-1", c}
}

func (e engine) try(call awsapi.Call, out any) error {
	return awsapi.Client{Config: e.config, Region: e.config.Region}.Do(e.t.Context(), call, out)
}

func (e engine) do(call awsapi.Call, out any) {
	e.t.Helper()
	require.NoError(e.t, e.try(call, out))
}

// sees is what the command line says of something.
func (e engine) sees(args ...string) string {
	e.t.Helper()
	c := exec.CommandContext(e.t.Context(), "aws", append(args, "--output", "json")...)
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return strings.TrimSpace(errs.String())
	}
	return string(out)
}

// trial is a target, and how the command line is asked for what it is.
type trial struct {
	target actions.Target
	ask    []string
	done   string // is in the answer when it is done
}

// runs does it twice, as who was killed after the first time, and undoes it twice.
func (e engine) runs(c trial) {
	t := e.t
	a := actions.New(actions.Options{Config: func(context.Context) (aws.Config, error) { return e.config, nil }})
	was := e.sees(c.ask...)
	assert.NotContains(t, was, c.done)
	var kept actions.Before
	for range 2 {
		l, err := a.Look(t.Context(), c.target, kept)
		require.NoError(t, err)
		assert.False(t, l.Already)
		kept = l.Before
		d, err := a.Do(t.Context(), e.id, c.target, kept)
		require.NoError(t, err)
		assert.Empty(t, d.Left)
		t.Log(d.Did)
	}
	assert.Contains(t, e.sees(c.ask...), c.done)
	for range 2 {
		d, err := a.Undo(t.Context(), e.id, c.target, kept, actions.Undoing{})
		require.NoError(t, err)
		assert.Empty(t, d.Left)
	}
	assert.Equal(t, was, e.sees(c.ask...))
}

func TestActionsOnTheEngine(t *testing.T) {
	for name, c := range map[string]func(engine) trial{
		"key": engine.key, "user": engine.user, "role": engine.role, "bucket": engine.bucket, "address": engine.address,
	} {
		t.Run(name, func(t *testing.T) {
			e := onEngine(t)
			e.runs(c(e))
		})
	}
}

func (e engine) instance() trial {
	if err := e.try(awsapi.EC2("ModifyNetworkInterfaceAttribute", "NetworkInterfaceId", "eni-00000000"), nil); awsapi.Is(err, "InvalidAction") {
		e.t.Skip("the engine does not know ModifyNetworkInterfaceAttribute")
	}
	var made struct {
		ID string `xml:"groupId"`
	}
	e.do(awsapi.EC2("CreateSecurityGroup", "GroupName", rand.Text(), "GroupDescription", "d"), &made)
	var subnets struct {
		IDs []string `xml:"subnetSet>item>subnetId"`
	}
	e.do(awsapi.EC2("DescribeSubnets"), &subnets)
	require.NotEmpty(e.t, subnets.IDs)
	var run struct {
		ID string `xml:"instancesSet>item>instanceId"`
	}
	// With a group of the interface, and none of the instance: moto shows an interface the groups of its instance for ever.
	e.do(awsapi.EC2("RunInstances", "ImageId", "ami-03cf127a", "InstanceType", "t3.micro", "MinCount", "1", "MaxCount", "1", "NetworkInterface.1.DeviceIndex", "0",
		"NetworkInterface.1.SubnetId", subnets.IDs[0], "NetworkInterface.1.SecurityGroupId.1", made.ID), &run)
	require.NotEmpty(e.t, run.ID)
	return trial{
		actions.Target{Kind: actions.IsolateInstance, Value: run.ID, Settings: actions.Settings{Cut: true, Snapshot: true}},
		[]string{"ec2", "describe-instances", "--instance-ids", run.ID, "--query", "Reservations[].Instances[].[NetworkInterfaces[].Groups,Tags]"},
		`"alertresponder-quarantine"`,
	}
}

// The group lets nothing in or out, the one that lets everything in and out is gone, and there is one snapshot of each volume.
func TestIsolationOnTheEngine(t *testing.T) {
	e := onEngine(t)
	c := e.instance()
	e.runs(c)
	assert.JSONEq(t, `[[[],[],"isolation"]]`, e.sees("ec2", "describe-security-groups", "--filters", "Name=group-name,Values=alertresponder-quarantine",
		"--query", "SecurityGroups[].[IpPermissions,IpPermissionsEgress,Tags[0].Value]"))
	assert.JSONEq(t, `[]`, e.sees("ec2", "describe-security-groups", "--filters", "Name=group-name,Values=alertresponder-quarantine-cut", "--query", "SecurityGroups"))
	assert.NotEqual(t, "[]\n", e.sees("ec2", "describe-snapshots", "--filters", "Name=tag:alertresponder:quarantine,Values="+e.id, "--query", "Snapshots[].VolumeId"))
}

// someone is a new user with a key.
func (e engine) someone() (name, key, secret string) {
	name = "u-" + rand.Text()
	e.do(awsapi.IAM("CreateUser", "UserName", name), nil)
	var made struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	e.do(awsapi.IAM("CreateAccessKey", "UserName", name), &made)
	return name, made.ID, made.Secret
}

func (e engine) key() trial {
	name, key, _ := e.someone()
	return trial{actions.Target{Kind: actions.DeactivateKey, Value: key}, []string{"iam", "list-access-keys", "--user-name", name}, `"Inactive"`}
}

func (e engine) user() trial {
	name, _, _ := e.someone()
	return trial{actions.Target{Kind: actions.DenyUser, Value: name}, []string{"iam", "list-user-policies", "--user-name", name}, "AlertResponder-quarantine-" + e.id}
}

func (e engine) role() trial {
	name := "r-" + rand.Text()
	e.do(awsapi.IAM("CreateRole", "RoleName", name, "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`), nil)
	return trial{actions.Target{Kind: actions.DenyRole, Value: name}, []string{"iam", "list-role-policies", "--role-name", name}, "AlertResponder-quarantine-" + e.id}
}

func (e engine) bucket() trial {
	name := "b-" + strings.ToLower(rand.Text())
	e.do(awsapi.S3Put("CreateBucket", name, "x", nil), nil)
	e.do(awsapi.S3Delete("PutBucketPublicAccessBlock", name, "publicAccessBlock"), nil) // a new bucket is blocked
	return trial{actions.Target{Kind: actions.BlockBucket, Value: name}, []string{"s3api", "get-public-access-block", "--bucket", name}, `"BlockPublicPolicy": true`}
}

func (e engine) address() trial {
	name := "s-" + rand.Text()
	var made struct{ Summary struct{ ID, ARN string } }
	e.do(awsapi.WAF("CreateIPSet", map[string]any{"Name": name, "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []string{"198.51.100.0/24"}, "Description": "bad ones"}), &made)
	require.NotEmpty(e.t, made.Summary.ARN)
	return trial{
		actions.Target{Kind: actions.BlockAddress, Value: "203.0.113.7", Settings: actions.Settings{IPSets: []string{made.Summary.ARN}}},
		[]string{"wafv2", "get-ip-set", "--scope", "REGIONAL", "--name", name, "--id", made.Summary.ID, "--query", "IPSet"}, "203.0.113.7/32",
	}
}

// Who is denied can do nothing until that is undone.
func TestDeniedOnTheEngine(t *testing.T) {
	e := onEngine(t)
	name, key, secret := e.someone()
	theirs := e
	theirs.config = e.config.Copy()
	theirs.config.Credentials = credentials.NewStaticCredentialsProvider(key, secret, "")
	may := func() error { return theirs.try(awsapi.EC2("DescribeVpcs"), nil) }
	if may() == nil {
		t.Skip("the engine holds to no policy")
	}
	e.do(awsapi.IAM("PutUserPolicy", "UserName", name, "PolicyName", "all", "PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), nil)
	require.NoError(t, may())
	a := actions.New(actions.Options{Config: func(context.Context) (aws.Config, error) { return e.config, nil }})
	for _, target := range []actions.Target{{Kind: actions.DenyUser, Value: name}, {Kind: actions.DeactivateKey, Value: key}} {
		l, err := a.Look(t.Context(), target, nil)
		require.NoError(t, err)
		_, err = a.Do(t.Context(), e.id, target, l.Before)
		require.NoError(t, err)
		assert.True(t, awsapi.Denied(may()), target.Kind)
		_, err = a.Undo(t.Context(), e.id, target, l.Before, actions.Undoing{})
		require.NoError(t, err)
		require.NoError(t, may())
	}
}
