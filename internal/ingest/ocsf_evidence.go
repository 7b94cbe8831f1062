package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The sides of a connection.
const (
	near = responder.ContextLocal
	far  = responder.ContextRemote
)

// evidence is what happened: an evidence of a finding (schema.ocsf.io: "Evidence Artifacts"), or an activity, which has the
// same objects.
func (r *ocsfReader) evidence(o object) {
	src, dst := r.sides(o)
	for end, side := range map[string]string{"src_endpoint": src, "dst_endpoint": dst} {
		if was, known := r.ends[end]; o.has(end) && known && was != side {
			side = ""
		}
		if o.has(end) {
			r.ends[end] = side
		}
	}
	r.endpoint(o.at("src_endpoint"), src, responder.ContextClient)
	r.endpoint(o.at("dst_endpoint"), dst, responder.ContextServer)
	r.name(o.at("query").text("hostname"), far, responder.ContextObject)
	r.name(o.at("tls").text("sni"), dst, responder.ContextServer)
	for _, answer := range o.objects("answers") {
		if isAddr(answer.text("rdata")) {
			r.remoteAddr(answer.text("rdata"), responder.ContextServer)
		}
	}
	r.request(o.at("http_request"), src, dst)
	r.address(o.at("url"), dst)
	r.email(o.at("email"), oneOf(direction(o), "2", "outbound"))
	r.actor(o.at("actor"))
	r.process(o.at("process"), responder.ContextObject)
	r.person(o.at("user"), r.userPart())
	r.things(o)
	r.concerned(o.at("data"))
}

// userPart: who logs on acts; any other user of an event is acted upon.
func (r *ocsfReader) userPart() string {
	if r.event.class == ocsfAuthentication {
		return responder.ContextSubject
	}
	return responder.ContextObject
}

// things are what was acted upon.
func (r *ocsfReader) things(o object) {
	for _, file := range []object{o.at("file"), o.at("file_result"), o.at("script"), o.at("script", "file"), o.at("module", "file"), o.at("job", "file")} {
		r.file(file)
	}
	r.person(o.at("job", "user"), "")
	r.container(o.at("container"))
	r.machine(o.at("device"), "")
	r.databucket(o.at("databucket"))
	for _, name := range []string{"database", "table", "entity", "managed_entity"} {
		r.arn(o.at(name).text("uid"), responder.ContextObject)
	}
	if r.event.category() == 2 && o.at("finding_info") == nil && o.at("finding") == nil { // those of the event are read by themselves
		for _, res := range append(o.objects("resources"), o.objects("resource")...) {
			r.asset(res)
		}
	}
}

// sides says on which side the two ends of a connection are; nothing where nobody knows. The source is the client. Who is on
// one's own side is known by the direction, by the address, or as a machine that the finding is about; the other end is then
// the other side.
func (r *ocsfReader) sides(o object) (src, dst string) {
	from, to := present(o.at("src_endpoint")), present(o.at("dst_endpoint"))
	switch s := direction(o); {
	case oneOf(s, "1", "inbound"):
		return far, r.near(to, from == nil)
	case oneOf(s, "2", "outbound"):
		return r.near(from, to == nil), far
	case oneOf(s, "3", "lateral", "4", "local"):
		return near, near
	}
	src, dst = r.side(from), r.side(to)
	if called := o.at("api") != nil || r.event.category() == 3 || r.event.category() == 6; called && dst == "" {
		dst = near // what is called or logged on to is one's own
	}
	if src == "" && from != nil && (dst == near || to == nil) {
		src = far
	}
	switch {
	case dst != "":
	case src == near, from == nil && to != nil:
		dst = far
	case src == far && to == nil:
		dst = near
	}
	return src, dst
}

// near is the side of an end that the direction says is one's own. Where it is the only one, and nothing else says so, the
// producer may have put the other end there.
func (r *ocsfReader) near(end object, alone bool) string {
	if alone && end.isText("ip") && r.side(end) == "" {
		return ""
	}
	return near
}

// present gives an end that says anything of itself.
func present(end object) object {
	for _, name := range []string{"ip", "hostname", "uid", "name", "domain", "instance_uid", "interface_uid"} {
		if meant(end.text(name)) {
			return end
		}
	}
	return nil
}

// direction gives that of a connection or an e-mail.
func direction(o object) string {
	c := o.at("connection_info")
	for _, s := range []string{c.text("direction_id"), c.text("direction"), o.text("direction_id"), o.text("direction")} {
		if s != "" && s != "0" && s != "99" {
			return s
		}
	}
	return ""
}

// side tells an end of one's own by its address, or by what only one's own have: a place in a VPC.
func (r *ocsfReader) side(end object) string {
	if ip := end.text("ip"); isAddr(ip) && entity.IsLocal(ip) {
		return near
	}
	for _, name := range []string{"ip", "uid", "instance_uid", "hostname", "name"} {
		if s := end.text(name); meant(s) && r.isMine(s) {
			return near
		}
	}
	for _, name := range []string{"instance_uid", "interface_uid", "subnet_uid", "vpc_uid"} {
		if meant(end.text(name)) {
			return near
		}
	}
	return ""
}

// endpoint is an end of a connection.
func (r *ocsfReader) endpoint(end object, side, role string) {
	r.ip(end.text("ip"), side, role)
	r.instance(end.text("instance_uid"), role)
	r.name(end.text("hostname"), side, role)
	for _, ip := range end.texts("intermediate_ips") {
		r.ip(ip, side, "")
	}
	if meant(end.text("hostname")) || meant(end.text("ip")) {
		return
	}
	uid := end.text("uid")
	r.arn(uid, "")
	r.instance(uid, role)
	for _, s := range []string{end.text("domain"), uid, end.text("name")} {
		if isAddr(s) || isDomain(s) {
			r.name(s, side, role)
		}
	}
}

// instance adds a virtual machine of EC2.
func (r *ocsfReader) instance(id, part string) {
	if isInstance(id) {
		r.own(responder.TypeInstance, id, "instance", part)
	}
}

// request is a request to dst. Who it was made for may stand in it.
func (r *ocsfReader) request(o object, src, dst string) {
	r.address(o.at("url"), dst)
	if src != near {
		for _, ip := range o.texts("x_forwarded_for") {
			r.ip(ip, src, responder.ContextClient)
		}
	}
}

func (r *ocsfReader) address(o object, side string) {
	r.url(o.text("url_string"), side)
	if r.name(o.text("hostname"), side, responder.ContextServer); !meant(o.text("hostname")) {
		r.name(o.text("domain"), side, responder.ContextServer)
	}
}

// email: who wrote it is the other side, but for one that goes out.
func (r *ocsfReader) email(o object, out bool) {
	from, to := far, near
	if out {
		from, to = near, far
	}
	for _, name := range []string{"from", "from_list", "from_mailbox", "smtp_from", "sender", "sender_mailbox", "return_path", "reply_to", "reply_to_list"} {
		r.mailboxes(o, name, "sender", from, responder.ContextSubject)
	}
	for _, name := range []string{"to", "cc", "bcc", "smtp_to", "delivered_to", "delivered_to_list"} {
		r.mailboxes(o, name, "recipient", to, responder.ContextObject)
	}
	for _, ip := range o.texts("x_originating_ip") {
		r.ip(ip, from, responder.ContextClient)
	}
	for _, u := range o.objects("urls") {
		r.address(u, from)
	}
	for _, f := range o.objects("files") {
		r.file(f)
	}
}

// mailboxes adds the addresses in a field, which may have names before them.
func (r *ocsfReader) mailboxes(o object, name, key string, context ...string) {
	for _, s := range o.texts(name) {
		if i := strings.LastIndexByte(s, '<'); i >= 0 {
			s, _, _ = strings.Cut(s[i+1:], ">")
		}
		if isMail(s) {
			r.add(responder.TypeEmail, s, key, context...)
		}
	}
}

func isMail(s string) bool {
	box, domain, ok := strings.Cut(strings.TrimSpace(s), "@")
	return ok && box != "" && !strings.ContainsAny(s, " <>,;") && isDomain(domain)
}

// actor is who or what acted (schema.ocsf.io: "Actor").
func (r *ocsfReader) actor(o object) {
	r.person(o.at("user"), responder.ContextSubject)
	r.process(o.at("process"), responder.ContextSubject)
	session := o.at("session")
	r.key(session.text("credential_uid"))
	r.arn(session.text("issuer"), responder.ContextSubject)
	r.arn(o.at("iam_role").text("uid"), responder.ContextSubject)
}

// person is a user (schema.ocsf.io: "User"). One of another account is not said to be one's own.
func (r *ocsfReader) person(u object, part string) {
	side := near
	if account := u.at("account").text("uid"); meant(account) && meant(r.account) && account != r.account {
		side = ""
	}
	switch name := or(u.text("name"), u.text("full_name")); {
	case isAddr(name): // of one who did not log on
		r.ip(name, "", part)
	case strings.HasPrefix(name, "arn:"):
		r.arn(name, part)
	case meant(name) && !isServiceName(name):
		r.add(responder.TypeUsername, name, "user", side, part)
	}
	r.arn(u.text("uid"), part)
	r.key(u.text("credential_uid"))
	if isMail(u.text("email_addr")) {
		r.add(responder.TypeEmail, u.text("email_addr"), "e-mail address of a user", side, part)
	}
}

// key adds an access key of IAM, also at the end of what Security Hub calls it: "AWS::IAM::AccessKey:ASIA…".
func (r *ocsfReader) key(id string) {
	if id = id[strings.LastIndexByte(id, ':')+1:]; isAccessKey(id) {
		r.accessKey(id)
	}
}

func isAccessKey(id string) bool {
	return (strings.HasPrefix(id, "AKIA") || strings.HasPrefix(id, "ASIA")) && len(id) >= 16 && len(id) <= 128 &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
