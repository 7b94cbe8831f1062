package ingest

import (
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// falcoEvent is one alert of Falco, whichever way it came.
type falcoEvent struct {
	rule, priority, output, hostname string
	tags                             []string
	fields                           object
	time                             time.Time
}

// falcoSeverity is what the priorities of Falco are here, which Falcosidekick writes with a capital: in the order of syslog, in which Critical
// is the first of three that mean that something has to be done at once (Falco documentation, "Rules", "Rule priorities").
func falcoSeverity(priority string) (severity float64, ok bool) {
	switch strings.ToLower(priority) {
	case "emergency":
		return 100, true
	case "alert":
		return 95, true
	case "critical":
		return 90, true
	case "error":
		return 70, true
	case "warning":
		return 50, true
	case "notice":
		return 30, true
	case "informational", "info":
		return 10, true
	case "debug":
		return 5, true
	}
	return 0, false
}

// isFalco knows alerts of Falco.
func isFalco(m message) bool {
	_, ok := readFalco(m)
	return ok
}

// readFalco reads Falco's JSON, also with a uuid as Falcosidekick sends it (Falco documentation, "Falco Outputs Formatting";
// falcosidekick types/types.go), and what Falcosidekick publishes on a topic by default: the output as the text, all the rest
// in attributes of the notification, in whose names [ became a dot (falcosidekick outputs/aws.go, PublishTopic). Such a text
// says nothing without its attributes, which are not kept: read again it is of nobody.
func readFalco(m message) (f falcoEvent, ok bool) {
	if m.doc == nil {
		return falcoText(m)
	}
	o := m.doc
	f = falcoEvent{
		rule: o.text("rule"), priority: o.text("priority"), output: or(o.text("output"), o.text("message")),
		hostname: o.text("hostname"), tags: o.texts("tags"), fields: o.at("output_fields"), time: o.time("time"),
	}
	_, known := falcoSeverity(f.priority)
	return f, known && isString(o["rule"]) && isString(o["priority"]) && (f.fields != nil || isString(o["output"]))
}

func falcoText(m message) (f falcoEvent, ok bool) {
	if _, known := falcoSeverity(m.attributes["priority"]); !known || m.attributes["rule"] == "" || m.attributes["source"] == "" {
		return falcoEvent{}, false
	}
	f = falcoEvent{
		rule: m.attributes["rule"], priority: m.attributes["priority"], output: m.text,
		hostname: m.attributes["hostname"], fields: object{},
	}
	if tags := m.attributes["tags"]; tags != "" {
		f.tags = strings.Split(tags, ",")
	}
	for name, value := range m.attributes {
		switch name {
		case "rule", "priority", "source", "tags", "hostname":
		default:
			f.fields[name] = value
		}
	}
	return f, true
}

// falco reads an alert. Those of one rule are one incident where host, pod or container, process, and file or peer are the
// same (key says which).
func falco(m message) responder.Alert {
	f, _ := readFalco(m)
	return f.alert()
}

func (f falcoEvent) alert() responder.Alert {
	a := responder.Alert{
		Name: f.rule, Rule: f.rule, Key: f.key(), Description: f.description(), Source: "falco",
		Account: or(or(f.field("ct.recipientaccountid"), f.field("ct.user.accountid")), f.field("gcp.projectId")),
		Region:  or(f.field("ct.region"), f.field("gcp.location")),
		Attrs:   f.entities(),
		// falcosidekick handlers.go, testHandler.
		Sample: f.rule == "Test rule" && f.field("proc.name") == "falcosidekick",
	}
	a.Severity, _ = falcoSeverity(f.priority)
	when := f.when()
	a.Timestamp = responder.Span(when, when)
	return a
}

// field gives what a field says: Falco writes <NA> where it does not know, older plugins N/A.
func (f falcoEvent) field(name string) string {
	switch s := strings.TrimSpace(f.fields.text(name)); s {
	case "<NA>", "N/A", "null", "none", "-":
		return ""
	default:
		return s
	}
}

// values gives a field that is a list: as one, or as Falco writes it in a text, "(a,b)".
func (f falcoEvent) values(name string) (out []string) {
	list := f.fields.texts(name)
	if len(list) == 1 {
		text := strings.TrimSuffix(strings.TrimPrefix(list[0], "("), ")")
		list = strings.Split(text, ",")
	}
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && s != "<NA>" && s != "N/A" {
			out = append(out, s)
		}
	}
	return out
}

// when is the time of the alert, or that of the event, which is in nanoseconds since 1970; who passes alerts on may have made
// them micro- or milliseconds, or seconds.
func (f falcoEvent) when() time.Time {
	if !f.time.IsZero() {
		return f.time
	}
	n, err := strconv.ParseInt(or(f.field("evt.time"), f.field("evt.time.iso8601")), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	switch {
	case n >= 1e17: // in 1973; the others are of 1973 and later as well
		return time.Unix(0, n)
	case n >= 1e14:
		return time.UnixMicro(n)
	case n >= 1e11:
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}

func (f falcoEvent) description() string {
	parts := []string{strings.TrimSpace(f.output)}
	if command := f.field("proc.cmdline"); !strings.Contains(f.output, command) {
		parts = append(parts, "Command: "+line(command, 1000))
	}
	if len(f.tags) > 0 {
		parts = append(parts, "Tags: "+line(strings.Join(f.tags, ", "), 500))
	}
	return strings.TrimSpace(strings.Join(parts, "\n"))
}

// key is where it happened and what it was about. A container that starts again has another id, so its name counts where it
// has one; a pod that is replaced has another name, and is another incident: who answers isolates pods, and two at once must
// not look like one. Ports, process ids, users and command lines differ from try to try and do not count.
func (f falcoEvent) key() string {
	if f.plugin() {
		return keyOf(f.pluginKey()...)
	}
	where := f.pod()
	if where == "" {
		where = or(f.field("container.name"), f.container())
	}
	return keyOf(line(f.hostname, 200), line(f.namespace(), 200), line(where, 200), line(or(f.field("proc.name"), f.field("proc.exepath")), 200),
		line(f.about(), 800))
}

// about is the file, or the other end, of what the process did.
func (f falcoEvent) about() string {
	if file := f.file(); file != "" {
		return file
	}
	if peer := f.connection().peer(); peer != "" {
		return peer
	}
	return or(or(f.field("evt.arg.target"), f.field("evt.arg.path")), f.field("fd.name"))
}

func (f falcoEvent) pod() string       { return or(f.field("k8s.pod.name"), f.field("k8smeta.pod.name")) }
func (f falcoEvent) namespace() string { return or(f.field("k8s.ns.name"), f.field("k8smeta.ns.name")) }

// container is the id of the container; that of the host is none.
func (f falcoEvent) container() string {
	if id := f.field("container.id"); id != "host" {
		return id
	}
	return ""
}
