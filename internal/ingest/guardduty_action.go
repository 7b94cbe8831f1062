package ingest

import (
	"maps"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// action is what happened (API Reference, Action).
func (s *suspects) action(action object, partition string) {
	s.connection(action.at("networkConnectionAction"))
	for _, probe := range action.at("portProbeAction").objects("portProbeDetails") {
		s.remote(probe.at("remoteIpDetails"), responder.ContextClient)
		s.local(probe.at("localIpDetails"), responder.ContextServer)
	}
	dns := action.at("dnsRequestAction")
	s.domain(or(dns.text("domain"), dns.text("domainWithSuffix")), "domain", responder.ContextObject)
	s.call(action.at("awsApiCallAction"), partition)
	s.kubernetesCall(action.at("kubernetesApiCallAction"))
	login := action.at("rdsLoginAttemptAction")
	s.remote(login.at("remoteIpDetails"), responder.ContextClient)
	for _, l := range login.objects("loginAttributes") {
		s.user(l.text("user"), "database user")
	}
}

// connection: who opened it is the client. Where one's own instance acted, the other side is what it acted upon.
func (s *suspects) connection(c object) {
	remote, local := "", ""
	switch c.text("connectionDirection") {
	case "INBOUND":
		remote, local = responder.ContextClient, responder.ContextServer
	case "OUTBOUND":
		remote, local = responder.ContextServer, responder.ContextClient
	}
	target := ""
	if s.part == responder.ContextSubject {
		target = responder.ContextObject
	}
	s.remote(c.at("remoteIpDetails"), remote, target)
	s.local(c.at("localIpDetails"), local)
}

// call is a call of an API of AWS: from an address, or by a service, which is nobody's attacker.
func (s *suspects) call(call object, partition string) {
	s.remote(call.at("remoteIpDetails"), responder.ContextClient)
	if name := call.at("domainDetails").text("domain"); !isService(name) {
		s.domain(name, "domain", responder.ContextClient)
	}
	if account := call.at("remoteAccountDetails"); isAccount(account.text("accountId")) {
		side := responder.ContextRemote
		if account.is("affiliated") {
			side = responder.ContextLocal
		}
		s.add(responder.TypeARN, "arn:"+or(word(partition), "aws")+":iam::"+account.text("accountId")+":root", "calling account", side, responder.ContextClient)
	}
	affected := call.at("affectedResources")
	for _, kind := range slices.Sorted(maps.Keys(affected)) {
		for _, name := range affected.texts(kind) {
			s.affected(kind, name)
		}
	}
}

// affected is a resource that a call was about, by its ARN, or by the type of CloudFormation and a name.
func (s *suspects) affected(kind, name string) {
	kinds := map[string]string{
		"AWS::S3::Bucket": responder.TypeBucket, "AWS::EC2::Instance": responder.TypeInstance,
		"AWS::IAM::User": responder.TypeUsername, "AWS::IAM::AccessKey": responder.TypeAccessKey,
	}
	if strings.HasPrefix(name, "arn:") {
		s.arn(name, responder.ContextObject)
	} else if t := kinds[kind]; t != "" {
		s.own(t, name, strings.ToLower(kind[strings.LastIndexByte(kind, ':')+1:]), responder.ContextObject)
	}
}

// kubernetesCall is a call of a cluster's API: from an address, perhaps by way of others.
func (s *suspects) kubernetesCall(call object) {
	s.remote(call.at("remoteIpDetails"), responder.ContextClient)
	for _, name := range []string{"sourceIPs", "sourceIps"} {
		for _, ip := range call.texts(name) {
			s.remoteIP(ip, responder.ContextClient)
		}
	}
	if call.text("resource") == "pods" {
		s.hostname(call.text("resourceName"), "pod", responder.ContextObject)
	}
}

// more is what a finding says beside its action: a further domain, and credentials that were used of late, from addresses
// of which it does not say whose they are (AWS CDK API Reference, GuardDutyFinding.AdditionalInfo).
func (s *suspects) more(info object) {
	s.domain(info.text("domain"), "domain", responder.ContextObject)
	for _, c := range info.objects("recentCredentials") {
		s.who(responder.TypeAccessKey, c.text("accessKeyId"), "access key")
		s.session(c.text("principalId"), "")
		if ip := c.text("ipAddressV4"); entity.IsLocal(ip) || s.isMine(ip) {
			s.localAddr(ip, "")
		} else {
			s.addr(ip, "address of recent credentials")
		}
	}
}

// isAccount says whether a text is the id of an account of AWS.
func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// word is a text that may stand in an ARN; empty where it may not.
func word(s string) string {
	if len(s) > 32 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return s
}
