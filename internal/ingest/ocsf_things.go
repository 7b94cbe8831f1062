package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// process is a program that ran, with the one that started it (schema.ocsf.io: "Process").
func (r *ocsfReader) process(p object, part string) {
	r.program(p, "process", part)
	r.program(p.at("parent_process"), "parent process", "")
	r.person(p.at("user"), part)
	r.container(p.at("container"))
	for _, line := range append(p.objects("ancestry"), p.objects("lineage")...) {
		r.hashes(line.at("file"), "executable of "+programName(line))
	}
}

func (r *ocsfReader) program(p object, key, part string) {
	r.hashes(p.at("file"), "executable of "+programName(p))
	for _, s := range []string{p.at("file").text("path"), p.text("path"), p.text("name"), p.at("file").text("name")} {
		if meant(s) {
			r.own(responder.TypeProcess, s, key, part)
			return
		}
	}
}

func programName(p object) string {
	for _, s := range []string{p.text("name"), p.at("file").text("name"), p.at("file").text("path")} {
		if meant(s) {
			return line(s, 80)
		}
	}
	return "a process"
}

// file adds a file by its hashes and where it is.
func (r *ocsfReader) file(f object) {
	name := or(f.text("path"), f.text("name"))
	r.hashes(f, strings.TrimSpace("file "+line(name, 150)))
	r.path(name)
}

// hashes adds those of a file that inspectors know (schema.ocsf.io: "Fingerprint", algorithm_id). There are others that look
// alike: of imports, of similarity, of layers of an image.
func (r *ocsfReader) hashes(f object, key string) {
	for _, h := range f.objects("hashes") {
		if isFileHash(h) {
			r.hash(h.text("value"), key)
		}
	}
}

func isFileHash(h object) bool {
	switch h.text("algorithm_id") {
	case "1", "2", "3":
		return true
	case "", "0", "99":
		name := strings.NewReplacer("-", "", "_", "", " ", "").Replace(h.text("algorithm"))
		return oneOf(name, "", "md5", "sha1", "sha256")
	}
	return false
}

// container: its hash is of the image, and no file's.
func (r *ocsfReader) container(c object) {
	if uid := c.text("uid"); meant(uid) {
		r.own(responder.TypeContainer, uid, "container", responder.ContextObject)
	}
	r.image(c.at("image"))
}

func (r *ocsfReader) image(i object) {
	name := or(i.text("name"), i.text("path"))
	if !meant(name) {
		return
	}
	if tag := i.text("tag"); meant(tag) && !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") {
		name += ":" + tag
	}
	r.own(responder.TypeImage, name, "container image", responder.ContextObject)
}

// machine is one of one's own (schema.ocsf.io: "Device").
func (r *ocsfReader) machine(d object, part string) {
	for _, id := range []string{d.text("uid"), d.text("uid_alt"), d.text("instance_uid")} {
		r.instance(last(id), part)
	}
	if host := d.text("hostname"); meant(host) && !isAddr(host) {
		r.own(responder.TypeHostname, host, "host", part)
	} else if name := d.text("name"); meant(name) && !isAddr(name) && !isInstance(name) {
		r.own(responder.TypeHostname, name, "host", part)
	}
	r.localAddr(d.text("ip"), "")
	for _, i := range d.objects("network_interfaces") {
		r.localAddr(i.text("ip"), "")
	}
	if owner := d.at("owner"); owner != nil {
		r.person(owner, "")
	}
	r.container(d.at("container"))
}

func (r *ocsfReader) databucket(b object) {
	name := or(b.text("name"), b.text("uid"))
	if arn, ok := readARN(b.text("uid")); ok && arn.service == "s3" {
		r.arn(b.text("uid"), responder.ContextObject)
	} else if meant(name) {
		r.bucket(name)
	}
	r.file(b.at("file"))
}
