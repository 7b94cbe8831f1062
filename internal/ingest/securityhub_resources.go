package ingest

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// resources are one's own (API Reference, Resource and ResourceDetails). GuardDuty says for all of them together whether
// they acted.
func (e *asff) resources(f object) {
	for _, r := range f.objects("resources") {
		part := e.part
		if role := r.text("resourceRole"); role != "" {
			part = asffPart(role)
		}
		e.asffResource(r, part)
		e.pack()
	}
}

// claimResources takes down the addresses of one's own resources, so that none of them is taken for the other side's.
func (e *asff) claimResources(f object) {
	own := &asff{}
	own.resources(f)
	for _, a := range own.list {
		if ip := netAddr(a.Value); a.Type == responder.TypeIPAddr {
			e.mine[ip] = true
		}
	}
}

func (e *asff) asffResource(r object, part string) {
	kind, id := r.text("type"), r.text("id")
	details := r.at("details", kind)
	switch kind {
	case "AwsAccount":
		return
	case "AwsIamAccessKey":
		e.accessKeyOf(id, details)
		return
	case "AwsEcrContainerImage":
		e.containerImage(id, details, part)
	case "Container":
		e.containerOf(id, details, part)
	case "AwsS3Object":
		e.object(id)
		e.resourceID(kind, id, part)
	default:
		e.resourceID(kind, id, part)
	}
	e.details(details, part)
	e.externals(r.at("details", "other"))
}

// resourceID adds a resource by its id: an ARN, "AWS::EC2::Instance:i-…", or what a partner writes. The account
// itself says nothing that the alert does not.
func (e *asff) resourceID(kind, id, part string) {
	last := id[strings.LastIndexAny(id, "/:")+1:]
	arn, isARN := readARN(id)
	switch typed, isTyped := strings.CutPrefix(id, "AWS::"); {
	case isInstance(last) || !isARN && kind == "AwsEc2Instance" && strings.HasPrefix(last, "i-"):
		// Some write ARNs without a service, or without "instance/".
		e.own(responder.TypeInstance, last, "instance", part)
		return
	case isARN:
		if arn.service != "iam" || arn.resource != "root" {
			e.arn(id, part)
		}
		return
	case isTyped:
		kind, id = "Aws"+strings.ReplaceAll(strings.TrimSuffix(typed, ":"+last), "::", ""), last
	}
	switch {
	case strings.EqualFold(kind, "AwsS3Bucket"):
		e.own(responder.TypeBucket, unspaced(id), "bucket", part)
	case strings.EqualFold(kind, "AwsIamUser"):
		e.own(responder.TypeUsername, unspaced(id), "user", part)
	case strings.EqualFold(kind, "AwsIamAccessKey"):
		e.accessKey(accessKeyID(id))
	default:
		e.localAddr(id, part)
	}
}

// unspaced is a name without spaces; empty for what is none.
func unspaced(s string) string {
	if s == "null" || strings.ContainsAny(s, " \t\r\n") {
		return ""
	}
	return s
}

// accessKeyID is the last part of an id such as "AWS::IAM::AccessKey:AKIA…"; empty where there is no key's: old
// findings of GuardDuty have "null" there.
func accessKeyID(s string) string {
	id := s[strings.LastIndexByte(s, ':')+1:]
	if len(id) < 16 || len(id) > 128 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return id
}

// accessKeyOf is who acted with a key (API Reference, AwsIamAccessKeyDetails). The session's name and the role behind
// it are in different places.
func (e *asff) accessKeyOf(id string, details object) {
	key := details.text("accessKeyId")
	e.accessKey(accessKeyID(or(key, id)))
	e.user(unspaced(or(details.text("principalName"), details.text("userName"))), "user")
	e.resourceID("", details.at("sessionContext", "sessionIssuer").text("arn"), responder.ContextSubject)
}

// containerImage is an image by its reference: the ARN of an image names registry, repository and digest.
func (e *asff) containerImage(id string, details object, part string) {
	arn, ok := readARN(id)
	name, found := strings.CutPrefix(arn.resource, "repository/")
	if !ok || !found {
		e.resourceID("", id, part)
		return
	}
	repository, digest, ok := strings.Cut(name, "/sha256:")
	reference := registry(arn.account, arn.region) + repository
	if digest = or(strings.TrimPrefix(details.text("imageDigest"), "sha256:"), digest); digest != "" {
		reference += "@sha256:" + digest
	}
	if ok || digest != "" {
		e.own(responder.TypeImage, unspaced(reference), "container image", part)
	}
}

// containerOf is a container by its id, where that is one: some scanners write the name of an image there (API
// Reference, ContainerDetails).
func (e *asff) containerOf(id string, details object, part string) {
	last := id[strings.LastIndexByte(id, '/')+1:]
	if _, ok := readARN(id); ok {
		e.resourceID("", id, part)
	} else if len(last) >= 12 && strings.Trim(last, "0123456789abcdef-") == "" {
		e.own(responder.TypeContainer, last, "container", part)
	}
	e.own(responder.TypeImage, imageName(details.text("imageName")), "container image", part)
}

// imageName is the reference of an image, without what some scanners say of its system behind it.
func imageName(s string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return unspaced(name)
}

// details are what the details of a resource say of its addresses, names and images, whatever it is: the names of
// these fields mean the same in all.
func (e *asff) details(d object, part string) {
	ips := slices.Concat(d.texts("ipV4Addresses"), d.texts("ipV6Addresses"), []string{d.text("publicIp"), d.text("privateIpAddress")})
	for _, o := range d.objects("privateIpAddresses") {
		ips = append(ips, o.text("privateIpAddress"))
	}
	for _, o := range d.objects("ipV6Addresses") {
		ips = append(ips, o.text("ipV6Address"))
	}
	for _, ip := range ips {
		if ip != "0.0.0.0" && ip != "::" {
			e.ownIP(ip, "")
		}
	}
	for _, name := range []string{or(d.text("dNSName"), d.text("dnsName")), d.at("endpoint").text("address")} {
		e.own(responder.TypeHostname, unspaced(name), "host name", part)
	}
	for _, container := range slices.Concat(d.objects("containers"), d.objects("containerDefinitions"), []object{d}) {
		e.own(responder.TypeImage, imageName(container.text("image")), "container image", part)
	}
}
