package ingest

import (
	"maps"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// asset is a resource of one's own (schema.ocsf.io: "Resource Details"). Security Hub names it by what is shortest, with the
// ARN as the other name; its type is one of CloudFormation, "AWS::EC2::Instance", and was one of ASFF, "AwsEc2Instance".
func (r *ocsfReader) asset(a object) {
	part := r.part
	switch a.text("role_id") {
	case "1", "3":
		part = responder.ContextObject
	case "2":
		part = responder.ContextSubject
	case "4":
		part = ""
	}
	kind := ocsfKind(a.text("type"))
	if kind == "iamaccesskey" { // who has it acts with it
		part = responder.ContextSubject
	}
	uid, alt := a.text("uid"), a.text("uid_alt")
	r.typed(kind, or(uid, a.text("name")), alt, part)
	r.called(kind, a, part)
	r.named(uid, part)
	r.named(alt, part)
	r.machine(a.at("device"), part)
	r.person(a.at("user"), part)
	r.localAddr(a.text("ip"), "")
	r.owner(a)
	for _, name := range []string{"data", "details"} {
		r.details(kind, detailsOf(a, name), part)
	}
}

// named adds a resource by its ARN. The account itself says nothing that the alert does not.
func (r *ocsfReader) named(s, part string) {
	arn, ok := readARN(s)
	if !ok || arn.service == "iam" && arn.resource == "root" {
		return
	}
	r.arn(s, part)
	r.ecrImage(arn)
}

// ecrImage adds the image that an ARN of Amazon ECR names with its digest, by the reference that container runtimes know.
func (r *ocsfReader) ecrImage(arn resourceName) {
	repository, digest, ok := strings.Cut(strings.TrimPrefix(arn.resource, "repository/"), "/sha256:")
	if arn.service != "ecr" || !ok {
		return
	}
	r.own(responder.TypeImage, registry(arn.account, arn.region)+repository+"@sha256:"+digest, "container image", responder.ContextObject)
}

// ocsfKind spells a type in one way: "ec2instance".
func ocsfKind(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "::", "")
	return strings.TrimPrefix(strings.ReplaceAll(s, " ", ""), "aws")
}

// typed adds a resource that is named by something shorter than its ARN.
func (r *ocsfReader) typed(kind, id, arn, part string) {
	if _, ok := readARN(id); ok {
		return // its ARN says what it is
	}
	if isAddr(id) {
		r.ip(id, sideOf(part), part)
		return
	}
	switch kind {
	case "ec2instance":
		r.instance(id, part)
	case "iamaccesskey":
		r.key(id)
	case "iamuser":
		if arn == "" && meant(id) {
			r.own(responder.TypeUsername, id, "user", part)
		}
	case "s3bucket":
		if meant(id) {
			r.own(responder.TypeBucket, id, "bucket", part)
		}
	case "s3object":
		r.path(id)
	case "container", "ecscontainer", "ekscontainer":
		if meant(id) {
			r.own(responder.TypeContainer, id, "container", part)
		}
	}
}

// sideOf is that of an address which is a resource by itself: one that acted may be anybody's.
func sideOf(part string) string {
	if part == responder.ContextSubject {
		return ""
	}
	return near
}

// called adds a resource that people call by its name.
func (r *ocsfReader) called(kind string, a object, part string) {
	name := a.text("name")
	if host := a.text("hostname"); meant(host) && !isAddr(host) {
		r.own(responder.TypeHostname, host, "host", part)
		return
	}
	switch {
	case !meant(name) || isAddr(name) || isInstance(name):
	case kind == "user":
		r.own(responder.TypeUsername, name, "user", part)
	case oneOf(kind, "host", "server", "endpoint", "device", "computer", "virtualmachine", "pod", "node", "kubernetespod", "kubernetesnode"):
		r.own(responder.TypeHostname, name, "host", part)
	}
}

// owner is a person, and not the account.
func (r *ocsfReader) owner(a object) {
	owner := a.at("owner")
	if name := owner.text("name"); meant(name) {
		r.own(responder.TypeUsername, name, "owner", "")
	}
	if mail := owner.text("email_addr"); isMail(mail) {
		r.own(responder.TypeEmail, mail, "owner", "")
	}
}

// detailsOf gives what a producer says of a resource in its own words, which may be a JSON text, and may stand under its type
// ("AwsEc2Instance", "awsEc2InstanceDetails") or, by Prowler, under "metadata".
func detailsOf(a object, name string) object {
	data := a.at(name)
	if data == nil {
		data, _ = decode(a.text(name))
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if inner := data.at(key); inner != nil && (key == "metadata" || strings.HasPrefix(strings.ToLower(key), "aws")) {
			return inner
		}
	}
	return data
}

// loose gives the fields of an object by their names without case and underscores: "PrivateIpAddress", "privateIpAddress" and
// "private_ip_address" are one.
func loose(o object) object {
	out := make(object, len(o))
	for name, v := range o {
		out[strings.ReplaceAll(strings.ToLower(name), "_", "")] = v
	}
	return out
}

// details adds what of a resource's details is an entity: addresses and ids of machines, and whose an access key is.
func (r *ocsfReader) details(kind string, data object, part string) {
	d := loose(data)
	r.instance(d.text("instanceid"), part)
	for _, ip := range ownAddresses(d) {
		r.localAddr(ip, "")
	}
	if kind == "iamaccesskey" {
		r.key(d.text("accesskeyid"))
		r.arn(loose(loose(d.at("sessioncontext")).at("sessionissuer")).text("arn"), part)
		for _, name := range []string{"username", "principalname"} {
			if meant(d.text(name)) && !isServiceName(d.text(name)) {
				r.own(responder.TypeUsername, d.text(name), "user", part)
			}
		}
	}
	for _, image := range []string{d.text("image"), d.text("imagename")} {
		if meant(image) && strings.HasSuffix(kind, "container") {
			r.own(responder.TypeImage, image, "container image", responder.ContextObject)
		}
	}
}

// ownAddresses are those of a machine: in its details, and of its network interfaces.
func ownAddresses(d object) (out []string) {
	for _, o := range append([]object{d}, d.objects("networkinterfaces")...) {
		i := loose(o)
		for _, name := range []string{
			"privateipaddress", "publicipaddress", "privateip", "publicip", "ipaddress", "ipv4addresses", "ipv6addresses",
			"publicipaddresses",
		} {
			out = append(out, i.texts(name)...)
		}
		for _, list := range []string{"privateipaddresses", "ipv6addresses"} {
			for _, p := range i.objects(list) {
				p = loose(p)
				out = append(out, p.text("privateipaddress"), p.text("ipv6address"))
			}
		}
	}
	return out
}

// concerned adds what a call was about, which GuardDuty says by type: {"AWS::CloudTrail::Trail": "main"}.
func (r *ocsfReader) concerned(data object) {
	about := data.at("affected_resource")
	for _, kind := range slices.Sorted(maps.Keys(about)) {
		r.typed(ocsfKind(kind), about.text(kind), "", responder.ContextObject)
		r.named(about.text(kind), responder.ContextObject)
	}
}

// knowAsset remembers a machine that a finding is about.
func (r *ocsfReader) knowAsset(a object) {
	if isAddr(a.text("uid")) && a.text("role_id") == "2" {
		return
	}
	r.know(a)
	r.know(a.at("device"))
	for _, name := range []string{"data", "details"} {
		d := detailsOf(a, name)
		r.remember(loose(d).text("instanceid"))
		for _, ip := range ownAddresses(loose(d)) {
			r.remember(ip)
		}
	}
}
