package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestAlarm(t *testing.T) {
	in := one(t, read(t, "cloudwatch/alarm.json"))
	a := in.Alert
	assert.Equal(t, []any{"root login", "root login", "cloudwatch", "111122223333", "eu-west-1", responder.Firing},
		[]any{a.Name, a.Rule, a.Source, a.Account, a.Region, a.State})
	assert.Equal(t, "2026-05-04T03:02:01.123Z", a.Timestamp.LastTime().Format(time.RFC3339Nano))
	assert.Contains(t, a.Description, "Somebody used the root account.\nThreshold Crossed")
	assert.Equal(t, "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/root%20login", a.Link)

	ok := one(t, strings.Replace(read(t, "cloudwatch/alarm.json"), `"NewStateValue": "ALARM"`, `"NewStateValue": "OK"`, 1))
	assert.Equal(t, responder.Resolved, ok.Alert.State)
	assert.Equal(t, in.Fingerprint, ok.Fingerprint)

	for _, name := range []string{"cloudwatch/event.json", "cloudwatch/function.json"} {
		got := one(t, read(t, name))
		assert.Equal(t, in.Fingerprint, got.Fingerprint, name)
		assert.Equal(t, []string{"instance i-0123456789abcdef0 local"}, roles(got.Alert), name)
		assert.Equal(t, []any{a.Timestamp, a.State, a.Source, a.Region}, []any{got.Alert.Timestamp, got.Alert.State, got.Alert.Source, got.Alert.Region}, name)
		assert.Contains(t, got.Alert.Description, "Somebody used the root account.", name)
	}
}

func TestAlarmsOfManyKinds(t *testing.T) {
	a := one(t, read(t, "cloudwatch/maths.json")).Alert
	assert.Equal(t, []string{"instance i-0aa local", "bucket example-backups local,object"}, roles(a))
	a = one(t, read(t, "cloudwatch/composite.json")).Alert
	assert.Equal(t, []any{"service is down", "cloudwatch", responder.Firing}, []any{a.Name, a.Source, a.State}, "no data is not all right")

	change := strings.Replace(read(t, "cloudwatch/event.json"), "Alarm State Change", "Alarm Configuration Change", 1)
	assert.Equal(t, "aws.cloudwatch", one(t, change).Alert.Source, "no alarm")
}

// Alarms of one name are different ones in each account and region, also where the ARN is missing.
func TestAlarmsWithoutARN(t *testing.T) {
	without := strings.Replace(read(t, "cloudwatch/alarm.json"), `"AlarmArn"`, `"Was"`, 1)
	here := one(t, without)
	assert.Equal(t, "EU (Ireland)", here.Alert.Region)
	assert.Empty(t, here.Alert.Link)
	assert.NotEqual(t, here.Fingerprint, one(t, strings.Replace(without, "EU (Ireland)", "US East (Ohio)", 1)).Fingerprint)
	assert.NotEqual(t, here.Fingerprint, one(t, strings.Replace(without, "111122223333", "444455556666", 1)).Fingerprint)

	event := strings.Replace(read(t, "cloudwatch/event.json"), `["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root login"]`, `[]`, 1)
	assert.Equal(t, one(t, read(t, "cloudwatch/event.json")).Fingerprint, one(t, event).Fingerprint)
}

func TestAlarmsAreGood(t *testing.T) {
	const link = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/"
	for name, want := range map[string]good{
		"alarm": {name: "root login", rule: "root login", region: "eu-west-1", link: link + "root%20login", last: "2026-05-04T03:02:01Z",
			describes: "Watches: Security RootLogin (BucketName example-backups, InstanceId i-0123456789abcdef0, Stage prod)",
			all:       []string{"instance i-0123456789abcdef0 local", "bucket example-backups local,object"}},
		"event": {name: "root login", rule: "root login", region: "eu-west-1", link: link + "root%20login",
			describes: "Watches: m1 = Sum Security RootLogin (InstanceId i-0123456789abcdef0)", all: []string{"instance i-0123456789abcdef0 local"}},
		"function": {name: "root login", rule: "root login", region: "eu-west-1", link: link + "root%20login",
			describes: "Somebody used the root account.\nThreshold Crossed", all: []string{"instance i-0123456789abcdef0 local"}},
		"maths": {name: "error rate", rule: "error rate", region: "eu-west-1", link: link + "error%20rate",
			describes: "Watches: e1 = m1/m2; m1 = Sum AWS/EC2 NetworkOut (InstanceId i-0aa); m2 =", all: []string{"instance i-0aa local", "bucket example-backups local,object"}},
		"composite": {name: "service is down", rule: "service is down", region: "eu-west-1", link: link + "service%20is%20down",
			describes: "Rule: ALARM(a) OR ALARM(b)\nBecause of: a (INSUFFICIENT_DATA)"},
		"composite-event": {name: "service is down", rule: "service is down", region: "eu-west-1", link: link + "service%20is%20down",
			describes: "Because of: a (ALARM)\nIts actions are suppressed by WaitPeriod."},
		"contributor": {name: "throttled tables (TableName example-sessions)", rule: "throttled tables", region: "eu-west-1", link: link + "throttled%20tables",
			describes: "Its actions are muted by arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:nights.",
			all:       []string{"arn arn:aws:dynamodb:eu-west-1:111122223333:table/example-sessions local"}},
		"contributor-topic": {name: "throttled tables (TableName example-sessions)", rule: "throttled tables", region: "eu-west-1", link: link + "throttled%20tables",
			describes: `q1 = SELECT SUM(ThrottledRequests) FROM "AWS/DynamoDB" GROUP BY TableName; GreaterThanThreshold 1.0`,
			all:       []string{"arn arn:aws:dynamodb:eu-west-1:111122223333:table/example-sessions local"}},
		"anomaly": {name: "odd traffic", rule: "odd traffic", region: "cn-north-1",
			link:      "https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1#alarmsV2:alarm/odd%20traffic",
			describes: "ad1 = ANOMALY_DETECTION_BAND(m1, 2)",
			all:       []string{"arn arn:aws-cn:ec2:cn-north-1:444455556666:natgateway/nat-0123456789abcdef0 local"}},
	} {
		t.Run(name, func(t *testing.T) {
			want.source, want.account = "cloudwatch", "111122223333"
			want.test(t, one(t, read(t, "cloudwatch/"+name+".json")).Alert)
		})
	}
}

func TestAlarmIncidents(t *testing.T) {
	alarm, composite, contributor := read(t, "cloudwatch/alarm.json"), read(t, "cloudwatch/composite.json"), read(t, "cloudwatch/contributor.json")
	ok := with(t, alarm, `"NewStateValue": "ALARM"`, `"NewStateValue": "OK"`)
	later := with(t, alarm, "2026-05-04T03:02:01", "2026-05-05T09:00:00")
	incident{first: alarm,
		same: []string{alarm, ok, later, read(t, "cloudwatch/event.json"), read(t, "cloudwatch/function.json"),
			with(t, alarm, "Somebody used", "Who used"), with(t, alarm, "1 datapoint [1.0]", "1 datapoint [7.0]")},
		others: []string{with(t, alarm, "root login", "no login"), with(t, alarm, "eu-west-1", "eu-west-2"), with(t, alarm, "111122223333", "444455556666"), composite},
	}.test(t)
	incident{first: composite, same: []string{read(t, "cloudwatch/composite-event.json"), with(t, composite, "INSUFFICIENT_DATA", "OK")}}.test(t)

	summary := with(t, with(t, contributor, "Contributor State Change", "State Change"), `"alarmContributor"`, `"was"`)
	over := with(t, contributor, `"value": "ALARM"`, `"value": "OK"`)
	incident{first: contributor, same: []string{read(t, "cloudwatch/contributor-topic.json"), over},
		others: []string{with(t, contributor, "0a1b2c3d4e5f6071", "0000000000000001"), summary}}.test(t)
	assert.Equal(t, responder.Resolved, one(t, over).Alert.State)
}

// A dimension names a resource by its namespace: the same word means something else elsewhere.
func TestAlarmDimensions(t *testing.T) {
	const here = ":eu-west-1:111122223333:"
	for _, c := range []struct {
		namespace, dimensions string
		want                  []string
	}{
		{"AWS/Lambda", "FunctionName=resize", []string{"arn arn:aws:lambda" + here + "function:resize local"}},
		{"Custom", "FunctionName=resize", nil},
		{"AWS/SQS", "QueueName=jobs", []string{"arn arn:aws:sqs" + here + "jobs local"}},
		{"AWS/SNS", "TopicName=news", []string{"arn arn:aws:sns" + here + "news local"}},
		{"AWS/RDS", "DBInstanceIdentifier=orders", []string{"arn arn:aws:rds" + here + "db:orders local"}},
		{"AWS/RDS", "DBClusterIdentifier=orders,Role=WRITER", []string{"arn arn:aws:rds" + here + "cluster:orders local"}},
		{"AWS/ECS", "ClusterName=prod,ServiceName=web", []string{"arn arn:aws:ecs" + here + "cluster/prod local", "arn arn:aws:ecs" + here + "service/prod/web local"}},
		{"AWS/ECS", "ServiceName=web", nil},
		{"AWS/ApplicationELB", "LoadBalancer=app/web/50dc6c495c0c9188,TargetGroup=targetgroup/web/73e2d6bc24d8a067", []string{
			"arn arn:aws:elasticloadbalancing" + here + "loadbalancer/app/web/50dc6c495c0c9188 local", "arn arn:aws:elasticloadbalancing" + here + "targetgroup/web/73e2d6bc24d8a067 local"}},
		{"AWS/CloudFront", "DistributionId=EDFDVBD6EXAMPLE,Region=Global", []string{"arn arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE local"}},
		{"AWS/ES", "ClientId=111122223333,DomainName=logs.example.com", []string{"arn arn:aws:es" + here + "domain/logs.example.com local"}},
		{"AWS/Route53", "HealthCheckId=x,DomainName=logs.example.com", nil},
		{"AWS/EC2", "AutoScalingGroupName=web", nil},
		{"AWS/EC2", "InstanceId=TestInstance", []string{"instance TestInstance local"}},
		{"CWAgent", "InstanceId=i-0aa,ImageId=ami-0aa,path=/", []string{"instance i-0aa local"}},
		{"AWS/Connect", "InstanceId=12345678-1234-1234-1234-123456789012", nil},
		{"AWS/States", "StateMachineArn=arn:aws:states" + here + "stateMachine:pay", []string{"arn arn:aws:states" + here + "stateMachine:pay local"}},
		{"AWS/SQS", "QueueName=not a queue", nil},
		{"AWS/WAFV2", "WebACL=web,Rule=ALL,Region=eu-west-1", nil},
	} {
		var list []string
		for _, d := range strings.Split(c.dimensions, ",") {
			name, value, _ := strings.Cut(d, "=")
			list = append(list, `{"name":"`+name+`","value":"`+value+`"}`)
		}
		body := `{"AlarmName":"x","NewStateValue":"ALARM","AlarmArn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x",
			"Trigger":{"Namespace":"` + c.namespace + `","MetricName":"m","Dimensions":[` + strings.Join(list, ",") + `]}}`
		assert.Equal(t, c.want, roles(one(t, body).Alert), c.namespace+" "+c.dimensions)
	}
}

func FuzzCloudWatch(f *testing.F) { fuzzSender(f, "cloudwatch/") }
