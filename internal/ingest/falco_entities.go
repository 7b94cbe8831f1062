package ingest

import (
	"maps"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// entities are the entities of an alert: of a system call, or of what a plugin read (Falco documentation, "Supported Fields
// for Conditions and Outputs"; falcosecurity/plugins, the README of each).
func (f falcoEvent) entities() []responder.Attribute {
	e := &entities{}
	if f.plugin() {
		f.kubernetes(e)
		f.cloud(e)
		return e.list
	}
	c := f.connection()
	e.ends(c.client, c.server, c.own)
	e.localAddr(c.local, "")
	e.remoteAddr(c.remote, "")
	e.add(responder.TypeDomain, f.field("fd.rip.name"), "remote domain", responder.ContextRemote)
	for _, name := range []string{"fd.name", "evt.arg.target", "evt.arg.linkpath", "evt.arg.oldpath", "evt.arg.newpath", "evt.arg.path", "fs.path.name"} {
		if path := f.field(name); strings.HasPrefix(path, "/") {
			e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
		}
	}
	e.own(responder.TypeProcess, or(f.field("proc.exepath"), f.field("proc.name")), "process", responder.ContextSubject)
	for _, name := range []string{"user.name", "user.loginname"} {
		e.user(f.field(name), "user")
	}
	e.own(responder.TypeContainer, f.container(), "container", "")
	e.own(responder.TypeImage, f.image(), "container image", "")
	e.host(f.pod(), "pod", "")
	e.localAddr(address(f.field("k8s.pod.ip")), "")
	e.host(or(f.field("k8s.node.name"), f.field("k8smeta.node.name")), "node", "")
	e.host(f.hostname, "host", "")
	e.further(f.field("proc.cmdline"))
	if len(f.fields) == 0 {
		e.further(f.output)
	}
	return e.list
}

// image is the reference of the container's image: Falco says <NA> for the tag of one that is named by its digest.
func (f falcoEvent) image() string {
	image, tag := f.field("container.image.repository"), f.field("container.image.tag")
	if image == "" {
		return f.field("container.image")
	}
	if tag != "" {
		image += ":" + tag
	}
	return image
}

// falcoConnection is a connection by its ends, by role and by side; own is the role of the own one, empty where nothing tells.
type falcoConnection struct{ client, server, local, remote, own string }

// connection reads what an alert says of a connection: fd.name is client->server, fd.cip and fd.sip are the same, fd.lip and
// fd.rip are by side, and who called connect or accept is on one's own.
func (f falcoEvent) connection() falcoConnection {
	c := falcoConnection{
		client: address(f.field("fd.cip")), server: address(f.field("fd.sip")),
		local: address(f.field("fd.lip")), remote: address(f.field("fd.rip")),
	}
	if from, to, ok := strings.Cut(f.field("fd.name"), "->"); ok {
		client, port := socket(from)
		server, other := socket(to)
		c.client, c.server = or(c.client, client), or(c.server, server)
		if port != other {
			c.own = ownPort(f.field("fd.lport"), port, other)
		}
	}
	switch f.field("evt.type") {
	case "connect":
		c.own = responder.ContextClient
	case "accept", "accept4":
		c.own = responder.ContextServer
	}
	return c.whole()
}

// whole adds what sides and roles say of each other.
func (c falcoConnection) whole() falcoConnection {
	if c.local != c.remote && c.own == "" {
		switch {
		case c.local != "" && c.local == c.client, c.remote != "" && c.remote == c.server:
			c.own = responder.ContextClient
		case c.local != "" && c.local == c.server, c.remote != "" && c.remote == c.client:
			c.own = responder.ContextServer
		}
	}
	if c.own == "" {
		c.own = ownEnd(c.client, c.server)
	}
	switch c.own {
	case responder.ContextClient:
		c.client, c.server = or(c.client, c.local), or(c.server, c.remote)
		c.local, c.remote = c.client, c.server
	case responder.ContextServer:
		c.client, c.server = or(c.client, c.remote), or(c.server, c.local)
		c.local, c.remote = c.server, c.client
	}
	return c
}

// peer is the other end, or both where nobody can tell which it is.
func (c falcoConnection) peer() string {
	if c.remote != "" || c.client+c.server == "" {
		return or(c.remote, c.local)
	}
	return c.client + "->" + c.server
}

func ownPort(local, client, server string) string {
	switch local {
	case client:
		return responder.ContextClient
	case server:
		return responder.ContextServer
	}
	return ""
}

// socket parts one end in the name of a connection; addresses of version 6 have no brackets there.
func socket(s string) (ip, port string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", ""
	}
	return address(s[:i]), s[i+1:]
}

// file is the path of the file that was opened, changed, or linked to.
func (f falcoEvent) file() string {
	if name := f.field("fd.name"); strings.HasPrefix(name, "/") {
		return name
	}
	if name := f.field("fs.path.name"); strings.HasPrefix(name, "/") {
		return name
	}
	return ""
}

// plugins are the sources that are no system calls, by how their fields begin.
var plugins = []string{"ka.", "ct.", "gcp.", "github.", "okta.", "s3.", "jevt.", "json."}

// plugin says that what happened did not happen on the host where Falco runs.
func (f falcoEvent) plugin() bool {
	for name := range f.fields {
		if strings.HasPrefix(name, "proc.") || strings.HasPrefix(name, "container.") {
			return false
		}
	}
	for name := range f.fields {
		if slices.ContainsFunc(plugins, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return true
		}
	}
	return false
}

// pluginKey is all that a plugin said, but for what is another thing in each event.
func (f falcoEvent) pluginKey() (parts []string) {
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		if value := f.field(name); value != "" && !fleeting(name) {
			parts = append(parts, line(name, 100)+"="+entity.Cut(value, 300))
		}
	}
	return parts
}

// fleeting says that a field differs from event to event of one incident.
func fleeting(name string) bool {
	for _, prefix := range []string{"evt.", "jevt.", "ct.request", "ct.response", "okta.client.geo", "okta.useragent", "okta.mfa", "okta.transaction", "ka.response"} {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, "ct.request.") {
			return true
		}
	}
	switch name {
	case "ct.id", "ct.time", "ct.requestid", "ct.sharedeventid", "ct.useragent", "ct.info", "ct.errormessage", "ct.additionaleventdata",
		"ka.auditid", "ka.uri", "ka.useragent", "ka.stage", "gcp.time", "gcp.request", "gcp.userAgent", "gcp.authorizationInfo",
		"okta.published", "okta.authentication.sessionid":
		return true
	}
	return false
}

// kubernetes reads an event of the audit log of Kubernetes.
func (f falcoEvent) kubernetes(e *entities) {
	for _, ip := range f.values("ka.sourceips") {
		e.ends(ip, "", responder.ContextServer)
	}
	e.user(f.field("ka.user.name"), "Kubernetes user")
	e.own(responder.TypeUsername, f.field("ka.impuser.name"), "impersonated user", responder.ContextObject)
	pod := f.field("ka.target.pod.name")
	if f.field("ka.target.resource") == "pods" {
		pod = or(or(pod, f.field("ka.target.name")), f.field("ka.resp.name"))
	}
	e.own(responder.TypeHostname, pod, "pod", responder.ContextObject)
	for _, name := range []string{"ka.req.pod.containers.image", "ka.req.pod.initContainers.image", "ka.req.pod.ephemeralContainers.image", "ka.req.container.image"} {
		for _, image := range f.values(name) {
			e.own(responder.TypeImage, image, "container image", responder.ContextObject)
		}
	}
}

// cloud reads an event of a cloud's audit log: CloudTrail, Google Cloud, GitHub, Okta.
func (f falcoEvent) cloud(e *entities) {
	for _, name := range []string{"ct.srcip", "gcp.callerIP", "okta.client.ip"} {
		e.ends(f.field(name), "", responder.ContextServer)
	}
	for _, name := range []string{"ct.user", "gcp.user", "github.user", "okta.actor.alternateid"} {
		e.user(f.field(name), "user")
	}
	if r, _ := readARN(f.field("ct.user.arn")); r.service != "iam" || f.field("ct.user") == "" {
		e.arn(f.field("ct.user.arn"), responder.ContextSubject)
	}
	for _, name := range []string{"ct.request.username", "gcp.iam.serviceAccount", "github.collaborator.name", "okta.target.user.alternateid"} {
		e.own(responder.TypeUsername, f.field(name), "user acted upon", responder.ContextObject)
	}
	for _, name := range []string{"s3.bucket", "gcp.storage.bucket"} {
		e.bucket(f.field(name))
	}
	e.own(responder.TypeInstance, f.field("gcp.compute.instanceId"), "instance", responder.ContextObject)
}

// falcoLabels reads what Falcosidekick sent by way of Alertmanager: the fields are labels, with _ for each dot, beside those of its
// own. There is no alertname, and the time of the event is a label, too (falcosidekick outputs/alertmanager.go,
// newAlertmanagerPayload).
func falcoLabels(labels object) (f falcoEvent, ok bool) {
	f = falcoEvent{rule: labels.text("rule"), priority: labels.text("priority"), hostname: labels.text("hostname"), fields: object{}}
	_, known := falcoSeverity(f.priority)
	if !known || f.rule == "" || labels.text("source") != "falco" {
		return falcoEvent{}, false
	}
	for name, value := range labels {
		switch name {
		case "rule", "priority", "source", "hostname", "tags", "eventsource", "severity", "alertname":
		default:
			f.fields[strings.ReplaceAll(name, "_", ".")] = value
		}
	}
	return f, true
}
