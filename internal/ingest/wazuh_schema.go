package ingest

import (
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// common reads documents of the Wazuh Common Schema, which has the names of the Elastic Common Schema 9.1 and some below wazuh
// (Wazuh documentation 5.0, "How the Wazuh Common Schema works"). A name may be a path of objects, or one with dots in it.
type common struct{ o object }

// field gives what stands at a path: nested, flat, or first one and then the other.
func (c common) field(path string) any {
	o := c.o
	for {
		if v, ok := o[path]; ok {
			return v
		}
		name, rest, ok := strings.Cut(path, ".")
		if !ok {
			return nil
		}
		inner, _ := o[name].(map[string]any)
		if inner == nil {
			return nil
		}
		o, path = inner, rest
	}
}

func (c common) text(path string) string { return c.texts(path, 1) }

// texts gives a text, or the first n of a list.
func (c common) texts(path string, n int) string {
	list := object{"v": c.field(path)}.texts("v")
	if s := textOf(c.field(path)); s != "" {
		list = []string{s}
	}
	return strings.Join(list[:min(n, len(list))], ", ")
}

func (c common) list(path string) []string {
	if s := textOf(c.field(path)); s != "" {
		return []string{s}
	}
	return object{"v": c.field(path)}.texts("v")
}

func (c common) time(path string) time.Time { return object{"v": c.field(path)}.time("v") }

// ends are the addresses of who opened a connection and of the other end.
func (c common) ends() (client, server string) {
	return address(or(c.text("source.ip"), c.text("client.ip"))), address(or(c.text("destination.ip"), c.text("server.ip")))
}

func (c common) entities() []responder.Attribute {
	e := &entities{}
	client, server := c.ends()
	own := c.own(client, server)
	e.ends(client, server, own)
	e.add(responder.TypeDomain, c.text("dns.question.name"), "domain looked up", responder.ContextRemote, responder.ContextObject)
	for _, path := range []string{"destination.domain", "server.domain"} {
		if own != responder.ContextServer {
			e.add(responder.TypeDomain, c.text(path), "remote domain", responder.ContextRemote, responder.ContextServer)
		}
	}
	for _, path := range []string{"url.full", "url.original"} {
		if s := c.text(path); strings.Contains(s, "://") {
			e.add(responder.TypeURL, s, "URL")
			break
		}
	}
	e.commonFiles(c)
	e.user(c.text("user.name"), "user")
	for _, path := range []string{"user.target.name", "user.effective.name"} {
		e.own(responder.TypeUsername, c.text(path), "user acted upon", responder.ContextObject)
	}
	e.add(responder.TypeCVE, strings.ToUpper(c.text("vulnerability.id")), "vulnerability")
	e.own(responder.TypeContainer, c.text("container.id"), "container", "")
	e.own(responder.TypeImage, c.text("container.image.name"), "container image", "")
	e.host(or(c.text("host.name"), or(c.text("host.hostname"), or(c.text("wazuh.agent.host.hostname"), c.text("wazuh.agent.name")))), "host", "")
	e.host(c.text("cloud.instance.id"), "instance", "")
	for _, path := range []string{"host.ip", "wazuh.agent.host.ip"} {
		for _, ip := range c.list(path) {
			e.localAddr(address(ip), "")
		}
	}
	return e.list
}

// commonFiles are the files and processes of a document, with their hashes.
func (e *entities) commonFiles(c common) {
	if path := c.text("file.path"); !isRegistry(path) {
		e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
	}
	e.own(responder.TypeProcess, or(c.text("process.executable"), c.text("process.name")), "process", responder.ContextSubject)
	e.own(responder.TypeProcess, c.text("process.parent.executable"), "parent process", "")
	for _, kind := range []string{"md5", "sha1", "sha256"} {
		e.hash(c.text("file.hash."+kind), "file "+line(c.text("file.path"), 150))
		e.hash(c.text("process.hash."+kind), "executable of "+line(c.text("process.name"), 80))
	}
	e.further(c.text("process.command_line"))
}

// own says which end is one's own, by the addresses of the host, or else by which is private.
func (c common) own(client, server string) string {
	for _, path := range []string{"host.ip", "wazuh.agent.host.ip"} {
		for _, ip := range c.list(path) {
			switch ip = address(ip); {
			case ip == "":
			case ip == client:
				return responder.ContextClient
			case ip == server:
				return responder.ContextServer
			}
		}
	}
	return ownEnd(client, server)
}

// key is where it happened and what a finding is about, as for an alert of version 4 (wazuhKey).
func (c common) key(agent string) []string {
	k := incidentKey{}
	k.add("site", c.text("wazuh.cluster.name"))
	k.add("agent", c.text("wazuh.agent.id"))
	k.add("agent name", agent)
	paths := []string{"file.path", "user.name", "user.target.name", "process.executable", "dns.question.name", "vulnerability.id", "package.name", "check.id", "container.id", "event.action"}
	if client, server := c.ends(); client+server != "" {
		k.attackers(client, server, c.own(client, server))
		paths = []string{"file.path", "rule.id"}
	}
	for _, path := range paths {
		k.add(path, c.text(path))
	}
	return k
}

func (c common) description() string {
	var parts []string
	for _, p := range []struct{ name, path string }{
		{"", "wazuh.rule.description"}, {"Command: ", "process.command_line"}, {"", "event.original"}, {"", "message"},
		{"MITRE ATT&CK: ", "wazuh.rule.mitre.technique.id"}, {"Techniques: ", "wazuh.rule.mitre.technique.name"}, {"Tactics: ", "wazuh.rule.mitre.tactic.name"},
	} {
		if s := strings.TrimSpace(c.texts(p.path, 10)); s != "" {
			parts = append(parts, p.name+entity.Cut(s, 2000))
		}
	}
	return strings.Join(parts, "\n")
}
