package awscontext

import (
	"cmp"
	"context"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// looker looks into one kind of entity by its name. A zero page says that there is no such thing.
type looker func(l *look, ctx context.Context, name string) (responder.Page, error)

var byType = map[string]looker{
	responder.TypeInstance:  (*look).instance,
	responder.TypeIPAddr:    (*look).address,
	responder.TypeAccessKey: (*look).accessKey,
	responder.TypeUsername:  (*look).user,
	responder.TypeBucket:    (*look).bucket,
}

// byARN are the lookers for resources, by service and kind.
var byARN = map[string]looker{
	"ec2:instance":                      (*look).instance,
	"ec2:network-interface":             (*look).networkInterface,
	"ec2:natgateway":                    (*look).natGateway,
	"elasticloadbalancing:loadbalancer": (*look).balancer,
	"iam:user":                          (*look).user,
	"iam:role":                          (*look).user,
	"iam:":                              (*look).user, // root
	"sts:assumed-role":                  (*look).user,
	"sts:federated-user":                (*look).user,
	"s3:":                               named((*look).bucket, first), // also of an object
	"lambda:function":                   (*look).function,
}

// target is what to look into, and where.
type target struct {
	looker          looker
	name            string
	account, region string
	partition       string // empty: one's own
}

// targetOf finds the looker for an attribute. An ARN says itself where its resource is, as far as it does.
func targetOf(task responder.Task) (target, bool) {
	a := task.Attribute
	if _, ok := principalOf(task); a.Type == responder.TypeUsername && !ok || a.Type == responder.TypeAccessKey && !keyPattern.MatchString(a.Value) {
		return target{}, false
	}
	t := target{looker: byType[a.Type], name: a.Value, account: task.Alert.Account, region: task.Alert.Region}
	if parsed, ok := parseARN(a.Value); ok {
		t.looker, t.name = parsed.looker()
		t.account, t.region = cmp.Or(parsed.account, t.account), cmp.Or(parsed.region, t.region)
		t.partition = parsed.partition
	}
	return t, t.looker != nil && t.name != "" && t.account != "aws" // of AWS itself, such as its policies
}

// looker is the one for a resource, with its name there.
func (a arn) looker() (looker, string) {
	kind, name := a.cut()
	if a.service == "s3" || name == "" {
		kind, name = "", a.resource
	}
	if l := byARN[a.service+":"+kind]; l != nil {
		return l, name
	}
	return a.describe, name
}

// named is a looker for a part of the name.
func named(l looker, part func(string) string) looker {
	return func(look *look, ctx context.Context, name string) (responder.Page, error) {
		return l(look, ctx, part(name))
	}
}

func first(path string) string { name, _, _ := strings.Cut(path, "/"); return name }
