package ingest

import (
	"maps"
	"math"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// isWazuh knows alerts of Wazuh 4, as they stand in alerts.json and as an integration is given them, and findings of Wazuh 5
// (Wazuh documentation 4.14, "Integration with external APIs"; src/analysisd/format/to_json.c; Wazuh documentation 5.0, "Findings";
// wazuh-indexer-plugins wcs/stateless/events/findings/docs/fields.csv).
func isWazuh(m message) bool { return isWazuhAlert(wazuhDoc(m.doc)) || isWazuhFinding(wazuhDoc(m.doc)) }

func isWazuhAlert(o object) bool {
	rule := o.at("rule")
	_, ok := rule.number("level")
	return ok && rule.text("id") != "" && (o.at("agent") != nil || o.at("manager") != nil || o.at("decoder") != nil)
}

// wazuhDoc takes off what integrations wrap an alert in: that for Shuffle, which many copied (integrations/shuffle.py), a hit of
// the indexer, and the message to an active response (Wazuh documentation, "Custom active response scripts").
func wazuhDoc(o object) object {
	for _, inner := range []object{o.at("all_fields"), o.at("_source"), o.at("alert"), o.at("parameters", "alert")} {
		if isWazuhAlert(inner) || isWazuhFinding(inner) {
			return inner
		}
	}
	return o
}

// wazuh reads an alert. Those of one rule are one incident where the agent is the same, and what it is about (wazuhKey): a flood
// of failed logins from one address is one. The id of an alert is another for each event, so it does not count.
func wazuh(m message) responder.Alert {
	o := wazuhDoc(m.doc)
	if isWazuhFinding(o) {
		return wazuhFinding(o)
	}
	rule, data := o.at("rule"), o.at("data")
	if data == nil {
		data = o // before version 3
	}
	data = withVisitor(o, data)
	a := responder.Alert{
		Name: rule.text("description"), Rule: rule.text("id"), Source: "wazuh", Severity: wazuhSeverity(rule),
		Description: wazuhDescription(o, data), Attrs: wazuhEntities(o, data),
		Account: wazuhAccount(data), Region: first(data.at("aws"), "awsRegion", "region"), Link: or(data.at("virustotal").text("permalink"), data.at("office365").text("EventDeepLink")),
	}
	if aws := data.at("aws"); aws.at("service") != nil {
		a.Sample = isSample(aws, aws.at("service", "additionalInfo"))
	}
	if v := data.at("vulnerability"); v.text("cve") != "" {
		// Each severity has its rule, and so has the solution (ruleset/rules/0520-vulnerability-detector_rules.xml).
		a.Rule = "vulnerability-detector"
		if strings.EqualFold(v.text("status"), "solved") {
			a.State = responder.Resolved
		}
	}
	a.Key = keyOf(wazuhKey(o, data)...)
	when := o.time("timestamp")
	if when.IsZero() {
		when = o.time("@timestamp")
	}
	a.Timestamp = responder.Span(when, when)
	return a
}

// wazuhSeverity maps levels, 0 to 16, so that they are in the bands of GuardDuty's as Wazuh's dashboard sorts them: low up to 6,
// medium up to 11, high up to 14, critical above (Wazuh documentation, "Rules classification").
func wazuhSeverity(rule object) float64 {
	level, _ := rule.number("level")
	switch level = math.Round(level); {
	case level <= 0:
		return 0
	case level <= 6:
		return 6 * level // 6 to 36
	case level <= 11:
		return 40 + 6*(level-7) // to 64
	case level <= 14:
		return 70 + 7*(level-12) // to 84
	case level == 15:
		return 95
	}
	return 100
}

// wazuhAccount is the account at AWS, or the project at Google, of which a log tells.
func wazuhAccount(data object) string {
	aws := data.at("aws")
	return or(first(aws, "recipientAccountId", "accountId", "aws_account_id"), data.at("gcp", "resource", "labels").text("project_id"))
}

// manager is the id of the agent on the manager itself.
const manager = "000"

// wazuhDevice is the machine that wrote the log, which may be none with an agent: the address that sent it to the manager, or the
// name in the log.
func wazuhDevice(o object) string {
	sender := ""
	if id := o.at("agent").text("id"); id == manager || id == "" {
		sender = address(o.text("location"))
	}
	return line(or(sender, o.at("predecoder").text("hostname")), 200)
}

// wazuhEnds are the addresses, client and server, that the decoders of all kinds of logs find.
func wazuhEnds(data object) (src, dst string) {
	event := windowsEvent(data).at("eventdata")
	for _, o := range []object{data, event, data.at("aws"), data.at("office365"), data.at("github"), data.at("gcp", "protoPayload", "requestMetadata"),
		data.at("gcp", "jsonPayload"), data.at("aws", "httpRequest"), data.at("osquery", "columns"), data.at("audit")} {
		src = or(src, firstAddress(o, "srcip", "src_ip", "sourceIp", "sourceIP", "sourceIPAddress", "source_ip", "srcaddr", "ipAddress", "clientAddress",
			"ClientIP", "ActorIpAddress", "SenderIp", "actor_ip", "callerIp", "clientIp", "remote_ip"))
		dst = or(dst, firstAddress(o, "dstip", "dst_ip", "dest_ip", "destinationIp", "destination_ip", "dstaddr", "remote_address"))
	}
	return src, dst
}

func firstAddress(o object, names ...string) string {
	for _, name := range names {
		if ip := address(o.text(name)); ip != "" {
			return ip
		}
	}
	return ""
}

// withVisitor takes who asked for a page from the beginning of the log, where no decoder did: that is where web servers write
// it (Apache HTTP Server documentation, "Log Files", "Common Log Format").
func withVisitor(o, data object) object {
	who, _, _ := strings.Cut(strings.TrimSpace(line(o.text("full_log"), 100)), " ")
	src, dst := wazuhEnds(data)
	if !data.isText("url") && !data.isText("protocol") || src+dst != "" || !isAddr(who) {
		return data
	}
	data = maps.Clone(data)
	data["srcip"] = who
	return data
}

// wazuhDescription has the log itself, what was run, and what the rule says of techniques.
func wazuhDescription(o, data object) string {
	var parts []string
	add := func(name, value string, n int) {
		if value = strings.TrimSpace(value); value != "" {
			parts = append(parts, name+entity.Cut(value, n))
		}
	}
	event, audit := windowsEvent(data).at("eventdata"), data.at("audit")
	add("Command: ", line(first(event, "commandLine", "processCommandLine"), 1000), 1000)
	add("Script: ", event.text("scriptBlockText"), 1000)
	add("Command: ", line(or(data.text("command"), auditCommand(audit)), 1000), 1000)
	add("Threat: ", line(or(event.text("threat Name"), data.text("yara_rule")), 200), 200)
	add("", or(o.text("full_log"), strings.Trim(windowsEvent(data).at("system").text("message"), `"`)), 3000)
	for _, kind := range []string{"md5", "sha1", "sha256"} {
		add(strings.ToUpper(kind)+" before: ", line(o.at("syscheck").text(kind+"_before"), 100), 100)
	}
	if vt := data.at("virustotal"); vt.text("found") == "1" {
		add("VirusTotal: ", line(vt.text("positives")+" of "+vt.text("total")+" engines detected it", 100), 100)
	}
	mitre := o.at("rule", "mitre")
	add("MITRE ATT&CK: ", line(strings.Join(append(append(mitre.texts("id"), mitre.texts("technique")...), mitre.texts("tactic")...), ", "), 500), 500)
	add("Location: ", line(o.text("location"), 300), 300)
	return strings.Join(parts, "\n")
}

// auditCommand puts a command together that the audit of Linux reports word by word.
func auditCommand(audit object) string {
	var words []string
	for _, name := range []string{"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"} {
		if s := audit.at("execve").text(name); s != "" {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return audit.text("command")
	}
	return strings.Join(words, " ")
}

// isWazuhFinding knows findings of Wazuh 5, nested as they are indexed, and flat.
func isWazuhFinding(o object) bool {
	rule := common{o}
	return rule.text("wazuh.rule.id") != "" && (rule.text("wazuh.rule.title") != "" || rule.text("wazuh.rule.level") != "")
}

func wazuhFinding(o object) responder.Alert {
	c := common{o}
	agent := or(c.text("wazuh.agent.name"), c.text("wazuh.agent.host.hostname"))
	a := responder.Alert{
		// The title names who it is about in its placeholders, so the rule is its id.
		Name: or(c.text("wazuh.rule.title"), c.text("wazuh.rule.name")), Rule: c.text("wazuh.rule.id"), Source: "wazuh",
		Severity: severityOf(c.text("wazuh.rule.level")), Description: c.description(), Attrs: c.entities(),
		Account: c.text("cloud.account.id"), Region: c.text("cloud.region"),
		Key: keyOf(c.key(agent)...),
	}
	when := []time.Time{c.time("@timestamp"), c.time("event.created")}
	for _, t := range when {
		if a.Timestamp.LastTime().IsZero() {
			a.Timestamp = responder.Span(t, t)
		}
	}
	return a
}
