package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// wazuhEntities are the entities of an alert, those of the other side first. What the decoders write depends on the log
// (Wazuh ruleset/decoders; documentation, "Dynamic fields").
func wazuhEntities(o, data object) []responder.Attribute {
	e := &entities{}
	src, dst := wazuhEnds(data)
	e.ends(src, dst, wazuhOwn(o, data, src, dst))
	e.network(data)
	e.wazuhFiles(o, data)
	e.windows(windowsEvent(data))
	e.audit(data.at("audit"))
	users := wazuhUsers(data)
	e.user(users[0], "user")
	e.own(responder.TypeUsername, users[1], "user acted upon", responder.ContextObject)
	e.awsLog(data.at("aws"))
	e.cloudLogs(data)
	e.add(responder.TypeCVE, strings.ToUpper(data.at("vulnerability").text("cve")), "vulnerability")
	if len(e.list) == 0 && data.at("sca") == nil && data.at("vulnerability") == nil {
		e.further(o.text("full_log"))
	}
	e.wazuhHost(o, data)
	return e.list
}

// wazuhOwn says which end is the agent.
func wazuhOwn(o, data object, src, dst string) string {
	switch ip := address(o.at("agent").text("ip")); {
	case ip != "" && ip == src:
		return responder.ContextClient
	case ip != "" && ip == dst:
		return responder.ContextServer
	}
	return ownEndOfWindows(data)
}

// wazuhUsers are who acted, and who was acted upon.
func wazuhUsers(data object) []string {
	who := []string{first(data, "srcuser", "user"), data.text("dstuser")}
	aws := data.at("aws", "userIdentity")
	for _, name := range []string{aws.text("userName"), data.at("office365").text("UserId"), data.at("github").text("actor"),
		data.at("gcp", "protoPayload", "authenticationInfo").text("principalEmail"), data.at("osquery", "columns").text("username")} {
		who[0] = or(who[0], name)
	}
	return who
}

// wazuhHost adds where it happened: the agent, or the device that sent its log without one. A log of a cloud happened on no host.
func (e *entities) wazuhHost(o, data object) {
	for _, name := range []string{"aws", "office365", "github", "gcp", "ms-graph", "azure"} {
		if data.at(name) != nil {
			return
		}
	}
	agent := o.at("agent")
	e.host(wazuhDevice(o), "host", "")
	e.host(data.text("hostname"), "host", "")
	if agent.text("id") != manager || wazuhDevice(o) == "" {
		e.host(agent.text("name"), "agent", "")
		e.localAddr(address(agent.text("ip")), "")
	}
}

// network reads what Suricata says (Suricata documentation, "Eve JSON Format"), and proxies: a request is one's own host's where it
// came from elsewhere.
func (e *entities) network(data object) {
	dns, http := data.at("dns"), data.at("http")
	for _, q := range append(append(dns.objects("query"), dns.objects("queries")...), dns) {
		e.add(responder.TypeDomain, q.text("rrname"), "domain looked up", responder.ContextRemote, responder.ContextObject)
	}
	src, dst := wazuhEnds(data)
	inward := ownEnd(src, dst) == responder.ContextServer
	for _, name := range []string{http.text("hostname"), data.at("tls").text("sni")} {
		switch {
		case name == "" || address(name) != "":
		case inward:
			e.host(name, "host that was asked", responder.ContextObject)
		default:
			e.add(responder.TypeDomain, name, "remote domain", responder.ContextRemote, responder.ContextServer)
		}
	}
	if u := data.text("url"); strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") {
		e.add(responder.TypeURL, u, "URL")
	}
	info := data.at("fileinfo")
	for _, kind := range []string{"md5", "sha1", "sha256"} {
		e.hash(info.text(kind), "file "+line(info.text("filename"), 150))
	}
}

// wazuhFiles reads file integrity monitoring, VirusTotal, YARA and osquery. Hashes of values in the registry are those of no file.
func (e *entities) wazuhFiles(o, data object) {
	file := o.at("syscheck")
	if path := file.text("path"); !isRegistry(path) {
		e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
		e.hashes(file, "_after", path)
	}
	who := file.at("audit")
	e.user(or(who.at("login_user").text("name"), who.at("user").text("name")), "user")
	e.own(responder.TypeProcess, who.at("process").text("name"), "process", responder.ContextSubject)

	vt := data.at("virustotal", "source")
	columns := data.at("osquery", "columns")
	for _, path := range []string{vt.text("file"), data.text("file"), data.text("yara_scanned_file"), columns.text("path")} {
		if strings.ContainsAny(path, `/\`) && !isRegistry(path) {
			e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
		}
	}
	e.hashes(vt, "", vt.text("file"))
	e.hash(data.at("virustotal").text("sha1"), "file "+line(vt.text("file"), 150))
	e.hashes(columns, "", columns.text("path"))
	e.hashes(data, "", "")
}

func (e *entities) hashes(o object, suffix, file string) {
	for _, kind := range []string{"md5", "sha1", "sha256"} {
		e.hash(o.text(kind+suffix), "file "+line(file, 150))
	}
}

// audit reads the audit of Linux.
func (e *entities) audit(audit object) {
	e.own(responder.TypeProcess, audit.text("exe"), "process", responder.ContextSubject)
	for _, path := range []string{audit.at("file").text("name"), audit.at("directory").text("name")} {
		if strings.HasPrefix(path, "/") {
			e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
		}
	}
	e.user(audit.text("acct"), "user")
	e.further(auditCommand(audit))
}

// awsLog reads what Wazuh's module takes from buckets: CloudTrail, flow logs, WAF, and findings of GuardDuty as they are
// (Wazuh documentation, "AWS service integration").
func (e *entities) awsLog(aws object) {
	if aws == nil {
		return
	}
	if aws.at("service") != nil && aws.at("resource") != nil {
		e.list = append(e.list, findingEntities(aws, isSample(aws, aws.at("service", "additionalInfo")))...)
		return
	}
	who := aws.at("userIdentity")
	e.accessKey(who.text("accessKeyId"))
	if r, _ := readARN(who.text("arn")); r.service != "iam" || who.text("userName") == "" {
		e.arn(who.text("arn"), responder.ContextSubject)
	}
	request := aws.at("requestParameters")
	e.bucket(request.text("bucketName"))
	e.own(responder.TypeUsername, request.text("userName"), "user acted upon", responder.ContextObject)
	e.own(responder.TypeInstance, request.text("instanceId"), "instance", responder.ContextObject)
}

// cloudLogs reads the logs of Docker, Office 365, GitHub and Google Cloud.
func (e *entities) cloudLogs(data object) {
	docker := data.at("docker")
	if docker.text("Type") == "container" {
		e.own(responder.TypeContainer, docker.at("Actor").text("ID"), "container", responder.ContextObject)
		e.own(responder.TypeImage, or(docker.at("Actor", "Attributes").text("image"), docker.text("from")), "container image", responder.ContextObject)
	}
	e.own(responder.TypeUsername, data.at("github").text("user"), "user acted upon", responder.ContextObject)
	e.office(data.at("office365"))
	query := data.at("gcp", "jsonPayload").text("queryName")
	e.add(responder.TypeDomain, query, "domain looked up", responder.ContextRemote, responder.ContextObject)
}

// office reads what Microsoft 365 says of files, and of mails that it found to be bad (Office 365 Management Activity API schema,
// "Microsoft Defender for Office 365 and Threat Investigation and Response schema").
func (e *entities) office(log object) {
	e.add(responder.TypeFile, log.text("SourceFileName"), "file", responder.ContextFile, responder.ContextObject)
	for _, name := range []string{"P1Sender", "P2Sender"} {
		e.add(responder.TypeEmail, log.text(name), "sender of the mail", responder.ContextRemote)
	}
	for _, file := range log.objects("AttachmentData") {
		e.add(responder.TypeFile, file.text("FileName"), "attachment", responder.ContextFile, responder.ContextObject)
		e.hash(file.text("SHA256"), "attachment "+line(file.text("FileName"), 150))
	}
}
