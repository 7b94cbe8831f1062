package awscontext

import (
	"slices"
	"strings"
)

// tags are what people and services write beside a resource. Anybody who may tag can write them.
type tags []tag

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// get gives the value of a tag, whatever the case of its key.
func (t tags) get(key string) string {
	for _, tag := range t {
		if strings.EqualFold(tag.Key, key) {
			return text(tag.Value)
		}
	}
	return ""
}

// ownerWords are the parts of keys by which people say whose a resource is: Owner, team, app:contact, service-owner.
var ownerWords = []string{"owner", "team", "contact", "maintainer", "responsible"}

// owners are the values of such tags.
func (t tags) owners() (out []string) {
	for _, tag := range t {
		parts := strings.FieldsFunc(strings.ToLower(tag.Key), func(r rune) bool { return strings.ContainsRune(":/-_. ", r) })
		own := slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(ownerWords, p) })
		if v := text(tag.Value); own && v != "" && !slices.Contains(out, v) && len(out) < maxOwners {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

const maxOwners = 5

// makers are the tags that services of AWS set, or that are set for them, with what they say of who made a resource. The
// first that is there counts: an Auto Scaling group is itself of a stack. (AWS CloudFormation User Guide, "Resource tag";
// Amazon EC2 Auto Scaling User Guide, "Tag lifecycle"; Amazon EKS User Guide, "Tagging your resources"; Amazon ECS
// Developer Guide, "Tagging"; AWS Elastic Beanstalk Developer Guide, "Tagging".)
var makers = []struct{ key, what string }{
	{"aws:autoscaling:groupName", "Auto Scaling group"},
	{"aws:eks:cluster-name", "EKS cluster"},
	{"eks:cluster-name", "EKS cluster"},
	{"karpenter.sh/nodepool", "Karpenter node pool"},
	{"aws:ecs:clusterName", "ECS cluster"},
	{"elasticbeanstalk:environment-name", "Elastic Beanstalk environment"},
	{"aws:elasticmapreduce:job-flow-id", "EMR cluster"},
	{"aws:cloudformation:stack-name", "CloudFormation stack"},
	{"aws:ec2:fleet-id", "EC2 fleet"},
	{"aws:ec2launchtemplate:id", "launch template"},
}

// maker is the service that made the resource, by its tags.
func (t tags) maker() string {
	for _, m := range makers {
		if v := t.get(m.key); v != "" {
			return m.what + " " + v
		}
	}
	return ""
}
