package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// alarmEntities collects what the dimensions of an alarm's metrics name.
type alarmEntities struct {
	entities
	region, account string // of the alarm
}

// dimensions gives the dimensions of a metric. They are a list on a topic, an object on EventBridge.
func dimensions(metric object) object {
	out := object{}
	for _, d := range metric.objects("dimensions") {
		name, value := d.text("name"), d.text("value")
		if name != "" && value != "" {
			out[name] = value
			continue
		}
		maps.Copy(out, d)
	}
	return out
}

// metric adds the dimensions of a metric, which may be of another account.
func (e *alarmEntities) metric(metric object, account string) {
	e.resources(metric.text("namespace"), dimensions(metric), or(account, e.account))
}

// queries adds the dimensions of an alarm's metrics, and what its query is grouped by, whose metric is named in quotation
// marks (User Guide, "Query components and syntax in CloudWatch Metrics Insights").
func (e *alarmEntities) queries(config object, by contributor) []responder.Attribute {
	namespace := ""
	for _, query := range config.objects("metrics") {
		e.metric(query.at("metricStat", "metric"), query.text("accountId"))
		if _, rest, ok := strings.Cut(query.text("expression"), `"AWS/`); ok {
			rest, _, _ = strings.Cut(rest, `"`)
			namespace = "AWS/" + rest
		}
	}
	e.resources(namespace, by.attributes, e.account)
	return e.list
}

// resources adds what has these dimensions in a namespace.
func (e *alarmEntities) resources(namespace string, of object, account string) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		value := textOf(of[name])
		switch row := dimensionARNs[namespace+" "+name]; {
		case value == "":
		case strings.HasPrefix(value, "arn:"):
			e.entities.arn(value, "")
		case name == "BucketName":
			e.bucket(value)
		case name == "InstanceId" && (namespace == "AWS/EC2" || strings.HasPrefix(value, "i-")): // Connect has instances, too
			e.own(responder.TypeInstance, value, "instance", "")
		case row != "":
			e.resource(row, account, value, of)
		}
	}
}

// resource adds the ARN of what a dimension names. A name in braces stands for another dimension.
func (e *alarmEntities) resource(form, account, value string, of object) {
	if before, rest, ok := strings.Cut(form, "{"); ok {
		name, after, _ := strings.Cut(rest, "}")
		other := of.text(name)
		if other == "" {
			return
		}
		form = before + other + after
	}
	e.entities.arn(makeARN(form, e.region, account, value), "")
}

// dimensionARNs are by namespace and dimension how the ARNs of what they name begin, behind region and account (Service
// Authorization Reference, "Resource types defined by"). What is not here has something in its ARN that no dimension says:
// an auto scaling group and a web ACL an id, a cache cluster another name. DomainName of OpenSearch is no internet domain.
var dimensionARNs = map[string]string{
	"AWS/ApplicationELB LoadBalancer":          "elasticloadbalancing:loadbalancer/",
	"AWS/ApplicationELB TargetGroup":           "elasticloadbalancing:",
	"AWS/CloudFront DistributionId":            "cloudfront:distribution/",
	"AWS/CodeBuild ProjectName":                "codebuild:project/",
	"AWS/Cognito UserPool":                     "cognito-idp:userpool/",
	"AWS/DynamoDB TableName":                   "dynamodb:table/",
	"AWS/EBS VolumeId":                         "ec2:volume/",
	"AWS/ECS ClusterName":                      "ecs:cluster/",
	"AWS/ECS ServiceName":                      "ecs:service/{ClusterName}/",
	"AWS/EFS FileSystemId":                     "elasticfilesystem:file-system/",
	"AWS/EKS ClusterName":                      "eks:cluster/",
	"AWS/ELB LoadBalancerName":                 "elasticloadbalancing:loadbalancer/",
	"AWS/ES DomainName":                        "es:domain/",
	"AWS/Firehose DeliveryStreamName":          "firehose:deliverystream/",
	"AWS/GatewayELB LoadBalancer":              "elasticloadbalancing:loadbalancer/",
	"AWS/GatewayELB TargetGroup":               "elasticloadbalancing:",
	"AWS/KMS KeyId":                            "kms:key/",
	"AWS/Kinesis StreamName":                   "kinesis:stream/",
	"AWS/Lambda FunctionName":                  "lambda:function:",
	"AWS/Logs LogGroupName":                    "logs:log-group:",
	"AWS/NATGateway NatGatewayId":              "ec2:natgateway/",
	"AWS/NetworkELB LoadBalancer":              "elasticloadbalancing:loadbalancer/",
	"AWS/NetworkELB TargetGroup":               "elasticloadbalancing:",
	"AWS/NetworkFirewall FirewallName":         "network-firewall:firewall/",
	"AWS/PrivateLinkEndpoints VPC Endpoint Id": "ec2:vpc-endpoint/",
	"AWS/PrivateLinkEndpoints VPC Id":          "ec2:vpc/",
	"AWS/RDS DBClusterIdentifier":              "rds:cluster:",
	"AWS/RDS DBInstanceIdentifier":             "rds:db:",
	"AWS/Redshift ClusterIdentifier":           "redshift:cluster:",
	"AWS/SNS TopicName":                        "sns:",
	"AWS/SQS QueueName":                        "sqs:",
	"AWS/TransitGateway TransitGateway":        "ec2:transit-gateway/",
	"AWS/VPN VpnId":                            "ec2:vpn-connection/",
}
