package awscontext

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// engine is a local AWS, and what may be done there by whoever has all rights.
type engine struct {
	t      *testing.T
	config aws.Config
}

func onEngine(t *testing.T) engine {
	if os.Getenv("AWS_ENDPOINT_URL") == "" {
		t.Skip("AWS_ENDPOINT_URL is not set: no engine")
	}
	c, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	return engine{t, c}
}

func (e engine) do(call awsapi.Call, out any) {
	e.t.Helper()
	require.NoError(e.t, awsapi.Client{Config: e.config, Region: e.config.Region}.Do(e.t.Context(), call, out))
}

func (e engine) ask(kind, value string) responder.Page {
	e.t.Helper()
	i, err := New(Options{Config: func(context.Context) (aws.Config, error) { return e.config, nil }})
	require.NoError(e.t, err)
	page, err := i.Inspect(e.t.Context(), responder.Task{Attribute: responder.Attribute{Type: kind, Value: value}})
	require.NoError(e.t, err)
	return page
}

// web is an instance that runs, in a group that lets everybody in by SSH.
func (e engine) web() (in instance, group string) {
	var made struct {
		ID string `xml:"groupId"`
	}
	e.do(awsapi.EC2("CreateSecurityGroup", "GroupName", rand.Text(), "GroupDescription", "d"), &made)
	e.do(awsapi.EC2("AuthorizeSecurityGroupIngress", "GroupId", made.ID, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "22",
		"IpPermissions.1.ToPort", "22", "IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"), nil)
	var run struct {
		Instances []instance `xml:"instancesSet>item"`
	}
	e.do(awsapi.EC2("RunInstances", "ImageId", "ami-0abcdef1234567890", "InstanceType", "t3.micro", "MinCount", "1", "MaxCount", "1", "SecurityGroupId.1", made.ID,
		"TagSpecification.1.ResourceType", "instance", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "web",
		"TagSpecification.1.Tag.2.Key", "Owner", "TagSpecification.1.Tag.2.Value", "platform"), &run)
	require.Len(e.t, run.Instances, 1)
	return run.Instances[0], made.ID
}

func TestInstancesOnTheEngine(t *testing.T) {
	e := onEngine(t)
	in, group := e.web()
	page := e.ask("instance", in.ID)
	require.Empty(t, page.Error)
	assert.Equal(t, "EC2 instance "+in.ID+" (web)", page.Title)
	require.Len(t, page.AlliedHosts, 1)
	assert.Equal(t, "platform", page.AlliedHosts[0].Owner[0])
	assert.Contains(t, page.AlliedHosts[0].IPAddr, in.PrivateIP)
	assert.Contains(t, page.Signals[0].Summary, "running, t3.micro, launched "+time.Now().UTC().Format(time.DateOnly))
	assert.Contains(t, page.Signals[0].Summary, "the default VPC")
	require.Greater(t, len(page.Signals), 1)
	assert.Equal(t, responder.Suspicious, page.Signals[1].Verdict)
	assert.Contains(t, page.Signals[1].Summary, "tcp/22 to the whole internet by "+group)
	assert.Equal(t, page, e.ask("instance", in.ID))
	assert.Zero(t, e.ask("instance", "i-00000000000000000"))

	e.do(awsapi.EC2("TerminateInstances", "InstanceId.1", in.ID), nil)
	assert.Contains(t, e.ask("instance", in.ID).Signals[0].Summary, "terminated")
}

func TestAddressesOnTheEngine(t *testing.T) {
	e := onEngine(t)
	in, _ := e.web()
	var made struct {
		ID string `xml:"networkInterface>networkInterfaceId"`
		IP string `xml:"networkInterface>privateIpAddress"`
	}
	e.do(awsapi.EC2("CreateNetworkInterface", "SubnetId", in.Subnet, "Description", "second"), &made)
	page := e.ask("ipaddr", made.IP)
	assert.Equal(t, "network interface "+made.ID, page.Title)
	assert.Contains(t, told(page), made.IP+" is one's own")
	e.do(awsapi.EC2("AttachNetworkInterface", "NetworkInterfaceId", made.ID, "InstanceId", in.ID, "DeviceIndex", "1"), nil)
	page = e.ask("ipaddr", made.IP)
	assert.Equal(t, "EC2 instance "+in.ID+" (web)", page.Title)
	assert.Equal(t, []responder.Attribute{local("instance", in.ID, "instance behind the address")}, page.NewAttributes)
	assert.Zero(t, e.ask("ipaddr", "10.255.255.250"))
	assert.Zero(t, e.ask("ipaddr", "192.0.2.200"))

	var elastic struct {
		IP string `xml:"publicIp"`
		ID string `xml:"allocationId"`
	}
	e.do(awsapi.EC2("AllocateAddress", "Domain", "vpc"), &elastic)
	page = e.ask("ipaddr", elastic.IP)
	assert.Contains(t, told(page), elastic.IP+" is one's own: Elastic IP address "+elastic.ID)
	assert.Contains(t, told(page), "attached to nothing now")
	e.do(awsapi.EC2("AssociateAddress", "AllocationId", elastic.ID, "InstanceId", in.ID), nil)
	assert.Equal(t, "EC2 instance "+in.ID+" (web)", e.ask("ipaddr", elastic.IP).Title)
}

func TestGatewaysOnTheEngine(t *testing.T) {
	e := onEngine(t)
	in, _ := e.web()
	var elastic struct {
		ID string `xml:"allocationId"`
	}
	e.do(awsapi.EC2("AllocateAddress", "Domain", "vpc"), &elastic)
	var nat struct {
		ID string `xml:"natGateway>natGatewayId"`
	}
	e.do(awsapi.EC2("CreateNatGateway", "SubnetId", in.Subnet, "AllocationId", elastic.ID,
		"TagSpecification.1.ResourceType", "natgateway", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "out"), &nat)
	page := e.ask("arn", "arn:aws:ec2:us-east-1:000000000000:natgateway/"+nat.ID)
	assert.Equal(t, "NAT gateway "+nat.ID+" (out)", page.Title)
	assert.Contains(t, told(page), "available")

	name := strings.ToLower(rand.Text())
	var balancer struct {
		ARN string `xml:"CreateLoadBalancerResult>LoadBalancers>member>LoadBalancerArn"`
	}
	e.do(awsapi.ELB("CreateLoadBalancer", "Name", name, "Subnets.member.1", in.Subnet, "Tags.member.1.Key", "Team", "Tags.member.1.Value", "shop"), &balancer)
	page = e.ask("arn", balancer.ARN)
	assert.Contains(t, page.Title, "load balancer app/"+name)
	assert.Contains(t, told(page), "internet-facing, application")
	assert.Contains(t, told(page), "owner shop")
	assert.Zero(t, e.ask("arn", balancer.ARN[:len(balancer.ARN)-4]+"0000"))
}

// A user who may see instances and nothing else: what the engine's IAM refuses is said.
func TestTooLittleOnTheEngine(t *testing.T) {
	e := onEngine(t)
	in, _ := e.web()
	user := rand.Text()
	e.do(awsapi.IAM("CreateUser", "UserName", user), nil)
	e.do(awsapi.IAM("PutUserPolicy", "UserName", user, "PolicyName", "p", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"*"}]}`), nil)
	var key struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	e.do(awsapi.IAM("CreateAccessKey", "UserName", user), &key)
	poor := e
	poor.config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}, nil
	})
	page := poor.ask("instance", in.ID)
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Equal(t, "EC2 instance "+in.ID+" (web)", page.Title)
	for _, action := range []string{"ec2:DescribeImages", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs", "iam:ListAccountAliases"} {
		assert.Contains(t, page.Error, action+" is not allowed in account 000000000000")
	}
	assert.NotContains(t, page.Error, "DescribeInstances")
	assert.Equal(t, responder.Failed, poor.ask("ipaddr", "10.0.0.5").Outcome)
}
