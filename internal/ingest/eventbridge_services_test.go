package ingest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Each service's event as an analyst would have it.
func TestServices(t *testing.T) {
	for name, want := range map[string]good{
		"access-external": {name: "Access of AWS 444455556666 to arn:aws:s3:::example-backups", rule: "aws.access-analyzer: ExternalAccess", source: "aws.access-analyzer", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/access-analyzer/home?region=eu-west-1#/findings", severity: 0, describes: "Actions: s3:GetObject",
			first: "2026-05-04T02:50:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"bucket example-backups local,object", "arn arn:aws:iam::444455556666:root remote,subject"}},
		"access-public": {name: "Public access to arn:aws:sqs:eu-west-1:111122223333:jobs", rule: "aws.access-analyzer: ExternalAccess", source: "aws.access-analyzer", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/access-analyzer/home?region=eu-west-1#/findings", severity: 0, describes: "Actions: s3:GetObject",
			first: "2026-05-04T02:50:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"arn arn:aws:sqs:eu-west-1:111122223333:jobs local,object"}},
		"access-unused": {name: "UnusedIAMUserAccessKey: arn:aws:iam::111122223333:user/old", rule: "aws.access-analyzer: UnusedIAMUserAccessKey", source: "aws.access-analyzer", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/access-analyzer/home?region=eu-west-1#/findings", severity: 0, describes: "UnusedIAMUserAccessKey: arn:aws:iam::111122223333:user/old.",
			first: "2026-05-04T02:50:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"username old local,object"}},
		"advisor": {name: "Exposed Access Keys", rule: "aws.trustedadvisor: Exposed Access Keys", source: "aws.trustedadvisor", account: "111122223333", region: "us-east-1",
			link: "", severity: 70, describes: "Access Key ID AKIAIOSFODNN7EXAMPLE, Case ID 12345678, Fraud Type Exposed, Location https://code.example.net/pu",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"accesskey AKIAIOSFODNN7EXAMPLE local,object", "username deployer local,object"}},
		"alarm-change": {name: "CloudWatch alarm root login: update", rule: "aws.cloudwatch: CloudWatch Alarm Configuration Change: update", source: "aws.cloudwatch", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:", severity: 0, describes: "Its actions are disabled.",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"instance i-0123456789abcdef0 local"}},
		"config-item": {name: "AWS::S3::Bucket example-backups: UPDATE", rule: "aws.config: Config Configuration Item Change: AWS::S3::Bucket", source: "aws.config", account: "111122223333", region: "eu-west-1",
			link: "", severity: 0, describes: "example-backups: UPDATE\nConfiguration.PublicAccessBlock\n{",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"bucket example-backups local,object"}},
		"config": {name: "restricted-ssh: AWS::EC2::SecurityGroup sg-0123456789abcdef0", rule: "aws.config: restricted-ssh", source: "aws.config", account: "444455556666", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/config/home?region=eu-west-1#/rules", severity: 0, describes: "sg-0123456789abcdef0 is NON_COMPLIANT.\nPort 22 is open to everybody.",
			first: "2026-05-04T03:00:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"arn arn:aws:ec2:eu-west-1:444455556666:security-group/sg-0123456789abcdef0 local,object"}},
		"health-abuse": {name: "AWS_ABUSE_DOS_REPORT", rule: "aws.health: AWS_ABUSE_DOS_REPORT", source: "aws.health", account: "111122223333", region: "global",
			link: "https://health.aws.amazon.com/health/home#/account/dashboard/open-issues", severity: 0, describes: "category issue, service ABUSE",
			first: "2026-05-04T02:58:00Z", last: "2026-05-04T02:58:00Z",
			all: []string{"instance i-0123456789abcdef0 local,object", "instance i-0123456789abcdef1 local,object"}},
		"health-exposed": {name: "AWS_RISK_CREDENTIALS_EXPOSED", rule: "aws.health: AWS_RISK_CREDENTIALS_EXPOSED", source: "aws.health", account: "444455556666", region: "us-east-1",
			link: "https://health.aws.amazon.com/health/home#/account/dashboard/open-issues", severity: 0, describes: "Rotate it.",
			first: "2026-05-04T02:58:00Z", last: "2026-05-04T03:04:00Z",
			all: []string{"accesskey AKIAIOSFODNN7EXAMPLE local,object"}},
		"insight": {name: "Instances with most findings", rule: "aws.securityhub: Security Hub Insight Results: Instances with most findings", source: "aws.securityhub", account: "111122223333", region: "eu-west-1",
			link: "", severity: 0, describes: "ResourceId: i-0123456789abcdef0 4; arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef1 2",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"instance i-0123456789abcdef0 local,object", "instance i-0123456789abcdef1 local,object"}},
		"inspector-image": {name: "CVE-2019-0000 - libexample", rule: "aws.inspector2: PACKAGE_VULNERABILITY", source: "aws.inspector2", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/inspector/v2/home?region=eu-west-1#/findings", severity: 98, describes: "Packages: libexample 1.0 (fixed in 1.1)\nAn exploit is available. Fix available: YES. EPSS: 0.94.",
			first: "2026-05-03T22:46:15Z", last: "2026-05-04T03:00:00Z",
			all: []string{"cve CVE-2019-0000", "image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 local,object"}},
		"inspector-network": {name: "Port 22 is reachable from an Internet Gateway - TCP", rule: "aws.inspector2: NETWORK_REACHABILITY", source: "aws.inspector2", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/inspector/v2/home?region=eu-west-1#/findings", severity: 40, describes: "Reachable: TCP 22–22",
			first: "2026-05-03T22:46:15Z", last: "2026-05-04T03:00:00Z",
			all: []string{"instance i-0123456789abcdef0 local,object", "ipaddr 10.0.0.7 local", "ipaddr 203.0.113.10 local", "ipaddr 2001:db8::7 local"}},
		"inspector-scan": {name: "Inspector2 Scan of shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08: INITIAL_SCAN_COMPLETE", rule: "aws.inspector2: Inspector2 Scan", source: "aws.inspector2", account: "111122223333", region: "eu-west-1",
			link: "", severity: 70, describes: "CRITICAL 0, HIGH 2, MEDIUM 5, TOTAL 7",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 local,object"}},
		"instance": {name: "EC2 Instance State-change Notification: i-0123456789abcdef0 terminated", rule: "aws.ec2: EC2 Instance State-change Notification", source: "aws.ec2", account: "111122223333", region: "eu-west-1",
			link: "", severity: 0, describes: "{\"instance-id\":\"i-0123456789abcdef0\",\"state\":\"terminated\"}",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"instance i-0123456789abcdef0 local,object"}},
		"kms": {name: "KMS CMK Deletion", rule: "aws.kms: KMS CMK Deletion", source: "aws.kms", account: "111122223333", region: "eu-west-1",
			link: "", severity: 0, describes: "{\"key-id\":\"1234abcd-12ab-34cd-56ef-1234567890ab\"}",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"arn arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab local,object"}},
		"macie-policy": {name: "The bucket became public", rule: "aws.macie: Policy:IAMUser/S3BucketPublic", source: "aws.macie", account: "444455556666", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/macie/home?region=eu-west-1#findings?search=resourcesAffected.s3Bucket.name%3Dexample-backups&macros=current&itemId=9f0e1d2c3b4a59687766554433221100", severity: 70, describes: "The bucket is PUBLIC.\nBy: DeletePublicAccessBlock of s3.amazonaws.com",
			first: "2026-05-04T02:50:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"bucket example-backups local,object", "ipaddr 198.51.100.7 remote,client", "accesskey ASIAIOSFODNN7EXAMPLE local,subject", "arn arn:aws:iam::444455556666:role/admin local,subject"}},
		"macie": {name: "The S3 object contains personal information.", rule: "aws.macie: SensitiveData:S3Object/Personal", source: "aws.macie", account: "444455556666", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/macie/home?region=eu-west-1#findings?search=resourcesAffected.s3Bucket.name%3Dexample-backups&macros=current&itemId=9f0e1d2c3b4a59687766554433221100", severity: 70, describes: "Found: NAME 10, ADDRESS 2, badge 1",
			first: "2026-05-04T02:50:00Z", last: "2026-05-04T03:00:00Z",
			all: []string{"bucket example-backups local,object", "filepath example-backups/people/2026.csv local,object,file"}},
		"object-created": {name: "Object Created", rule: "aws.s3: Object Created", source: "aws.s3", account: "111122223333", region: "eu-west-1",
			link: "", severity: 0, describes: "{\"bucket\":{\"name\":\"example-backups\"},\"object\":{\"etag\":\"b1946ac92492d2347c6235b4d2611184\",\"key\":\"x/run.sh\",\"seq",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"bucket example-backups local,object", "ipaddr 198.51.100.7 remote,client", "filepath example-backups/x/run.sh local,object,file"}},
		"trail-foreign": {name: "AssumeRole by account 444455556666 from 198.51.100.9", rule: "aws.sts: AssumeRole", source: "aws.sts", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/e0000000-0000-4000-8000-000000000004", severity: 0, describes: "Request: {\"externalId\":\"x\",\"roleArn\":\"arn:aws:iam::111122223333:role/partner\",\"roleSessionName\":\"s-17\"}",
			first: "2026-05-04T03:02:01Z", last: "2026-05-04T03:02:01Z",
			all: []string{"ipaddr 198.51.100.9 remote,client", "arn arn:aws:iam::444455556666:root remote,subject", "arn arn:aws:iam::111122223333:role/partner local,object", "accesskey ASIAI44QH8DHBEXAMPLE local,object"}},
		"trail-insight": {name: "Unusual rate of RunInstances of ec2.amazonaws.com", rule: "aws.ec2: ApiCallRateInsight RunInstances", source: "aws.ec2", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/e0000000-0000-4000-8000-000000000006", severity: 0, describes: "Unusual rate of RunInstances of ec2.amazonaws.com\n{\"statistics\":{\"baseline\":{\"average\":0.01},\"insight\":{\"average\":60},\"insightDuration\":5}}",
			first: "2026-05-04T03:02:00Z", last: "2026-05-04T03:02:00Z",
			all: nil},
		"trail-key": {name: "CreateAccessKey by deployer from 198.51.100.7", rule: "aws.iam: CreateAccessKey", source: "aws.iam", account: "111122223333", region: "us-east-1",
			link: "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/e0000000-0000-4000-8000-000000000003", severity: 0, describes: "Request: {\"userName\":\"backdoor\"}",
			first: "2026-05-04T03:02:01Z", last: "2026-05-04T03:02:01Z",
			all: []string{"ipaddr 198.51.100.7 remote,client", "username deployer local,subject", "accesskey AKIAIOSFODNN7EXAMPLE local,subject", "username backdoor local,object", "accesskey AKIAI44QH8DHBEXAMPLE local,object"}},
		"trail-login": {name: "ConsoleLogin by root from 198.51.100.7 (Failure)", rule: "aws.signin: ConsoleLogin", source: "aws.signin", account: "111122223333", region: "us-east-1",
			link: "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/e0000000-0000-4000-8000-000000000001", severity: 0, describes: "It failed: Failure: Failed authentication",
			first: "2026-05-04T03:02:01Z", last: "2026-05-04T03:02:01Z",
			all: []string{"ipaddr 198.51.100.7 remote,client", "username root local,subject"}},
		"trail-service": {name: "RunInstances by web/i-0123456789abcdef0 (Client.UnauthorizedOperation)", rule: "aws.ec2: RunInstances", source: "aws.ec2", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/e0000000-0000-4000-8000-000000000005", severity: 0, describes: "It failed: Client.UnauthorizedOperation: You are not authorized to perform this operation.",
			first: "2026-05-04T03:02:01Z", last: "2026-05-04T03:02:01Z",
			all: []string{"accesskey ASIAIOSFODNN7EXAMPLE local,subject", "arn arn:aws:iam::111122223333:role/web local,subject", "instance i-0123456789abcdef0 local,subject"}},
		"trail-stop": {name: "StopLogging by AWSReservedSSO_Admin_0123456789abcdef/dave@example.com from 203.0.113.20", rule: "aws.cloudtrail: StopLogging", source: "aws.cloudtrail", account: "111122223333", region: "eu-west-1",
			link: "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/e0000000-0000-4000-8000-000000000002", severity: 0, describes: "Request: {\"name\":\"organization\"}",
			first: "2026-05-04T03:02:01Z", last: "2026-05-04T03:02:01Z",
			all: []string{"ipaddr 203.0.113.20 remote,client", "accesskey ASIAIOSFODNN7EXAMPLE local,subject", "arn arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef local,subject", "username dave@example.com local,subject", "arn arn:aws:cloudtrail:eu-west-1:111122223333:trail/organization local,object"}},
		"unknown": {name: "Wonder Detected", rule: "aws.wonder: Wonder Detected", source: "aws.wonder", account: "111122223333", region: "eu-west-1",
			link: "", severity: 70, describes: "{\"id\":\"w-1\",\"severity\":\"HIGH\",\"sourceIPAddress\":\"198.51.100.7\",\"userIdentity\":{\"accountId\":\"111122223333\",\"typ",
			first: "2026-05-04T03:05:00Z", last: "2026-05-04T03:05:00Z",
			all: []string{"ipaddr 198.51.100.7 remote,client", "username deployer local,subject"}},
	} {
		t.Run(name, func(t *testing.T) { want.test(t, one(t, read(t, "eventbridge/"+name+".json")).Alert) })
	}
}

// What else the fields of a service may say, in a message that is otherwise the same.
func TestServiceFields(t *testing.T) {
	const kind, group, exposed = `"AWS::EC2::SecurityGroup"`, "sg-0123456789abcdef0", `"AKIAIOSFODNN7EXAMPLE"`
	for _, c := range []struct {
		file string
		by   [][2]string
		want string
	}{
		{"config", [][2]string{{kind, `"AWS::EC2::Instance"`}, {group, "i-0123456789abcdef7"}}, "instance i-0123456789abcdef7 local,object"},
		{"config", [][2]string{{kind, `"AWS::S3::Bucket"`}, {group, "example-logs"}}, "bucket example-logs local,object"},
		{"config", [][2]string{{kind, `"AWS::SNS::Topic"`}, {group, "arn:aws:sns:eu-west-1:444455556666:jobs"}}, "arn arn:aws:sns:eu-west-1:444455556666:jobs local,object"},
		{"config-item", [][2]string{{`"ARN": "arn:aws:s3:::example-backups"`, `"ARN": null`}}, "bucket example-backups local,object"},
		{"health-exposed", [][2]string{{exposed, `"i-0123456789abcdef7"`}}, "instance i-0123456789abcdef7 local,object"},
		{"health-exposed", [][2]string{{exposed, `"example-logs"`}, {`"RISK"`, `"S3"`}}, "bucket example-logs local,object"},
		{"health-exposed", [][2]string{{exposed, `"203.0.113.10"`}}, "ipaddr 203.0.113.10 local,object"},
		{"macie-policy", [][2]string{{`"domainDetails": null`, `"domainDetails": {"domainName": "gateway.example.net"}`}}, "domain gateway.example.net remote,client"},
		{"inspector-network", [][2]string{{`"AWS_EC2_INSTANCE"`, `"AWS_LAMBDA_FUNCTION"`}, {`"id": "i-0123456789abcdef0"`, `"id": "arn:aws:lambda:eu-west-1:111122223333:function:shop"`}},
			"arn arn:aws:lambda:eu-west-1:111122223333:function:shop local,object"},
		{"advisor", [][2]string{{`"resource_id": ""`, `"resource_id": "arn:aws:s3:::example-logs"`}}, "bucket example-logs local,object"},
		{"insight", [][2]string{{`"ResourceId"`, `"AwsIamAccessKeyUserName"`}, {`"i-0123456789abcdef0"`, `"deployer"`}}, "username deployer local,object"},
		{"inspector-scan", [][2]string{{`"repository-name"`, `"instance-id": "i-0123456789abcdef7", "x"`}, {`"image-digest"`, `"y"`}}, "instance i-0123456789abcdef7 local,object"},
	} {
		body := read(t, "eventbridge/"+c.file+".json")
		for _, r := range c.by {
			body = with(t, body, r[0], r[1])
		}
		assert.Contains(t, roles(one(t, body).Alert), c.want, c.file)
	}
	assert.True(t, one(t, with(t, read(t, "eventbridge/macie.json"), `"sample": false`, `"sample": true`)).Alert.Sample)
	a := one(t, with(t, read(t, "eventbridge/access-external.json"), `"accountId": "111122223333"`, `"accountId": "777788889999"`)).Alert
	assert.Equal(t, "777788889999", a.Account, "of the finding, which a delegated administrator has sent")
	assert.Equal(t, "2026-05-04T02:58:00Z", one(t, with(t, read(t, "eventbridge/health-exposed.json"), "03:04:00", "01:04:00")).Alert.Timestamp.LastTime().Format("2006-01-02T15:04:05Z07:00"),
		"an update is never before the start")
}

// What is sent again, updated, over and comes again is the same incident; another one of the same rule is not.
func TestServiceIncidents(t *testing.T) {
	const elsewhere = "444455556666"
	for name, c := range map[string]struct {
		same, over, others [][2]string
	}{
		"macie": {same: [][2]string{{`"count": 1`, `"count": 9`}, {"03:00:00", "09:00:00"}}, over: [][2]string{{`"archived": false`, `"archived": true`}},
			others: [][2]string{{"9f0e1d2c", "00000000"}, {elsewhere, "777788889999"}}},
		"inspector-image": {same: [][2]string{{`"CRITICAL"`, `"HIGH"`}, {"May 4", "May 5"}}, over: [][2]string{{`"ACTIVE"`, `"CLOSED"`}, {`"ACTIVE"`, `"SUPPRESSED"`}},
			others: [][2]string{{"0a1b2c3d", "00000000"}}},
		"access-external": {same: [][2]string{{"03:00:00", "09:00:00"}, {"s3:GetObject", "s3:*"}},
			over: [][2]string{{`"ACTIVE"`, `"RESOLVED"`}, {`"ACTIVE"`, `"ARCHIVED"`}, {`"isDeleted": false`, `"isDeleted": true`}}, others: [][2]string{{"aa0e1d2c", "bb0e1d2c"}}},
		"health-exposed": {same: [][2]string{{"Rotate it.", "Still."}, {"03:04:00", "09:04:00"}, {`"page": "1"`, `"page": "2"`}}, over: [][2]string{{`"open"`, `"closed"`}},
			others: [][2]string{{"EXPOSED_0001", "EXPOSED_0002"}, {elsewhere, "777788889999"}}},
		"config": {same: [][2]string{{"03:00:00", "09:00:00"}, {"open to everybody", "open"}},
			over:   [][2]string{{`"NON_COMPLIANT"`, `"COMPLIANT"`}, {`"NON_COMPLIANT"`, `"NOT_APPLICABLE"`}},
			others: [][2]string{{"sg-0123456789abcdef0", "sg-0123456789abcdef1"}, {"restricted-ssh", "restricted-rdp"}, {elsewhere, "777788889999"}, {"eu-west-1", "eu-west-2"}}},
		"trail-stop": {same: [][2]string{{"03:02:01", "09:02:01"}, {"203.0.113.20", "203.0.113.21"}, {`"eventVersion"`, `"errorCode": "AccessDenied", "eventVersion"`},
			{"ASIAIOSFODNN7EXAMPLE", "ASIAI44QH8DHBEXAMPLE"}, {"-000000000002", "-000000000099"}, {`"name": "organization"`, `"name": "organization", "comment": "x"`}},
			others: [][2]string{{"dave@", "mallory@"}, {`"organization"`, `"other"`}, {"StopLogging", "DeleteTrail"}, {"111122223333", "777788889999"}}},
		"trail-foreign": {same: [][2]string{{"s-17", "s-18"}, {"198.51.100.9", "198.51.100.10"}}, others: [][2]string{{elsewhere, "777788889999"}, {"role/partner", "role/admin"}}},
		"trail-service": {same: [][2]string{{"random-7", "random-8"}}, others: [][2]string{{"i-0123456789abcdef0", "i-0123456789abcdef1"}, {`"imageId": "ami-0aa"`, `"instanceId": "i-0aaa"`}, {`"imageId": "ami-0aa"`, `"instanceId": "i-0bbb"`}}},
		"trail-login":   {same: [][2]string{{"198.51.100.7", "198.51.100.8"}, {"Failure", "Success"}}, others: [][2]string{{"111122223333", "777788889999"}}},
		"trail-insight": {same: [][2]string{{"03:02:00", "09:02:00"}}, over: [][2]string{{`"Start"`, `"End"`}}, others: [][2]string{{"00000000aaaa", "00000000bbbb"}}},
		"alarm-change":  {same: [][2]string{{"03:02:01", "09:02:01"}}, others: [][2]string{{"root login", "no login"}, {`"update"`, `"delete"`}}},
		"advisor":       {same: [][2]string{{`"ERROR"`, `"WARN"`}}, over: [][2]string{{`"ERROR"`, `"OK"`}}, others: [][2]string{{"aa12345f", "bb12345f"}}},
		"instance":      {same: [][2]string{{`"terminated"`, `"running"`}}, others: [][2]string{{"i-0123456789abcdef0", "i-0123456789abcdef1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			body := read(t, "eventbridge/"+name+".json")
			i := incident{first: body}
			for _, r := range c.same {
				i.same = append(i.same, with(t, body, r[0], r[1]))
			}
			for _, r := range c.over {
				resolved := with(t, body, r[0], r[1])
				i.same = append(i.same, resolved)
				assert.Equal(t, responder.Resolved, one(t, resolved).Alert.State, r)
			}
			for _, r := range c.others {
				i.others = append(i.others, with(t, body, r[0], r[1]))
			}
			i.test(t)
		})
	}
}

// A record of CloudTrail, and the detail of an event, are the same incident without the envelope.
func TestWithoutEnvelope(t *testing.T) {
	file := ingest.Alerts(delivery(read(t, "eventbridge/trail-file.json")))
	assert.Len(t, file, 2)
	for n, name := range []string{"trail-login", "trail-key"} {
		in := one(t, read(t, "eventbridge/"+name+".json"))
		assert.Equal(t, in.Fingerprint, file[n].Fingerprint, name)
		assert.Equal(t, in.Alert.Attrs, file[n].Alert.Attrs, name)
		assert.Equal(t, in.Alert.Source, file[n].Alert.Source, name)
	}
	for _, name := range []string{"trail-stop", "trail-insight", "macie", "inspector-network", "config", "config-item", "health-exposed"} {
		body := read(t, "eventbridge/"+name+".json")
		bare := one(t, detail(t, body)).Alert
		event := one(t, body).Alert
		assert.Equal(t, []string{event.Rule, event.Key, event.Source, event.Name}, []string{bare.Rule, bare.Key, bare.Source, bare.Name}, name)
		assert.Equal(t, event.Attrs, bare.Attrs, name)
	}
}

func detail(t *testing.T, body string) string {
	t.Helper()
	var event struct{ Detail json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(body), &event))
	return string(event.Detail)
}

// Who called is told apart, and never who did not.
func TestPrincipals(t *testing.T) {
	call := func(identity, more string) string {
		return `{"eventVersion":"1.11","eventID":"e","eventSource":"iam.amazonaws.com","eventName":"ListUsers","awsRegion":"us-east-1","recipientAccountId":"111122223333",
			"userIdentity":` + identity + more + `}`
	}
	for _, c := range []struct {
		identity, more, name string
		want                 []string
	}{
		{`{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root"}`, `,"sourceIPAddress":"2001:db8::9"`,
			"ListUsers by root from 2001:db8::9", []string{"ipaddr 2001:db8::9 remote,client", "username root local,subject"}},
		{`{"type":"IAMUser","userName":"HIDDEN_DUE_TO_SECURITY_REASONS","accountId":"111122223333"}`, `,"sourceIPAddress":"198.51.100.7","errorMessage":"No username found in supplied account","responseElements":{"ConsoleLogin":"Failure"}`,
			"ListUsers by somebody from 198.51.100.7 (Failure)", []string{"ipaddr 198.51.100.7 remote,client"}},
		{`{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`, `,"sourceIPAddress":"ec2.amazonaws.com"`, "ListUsers by ec2.amazonaws.com", nil},
		{`{"type":"IAMUser","userName":"a","accountId":"111122223333"}`, `,"sourceIPAddress":"cloudformation.amazonaws.com"`, "ListUsers by a", []string{"username a local,subject"}},
		{`{"type":"IAMUser","userName":"a","accountId":"111122223333"}`, `,"sourceIPAddress":"10.0.0.7"`, "ListUsers by a from 10.0.0.7", []string{"ipaddr 10.0.0.7 local,client", "username a local,subject"}},
		{`{"type":"IAMUser","userName":"partner","accountId":"444455556666","accessKeyId":"AKIAEXAMPLE","arn":"arn:aws:iam::444455556666:user/partner"}`, ``, "ListUsers by partner",
			[]string{"username partner remote,subject", "accesskey AKIAEXAMPLE remote,subject"}},
		{`{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"544894e8"}}`, ``, "ListUsers by 544894e8", nil},
		{`{"type":"SAMLUser","userName":"dave@example.com"}`, ``, "ListUsers by dave@example.com", []string{"username dave@example.com local,subject"}},
		{`{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/build/botocore-session-17","accountId":"111122223333","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/build","userName":"build"}}}`, ``,
			"ListUsers by build/botocore-session-17", []string{"arn arn:aws:iam::111122223333:role/build local,subject"}},
		{`null`, ``, "ListUsers by somebody", nil},
		{`{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL","userName":"ANONYMOUS_PRINCIPAL"}`, `,"sourceIPAddress":"198.51.100.7"`, "ListUsers by account ANONYMOUS_PRINCIPAL from 198.51.100.7",
			[]string{"ipaddr 198.51.100.7 remote,client"}},
	} {
		a := one(t, call(c.identity, c.more)).Alert
		assert.Equal(t, c.name, a.Name)
		assert.ElementsMatch(t, c.want, roles(a), c.name)
		assert.NotContains(t, a.Description+a.Key, "HIDDEN", c.name)
	}
}

// A secret that an answer has is in no text that is shown.
func TestNoSecretsOfCalls(t *testing.T) {
	a := one(t, read(t, "eventbridge/trail-foreign.json")).Alert
	assert.NotContains(t, a.Name+a.Description+a.Key, "very-secret")
}

// What is odd in a file of records takes no record with it, and some leave out what does not matter to them.
func TestRecords(t *testing.T) {
	record := `{"eventID":"e","eventVersion":"1.11","eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com","eventTime":"2026-05-04T03:02:01Z",
		"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","userName":"alice"}}`
	a := one(t, record).Alert
	assert.Equal(t, []string{"aws.cloudtrail", "111122223333"}, []string{a.Source, a.Account}, "the account stands in the caller's name only")
	for records, want := range map[string][]string{
		"null," + record: {a.Source}, "7," + record: {"unknown", a.Source}, record + `,{"x":1},` + record: {a.Source, "unknown", a.Source}, `{"x":1}`: {"unknown"},
		with(t, with(t, record, `"eventVersion":"1.11",`, ""), `"eventID":"e",`, ""):                 {a.Source},
		with(t, with(t, record, `"eventVersion":"1.11",`, ""), "eventTime", "x"):                     {"unknown"},
		with(t, with(t, record, `"eventVersion":"1.11",`, ""), "cloudtrail.amazonaws.com", "aws:s3"): {"unknown"},
	} {
		var got []string
		for _, in := range ingest.Alerts(delivery(`{"Records":[` + records + `]}`)) {
			got = append(got, in.Alert.Source)
		}
		assert.Equal(t, want, got, records)
	}
}

// What Config says of the resource in the result only, and what Access Analyzer could not look at.
func TestIncompleteServices(t *testing.T) {
	rule := func(id string) string {
		return `{"source":"aws.config","detail-type":"Config Rules Compliance Change","account":"111122223333","region":"eu-west-1","detail":{"newEvaluationResult":{"complianceType":"NON_COMPLIANT",
			"evaluationResultIdentifier":{"evaluationResultQualifier":{"configRuleName":"no-open-ssh","resourceType":"AWS::S3::Bucket","resourceId":"` + id + `"}}}}}`
	}
	a := one(t, rule("example-backups")).Alert
	assert.Equal(t, []string{"no-open-ssh: AWS::S3::Bucket example-backups", "aws.config: no-open-ssh"}, []string{a.Name, a.Rule})
	assert.Equal(t, []string{"bucket example-backups local,object"}, roles(a))
	incident{first: rule("example-backups"), others: []string{rule("example-logs")}}.test(t)
	failed := with(t, read(t, "eventbridge/access-external.json"), `"status": "ACTIVE"`, `"status": "ACTIVE", "error": "ACCESS_DENIED"`)
	a = one(t, failed).Alert
	assert.Equal(t, "Access to arn:aws:s3:::example-backups could not be analyzed", a.Name)
	assert.Contains(t, a.Description, "Error: ACCESS_DENIED")
}

func FuzzEventBridge(f *testing.F) { fuzzSender(f, "eventbridge/") }
