package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// sequence is an attack of several steps (API Reference, Sequence).
func (s *suspects) sequence(q object) {
	s.indicated(indicators(q))
	for _, p := range q.objects("endpoints") {
		s.endpoint(p)
	}
	for _, a := range q.objects("actors") {
		s.actor(a)
	}
	for _, r := range q.objects("resources") {
		s.involved(r)
		s.pack()
	}
}

// indicators are what a sequence and its signals were told by: values by key (API Reference, Indicator).
func indicators(q object) map[string][]string {
	out := map[string][]string{}
	list := q.objects("sequenceIndicators")
	for _, signal := range q.objects("signals") {
		list = append(list, signal.objects("signalIndicators")...)
	}
	for _, i := range list {
		out[i.text("key")] = append(out[i.text("key")], i.texts("values")...)
	}
	return out
}

// indicated adds those that are entities.
func (s *suspects) indicated(bad map[string][]string) {
	for _, key := range []string{"MALICIOUS_IP", "TOR_IP", "CRYPTOMINING_IP"} {
		for _, v := range bad[key] {
			s.remoteIP(v)
		}
	}
	for _, key := range []string{"MALICIOUS_DOMAIN", "CRYPTOMINING_DOMAIN"} {
		for _, v := range bad[key] {
			s.domain(v, "domain")
		}
	}
	for _, key := range []string{"MALICIOUS_PROCESS", "CRYPTOMINING_PROCESS", "SUSPICIOUS_PROCESS"} {
		for _, v := range bad[key] {
			s.own(responder.TypeProcess, v, "process", responder.ContextSubject)
		}
	}
	for _, v := range bad["MALICIOUS_FILE"] {
		if s.hash(v, "malicious file"); strings.HasPrefix(v, "/") {
			s.file(v, "malicious file")
		}
	}
	for _, v := range bad["VULNERABILITY"] {
		if strings.HasPrefix(v, "CVE-") {
			s.add(responder.TypeCVE, v, "vulnerability")
		}
	}
	s.pack()
}

// endpoint is an address or a domain that took part. It is not said whose it is: that of one's own gateway stands there as
// well as the attacker's. It is the other side's where an indicator or the direction of its traffic says so, or where it is
// in a network that is not Amazon's; else it has no role here.
func (s *suspects) endpoint(p object) {
	var context []string
	as := strings.ToLower(p.at("autonomousSystem").text("name"))
	switch direction := p.at("connection").text("direction"); {
	case direction == "INBOUND":
		context = []string{responder.ContextRemote, responder.ContextClient}
	case direction == "OUTBOUND":
		context = []string{responder.ContextRemote, responder.ContextServer}
	case as != "" && !strings.Contains(as, "amazon"):
		context = []string{responder.ContextRemote}
	}
	switch ip := p.text("ip"); {
	case entity.IsLocal(ip) || s.isMine(ip):
		s.ownIP(ip, strings.Join(context[min(1, len(context)):], ""))
	case context == nil:
		s.addr(ip, "endpoint")
	default:
		s.addr(ip, "remote IP address", context...)
	}
	if name := p.text("domain"); strings.Contains(name, ".") && isName(name) && !isService(name) {
		s.add(responder.TypeDomain, name, "endpoint", context...)
	}
	s.pack()
}

// actor is who took the steps: a user or a process (API Reference, Actor).
func (s *suspects) actor(a object) {
	user := a.at("user")
	s.user(user.text("name"), userLabel(user.text("type")))
	s.accessKey(user.text("credentialUid"))
	s.session(user.text("uid"), user.text("name"))
	if id := a.at("session").text("uid"); strings.HasPrefix(id, "ASIA") {
		s.accessKey(id)
	}
	s.arn(a.at("session").text("issuer"), responder.ContextSubject)
	p := a.at("process")
	s.hash(p.text("sha256"), "executable of "+line(p.text("name"), 80))
	s.own(responder.TypeProcess, or(p.text("path"), p.text("name")), "process", responder.ContextSubject)
	s.pack()
}

// involved is one of one's own resources that took part (API Reference, ResourceV2).
func (s *suspects) involved(r object) {
	name, data := r.text("name"), r.at("data")
	s.arn(r.text("uid"), "")
	s.object(r.text("uid"))
	switch r.text("resourceType") {
	case "EC2_INSTANCE":
		for _, id := range []string{name, r.text("uid")} {
			if isInstance(id) {
				s.own(responder.TypeInstance, id, "instance", "")
			}
		}
	case "ACCESS_KEY":
		s.accessKey(name)
		key := data.at("accessKey")
		s.user(key.text("userName"), userLabel(key.text("userType")))
		s.session(key.text("principalId"), key.text("userName"))
	case "S3_BUCKET":
		s.bucket(name)
	}
	for _, ip := range addresses(data.at("ec2NetworkInterface")) {
		s.ownIP(ip, "")
	}
	s.arn(data.at("ec2Instance", "iamInstanceProfile").text("arn"), "")
	s.arn(data.at("eksCluster").text("arn"), "")
	s.arn(data.at("ecsTask").text("taskDefinitionArn"), "")
	s.own(responder.TypeImage, data.at("container").text("image"), "container image", "")
	if data.at("kubernetesWorkload").text("type") == "PODS" {
		s.hostname(name, "pod", "")
	}
}
