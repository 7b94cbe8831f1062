package ingest

import (
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// inspector reads a finding (Amazon Inspector User Guide, "Amazon EventBridge event schema for Amazon Inspector events"; API
// Reference, Finding). The rule is the type of finding: there are too many vulnerabilities for a rule each. The score, of 0
// to 10, moves the severity within the band of its word.
func inspector(ev *event) {
	d, pkg := ev.detail, ev.detail.at("packageVulnerabilityDetails")
	ev.of(d.text("awsAccountId"), "")
	if r, ok := readARN(d.text("findingArn")); ok {
		ev.of("", r.region)
	}
	ev.found = or(d.text("type"), ev.found)
	ev.about = []string{d.text("findingArn")}
	ev.alert.Name = or(d.text("title"), ev.alert.Name)
	score, _ := d.number("inspectorScore")
	ev.alert.Severity = severityWord(d.text("severity"), 10*score)
	if s := d.text("status"); s == "CLOSED" || s == "SUPPRESSED" {
		ev.alert.State = responder.Resolved
	}
	ev.seen(d.text("firstObservedAt"), or(d.text("lastObservedAt"), d.text("updatedAt")))
	ev.alert.Description = lines(d.text("description"), packages(pkg), exploit(d), reachable(d.at("networkReachabilityDetails")), code(d.at("codeVulnerabilityDetails")),
		line(d.at("remediation", "recommendation").text("text"), 500))
	ev.alert.Link = consoleLink(ev.alert.Region, "inspector/v2", "/findings")
	for _, id := range append([]string{pkg.text("vulnerabilityId")}, pkg.texts("relatedVulnerabilities")...) {
		if strings.HasPrefix(id, "CVE-") {
			ev.add(responder.TypeCVE, id, "vulnerability")
		}
	}
	for _, r := range d.objects("resources") {
		ev.vulnerable(r)
	}
}

// seen takes times as Inspector writes them in events: "Jan 19, 2022, 10:46:15 PM".
func (ev *event) seen(first, last string) {
	at := func(s string) time.Time {
		s = strings.ReplaceAll(s, "\u202f", " ") // newer ones have a narrow space
		if t, err := time.Parse("Jan 2, 2006, 3:04:05 PM", s); err == nil {
			return t.UTC()
		}
		return object{"t": s}.time("t")
	}
	if from, to := at(first), at(last); !from.IsZero() && !to.IsZero() {
		ev.alert.Timestamp = responder.Span(from, to)
	}
}

// packages are those that are vulnerable, and what mends them.
func packages(d object) string {
	var out []string
	for n, p := range d.objects("vulnerablePackages") {
		if n == 10 {
			out = append(out, "…")
			break
		}
		s := line(p.text("name")+" "+p.text("version"), 200)
		if fix := p.text("fixedInVersion"); fix != "" {
			s += " (fixed in " + line(fix, 100) + ")"
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return ""
	}
	return "Packages: " + strings.Join(out, ", ")
}

func exploit(d object) string {
	var out []string
	if d.text("exploitAvailable") == "YES" {
		out = append(out, "An exploit is available.")
	}
	if s := d.at("exploitabilityDetails").text("lastKnownExploitAt"); s != "" {
		out = append(out, "Last known exploit: "+line(s, 40)+".")
	}
	if s := d.text("fixAvailable"); s != "" {
		out = append(out, "Fix available: "+line(s, 20)+".")
	}
	if s := d.at("epss").text("score"); s != "" {
		out = append(out, "EPSS: "+line(s, 20)+".")
	}
	return strings.Join(out, " ")
}

func reachable(d object) string {
	if d == nil {
		return ""
	}
	r := d.at("openPortRange")
	return "Reachable: " + line(d.text("protocol")+" "+r.text("begin")+"–"+r.text("end"), 100)
}

func code(d object) string {
	if d == nil {
		return ""
	}
	f := d.at("filePath")
	return "Code: " + line(d.text("detectorName")+" in "+or(f.text("filePath"), f.text("fileName"))+" line "+f.text("startLine"), 400)
}

// vulnerable adds what is vulnerable. An image of ECR is known by its repository and digest.
func (e *entities) vulnerable(r object) {
	id, image := r.text("id"), r.at("details", "awsEcrContainerImage")
	switch {
	case r.text("type") == "AWS_EC2_INSTANCE" && strings.HasPrefix(id, "i-"):
		e.own(responder.TypeInstance, id, "instance", responder.ContextObject)
		details := r.at("details", "awsEc2Instance")
		for n, ip := range append(details.texts("ipV4Addresses"), details.texts("ipV6Addresses")...) {
			if n < 10 { // a node of a cluster has one for each pod
				e.localAddr(ip, "")
			}
		}
	case image.isText("imageHash"):
		e.own(responder.TypeImage, registry(image.text("registry"), r.text("region"))+image.text("repositoryName")+"@"+image.text("imageHash"), "image", responder.ContextObject)
	default:
		e.arn(id, responder.ContextObject)
	}
}

// registry is the host of an account's registry (Amazon ECR User Guide, "Amazon ECR private registry").
func registry(account, region string) string {
	suffix := map[string]string{"aws": ".amazonaws.com", "aws-us-gov": ".amazonaws.com", "aws-cn": ".amazonaws.com.cn", "aws-eusc": ".amazonaws.eu"}[partitionOf(region)]
	if region == "" || suffix == "" || account == "" {
		return ""
	}
	return account + ".dkr.ecr." + region + suffix + "/"
}
