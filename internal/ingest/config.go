package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// configRule is a rule of Config that a resource complies with or not (AWS Config Developer Guide, "Monitoring AWS Config
// with Amazon EventBridge"; API Reference, EvaluationResult, EvaluationResultQualifier). What a rule no longer applies to is over, too: Config says so
// of what was deleted. Config has no severity.
func configRule(ev *event) {
	d, result := ev.detail, ev.detail.at("newEvaluationResult")
	ev.of(d.text("awsAccountId"), d.text("awsRegion"))
	of := result.at("evaluationResultIdentifier", "evaluationResultQualifier")
	ev.found = or(d.text("configRuleName"), of.text("configRuleName"))
	kind, id := or(d.text("resourceType"), of.text("resourceType")), or(d.text("resourceId"), of.text("resourceId"))
	ev.about = []string{kind, id}
	ev.alert.Name = line(ev.found+": "+kind+" "+id, 400)
	ev.alert.Description = lines(ev.alert.Name+" is "+line(or(result.text("complianceType"), "of no compliance"), 40)+".", line(result.text("annotation"), 1000))
	if t := result.time("resultRecordedTime"); !t.IsZero() {
		ev.alert.Timestamp = responder.Span(t, t)
	}
	if s := result.text("complianceType"); s == "COMPLIANT" || s == "NOT_APPLICABLE" {
		ev.alert.State = responder.Resolved
	}
	ev.configured(kind, id, ev.alert)
	ev.alert.Link = consoleLink(ev.alert.Region, "config", "/rules")
}

// configItem is a change of a resource (Developer Guide, "Example Configuration Item Change Notifications").
func configItem(ev *event) {
	item, diff := ev.detail.at("configurationItem"), ev.detail.at("configurationItemDiff")
	ev.of(item.text("awsAccountId"), item.text("awsRegion"))
	kind, id := item.text("resourceType"), item.text("resourceId")
	how := or(diff.text("changeType"), item.text("configurationItemStatus"))
	ev.found += ": " + line(kind, 100)
	ev.about = []string{kind, id}
	ev.alert.Name = line(kind+" "+or(item.text("resourceName"), id)+": "+how, 400)
	changed := slices.Sorted(maps.Keys(diff.at("changedProperties")))
	ev.alert.Description = lines(ev.alert.Name, line(strings.Join(changed, ", "), 1000), line(marshal(diff.get("changedProperties")), 1500))
	if arn := item.text("ARN"); strings.HasPrefix(arn, "arn:") {
		ev.arn(arn, responder.ContextObject)
		return
	}
	ev.configured(kind, id, ev.alert)
}

// configured adds a resource by its type and id in Config.
func (e *entities) configured(kind, id string, a responder.Alert) {
	switch {
	case strings.HasPrefix(id, "arn:"):
		e.arn(id, responder.ContextObject)
	case kind == "AWS::EC2::Instance":
		e.own(responder.TypeInstance, id, "instance", responder.ContextObject)
	case kind == "AWS::S3::Bucket":
		e.bucket(id)
	default:
		e.arn(makeARN(configARNs[kind], a.Region, a.Account, id), responder.ContextObject)
	}
}

// configARNs are how the ARNs of resources begin whose id in Config is the end of their ARN (AWS Config Developer Guide,
// "Supported Resource Types"; Service Authorization Reference). Users, roles and databases have another id there.
var configARNs = map[string]string{
	"AWS::DynamoDB::Table":     "dynamodb:table/",
	"AWS::EC2::NetworkAcl":     "ec2:network-acl/",
	"AWS::EC2::SecurityGroup":  "ec2:security-group/",
	"AWS::EC2::Subnet":         "ec2:subnet/",
	"AWS::EC2::VPC":            "ec2:vpc/",
	"AWS::EC2::Volume":         "ec2:volume/",
	"AWS::KMS::Key":            "kms:key/",
	"AWS::Lambda::Function":    "lambda:function:",
	"AWS::Redshift::Cluster":   "redshift:cluster:",
	"AWS::CodeBuild::Project":  "codebuild:project/",
	"AWS::EFS::FileSystem":     "elasticfilesystem:file-system/",
	"AWS::EKS::Cluster":        "eks:cluster/",
	"AWS::ECR::Repository":     "ecr:repository/",
	"AWS::Kinesis::Stream":     "kinesis:stream/",
	"AWS::GuardDuty::Detector": "guardduty:detector/",
}
