package ingest

import (
	"maps"
	"slices"
	"strings"
)

func (l *facts) resource(r object) {
	for _, tag := range r.at("instanceDetails").objects("tags") {
		if tag.text("key") == "Name" {
			l.add("Instance", r.at("instanceDetails").text("instanceId"), tag.text("value"))
		}
	}
	k := r.at("accessKeyDetails")
	l.add("Credentials", k.text("userType"), k.text("userName"), k.text("principalId"))
	for _, b := range r.objects("s3BucketDetails") {
		l.add("Bucket", b.text("name"), b.at("publicAccess").text("effectivePermission"))
	}
	l.add("Cluster", or(r.at("eksClusterDetails").text("name"), r.at("ecsClusterDetails").text("name")))
	w := r.at("kubernetesDetails", "kubernetesWorkloadDetails")
	l.add("Workload", w.text("type"), strings.Trim(w.text("namespace")+"/"+w.text("name"), "/"))
	l.container(r.at("containerDetails"))
	for _, c := range append(w.objects("containers"), r.at("ecsClusterDetails", "taskDetails").objects("containers")...) {
		l.container(c)
	}
	d := r.at("rdsDbInstanceDetails")
	l.add("Database", d.text("dbInstanceIdentifier"), d.text("dbClusterIdentifier"), r.at("rdsLimitlessDbDetails").text("dbShardGroupIdentifier"))
	u := r.at("rdsDbUserDetails")
	l.add("Database user", u.text("user"), after("of ", u.text("database")), after("by ", u.text("application")), u.text("authMethod"))
	l.model(r)
}

func (l *facts) container(c object) {
	privileged := ""
	if c.at("securityContext").is("privileged") {
		privileged = "privileged"
	}
	l.add("Container", c.text("name"), c.text("image"), privileged)
}

// model is what a model was asked or answered, and what was thought of it.
func (l *facts) model(r object) {
	for _, m := range r.objects("modelDetails") {
		l.add("Model", m.text("modelId"))
	}
	g := r.at("bedrockGuardrailDetails")
	said := []string{g.text("guardrailAction"), g.text("guardrailSource")}
	for _, f := range g.objects("contentPolicyFilters") {
		said = append(said, strings.TrimSpace(f.text("type")+" "+after("confidence ", f.text("confidence"))+" "+f.text("action")))
	}
	l.add("Guardrail", said...)
}

// threats are who knows it as what.
func (l *facts) threats(service, info object) {
	names, lists := info.texts("threatName"), info.texts("threatListName")
	for _, t := range service.at("evidence").objects("threatIntelligenceDetails") {
		names, lists = append(names, t.texts("threatNames")...), append(lists, t.texts("threatListName")...)
	}
	for _, details := range service.objects("ebsVolumeScanDetails") {
		for _, t := range details.at("scanDetections", "threatDetectedByName").objects("threatNames") {
			names = append(names, t.text("name"))
		}
		l.add("Scanned for the finding", details.text("triggerFindingId"))
	}
	for _, t := range service.at("malwareScanDetails").objects("threats") {
		names, lists = append(names, t.text("name")), append(lists, t.text("source"))
	}
	l.add("Threats", once(names)...)
	l.add("Known from", once(lists)...)
}

// once gives each text once, in their order.
func once(in []string) (out []string) {
	seen := map[string]bool{}
	for _, s := range in {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}

func (l *facts) runtime(r object) {
	p, c := r.at("process"), r.at("context")
	l.add("Process", or(p.text("executablePath"), p.text("name")), after("pid ", p.text("pid")), after("user ", p.text("user")), after("in ", p.text("pwd")))
	var lineage []string
	for _, a := range p.objects("lineage") {
		lineage = append(lineage, or(a.text("executablePath"), a.text("name")))
	}
	l.add("Ancestors", lineage...)
	l.add("Command line", c.text("commandLineExample"))
	l.add("Tool", c.text("toolName"), c.text("toolCategory"))
	l.add("Service", c.text("serviceName"))
	l.add("Kernel module", c.text("moduleName"))
	l.add("File", c.text("fileOperation"), or(c.text("filePath"), c.text("threatFilePath")), after("script ", c.text("scriptPath")), after("library ", c.text("libraryPath")),
		after("socket ", c.text("socketPath")), after("LD_PRELOAD ", c.text("ldPreloadValue")), after("mount ", c.text("mountSource")), after("at ", c.text("mountTarget")),
		c.text("fileSystemType"), strings.Join(c.texts("flags"), " "))
	l.add("Memory", c.texts("memoryRegions")...)
	l.add("Socket", c.text("addressFamily"), after("IANA protocol ", c.text("ianaProtocolNumber")))
	for _, o := range [][2]string{{"modifyingProcess", "Modifying process"}, {"targetProcess", "Target process"}} {
		other := c.at(o[0])
		l.add(o[1], or(other.text("executablePath"), other.text("name")), after("pid ", other.text("pid")), after("user ", other.text("user")))
	}
}

// anomaly is what was unusual (API Reference, Anomaly), also as findings of older kinds have it.
func (l *facts) anomaly(a, info object) {
	l.add("Unusual", said(a.at("unusual").get("behavior"), 4), said(info.get("unusualBehavior"), 2), said(info.get("unusual"), 2))
	l.add("Anomalous APIs", info.at("anomalies").text("anomalousAPIs"))
	var calls []string
	for _, name := range []string{"apiCalls", "recentApiCalls"} {
		for _, c := range info.objects(name) {
			calls = append(calls, strings.TrimSpace(or(c.text("name"), c.text("api"))+" "+after("×", c.text("count"))))
		}
	}
	l.add("API calls", calls...)
	l.add("User agent", info.at("userAgent").text("fullUserAgent"))
	l.add("Traffic", after("in bytes ", info.text("inBytes")), after("out bytes ", info.text("outBytes")), after("local port ", info.text("localPort")),
		after("unusual protocol ", info.text("unusualProtocol")))
	l.add("Ports scanned", append([]string{info.text("scannedPort")}, info.texts("portsScannedSample")...)...)
	l.add("New policy", said(info.get("newPolicy"), 1))
	l.add("Old policy", said(info.get("oldPolicy"), 1))
}

// said is what an object says, its names and its texts, down to some depth.
func said(v any, depth int) string {
	o, ok := v.(map[string]any)
	if !ok {
		if list := (object{"v": v}).texts("v"); len(list) > 0 {
			return strings.Join(list[:min(20, len(list))], " ")
		}
		return textOf(v)
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if depth == 0 || len(list) == 20 {
			break
		}
		if text := said(o[name], depth-1); text != "false" {
			list = append(list, after(name+" ", text))
		}
	}
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ", ")
}

// sequence is what an attack consists of: the tactics, the steps, and from where and by whom they were taken.
func (l *facts) sequence(q object) {
	bad := indicators(q)
	for _, i := range [][2]string{
		{"ATTACK_TACTIC", "Tactics"}, {"ATTACK_TECHNIQUE", "Techniques"}, {"HIGH_RISK_API", "Sensitive APIs"}, {"SUSPICIOUS_USER_AGENT", "Suspicious user agents"},
		{"SUSPICIOUS_NETWORK", "Suspicious networks"}, {"MALICIOUS_PACKAGE", "Malicious packages"}, {"VULNERABILITY", "Vulnerabilities"}, {"SENSITIVE_DATA", "Sensitive data"},
	} {
		l.add(i[1], once(bad[i[0]])...)
	}
	var signals, endpoints []string
	for _, s := range q.objects("signals") {
		signals = append(signals, strings.TrimSpace(or(s.text("name"), s.text("type"))+" "+after("×", s.text("count"))))
	}
	l.add("Signals", once(signals)...)
	for _, e := range q.objects("endpoints") {
		endpoints = append(endpoints, strings.TrimSpace(placed(e.text("ip"), e.at("location").text("city"), e.at("location").text("country"),
			e.at("autonomousSystem").text("name"), network(e.at("autonomousSystem").text("number")))+" "+e.text("domain")))
	}
	l.add("Endpoints", once(endpoints)...)
	for n, a := range q.objects("actors") {
		if n == 10 {
			break
		}
		user := a.at("user")
		l.add("Actor", user.text("type"), user.text("name"), user.text("uid"), after("MFA ", a.at("session").text("mfaStatus")), after("process ", or(a.at("process").text("path"), a.at("process").text("name"))))
	}
}
