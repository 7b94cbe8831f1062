package ingest

import (
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// findingEntities are the entities of a finding, those of the other side first.
func findingEntities(f object) []responder.Attribute {
	e := &entities{}
	service := f.at("service")
	e.action(service.at("action"))
	for _, detail := range service.objects("ebsVolumeScanDetails") {
		e.scan(detail)
	}
	process := service.at("runtimeDetails", "process")
	e.hash(process.text("executableSha256"), "executable of "+line(process.text("name"), 80))
	e.sequence(service.at("detection", "sequence"))
	e.resource(f.at("resource"), service.text("resourceRole"))
	return e.list
}

// action is what happened (API Reference, Action).
func (e *entities) action(action object) {
	e.connection(action.at("networkConnectionAction"))
	for _, probe := range action.at("portProbeAction").objects("portProbeDetails") {
		e.remote(probe.at("remoteIpDetails"), responder.ContextClient)
		e.local(probe.at("localIpDetails"), responder.ContextServer)
	}
	e.domain(action.at("dnsRequestAction").text("domain"), responder.ContextObject)
	call := action.at("awsApiCallAction")
	e.remote(call.at("remoteIpDetails"), responder.ContextClient)
	e.domain(call.at("domainDetails").text("domain"), responder.ContextClient)
	kubernetes := action.at("kubernetesApiCallAction")
	e.remote(kubernetes.at("remoteIpDetails"), responder.ContextClient)
	for _, name := range []string{"sourceIPs", "sourceIps"} {
		for _, ip := range kubernetes.texts(name) {
			e.remoteAddr(ip, responder.ContextClient)
		}
	}
	e.remote(action.at("rdsLoginAttemptAction").at("remoteIpDetails"), responder.ContextClient)
}

// connection: who opened it is the client.
func (e *entities) connection(c object) {
	remote, local := "", ""
	switch c.text("connectionDirection") {
	case "INBOUND":
		remote, local = responder.ContextClient, responder.ContextServer
	case "OUTBOUND":
		remote, local = responder.ContextServer, responder.ContextClient
	}
	e.remote(c.at("remoteIpDetails"), remote)
	e.local(c.at("localIpDetails"), local)
}

func (e *entities) remote(details object, role string) {
	e.remoteAddr(details.text("ipAddressV4"), role)
	e.remoteAddr(details.text("ipAddressV6"), role)
}

func (e *entities) local(details object, role string) {
	e.localAddr(details.text("ipAddressV4"), role)
	e.localAddr(details.text("ipAddressV6"), role)
}

func (e *entities) domain(name, role string) {
	e.add(responder.TypeDomain, name, "domain", responder.ContextRemote, role)
}

// scan is what a malware scan found.
func (e *entities) scan(details object) {
	for _, threat := range details.at("scanDetections", "threatDetectedByName").objects("threatNames") {
		for _, file := range threat.objects("filePaths") {
			e.hash(file.text("hash"), "file "+line(file.text("filePath"), 150))
		}
	}
}

// sequence is an attack of several steps (API Reference, Sequence). It does not say which of its endpoints are the
// attacker's: they have no role here.
func (e *entities) sequence(s object) {
	for _, p := range s.objects("endpoints") {
		e.addr(p.text("ip"), "endpoint")
		e.add(responder.TypeDomain, p.text("domain"), "endpoint")
	}
	for _, actor := range s.objects("actors") {
		e.user(actor.at("user").text("name"), "actor")
		process := actor.at("process")
		e.hash(process.text("sha256"), "executable of "+line(process.text("name"), 80))
	}
	for _, r := range s.objects("resources") {
		e.arn(r.text("uid"), "")
		e.user(r.at("data", "accessKey").text("userName"), "user")
		switch r.text("resourceType") {
		case "ACCESS_KEY":
			e.accessKey(r.text("name"))
		case "S3_BUCKET":
			e.bucket(r.text("name"))
		}
	}
}

// resource is one's own side: who acted, or what was acted upon.
func (e *entities) resource(r object, role string) {
	part := responder.ContextObject
	if role == "ACTOR" {
		part = responder.ContextSubject
	}
	instance := r.at("instanceDetails")
	e.add(responder.TypeInstance, instance.text("instanceId"), "instance", responder.ContextLocal, part)
	for _, i := range instance.objects("networkInterfaces") {
		for _, ip := range append([]string{i.text("privateIpAddress"), i.text("publicIp")}, i.texts("ipv6Addresses")...) {
			e.localAddr(ip, "")
		}
	}
	key := r.at("accessKeyDetails")
	e.accessKey(key.text("accessKeyId"))
	e.user(key.text("userName"), "user")
	e.user(r.at("kubernetesDetails", "kubernetesUserDetails").text("username"), "Kubernetes user")
	e.user(r.at("rdsDbUserDetails").text("user"), "database user")
	for _, b := range r.objects("s3BucketDetails") {
		e.bucket(b.text("name"))
	}
}
