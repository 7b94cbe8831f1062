package ingest_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	hubFolder = "securityhub/"
	ec2       = "arn:aws:ec2:eu-west-1:111122223333:"
)

// inHub is the finding in Security Hub's console.
func inHub(id string) string {
	search := url.QueryEscape("Id=" + url.QueryEscape(`\operator\:EQUALS\:`+id))
	return "https://eu-west-1.console.aws.amazon.com/securityhub/home?region=eu-west-1#/findings?search=" + search
}

func inGuardDuty(id string) string {
	return "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?macros=current&fId=" + id
}

// ofHub is what all findings of the fixtures have in common.
func (g good) ofHub() good {
	g.source, g.account, g.region = "securityhub", "111122223333", "eu-west-1"
	return g
}

// instance is the one that most of them are about.
func theInstance(part string) []string {
	return []string{"instance i-0123456789abcdef0 local," + part, "ipaddr 203.0.113.9 local", "ipaddr 2001:db8:3::17 local"}
}

func TestSecurityHubGuardDuty(t *testing.T) {
	for name, want := range map[string]good{
		"guardduty": {
			name: "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.", rule: "UnauthorizedAccess:EC2/SSHBruteForce",
			severity: 70, link: inGuardDuty("aab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5"), first: "2026-05-04T02:58:00Z", last: "2026-05-04T03:05:21Z",
			describes: "guessing the SSH password",
			all:       append(theInstance("object"), "ipaddr 198.51.100.23 remote,client", "ipaddr 10.0.3.17 local,server"),
		},
		"guardduty-2019": {
			name: "Unusual console login was seen for principal alice.", rule: "UnauthorizedAccess:IAMUser/ConsoleLogin", severity: 50, sample: true,
			link:  inHub("arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0/finding/0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f"),
			first: "2019-06-12T15:11:20Z", describes: "Custom action To responder (Look into it)\nUnusual",
			all: []string{"ipaddr 192.0.2.55 remote,client", "username alice local,subject"},
		},
		"attack-sequence": {
			name: "Potential credential compromise of IAM user alice indicated by a sequence of actions.", rule: "AttackSequence:IAM/CompromisedCredentials",
			severity: 95, link: inGuardDuty("d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8"), describes: "Signal: Stealth:IAMUser/CloudTrailLoggingDisabled\nSignal: API",
			all: []string{
				"ipaddr 198.51.100.61 remote,client", "username alice local,subject", "accesskey AKIAI44QH8DHBEXAMPLE local,subject", "accesskey AKIAIOSFODNN7EXAMPLE local,subject",
			},
		},
	} {
		t.Run(name, func(t *testing.T) { want.ofHub().test(t, one(t, read(t, hubFolder+name+".json")).Alert) })
	}
}

func TestSecurityHubSeveral(t *testing.T) {
	list := ingest.Alerts(delivery(read(t, "securityhub/several.json")))
	require.Len(t, list, 3)
	good{
		name: "Unprotected port on EC2 instance i-0123456789abcdef0 is being probed.", rule: "Recon:EC2/PortProbeUnprotectedPort",
		severity: 39, link: inGuardDuty("b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6"), // LOW with 40 is LOW
		all: append(theInstance("object"), "ipaddr 198.51.100.41 remote,client", "ipaddr 198.51.100.42 remote,client",
			"ipaddr 198.51.100.43 remote,client", "ipaddr 198.51.100.44 remote,client", "ipaddr 10.0.3.17 local,server"),
	}.ofHub().test(t, list[0].Alert)
	good{
		name: "EC2 instance i-0123456789abcdef0 is querying a domain name associated with a known Command & Control server.",
		rule: "Backdoor:EC2/C&CActivity.B!DNS", severity: 70, link: inGuardDuty("c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7"),
		all: append(theInstance("subject"), "domain c2.example.net remote,object", "ipaddr 10.0.3.17 local"),
	}.ofHub().test(t, list[1].Alert)
	assert.Equal(t, list[1].Fingerprint, list[2].Fingerprint, "the same finding twice is one incident")
	assert.NotEqual(t, list[0].Fingerprint, list[1].Fingerprint)
	assert.NotEqual(t, list[1].ID, list[2].ID)
}

func TestSecurityHubPartner(t *testing.T) {
	const elb = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/0a1b2c3d4e5f6071"
	good{
		name: "Coin miner on a container host", rule: "edr-rule-stringler", severity: 90, link: inHub("edr/4711-08"),
		first: "2026-05-01T10:00:00Z", last: "2026-05-01T10:21:00Z", describes: "pool.\nMalware: Stringler (COIN_MINER, OBSERVED)\nThreat: Iot.linux.mirai.vwisi (HIGH)\nMutex: Global",
		all: []string{
			// the connection, the path to it, and what threat intelligence says
			"ipaddr 198.51.100.80 remote,server", "ipaddr 2001:db8:bad::80 remote,server", "domain pool.example.net remote,server",
			"ipaddr 203.0.113.77 local,client", "ipaddr 2001:db8:7::1 local,client", "domain host7.example.org local,client", "ipaddr 192.0.2.200",
			"ipaddr 198.51.100.81 remote", "ipaddr 2001:db8:bad::81 remote", "domain evil.example.net remote", "url http://evil.example.net/x remote",
			"email mallory@example.net remote", "process xmr-stak local",
			"filehash ae2b1fca515949e5d54fb22b8ed95575 file", "filehash da39a3ee5e6b4b0d3255bfef95601890afd80709 file",
			"filehash e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 file",
			// what ran and lay there
			"process /usr/sbin/stringler local,subject", "filepath /usr/sbin/stringler local,file", "filepath /tmp/b.txt local,file", "filepath c.sh local,file",
			"filehash 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 file", "cve CVE-2026-12345 object", "cve CVE-2026-1002 object",
			// one's own resources
			"instance i-0fedcba9876543210 local,object", "instance i-0aaaabbbbccccdddd local,object", "ipaddr 10.1.2.3 local", "ipaddr 10.1.2.4 local",
			"ipaddr 2001:db8:7::4 local", "ipaddr 203.0.113.78 local", "ipaddr 192.0.2.90 local,object",
			"arn " + ec2 + "volume/vol-032f3bdd89aee112f local,object", "arn " + ec2 + "network-interface/eni-0a1b2c3d4e5f60718 local,object",
			"arn " + ec2 + "security-group/sg-0a1b2c3d4e5f60718 local,object", "username bob local,object",
			"arn arn:aws:iam::111122223333:role/host-role local,object", "bucket amzn-s3-demo-bucket local,object", "bucket amzn-s3-demo-bucket2 local,object",
			"arn arn:aws:s3:::amzn-s3-demo-bucket2/in/payload.bin local,object", "arn arn:aws:lambda:eu-west-1:111122223333:function:thumbs local,object",
			"arn arn:aws:eks:eu-west-1:111122223333:cluster/prod local,object",
			"arn arn:aws:ecs:eu-west-1:111122223333:task/web/0a1b2c3d4e5f60718293a4b5c6d7e8f9 local,object", "image registry.example.com/app:1.2 local,object",
			"arn arn:aws:rds:eu-west-1:111122223333:db:orders local,object", "hostname orders.abc.eu-west-1.rds.amazonaws.com local,object",
			"arn " + elb + " local,object", "hostname web-1.eu-west-1.elb.amazonaws.com local,object",
			"image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app@sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0 local,object",
			"container 4fb1de2a5b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e local,object", "image golang:1.12-alpine local,object",
			"accesskey AKIAIOSFODNN7EXAMPLE local,subject", "username deploy local,subject", "arn arn:aws:iam::111122223333:role/deploy local,subject",
		},
	}.ofHub().test(t, one(t, read(t, "securityhub/partner.json")).Alert)
}

func TestSecurityHubProducts(t *testing.T) {
	const resource, bucket = "arn:aws:", "bucket amzn-s3-demo-bucket local,object"
	id := func(service, rest string) string { return resource + service + ":eu-west-1:111122223333:" + rest }
	list := ingest.Alerts(delivery(read(t, "securityhub/getfindings.json")))
	want := []good{
		{
			name: "CVE-2026-44228 - log4j", rule: "AWSInspector", severity: 90, link: inHub(id("inspector2", "finding/0a1b2c3d4e5f60718293a4b5c6d7e8f9")),
			all: []string{"cve CVE-2026-44228 object", "instance i-0123456789abcdef0 local,object"},
		},
		{
			name: "On instance i-0123456789abcdef0, TCP port 22 is reachable from the internet", rule: "AWSInspector: Recognized port reachable from internet",
			severity: 40, link: inHub("inspector/eu-west-1/111122223333/629ff13fbbb44c872f7bba3e7f79f60cb6d443d8"),
			all: append(theInstance("object"), "ipaddr 10.0.3.17 local"),
		},
		{
			name: "The S3 object contains personal information.", rule: "SensitiveData:S3Object/Personal", severity: 70,
			link: "https://eu-west-1.console.aws.amazon.com/macie/home?region=eu-west-1#findings?search=id", all: []string{bucket, "arn arn:aws:s3:::amzn-s3-demo-bucket/people.csv local,object"},
		},
		{
			name: "AwsS3Bucket/arn:aws:s3:::amzn-s3-demo-bucket/ allows cross-account access", rule: "aws/access-analyzer: External Access Granted", severity: 1,
			link: "https://console.aws.amazon.com/access-analyzer/home?region=eu-west-1#/findings/details/x",
			all:  []string{bucket, "arn arn:aws:iam::444455556666:role/reader remote,subject"},
		},
		{
			name: "Systems Manager Patch Summary - Managed Instance Non-Compliant", rule: "aws/ssm-patch-manager: Compliance", state: responder.Resolved,
			link: inHub(id("patchmanager", "instance/i-0123456789abcdef0/document/AWS-RunPatchBaseline/run-command/d710f5bd-04e3-47b4-82f6-df4e0EXAMPLE")),
			all:  []string{"instance i-0123456789abcdef0 local,object"},
		},
		{
			name: "Resource is missing WAF protection", rule: id("fms", "policy/0a1b2c3d-1111-2222-3333-444455556666"), severity: 65, state: responder.Resolved,
			link: inHub(id("fms", "policy/0a1b2c3d-1111-2222-3333-444455556666/violation/1")),
			all:  []string{"arn " + id("elasticloadbalancing", "loadbalancer/app/web/0a1b2c3d4e5f6071") + " local,object"},
		},
	}
	require.Len(t, list, len(want))
	for n, g := range want {
		t.Run(g.rule, func(t *testing.T) { g.ofHub().test(t, list[n].Alert) })
	}
}

func TestSecurityHubForms(t *testing.T) {
	for name, want := range map[string]good{
		"control": {
			name: "Security groups should not allow unrestricted access to ports with high risk", rule: "security-control/EC2.19", severity: 90,
			link: inHub("arn:aws:securityhub:eu-west-1:111122223333:security-control/EC2.19/finding/0a1b2c3d-1111-2222-3333-444455556666"),
			last: "2026-05-04T00:00:12Z", describes: "high risk.\nReason: Port 3389 is open to the world.", all: []string{"arn " + ec2 + "security-group/sg-0a1b2c3d4e5f60718 local,object"},
		},
		"detail": { // of an event, without the rest
			name: "Coin miner on a container host", rule: "edr-rule-stringler", severity: 70, sample: true, link: inHub("edr/4711-09"), describes: "Custom action Send\nA miner",
			all: []string{"ipaddr 198.51.100.90 remote,client", "ipaddr 10.9.9.9 local,server", "bucket amzn-s3-demo-bucket local,object", "username eve local,object"},
		},
	} {
		t.Run(name, func(t *testing.T) { want.ofHub().test(t, one(t, read(t, hubFolder+name+".json")).Alert) })
	}
}

func FuzzSecurityHub(f *testing.F) { fuzzSender(f, hubFolder) }
