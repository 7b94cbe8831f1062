package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// incidentKey has the parts of a key by their names, but for those that say nothing.
type incidentKey []string

func (k *incidentKey) add(name, value string) {
	if value = strings.TrimSpace(value); value != "" && value != "-" {
		*k = append(*k, name+"="+entity.Cut(value, 300))
	}
}

// attackers adds who opened the connection, and the other end where it was one's own who did.
func (k *incidentKey) attackers(client, server, own string) {
	k.add("client", client)
	if own == responder.ContextClient || client == "" {
		k.add("server", server)
	}
}

// wazuhKey is where it happened and what an alert is about. A cluster has one name, a manager alone its own; an agent has an id
// there. Where an address did it, that alone counts: names of users, paths of requests and who was asked differ from try to try.
// Where one's own asked an address, both count.
func wazuhKey(o, data object) []string {
	k, agent := incidentKey{}, o.at("agent")
	k.add("site", or(o.at("cluster").text("name"), o.at("manager").text("name")))
	k.add("agent", agent.text("id"))
	k.add("agent name", agent.text("name"))
	k.add("device", wazuhDevice(o))
	if v := data.at("vulnerability"); v.text("cve") != "" {
		k.add("cve", v.text("cve"))
		k.add("package", v.at("package").text("name"))
		return k
	}
	file, vt, sca := o.at("syscheck"), data.at("virustotal", "source"), data.at("sca")
	k.add("file", or(file.text("path"), vt.text("file")))
	k.add("value", file.text("value_name"))
	k.add("hash", or(vt.text("sha1"), vt.text("md5")))
	k.add("policy", or(sca.text("policy_id"), sca.text("policy")))
	k.add("check", or(sca.at("check").text("id"), sca.at("check").text("title")))
	k.add("signature", data.at("alert").text("signature_id")) // Suricata has one rule for all of its own
	if src, dst := wazuhEnds(data); src+dst != "" {
		k.attackers(src, dst, or(wazuhOwn(o, data, src, dst), ownEnd(src, dst)))
		k.cloudActor(data)
		return k
	}
	users := wazuhUsers(data)
	k.add("user", users[0])
	k.add("other user", users[1])
	k.add("title", data.text("title"))
	k.add("named file", or(data.text("file"), data.text("yara_scanned_file")))
	k.add("executable", data.at("audit").text("exe"))
	k.add("audited file", data.at("audit", "file").text("name"))
	k.windows(windowsEvent(data))
	k.cloud(data)
	return k
}

// cloudActor adds what was done in a cloud, and by whom: behind one address may be many. Who fails to log in is nobody yet.
func (k *incidentKey) cloudActor(data object) {
	what := or(or(data.at("aws").text("eventName"), data.at("office365").text("Operation")), data.at("github").text("action"))
	k.add("action", what)
	if what != "" && !strings.Contains(what, "Login") && !strings.Contains(what, "LoggedIn") {
		k.add("user", wazuhUsers(data)[0])
		k.add("role", data.at("aws", "userIdentity").text("arn"))
	}
}

// windows adds what an event of Windows is about.
func (k *incidentKey) windows(win object) {
	event, system := win.at("eventdata"), win.at("system")
	k.add("provider", system.text("providerName"))
	k.add("event", system.text("eventID"))
	for _, name := range []string{"image", "newProcessName", "sourceImage", "targetImage", "targetFilename", "targetObject", "queryName", "serviceName", "imageLoaded", "path", "memberSid", "targetUserName"} {
		k.add(name, event.text(name))
	}
}

// cloud adds what a log of a cloud is about, where it has no address.
func (k *incidentKey) cloud(data object) {
	aws, office, github := data.at("aws"), data.at("office365"), data.at("github")
	k.add("id", aws.text("id"))
	k.add("action", aws.text("eventName"))
	k.add("role", aws.at("userIdentity").text("arn"))
	k.add("bucket", aws.at("requestParameters").text("bucketName"))
	k.add("container", data.at("docker", "Actor").text("ID"))
	k.add("operation", or(office.text("Operation"), github.text("action")))
	k.add("object", or(office.text("ObjectId"), github.text("repo")))
	k.add("resource", data.at("gcp", "protoPayload").text("resourceName"))
	k.add("query", data.at("osquery").text("name"))
	k.add("queried file", data.at("osquery", "columns").text("path"))
}
