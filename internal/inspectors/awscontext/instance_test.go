package awscontext

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const webID = "i-0123456789abcdef0"

// The answers are made after the examples of the Amazon EC2 API Reference (DescribeInstances, DescribeImages,
// DescribeSecurityGroups, DescribeVpcs) and the IAM API Reference (GetInstanceProfile, ListAccountAliases).
const (
	webInstance = `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet><item>
		<reservationId>r-1</reservationId><ownerId>111111111111</ownerId><groupSet/><instancesSet><item>
		<instanceId>i-0123456789abcdef0</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>
		<privateDnsName>ip-10-0-0-5.eu-west-1.compute.internal</privateDnsName><dnsName>ec2-198-51-100-7.eu-west-1.compute.amazonaws.com</dnsName>
		<keyName>ops</keyName><instanceType>t3.micro</instanceType><launchTime>2026-01-02T03:04:05.000Z</launchTime>
		<privateIpAddress>10.0.0.5</privateIpAddress><ipAddress>198.51.100.7</ipAddress><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
		<architecture>x86_64</architecture><platformDetails>Linux/UNIX</platformDetails>
		<iamInstanceProfile><arn>arn:aws:iam::111111111111:instance-profile/path/web</arn><id>A</id></iamInstanceProfile>
		<metadataOptions><state>applied</state><httpTokens>optional</httpTokens><httpEndpoint>enabled</httpEndpoint></metadataOptions>
		<groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet>
		<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><macAddress>02:dd:2c:5e:01:69</macAddress>
			<privateIpAddress>10.0.0.5</privateIpAddress><groupSet><item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item></groupSet>
			<privateIpAddressesSet><item><privateIpAddress>10.0.0.5</privateIpAddress><association><publicIp>198.51.100.7</publicIp></association></item>
			<item><privateIpAddress>10.0.0.6</privateIpAddress></item></privateIpAddressesSet></item></networkInterfaceSet>
		<tagSet><item><key>Name</key><value>web-1</value></item><item><key>Owner</key><value>platform</value></item>
		<item><key>app:contact</key><value>web@example.com</value></item><item><key>aws:cloudformation:stack-name</key><value>shop</value></item>
		<item><key>aws:autoscaling:groupName</key><value>web-asg</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
	webImage = `<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId><imageState>available</imageState><imageOwnerId>137112412989</imageOwnerId>
		<imageOwnerAlias>amazon</imageOwnerAlias><isPublic>true</isPublic><name>al2023-ami</name><creationDate>2024-05-06T00:00:00.000Z</creationDate>
		<deprecationTime>2026-05-06T00:00:00.000Z</deprecationTime></item></imagesSet></DescribeImagesResponse>`
	webGroups = `<DescribeSecurityGroupsResponse><securityGroupInfo><item><ownerId>111111111111</ownerId><groupId>sg-1</groupId><groupName>web</groupName>
		<ipPermissions>
		<item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
		<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges>
			<ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges></item>
		<item><ipProtocol>tcp</ipProtocol><fromPort>8080</fromPort><toPort>8080</toPort><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>
		</ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>`
	mainVPC = `<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId><isDefault>true</isDefault>
		<tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet></DescribeVpcsResponse>`
	webProfile = `<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile><Roles><member><RoleName>web-role</RoleName>
		<Arn>arn:aws:iam::111111111111:role/path/web-role</Arn></member></Roles></InstanceProfile></GetInstanceProfileResult></GetInstanceProfileResponse>`
	aliases = `<ListAccountAliasesResponse><ListAccountAliasesResult><IsTruncated>false</IsTruncated><AccountAliases><member>prod</member></AccountAliases>
		</ListAccountAliasesResult></ListAccountAliasesResponse>`
)

// withWeb is an account with the instance in it.
func withWeb(t *testing.T) *fakeAWS {
	f := newFake(t)
	f.on("ec2:DescribeInstances", func(q request) reply {
		if q.params.Get("InstanceId.1") != webID {
			return refused(q.action, 400, "InvalidInstanceID.NotFound")
		}
		return reply{body: webInstance}
	})
	f.says("ec2:DescribeImages", webImage)
	f.says("ec2:DescribeSecurityGroups", webGroups)
	f.says("ec2:DescribeVpcs", mainVPC)
	f.says("iam:GetInstanceProfile", webProfile)
	f.says("iam:ListAccountAliases", aliases)
	return f
}

func TestInstance(t *testing.T) {
	f := withWeb(t)
	page := f.ask(f.inspector(), "instance", webID, ownAccount, "eu-west-1")
	assert.Equal(t, responder.Page{
		Title: "EC2 instance " + webID + " (web-1)",
		AlliedHosts: []responder.AlliedHost{{
			ID: webID, Owner: []string{"platform", "web@example.com", "account 111111111111 (prod)"}, OS: []string{"Linux/UNIX x86_64"},
			IPAddr: []string{"10.0.0.5", "10.0.0.6", "198.51.100.7"}, MACAddr: []string{"02:dd:2c:5e:01:69"},
			HostName: []string{"ec2-198-51-100-7.eu-west-1.compute.amazonaws.com", "ip-10-0-0-5.eu-west-1.compute.internal", "web-1"},
			Software: []string{"image ami-1 al2023-ami (of amazon, made 2024-05-06)"},
		}},
		Signals: []responder.Signal{
			{Kind: "ownership", Verdict: "unknown", Source: "AWS", URL: "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=" + webID,
				Summary: "EC2 instance " + webID + " (web-1) of account 111111111111 (prod) in eu-west-1: running, t3.micro, launched 2026-01-02, " +
					"made by Auto Scaling group web-asg, owner platform, web@example.com, role web-role, key ops, public address 198.51.100.7, " +
					"VPC vpc-1 (main, the default VPC), subnet subnet-1, image ami-1 al2023-ami (of amazon, made 2024-05-06): deprecated since 2026-05-06"},
			{Kind: "exposure", Verdict: "suspicious", Score: 40, Source: "AWS", URL: "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=" + webID,
				Summary: "EC2 instance " + webID + " (web-1) is open: tcp/22 to the whole internet by sg-1 (web); tcp/443 to the whole internet (IPv6) by sg-1 (web); " +
					"tcp/8080 to prefix list pl-1 by sg-1 (web)"},
			{Kind: "exposure", Verdict: "unknown", Source: "AWS", URL: "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=" + webID,
				Summary: "IMDSv2 is not required of EC2 instance " + webID + " (web-1): a request that is forged there can read what the metadata service tells, and so the credentials of its role"},
		},
		NewAttributes: []responder.Attribute{{Type: "arn", Value: "arn:aws:iam::111111111111:role/path/web-role", Key: "role of " + webID, Context: []string{"local"}}},
	}, page)
}

// The calls of one attribute, and of each one after it.
func TestCallsOfAnInstance(t *testing.T) {
	f := withWeb(t)
	i := f.inspector()
	f.ask(i, "instance", webID, "", "")
	once := []string{"ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeImages", "ec2:DescribeVpcs", "iam:GetInstanceProfile"}
	assert.ElementsMatch(t, append([]string{"sts:GetCallerIdentity", "iam:ListAccountAliases"}, once...), f.calls)
	f.calls = nil
	f.ask(i, "arn", "arn:aws:ec2:eu-west-1:111111111111:instance/"+webID, otherAccount, "us-east-1")
	assert.ElementsMatch(t, once, f.calls, "an ARN says itself where it is")
	f.calls = nil
	for _, id := range []string{"web-1", "i-", "mi-0123456789abcdef0", "i-0123456789abcdef0 ", "4812345678901234567", "i-0123456789ABCDEF0"} {
		assert.Zero(t, f.ask(i, "instance", id, "", ""), id)
	}
	assert.Empty(t, f.calls, "what cannot be an instance is not asked for")
	assert.Zero(t, f.ask(i, "instance", "i-12345678", "", ""))
	assert.Equal(t, []string{"ec2:DescribeInstances"}, f.calls)
}

func TestAnInstanceOfAnotherAccount(t *testing.T) {
	f := withWeb(t)
	f.assumable()
	f.on("ec2:DescribeInstances", func(q request) reply {
		assert.Equal(t, []string{otherAccount, "us-east-1"}, []string{q.account, q.region})
		return reply{body: webInstance}
	})
	page := f.ask(f.inspector(otherRole), "instance", webID, otherAccount, "us-east-1")
	assert.Equal(t, []string{"platform", "web@example.com", "account 222222222222 (prod)"}, page.AlliedHosts[0].Owner)
	assert.Empty(t, page.NewAttributes, "the profile is of an account that was not looked into")
}

func TestHalfOfAnInstanceIsFailed(t *testing.T) {
	f := withWeb(t)
	for _, denied := range []string{"ec2:DescribeSecurityGroups", "ec2:DescribeImages", "ec2:DescribeVpcs", "iam:GetInstanceProfile", "iam:ListAccountAliases"} {
		delete(f.answers, denied)
	}
	page := f.ask(f.inspector(), "instance", webID, "", "")
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Equal(t, "ec2:DescribeImages is not allowed in account 111111111111; ec2:DescribeSecurityGroups is not allowed in account 111111111111; "+
		"ec2:DescribeVpcs is not allowed in account 111111111111; iam:GetInstanceProfile is not allowed in account 111111111111; "+
		"iam:ListAccountAliases is not allowed in account 111111111111", page.Error)
	assert.Contains(t, page.Signals[0].Summary, "image ami-1")
	assert.NotContains(t, page.Signals[0].Summary, "no longer shared", "what may not be seen is not gone")
	delete(f.answers, "ec2:DescribeInstances")
	page = f.ask(f.inspector(), "instance", webID, "", "")
	assert.Equal(t, responder.Page{Title: "AWS", Outcome: responder.Failed, Error: "ec2:DescribeInstances is not allowed in account 111111111111"}, page)
}

// Each thing that is left out or odd leaves the rest.
func TestPlainInstances(t *testing.T) {
	ask := func(change func(*fakeAWS)) responder.Page {
		f := withWeb(t)
		change(f)
		page := f.ask(f.inspector(), "instance", webID, "", "")
		require.NoError(t, respondertest.CheckPage(responder.Task{Attribute: responder.Attribute{Type: "instance", Value: webID}}, page))
		return page
	}
	page := ask(func(f *fakeAWS) {
		f.says("ec2:DescribeInstances", strings.NewReplacer("<ipAddress>198.51.100.7</ipAddress>", "", "<publicIp>198.51.100.7</publicIp>", "", "optional", "required").Replace(webInstance))
	})
	assert.Equal(t, []any{2, responder.UnknownSignal, 0.0}, []any{len(page.Signals), page.Signals[1].Verdict, page.Signals[1].Score}, "nobody can reach it")
	assert.Contains(t, page.Signals[1].Summary, "It has no public address")

	page = ask(func(f *fakeAWS) { f.says("ec2:DescribeImages", "<DescribeImagesResponse/>") })
	assert.Contains(t, page.Signals[0].Summary, "image ami-1: it is there no more, or no longer shared")
	page = ask(func(f *fakeAWS) { f.refuses("ec2:DescribeImages", 400, "InvalidAMIID.NotFound") })
	assert.Contains(t, page.Signals[0].Summary, "image ami-1: it is there no more, or no longer shared")
	page = ask(func(f *fakeAWS) { f.says("ec2:DescribeImages", strings.Replace(webImage, "available", "disabled", 1)) })
	assert.Contains(t, page.Signals[0].Summary, ": it is disabled")
	page = ask(func(f *fakeAWS) {
		f.says("ec2:DescribeImages", strings.Replace(webImage, "2026-05-06", "2999-05-06", 1))
	})
	assert.NotContains(t, page.Signals[0].Summary, "deprecated")

	page = ask(func(f *fakeAWS) {
		f.says("ec2:DescribeInstances", strings.Replace(webInstance, "2026-01-02T03:04:05.000Z", "yesterday", 1))
	})
	assert.NotContains(t, page.Signals[0].Summary, "launched")
	page = ask(func(f *fakeAWS) {
		f.says("ec2:DescribeInstances", `<r><reservationSet><item><instancesSet><item><instanceId>`+webID+`</instanceId></item></instancesSet></item></reservationSet></r>`)
	})
	assert.Equal(t, "EC2 instance "+webID+" of account 111111111111 (prod) in eu-west-1: ", page.Signals[0].Summary+" ")
	page = ask(func(f *fakeAWS) {
		f.says("ec2:DescribeInstances", strings.Replace(webInstance, webID, "i-00000000000000001", 1))
	})
	assert.Zero(t, page, "an answer about something else")

	hostile := strings.NewReplacer("web-1", "&#x202e;x&#9;&lt;!channel&gt;"+strings.Repeat("y", 9000), "<value>platform<", "<value>"+strings.Repeat("&#x1F4A5;", 5000)+"<").Replace(webInstance)
	page = ask(func(f *fakeAWS) { f.says("ec2:DescribeInstances", hostile) })
	assert.NotContains(t, page.Title, "\u202e")
	assert.Less(t, len([]rune(page.Title)), 200)
	assert.Less(t, len([]rune(page.Signals[0].Summary)), maxSummary+1)
}

// The role of a profile may be asked for only in the account that the look is in.
func TestRolesOfProfiles(t *testing.T) {
	f := withWeb(t)
	l := f.begin()
	for _, profile := range []string{"", "web", "arn:aws:iam::222222222222:instance-profile/web"} {
		role, err := l.roleOf(t.Context(), profile)
		assert.NoError(t, err)
		assert.Empty(t, role, profile)
	}
	assert.NotContains(t, f.calls, "iam:GetInstanceProfile")
	f.says("iam:GetInstanceProfile", strings.Replace(webProfile, ":role/", ":user/", 1))
	role, err := l.roleOf(t.Context(), "arn:aws:iam::111111111111:instance-profile/web")
	assert.NoError(t, err)
	assert.Empty(t, role, "it is no role")
}

func TestWhoMadeAnInstance(t *testing.T) {
	stack := tags{{"aws:cloudformation:stack-name", "s"}}
	assert.Equal(t, "CloudFormation stack s", stack.maker())
	assert.Equal(t, "Auto Scaling group g", append(stack, tag{"aws:autoscaling:groupName", "g"}).maker())
	assert.Equal(t, "", tags{{"Name", "x"}}.maker())
	assert.Equal(t, "x", tags{{"name", "x"}}.get("Name"))
	assert.Equal(t, []string{"a", "b", "c"}, tags{{"service-Owner", "c"}, {"TEAM", "b"}, {"steam", "x"}, {"org:contact", "a"}, {"owner", "a"}, {"Team", ""}}.owners())
	f := newFake(t)
	l := f.begin()
	l.accounts.now = func() time.Time { return time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC) }
	made, err := l.madeBy(t.Context(), instance{Tags: stack})
	assert.NoError(t, err)
	assert.Equal(t, "CloudFormation stack s", made)
	before := len(f.calls)
	made, err = l.madeBy(t.Context(), instance{ID: webID, Launched: timestamp{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}})
	assert.NoError(t, err)
	assert.Empty(t, made)
	assert.Len(t, f.calls, before, "the trail does not reach that far back")
}
