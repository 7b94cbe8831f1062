package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// resourceName is an ARN in its parts (AWS General Reference, "Amazon Resource Names").
type resourceName struct{ partition, service, region, account, resource string }

// readARN reads an ARN; ok is false for what is none.
func readARN(s string) (r resourceName, ok bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" || strings.ContainsAny(s, " \t\r\n") {
		return resourceName{}, false
	}
	return resourceName{partition: p[1], service: p[2], region: p[3], account: p[4], resource: p[5]}, true
}

// arn adds a resource of one's own by its name, as what inspectors know where that says all: instances, buckets, users.
// Whatever else it is stays an ARN. The part is subject, object, or none.
func (e *entities) arn(arn, part string) {
	r, ok := readARN(arn)
	if !ok {
		return
	}
	kind, name, _ := strings.Cut(r.resource, "/")
	last := r.resource[strings.LastIndexByte(r.resource, '/')+1:]
	switch {
	case r.service == "ec2" && kind == "instance" && name != "":
		e.own(responder.TypeInstance, name, "instance", part)
	case r.service == "s3" && r.account == "": // access points have an account
		e.own(responder.TypeBucket, kind, "bucket", part)
	case r.service == "iam" && kind == "user" && last != "": // behind a path
		e.own(responder.TypeUsername, last, "user", part)
	default:
		e.own(responder.TypeARN, arn, strings.ReplaceAll(r.service, "-", " ")+" resource", part)
	}
}
