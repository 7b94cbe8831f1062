package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// observables add what stands nowhere else: of the event, of its evidences, and of the events that a finding is made of.
func (r *ocsfReader) observables() {
	e := r.event
	list := e.objects("observables")
	for _, related := range e.related() {
		list = append(list, related.objects("observables")...)
	}
	seen := map[string]bool{}
	for _, a := range r.list {
		seen[strings.ToLower(a.Value)] = true
	}
	r.guessEnds(list)
	for _, o := range list {
		if v := o.text("value"); meant(v) && !seen[strings.ToLower(v)] {
			r.observable(o)
		}
	}
}

// guessEnds tells the sides of a connection of which there are only observables: where one end is not one's own, that is
// the other side; where both are not, nobody knows.
func (r *ocsfReader) guessEnds(list []object) {
	outer := map[string]bool{}
	for _, o := range list {
		v := o.text("value")
		if end := endOf(o); end != "" && r.side(object{"ip": v, "name": v}) == "" && (isAddr(v) || isDomain(v) && !isInternal(v)) {
			outer[end] = true
		}
	}
	for end := range outer {
		if _, known := r.ends[end]; !known && len(outer) == 1 {
			r.ends[end] = far
		}
	}
}

func endOf(o object) string {
	for _, end := range []string{"src_endpoint", "dst_endpoint"} {
		if strings.Contains(o.text("name"), end) {
			return end
		}
	}
	return ""
}

// place is what the path of an observable says of its part: "resources[].uid" is one's own, "src_endpoint.ip" a client.
func (r *ocsfReader) place(o object) (side, role string) {
	name := o.text("name")
	switch end := endOf(o); {
	case end != "" && r.isMine(o.text("value")):
		return near, endRoles[end]
	case end != "":
		return r.ends[end], endRoles[end]
	case strings.Contains(name, "actor."):
		return near, responder.ContextSubject
	case startsWith(name, "resource", "device", "databucket", "container", "user", "job", "database"):
		return near, responder.ContextObject
	case strings.Contains(name, "query.hostname"), startsWith(name, "email.from", "email.sender", "osint", "email.smtp_from"):
		return far, responder.ContextObject
	case startsWith(name, "email.to", "email.smtp_to"):
		return near, responder.ContextObject
	}
	return "", ""
}

var endRoles = map[string]string{"src_endpoint": responder.ContextClient, "dst_endpoint": responder.ContextServer}

// startsWith says whether a path, in an evidence or not, starts with one of some names.
func startsWith(path string, names ...string) bool {
	if first, rest, ok := strings.Cut(path, "."); ok && strings.HasPrefix(first, "evidences") {
		path = rest
	}
	for _, name := range names {
		if strings.HasPrefix(path, name) {
			return true
		}
	}
	return false
}

// observable adds one by its type (schema.ocsf.io: "Observable", type_id). Those from 20 on stand for objects, and have a value
// only where a producer chose one.
func (r *ocsfReader) observable(o object) {
	v := strings.TrimSpace(o.text("value"))
	side, role := r.place(o)
	switch observableType(o) {
	case "1", "20": // hostname, endpoint
		r.name(v, side, role)
	case "2": // IP address
		r.ip(v, side, role)
	case "4", "21": // user
		r.add(responder.TypeUsername, v, "user", near, role)
	case "5", "22": // e-mail address
		if isMail(v) {
			r.add(responder.TypeEmail, v, "e-mail address", side, role)
		}
	case "6", "23": // URL
		r.url(v, side)
	case "7", "24", "45": // file name, file, path
		r.path(v)
	case "8", "30": // hash
		if name := o.text("name"); !strings.Contains(name, "container") && !strings.Contains(name, "image") && !strings.Contains(name, "tls") {
			r.hash(v, "file hash")
		}
	case "9", "25": // process
		r.own(responder.TypeProcess, v, "process", role)
	case "10", "31", "47", "48": // ids of resources, users, devices, endpoints
		r.arn(v, role)
		r.instance(v, role)
		r.key(v)
	case "18": // CVE
		r.cve(v)
	case "19": // credential
		r.key(v)
	case "27": // container
		r.own(responder.TypeContainer, v, "container", role)
	}
}

// observableType gives the type_id, also where only its name is there.
func observableType(o object) string {
	id := o.text("type_id")
	if id != "" && id != "0" && id != "99" {
		return id
	}
	switch strings.ToLower(strings.TrimSpace(o.text("type"))) {
	case "hostname", "domain":
		return "1"
	case "ip address", "ip":
		return "2"
	case "user name", "username":
		return "4"
	case "email address", "email":
		return "5"
	case "url string", "url", "uniform resource locator":
		return "6"
	case "file name":
		return "7"
	case "hash", "file hash":
		return "8"
	case "process name":
		return "9"
	case "resource uid":
		return "10"
	case "cve":
		return "18"
	case "file path":
		return "45"
	}
	return ""
}
