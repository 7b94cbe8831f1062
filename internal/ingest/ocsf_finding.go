package ingest

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// identity gives the rule and the key of an event.
//
// A finding that Security Hub passes on in OCSF is the incident that it is in ASFF (asffIdentity), and one of GuardDuty
// the incident that it is when it comes directly (guardDuty): finding_info.uid is the Id of ASFF, and GuardDuty's ARN.
// Security Hub identifies findings by it, the account and the product (AWS Security Hub API Reference,
// OcsfFindingIdentifier). Any other producer's are identified by the product's name and finding_info.uid; metadata.uid is of
// one event only. An activity has no id: it is where it was and whom it concerns.
func (e ocsfEvent) identity() (rule, key string) {
	uid := e.info.text("uid")
	if id := e.guardDutyID(); id != "" {
		arn, _ := readARN(uid)
		return e.guardDutyType(), keyOf(e.account(), arn.region, id)
	}
	if product := e.hubProduct(); product != "" && uid != "" {
		return e.hubRule(product), keyOf(e.account(), e.region(), product, uid)
	}
	if e.category() != 2 {
		return e.activityRule(), ""
	}
	return e.rule(), e.key()
}

// hubProduct is the product whose finding Security Hub passes on, as ASFF has it: "product/aws/inspector". No product can use
// another's name there.
func (e ocsfEvent) hubProduct() string {
	arn, ok := readARN(e.product().text("uid"))
	if !ok || arn.service != "securityhub" {
		return ""
	}
	if name, ok := strings.CutPrefix(arn.resource, "productv2/"); ok {
		return "product/" + name
	}
	return arn.resource
}

// hubRule is what a rule of ASFF is: the control, the type of a finding of Macie, the generator, which Security Lake has
// under the product's feature and Security Hub leaves out.
func (e ocsfEvent) hubRule(product string) string {
	control, kind := e.at("compliance").text("control"), e.kind()
	generator := e.product().at("feature").text("uid")
	switch {
	case product == "product/aws/securityhub" && control != "":
		return "security-control/" + control
	case product == "product/aws/macie" && strings.Contains(kind, ":"):
		return kind
	case product == "product/aws/inspector":
		return or(generator, "AWSInspector")
	case generator != "" && generator != e.info.text("uid"):
		return generator
	}
	return strings.TrimPrefix(product, "product/") + ": " + or(kind[strings.LastIndexByte(kind, '/')+1:], e.name())
}

// guardDutyID is the id of a finding of GuardDuty, which stands at the end of its ARN.
func (e ocsfEvent) guardDutyID() string {
	arn, ok := readARN(e.info.text("uid"))
	if !ok || arn.service != "guardduty" || e.hubProduct() != guardDutyProduct || e.guardDutyType() == "" {
		return ""
	}
	_, id, _ := strings.Cut(arn.resource, "/finding/")
	return id
}

// guardDutyType is the type of a finding of GuardDuty: "Stealth:IAMUser/CloudTrailLoggingDisabled", or, where the finding
// was in ASFF once, what Security Hub made of it.
func (e ocsfEvent) guardDutyType() string {
	for _, t := range e.info.texts("types") {
		purpose, what, ok := strings.Cut(t, ":")
		if ok && !strings.Contains(purpose, "/") && strings.Contains(what, "/") {
			return t
		}
		if own := ownType(t); own != "" {
			return own
		}
	}
	return ""
}

// rule is what found it: the check, the analytic, else the most particular type. A code that is but a number says little
// without its product.
func (e ocsfEvent) rule() string {
	if e.class == ocsfIncident { // its findings come and go
		return strings.TrimSpace(e.product().text("name") + " incident")
	}
	analytic, code := e.info.at("analytic"), e.at("metadata").text("event_code")
	if code != "" && strings.Trim(code, "0123456789") == "" {
		code = strings.TrimSpace(e.product().text("name") + " " + code)
	}
	for _, s := range []string{
		code, analytic.text("name"), analytic.text("uid"), e.at("compliance").text("control"), e.at("firewall_rule").text("name"),
		e.kind(),
	} {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return or(or(e.info.text("title"), line(e.text("message"), 200)), e.does())
}

// kind is the most particular of a finding's types.
func (e ocsfEvent) kind() string {
	types := e.info.texts("types")
	for _, t := range types {
		if strings.Contains(t, "/") {
			return t
		}
	}
	return strings.Join(types[:min(1, len(types))], "")
}

// key is by what the finding calls itself, and where it was found: a few call it by its rule or vulnerability. Where it is called
// exactly as its rule, it is what it is about. An incident calls itself nothing: it has a ticket, a page, or its first finding.
func (e ocsfEvent) key() string {
	ids := []string{e.info.text("uid"), e.info.text("uid_alt")}
	if ids[0] != "" && ids[0] == e.info.at("analytic").text("uid") {
		return ""
	}
	if e.class == ocsfIncident {
		ids = append([]string{e.at("ticket").text("uid"), e.text("src_url")}, ids...)
	}
	for _, id := range append(ids, e.at("metadata").text("correlation_uid"), e.at("metadata").text("original_event_uid")) {
		if id != "" {
			return keyOf(e.product().text("vendor_name"), e.product().text("name"), e.account(), e.region(), id, e.where())
		}
	}
	return ""
}

// about is the key of what has no id: where it was, and whom it concerns.
func (e ocsfEvent) about(attrs []responder.Attribute) string {
	return keyOf(e.product().text("vendor_name"), e.product().text("name"), e.account(), e.region(), e.where(), pairs(attributes(attrs)))
}

// where is the machine that a finding is about, or the resource that has a vulnerability or fails a check.
func (e ocsfEvent) where() string {
	places := []object{e.at("device")}
	if list := e.resources(); len(list) > 0 && (e.class == ocsfVulnerability || e.class == ocsfCompliance) {
		places = append(places, list[0])
	}
	for _, o := range places {
		for _, name := range []string{"uid", "hostname", "name"} {
			if s := o.text(name); s != "" {
				return s
			}
		}
	}
	return ""
}

// activityRule is what an activity is of: what it matched, or what was done.
func (e ocsfEvent) activityRule() string {
	for _, s := range []string{e.info.at("analytic").text("name"), e.at("firewall_rule").text("name"), e.at("policy").text("name")} {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return e.does()
}

// describe is what a person reads first: what was found, how it is known, what it is about.
func (e ocsfEvent) describe() string {
	var said []string
	say := func(s string) {
		if s = strings.TrimSpace(s); s != "" && !strings.Contains(strings.Join(said, "\n"), s) {
			said = append(said, s)
		}
	}
	say(e.text("message"))
	say(e.text("status_detail"))
	say(e.text("desc"))
	say(e.info.text("desc"))
	say(list("Malware: ", e.objects("malware"), func(m object) string { return m.text("name") }))
	say(list("Affected: ", e.packages(), affected))
	say(list("ATT&CK: ", append(e.info.objects("attacks"), e.objects("attacks")...), attack))
	if len(e.infos) > 1 {
		say(list("Findings: ", e.infos, titleOf))
	}
	say(list("Signals: ", e.related(), titleOf))
	return strings.Join(said, "\n")
}

func titleOf(o object) string { return o.text("title") }

// related are the events that a finding is made of.
func (e ocsfEvent) related() []object {
	out := e.objects("related_events")
	for _, info := range e.infos {
		out = append(out, info.objects("related_events")...)
	}
	return out
}

// list writes what some objects have in common as a line, each once, at most ten.
func list(head string, of []object, text func(object) string) string {
	var out []string
	for _, o := range of {
		s := line(text(o), 200)
		if s == "" || slices.Contains(out, s) {
			continue
		}
		if len(out) == 10 {
			out = append(out, "…")
			break
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return ""
	}
	return head + strings.Join(out, "; ")
}

func (e ocsfEvent) packages() (out []object) {
	for _, v := range e.objects("vulnerabilities") {
		out = append(out, append(v.objects("affected_packages"), v.objects("packages")...)...)
	}
	return out
}

func affected(p object) string {
	s := p.text("name") + " " + p.text("version")
	if fixed := p.text("fixed_in_version"); fixed != "" {
		s += " (fixed in " + fixed + ")"
	}
	return s
}

// attack is a technique, by its most particular name, and else a tactic.
func attack(a object) string {
	for _, o := range append([]object{a.at("sub_technique"), a.at("technique"), a.at("tactic")}, a.objects("tactics")...) {
		if s := strings.TrimSpace(o.text("uid") + " " + o.text("name")); s != "" {
			return s
		}
	}
	return ""
}
