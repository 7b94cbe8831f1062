package onawstest

import "slices"

// Quarantine is what calls of the emitter quarantine are about: it looks and acts in its own account alone.
const Quarantine = "quarantine"

// mode is the condition of the template under which quarantine acts.
const mode = "MakeQuarantineActions"

const (
	ofEC2 = "arn:aws:ec2:*:" + Account + ":"
	tag   = "alertresponder:quarantine" // of what quarantine makes
	wafs  = "arn:aws:wafv2:*:" + Account + ":*/ipset/*"
)

// affected are the types of EC2's resources that what is made and changed can be about: each action knows some of them
// (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"). A snapshot's ARN has no account.
var affected = []string{ofEC2 + "instance/*", ofEC2 + "network-interface/*", ofEC2 + "security-group/*", ofEC2 + "volume/*", ofEC2 + "vpc/*",
	"arn:aws:ec2:*::snapshot/*"}

// protected are roles that nobody changes, whatever an alert says: those of the stack, and those of AWS.
var protected = []string{ofIAM + "role/" + Stack + "-*", ofIAM + "role/aws-service-role/*", ofIAM + "role/aws-reserved/*"}

// owned is a condition of IAM: buckets of this account.
const owned = "StringEquals s3:ResourceAccount " + Account

// acting are the actions of quarantine with what its role has to say of them.
var acting = map[string][]grant{
	"ec2:DescribeInstances":         on("", "", "*"),
	"iam:GetAccessKeyLastUsed":      on("", "", users...),
	"iam:GetUser":                   on("", "", users...),
	"iam:ListAccessKeys":            on("", "", users...),
	"iam:GetRole":                   on("", "", roles...),
	"s3:GetBucketPublicAccessBlock": on("", owned, buckets...),
	"s3:GetBucketTagging":           on("", owned, buckets...),
	"wafv2:GetIPSet":                on("", "", wafs),

	"ec2:DescribeSecurityGroups":          on(mode, "", "*"),
	"ec2:DescribeSnapshots":               on(mode, "", "*"),
	"ec2:CreateSecurityGroup":             on(mode, "", affected...),
	"ec2:CreateSnapshots":                 on(mode, "", affected...),
	"ec2:ModifyNetworkInterfaceAttribute": on(mode, "", affected...),
	"ec2:AuthorizeSecurityGroupEgress":    on(mode, ofQuarantine, ofEC2+"security-group/*"),
	"ec2:AuthorizeSecurityGroupIngress":   on(mode, ofQuarantine, ofEC2+"security-group/*"),
	"ec2:RevokeSecurityGroupEgress":       on(mode, ofQuarantine, ofEC2+"security-group/*"),
	"ec2:DeleteSecurityGroup":             on(mode, ofQuarantine, ofEC2+"security-group/*"),
	"ec2:CreateTags": slices.Concat(on(mode, "StringEquals ec2:CreateAction CreateSecurityGroup CreateSnapshots", ofEC2+"security-group/*", "arn:aws:ec2:*::snapshot/*"),
		on(mode, marks, ofEC2+"instance/*")),
	"iam:UpdateAccessKey":           on(mode, "", users...),
	"iam:PutUserPolicy":             on(mode, "", users...),
	"iam:PutRolePolicy":             slices.Concat(on(mode, "", roles...), never("iam:PutRolePolicy")),
	"s3:PutBucketPublicAccessBlock": on(mode, owned, buckets...),
	"wafv2:UpdateIPSet":             on(mode, "", wafs),
}

const (
	// ofQuarantine is a condition of IAM: security groups that quarantine made.
	ofQuarantine = "StringEquals aws:ResourceTag/" + tag + " isolation cut"
	// marks is one: this tag and no other. ForAllValues lets through what has no key.
	marks = "ForAllValues:StringEquals aws:TagKeys " + tag + ", Null aws:TagKeys false"
)

func on(where, condition string, resources ...string) (grants []grant) {
	for _, r := range resources {
		grants = append(grants, grant{resource: r, condition: condition, where: where})
	}
	return grants
}

func never(action string) (grants []grant) {
	for _, r := range protected {
		grants = append(grants, grant{action: "never " + action, resource: r, where: mode})
	}
	return grants
}

// actingOf is what a role has to say of one action of quarantine.
func actingOf(action string) (grants []grant) {
	for _, g := range acting[action] {
		if g.action == "" {
			g.action = action
		}
		grants = append(grants, g)
	}
	return grants
}

// Acting are the names of these actions, by what they are called in their API.
func Acting() map[string]string {
	out := map[string]string{}
	for action := range acting {
		out[last(action, ":")] = action
	}
	return out
}
