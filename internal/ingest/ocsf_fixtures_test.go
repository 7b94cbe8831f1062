package ingest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestOCSF(t *testing.T) {
	for name, expected := range map[string][]good{
		"api-activity.json": {
			{
				name: "API Activity: DeleteTrail", rule: "API Activity: DeleteTrail",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 0,
				first: "2026-03-04T10:01:40Z", last: "2026-03-04T10:01:40Z",
				all: []string{
					"ipaddr 198.51.100.7 remote,client",
					"arn arn:aws:sts::111122223333:assumed-role/Admin/alice local,subject",
					"accesskey ASIAIOSFODNN7EXAMPLE local,subject",
					"arn arn:aws:iam::111122223333:role/Admin local,subject",
					"arn arn:aws:cloudtrail:us-east-1:111122223333:trail/organization local,object",
				},
			},
		},
		"controls.json": {
			{
				name: "SQS queue access policies should not allow public access", rule: "security-control/SQS.3",
				source: "ocsf", account: "111122223333", region: "us-east-2", severity: 90,
				link:  "https://us-east-2.console.aws.amazon.com/securityhub/v2/home?region=us-east-2#/postureManagement?findingDetailId=0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
				first: "2026-03-04T04:53:20Z", last: "2026-03-04T11:00:00Z",
				describes: "This control checks whether an Amazon SQS access policy allows public access to a queue.",
				all: []string{
					"arn arn:aws:sqs:us-east-2:111122223333:orders local,object",
				},
			},
			{
				name: "AWS Config should be enabled", rule: "security-control/Config.1",
				source: "ocsf", account: "111122223333", region: "us-east-2", severity: 0, state: responder.Resolved,
				link:  "https://us-east-2.console.aws.amazon.com/securityhub/v2/home?region=us-east-2#/postureManagement?findingDetailId=1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a",
				first: "2026-03-04T04:53:20Z", last: "2026-03-04T11:00:00Z",
				describes: "AWS Config records the configuration of resources.",
			},
		},
		"dns-activity.json": {
			{
				name: "DNS Activity: Traffic", rule: "AWSManagedDomainsBotnetCommandandControl",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 0,
				first: "2026-03-04T10:01:40Z", last: "2026-03-04T10:01:40Z",
				all: []string{
					"ipaddr 192.0.2.12 local,client",
					"instance i-1234567890abcdef0 local,client",
					"domain c2.example.net remote,object",
					"ipaddr 203.0.113.53 remote,server",
				},
			},
		},
		"endpoint.json": {
			{
				name: "Encoded PowerShell started by an Office application", rule: "Encoded PowerShell from Office",
				source: "ocsf", account: "", region: "", severity: 70,
				link:  "https://edr.example.com/alerts/ldt-0042",
				first: "2026-03-04T10:10:00Z", last: "2026-03-04T10:11:00Z",
				describes: "ATT&CK: T1059.001 PowerShell",
				all: []string{
					"ipaddr 192.0.2.200 local,client",
					"ipaddr 203.0.113.80 remote,server",
					"domain cdn.example.net remote,server",
					"url https://cdn.example.net/a remote,object",
					"filehash 7353f60b1739074eb17c5f4dddefe239 file",
					"filehash de96a6e69944335375dc1ac238336066889d9ffc7d73628ef4fe1b1b160ab32c file",
					`process C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe local,subject`,
					"filehash c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00 file",
					"process winword.exe local",
					`username CORP\alice local,subject`,
					"filehash da39a3ee5e6b4b0d3255bfef95601890afd80709 file",
					`filepath C:\Users\alice\AppData\Local\Temp\payload.dll local,file`,
					"hostname ws-0042 local",
					"ipaddr 10.20.0.42 local",
					"ipaddr fe80::42 local",
					"filehash 1111111122222222333333334444444455555555666666667777777788888888 file",
					`filepath C:\Users\alice\Downloads\invoice.doc local,file`,
				},
			},
		},
		"exposure.json": {
			{
				name: "Publicly invocable function has a vulnerability with known exploit", rule: "aws/securityhub-risk: Resource Hijacking",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 90, state: responder.Resolved,
				link:  "https://us-east-1.console.aws.amazon.com/securityhub/v2/home?region=us-east-1#/exposure?findingDetailId=3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c",
				first: "2026-03-04T09:39:26Z", last: "2026-03-04T09:39:26Z",
				describes: "Signals: CVE-2023-33246 - org.apache.rocketmq:rocketmq-controller",
				all: []string{
					"arn arn:aws:lambda:us-east-1:111122223333:function:orders local,object",
				},
			},
		},
		"guardduty-call.json": {
			{
				name: "AWS CloudTrail trail organization was disabled.", rule: "Stealth:IAMUser/CloudTrailLoggingDisabled",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 1,
				link:  "https://us-east-1.console.aws.amazon.com/guardduty/home?region=us-east-1#/findings?search=id%3D16afba5c5c43e07c9e3e5e2e544e95df",
				first: "2026-03-04T10:00:00Z", last: "2026-03-04T10:20:00Z",
				describes: "AWS CloudTrail trail organization was disabled by deploy calling DeleteTrail under unusual circumstances.",
				all: []string{
					"ipaddr 198.51.100.77 remote,client",
					"username deploy local,subject",
					"accesskey ASIAIOSFODNN7EXAMPLE local,subject",
					"arn arn:aws:cloudtrail:us-east-1:111122223333:trail/organization local,object",
				},
			},
		},
		"guardduty-runtime.json": {
			{
				name: "[SAMPLE] A container is querying a cryptocurrency-related domain.", rule: "CryptoCurrency:Runtime/BitcoinTool.B!DNS",
				source: "ocsf", account: "111122223333", region: "eu-central-1", severity: 70, sample: true,
				link:  "https://eu-central-1.console.aws.amazon.com/guardduty/home?region=eu-central-1#/findings?search=id%3Da2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0",
				first: "2026-03-04T10:00:00Z", last: "2026-03-04T10:01:00Z",
				describes: "ATT&CK: T1496 Resource Hijacking",
				all: []string{
					"domain pool.miner.example.net remote,object",
					"username www-data local,subject",
					"filehash 3f786850e387550fdab836ed7e6dc881de23001b4f7e9a0c2d5b8e1a6c3f9d04 file",
					"process /tmp/.cache/xmrig local,subject",
					"process /usr/bin/bash local",
					"container 4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce local,object",
					"image registry.example.com/shop/web:1.4.2 local,object",
					"ipaddr 10.0.3.20 local,client",
					"ipaddr 203.0.113.66 remote,server",
					"process /usr/bin/curl local,object",
					"instance i-1234567890abcdef0 local,subject",
					"ipaddr 192.0.2.20 local",
					"ipaddr 2001:db8:0:3::20 local",
					"ipaddr 10.0.3.21 local",
				},
			},
		},
		"guardduty-sequence.json": {
			{
				name: "Potential EC2 instance group compromise indicated by a sequence of actions.", rule: "AttackSequence:EC2/CompromisedInstanceGroup",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 90,
				link:  "https://us-east-1.console.aws.amazon.com/guardduty/home?region=us-east-1#/findings?search=id%3Dc1c2c3c4c5c6c7c8c9c0d1d2d3d4d5d6",
				first: "2026-03-04T09:00:00Z", last: "2026-03-04T10:00:00Z",
				describes: "Signals: Backdoor:EC2/C&CActivity.B!DNS; PutBucketPolicy",
				all: []string{
					"domain c2.example.net remote,client",
					"ipaddr 198.51.100.23 remote,client",
					"username shop local,subject",
					"accesskey ASIAI44QH8DHBEXAMPLE local,subject",
					"arn arn:aws:iam::111122223333:role/shop local,subject",
					"domain drop.example.org remote",
					"ipaddr 203.0.113.9 remote",
					"instance i-1234567890abcdef0 local,object",
					"bucket amzn-s3-demo-bucket1 local,object",
					"bucket amzn-s3-demo-bucket local",
				},
			},
		},
		"incident.json": {
			{
				name: "Anonymous sign-in (and 1 more)", rule: "Example XDR incident",
				source: "ocsf", account: "", region: "", severity: 40,
				link:  "https://xdr.example.com/incidents/77",
				first: "2026-03-04T10:00:00Z", last: "2026-03-04T11:00:00Z",
				describes: "Findings: Anonymous sign-in; Mail forwarding rule",
				all: []string{
					"ipaddr 203.0.113.30 remote,client",
					"username carol local,object",
				},
			},
		},
		"inspector.json": {
			{
				name: "CVE-2023-44487 - golang.org/x/net", rule: "AWSInspector",
				source: "ocsf", account: "111122223333", region: "us-east-2", severity: 70,
				link:  "https://us-east-2.console.aws.amazon.com/securityhub/v2/home?region=us-east-2#/vulnerabilities?findingDetailId=2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b",
				first: "2026-03-03T01:06:40Z", last: "2026-03-04T04:53:20Z",
				describes: "Affected: golang.org/x/net v0.1.0 (fixed in 0.17.0); google.golang.org/grpc v1.31.0",
				all: []string{
					"cve CVE-2023-44487",
					"cve CVE-2023-39325",
					"filepath /opt/cni/bin/aws-cni local,file",
					"instance i-1234567890abcdef0 local,object",
					"ipaddr 10.0.1.45 local",
					"ipaddr 192.0.2.45 local",
					"ipaddr 2001:db8::45 local",
					"arn arn:aws:ecr:us-east-2:111122223333:repository/shop/web/sha256:e9e2afad74f4e80511a5cff33d3d989b9797a718425f27e549f5b1f862c058a8 local,object",
					"image 111122223333.dkr.ecr.us-east-2.amazonaws.com/shop/web@sha256:e9e2afad74f4e80511a5cff33d3d989b9797a718425f27e549f5b1f862c058a8 local,object",
				},
			},
		},
		"macie.json": {
			{
				name: "The S3 object contains multiple categories of sensitive data", rule: "SensitiveData:S3Object/Multiple",
				source: "ocsf", account: "111122223333", region: "ap-northeast-1", severity: 40,
				first: "2026-03-04T10:00:00Z", last: "2026-03-04T10:00:00Z",
				describes: "The S3 object contains more than one category of sensitive data.",
				all: []string{
					"bucket amzn-s3-demo-bucket local,object",
					"filepath exports/customers.csv local,file",
				},
			},
		},
		"observables.json": {
			{
				name: "Beacon", rule: "rule-19",
				source: "ocsf", account: "", region: "", severity: 100,
				first: "2026-03-04T10:01:40Z", last: "2026-03-04T10:01:40Z",
				all: []string{
					"ipaddr 10.3.0.4 local,client",
					"ipaddr 203.0.113.44 remote,server",
					"domain beacon.example.net remote,server",
					"instance i-1234567890abcdef0 local,object",
					"username alice local,subject",
					"email alice@example.com local,object",
					"url https://beacon.example.net/x object",
					"filepath beacon.dll local,file",
					"filehash 0123456789abcdef0123456789abcdef01234567 file",
					"process rundll32.exe local",
					"cve CVE-2024-3094",
					"accesskey AKIAIOSFODNN7EXAMPLE local,subject",
					"container 4e07408562be local,object",
					`filepath C:\Windows\Temp\beacon.dll local,file`,
					"ipaddr 198.51.100.99",
					"domain other.example.org",
				},
			},
		},
		"phishing.json": {
			{
				name: "Credential phishing", rule: "Credential phishing",
				source: "ocsf", account: "", region: "", severity: 40,
				first: "2026-03-04T10:11:00Z", last: "2026-03-04T10:11:00Z",
				describes: "Credential phishing link",
				all: []string{
					"email billing@attacker.example.net remote,subject",
					"email bounce@attacker.example.net remote,subject",
					"email collect@example.org remote,subject",
					"email alice@example.com local,object",
					"email bob@example.com local,object",
					"ipaddr 198.51.100.25 remote,client",
					"ipaddr 10.0.0.25 local,client",
					"url https://login.example.org/office?u=alice remote,object",
					"domain login.example.org remote,server",
					"filehash abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd file",
					"filepath invoice.html local,file",
				},
			},
		},
		"prowler.json": {
			{
				name: "No security group allows ingress from the Internet to port 22", rule: "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
				source: "ocsf", account: "111122223333", region: "eu-west-1", severity: 70,
				first: "2026-03-04T10:10:00Z", last: "2026-03-04T10:10:00Z",
				describes: "Ensure that no security group allows ingress from the Internet to port 22.",
				all: []string{
					"arn arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abcdef1234567890 local,object",
				},
			},
			{
				name: "EC2 instances require IMDSv2", rule: "ec2_instance_imdsv2_enabled",
				source: "ocsf", account: "111122223333", region: "eu-west-1", severity: 70, state: responder.Resolved,
				first: "2026-03-04T10:10:00Z", last: "2026-03-04T10:10:00Z",
				describes: "Check if EC2 instances require IMDSv2.",
				all: []string{
					"instance i-1234567890abcdef0 local,object",
					"ipaddr 10.0.4.4 local",
					"ipaddr 192.0.2.44 local",
				},
			},
		},
		"security-lake.jsonl": {
			{
				name: "Malware on i-1234567890abcdef0", rule: "example-av/rule/stringler",
				source: "ocsf", account: "111122223333", region: "us-east-1", severity: 70, state: responder.Resolved,
				first: "2026-03-04T04:53:20Z", last: "2026-03-04T07:40:00Z",
				describes: "Malware: Stringler",
				all: []string{
					"process /usr/sbin/syslogd local,object",
					"filepath /usr/sbin/stringler local,file",
					"instance i-1234567890abcdef0 local,object",
					"ipaddr 10.0.2.7 local",
				},
			},
			{
				name: "AWS CloudTrail trail was disabled.", rule: "Stealth:IAMUser/CloudTrailLoggingDisabled",
				source: "ocsf", account: "111122223333", region: "us-east-2", severity: 1, sample: true,
				link:  "https://us-east-2.console.aws.amazon.com/guardduty/home?region=us-east-2#/findings?search=id%3D16afba5c5c43e07c9e3e5e2e544e95df",
				first: "2026-03-04T10:00:00Z", last: "2026-03-04T10:20:00Z",
				describes: "A trail was disabled.",
				all: []string{
					"ipaddr 198.51.100.77 remote,client",
					"accesskey ASIAIOSFODNN7EXAMPLE local,subject",
					"arn arn:aws:iam::111122223333:role/deploy local,subject",
					"username deploy local,subject",
				},
			},
		},
		"web-attack.json": {
			{
				name: "SQL injection against shop.example.com", rule: "Example WAF 942100",
				source: "ocsf", account: "", region: "", severity: 100, state: responder.Resolved,
				first: "2026-03-04T10:01:40Z", last: "2026-03-04T10:01:40Z",
				describes: "SQL injection",
				all: []string{
					"ipaddr 203.0.113.8 remote,client",
					"ipaddr 203.0.113.7 remote",
					"ipaddr 192.0.2.80 local,server",
					"hostname shop.example.com local,server",
					"url https://shop.example.com/login?id=1%27%20or local,object",
					"ipaddr 198.51.100.9 remote,client",
					"ipaddr 10.1.1.1 local,client",
				},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := ingest.Alerts(delivery(read(t, "ocsf/"+name)))
			require.Len(t, list, len(expected))
			for n, in := range list {
				expected[n].test(t, in.Alert)
			}
		})
	}
}
