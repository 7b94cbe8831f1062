package ingest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// facts are what a person wants to know of a finding besides its own description: a line each.
type facts []string

// maxFacts is more than fit into a description.
const maxFacts = 60

// findingText is the description of a finding, and what a person wants to know besides.
func findingText(f object) string {
	service, resource := f.at("service"), f.at("resource")
	lines := facts{line(f.text("description"), 3000)}
	lines.action(service.at("action"))
	lines.resource(resource)
	lines.threats(service, moreInfo(service))
	lines.runtime(service.at("runtimeDetails"))
	lines.anomaly(service.at("detection", "anomaly"), moreInfo(service))
	lines.sequence(service.at("detection", "sequence"))
	if n, ok := service.number("count"); ok && n > 1 {
		lines.add("Seen", strconv.FormatFloat(n, 'f', 0, 64)+" times")
	}
	if n, ok := f.number("confidence"); ok && n == 0 {
		lines = append(lines, "GuardDuty takes it for a false positive: its confidence is 0.") // User Guide, "Viewing generated findings"
	}
	lines.add("Part of the attack sequence", f.text("associatedAttackSequenceArn"))
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// add adds a line, if there is something to say.
func (l *facts) add(label string, parts ...string) {
	if len(*l) >= maxFacts {
		return
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(parts) == 0 {
		return
	}
	if s := label + ": " + line(strings.Join(parts, ", "), 500); !slices.Contains(*l, s) {
		*l = append(*l, s)
	}
}

// after gives a text behind words, if there is one.
func after(words, s string) string {
	if s == "" {
		return ""
	}
	return words + line(s, 200)
}

func (l *facts) action(a object) {
	c := a.at("networkConnectionAction")
	l.add("Connection", strings.ToLower(c.text("connectionDirection")), c.text("protocol"), after("local ", port(c.at("localPortDetails"))),
		after("remote ", whose(c.at("remoteIpDetails"))), after("remote ", port(c.at("remotePortDetails"))), blocked(c))
	p := a.at("portProbeAction")
	var ports []string
	for _, probe := range p.objects("portProbeDetails") {
		ports = append(ports, after(port(probe.at("localPortDetails"))+" by ", whose(probe.at("remoteIpDetails"))))
	}
	l.add("Probed", append(once(ports), blocked(p))...)
	d := a.at("dnsRequestAction")
	l.add("DNS request", d.text("domain"), strings.Trim(d.text("protocol"), "0"), blocked(d))
	l.call(a.at("awsApiCallAction"))
	l.kubernetes(a)
	for _, login := range a.at("rdsLoginAttemptAction").objects("loginAttributes") {
		l.add("Login", login.text("user"), after("by ", login.text("application")), after("failed ", login.text("failedLoginAttempts")),
			after("successful ", login.text("successfulLoginAttempts")))
	}
	l.add("Login from", whose(a.at("rdsLoginAttemptAction", "remoteIpDetails")))
}

func port(p object) string {
	if number := p.text("port"); number != "" && number != "0" {
		return strings.TrimSpace("port " + number + " " + strings.ReplaceAll(p.text("portName"), "Unknown", ""))
	}
	return ""
}

func blocked(a object) string {
	if a.is("blocked") {
		return "blocked"
	}
	return ""
}

// whose is an address, where it is and in whose network.
func whose(ip object) string {
	org := ip.at("organization")
	return placed(or(ip.text("ipAddressV4"), ip.text("ipAddressV6")), ip.at("city").text("cityName"), ip.at("country").text("countryName"),
		or(org.text("asnOrg"), org.text("org")), network(org.text("asn")))
}

func placed(address string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" || s == "UNKNOWN" })
	if len(parts) == 0 || address == "" {
		return address
	}
	return address + " (" + strings.Join(parts, ", ") + ")"
}

// network is the number of an autonomous system; samples have none.
func network(asn string) string {
	if strings.Trim(asn, "-01") == "" {
		return ""
	}
	return "AS" + asn
}

func (l *facts) call(c object) {
	account := c.at("remoteAccountDetails")
	kind := "not affiliated"
	if account.is("affiliated") {
		kind = "affiliated"
	}
	if id := account.text("accountId"); id != "" {
		kind = "by account " + id + ", " + kind
	} else {
		kind = ""
	}
	l.add("API call", strings.TrimSpace(c.text("serviceName")+" "+c.text("api")), after("error ", c.text("errorCode")), after("from ", whose(c.at("remoteIpDetails"))),
		after("by ", c.at("domainDetails").text("domain")), kind, after("user agent ", c.text("userAgent")))
	var affected []string
	resources := c.at("affectedResources")
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		affected = append(affected, after(name+" ", strings.Join(resources.texts(name), " ")))
	}
	l.add("Affected", affected...)
}

func (l *facts) kubernetes(a object) {
	c := a.at("kubernetesApiCallAction")
	what := strings.Trim(c.text("resource")+"/"+c.text("subresource"), "/")
	l.add("Kubernetes API call", strings.TrimSpace(c.text("verb")+" "+what), strings.Trim(c.text("namespace")+"/"+c.text("resourceName"), "/"), c.text("requestUri"),
		after("status ", c.text("statusCode")), after("from ", whose(c.at("remoteIpDetails"))), after("user agent ", c.text("userAgent")), c.text("parameters"))
	p := a.at("kubernetesPermissionCheckedDetails")
	l.add("Permission checked", strings.TrimSpace(p.text("verb")+" "+p.text("resource")), after("in ", p.text("namespace")), after("allowed: ", p.text("allowed")))
	b := a.at("kubernetesRoleBindingDetails")
	l.add("Role binding", strings.TrimSpace(b.text("kind")+" "+b.text("name")), after("to "+b.text("roleRefKind")+" ", b.text("roleRefName")))
	r := a.at("kubernetesRoleDetails")
	l.add("Role", strings.TrimSpace(r.text("kind")+" "+r.text("name")))
}
