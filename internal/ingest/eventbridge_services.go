package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// services are by detail-type who reads the detail of an event of AWS. What is not here is read by anyService.
var services = map[string]func(*event){
	"AWS API Call via CloudTrail":        cloudTrail,
	"AWS Console Action via CloudTrail":  cloudTrail,
	"AWS Console Sign In via CloudTrail": cloudTrail,
	"AWS Console Signin via CloudTrail":  cloudTrail,
	"AWS Insight via CloudTrail":         cloudTrail,
	"AWS Service Event via CloudTrail":   cloudTrail,

	"Access Analyzer Finding":                accessAnalyzer,
	"Internal Access Finding":                accessAnalyzer,
	"Unused Access Finding for IAM entities": accessAnalyzer,
	"AWS Health Abuse Event":                 health,
	"AWS Health Event":                       health,
	"Inspector2 Finding":                     inspector,
	"Inspector2 Scan":                        imageScan,
	"Macie Finding":                          macie,

	"CloudWatch Alarm Configuration Change":              alarmChange,
	"Config Configuration Item Change":                   configItem,
	"Config Rules Compliance Change":                     configRule,
	"ECR Image Scan":                                     imageScan,
	"Security Hub Insight Results":                       insightResults,
	"Trusted Advisor Check Item Refresh Notification":    trustedAdvisor,
	"EC2 Instance State-change Notification":             instanceState,
	"EC2 Spot Instance Interruption Warning":             instanceState,
	"EC2 Instance Rebalance Recommendation":              instanceState,
	"KMS CMK Deletion":                                   anyService,
	"KMS CMK Rotation":                                   anyService,
	"GuardDuty Malware Protection Resource Status Error": anyService,
}

// alarmChange: who changes or deletes an alarm may want to be alone (Amazon CloudWatch User Guide, "Alarm events and
// EventBridge", "Alarm configuration change events").
func alarmChange(ev *event) {
	d, config := ev.detail, ev.detail.at("configuration")
	what := or(d.text("operation"), "change")
	name := line(or(d.text("alarmName"), config.text("alarmName")), 255)
	ev.alert.Name = "CloudWatch alarm " + name + ": " + line(what, 20)
	ev.found += ": " + line(what, 20)
	ev.about = []string{name}
	off := ""
	if config.has("actionsEnabled") && !config.is("actionsEnabled") {
		off = "Its actions are disabled."
	}
	changed := ""
	for _, field := range []string{"actionsEnabled", "threshold", "evaluationPeriods", "comparisonOperator", "treatMissingData", "alarmActions", "alarmRule", "actionsSuppressor"} {
		was, is := marshal(d.at("previousConfiguration").get(field)), marshal(config.get(field))
		if d.at("previousConfiguration") != nil && was != is {
			changed = lines(changed, field+": "+line(was, 200)+" → "+line(is, 200))
		}
	}
	ev.alert.Description = lines(ev.alert.Name+".", off, changed, config.text("description"), condition(config), composition(config.text("alarmRule"), nil))
	e := alarmEntities{region: ev.alert.Region, account: ev.alert.Account}
	ev.list = e.queries(config, contributor{})
	ev.alert.Link = consoleLink(ev.alert.Region, "cloudwatch", "alarmsV2:")
}

// imageScan counts what a scan found in an image or an instance (Amazon ECR User Guide, "Event for a completed image
// scan"; Amazon Inspector User Guide, "Amazon EventBridge event schema"). The severity is the worst that was found.
func imageScan(ev *event) {
	d, counts := ev.detail, ev.detail.at("finding-severity-counts")
	repository, image := d.text("repository-name"), d.text("image-digest")
	if r, ok := readARN(repository); ok {
		repository = strings.TrimPrefix(r.resource, "repository/")
	}
	of := repository
	if image != "" {
		of += "@" + image
	}
	of = line(or(of, d.text("instance-id")), 300)
	ev.about = []string{of}
	ev.alert.Name = line(ev.text("detail-type")+" of "+of+": "+d.text("scan-status"), 400)
	ev.alert.Description = lines(ev.alert.Name, pairsOf(counts), pairsOf(object{"tags": strings.Join(d.texts("image-tags"), ", ")}))
	for _, b := range severityBands {
		if n, _ := counts.number(b.word); n > 0 {
			ev.alert.Severity = b.least
		}
	}
	if image != "" {
		ev.own(responder.TypeImage, registry(ev.alert.Account, ev.alert.Region)+of, "image", responder.ContextObject)
	}
	ev.conventional(object{"instance-id": d.get("instance-id")}, "")
}

// instanceState is what happens to an instance (Amazon EC2 User Guide, "State change events", "Spot Instance
// interruption notices").
func instanceState(ev *event) {
	id := ev.detail.text("instance-id")
	what := or(ev.detail.text("state"), ev.detail.text("instance-action"))
	ev.alert.Name = strings.TrimSuffix(line(ev.text("detail-type")+": "+id+" "+what, 200), " ")
	ev.about = []string{id}
	ev.conventional(ev.detail, "")
	for _, arn := range ev.texts("resources") {
		ev.arn(arn, responder.ContextObject)
	}
}

// insightResults are the resources that an insight counts (AWS Security Hub User Guide, "EventBridge event formats",
// "Security Hub Insight Results").
func insightResults(ev *event) {
	d := ev.detail
	ev.found += ": " + line(d.text("insightName"), 200)
	ev.alert.Name = or(line(d.text("insightName"), 300), ev.alert.Name)
	ev.about = []string{d.text("insightArn")}
	var out []string
	for n, result := range d.objects("insightResults") {
		if n < 50 {
			out = append(out, pairsOf(result))
		}
		for _, name := range slices.Sorted(maps.Keys(result)) {
			ev.counted(d.text("resultType"), name)
		}
	}
	ev.alert.Description = lines(d.text("actionDescription"), d.text("resultType")+": "+line(strings.Join(out, "; "), 4000))
}

// counted adds the result of an insight by its type.
func (e *entities) counted(kind, value string) {
	switch {
	case strings.HasPrefix(value, "arn:"):
		e.arn(value, responder.ContextObject)
	case strings.HasPrefix(value, "i-") && strings.Contains(kind, "Resource"):
		e.own(responder.TypeInstance, value, "instance", responder.ContextObject)
	case kind == "AwsIamAccessKeyUserName" || kind == "ResourceAwsIamAccessKeyUserName":
		e.own(responder.TypeUsername, value, "user", responder.ContextObject)
	}
}

// trustedAdvisor is the state of an item of a check (AWS Support User Guide, "Monitoring AWS Trusted Advisor check results
// with Amazon EventBridge"): ERROR is red, WARN yellow; the numbers are ours. OK says that it is over.
func trustedAdvisor(ev *event) {
	d := ev.detail
	check, item := line(d.text("check-name"), 200), d.text("resource_id")
	ev.found = check
	ev.alert.Name = strings.TrimSpace(check + " " + line(item, 300))
	ev.about = []string{check, or(item, d.text("uuid"))}
	ev.alert.Description = lines(ev.alert.Name+": "+line(d.text("status"), 20), pairsOf(d.at("check-item-detail")))
	ev.alert.Severity = map[string]float64{"ERROR": 70, "WARN": 40}[d.text("status")]
	if d.text("status") == "OK" {
		ev.alert.State = responder.Resolved
	}
	ev.arn(item, responder.ContextObject)
	if key := d.at("check-item-detail").text("Access Key ID"); key != "" { // of the check "Exposed Access Keys"
		ev.own(responder.TypeAccessKey, key, "access key", responder.ContextObject)
		ev.own(responder.TypeUsername, d.at("check-item-detail").text("User Name (IAM or Root)"), "user", responder.ContextObject)
	}
}
