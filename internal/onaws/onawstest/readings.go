package onawstest

import "slices"

// readings are the actions that look into accounts, with the resources that a policy can name of them in its account: "*" is of
// those that IAM knows none for, which a policy allows on * or not at all (Service Authorization Reference, "Actions,
// resources, and condition keys for" Amazon EC2, AWS Elastic Load Balancing V2, AWS Identity and Access Management, AWS Security
// Token Service, AWS CloudTrail, Amazon S3, AWS Lambda, Amazon Resource Group Tagging API).
var readings = map[string][]string{
	"cloudtrail:LookupEvents":                    {"*"},
	"ec2:DescribeAddresses":                      {"*"},
	"ec2:DescribeImages":                         {"*"},
	"ec2:DescribeInstances":                      {"*"},
	"ec2:DescribeNatGateways":                    {"*"},
	"ec2:DescribeNetworkInterfaces":              {"*"},
	"ec2:DescribeSecurityGroups":                 {"*"},
	"ec2:DescribeVpcs":                           {"*"},
	"elasticloadbalancing:DescribeLoadBalancers": {"*"},
	"elasticloadbalancing:DescribeTags":          {"*"},
	"iam:GetAccountSummary":                      {"*"},
	"iam:ListAccountAliases":                     {"*"},
	"s3:GetAccountPublicAccessBlock":             {"*"},
	"s3:ListAllMyBuckets":                        {"*"},
	"sts:GetAccessKeyInfo":                       {"*"},
	"tag:GetResources":                           {"*"},

	// AWS Security Token Service API Reference, GetCallerIdentity: no permissions are required.
	"sts:GetCallerIdentity": nil,

	"iam:GetAccessKeyLastUsed":      users,
	"iam:GetLoginProfile":           users,
	"iam:GetUser":                   users,
	"iam:ListAccessKeys":            users,
	"iam:ListAttachedUserPolicies":  users,
	"iam:ListGroupsForUser":         users,
	"iam:ListMFADevices":            users,
	"iam:ListUserPolicies":          users,
	"iam:GetRole":                   roles,
	"iam:ListAttachedRolePolicies":  roles,
	"iam:ListRolePolicies":          roles,
	"iam:SimulatePrincipalPolicy":   {users[0], roles[0]},
	"iam:ListAttachedGroupPolicies": {ofIAM + "group/*"},
	"iam:GetInstanceProfile":        {ofIAM + "instance-profile/*"},

	"s3:GetBucketAcl":               buckets,
	"s3:GetBucketPolicyStatus":      buckets,
	"s3:GetBucketPublicAccessBlock": buckets,
	"s3:GetBucketTagging":           buckets,
	"s3:GetBucketVersioning":        buckets,
	"s3:GetEncryptionConfiguration": buckets,

	"lambda:GetFunctionConfiguration": functions,
	"lambda:GetPolicy":                functions,
	"lambda:ListFunctionUrlConfigs":   functions,
	"lambda:ListTags":                 functions,
}

const ofIAM = "arn:aws:iam::" + Account + ":"

var (
	users, roles = []string{ofIAM + "user/*"}, []string{ofIAM + "role/*"}
	buckets      = []string{"arn:aws:s3:::*"}
	functions    = []string{"arn:aws:lambda:*:" + Account + ":function:*"}
)

// WithoutResource says of which actions IAM knows no resource.
func WithoutResource(action string) bool {
	return len(readings[action]) == 1 && readings[action][0] == "*" || slices.Contains(withoutResource, action)
}

// withoutResource are those of emitters. Security Hub knows a resource for its own, which is all that there is of it in an
// account and a region (Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Hub", hub).
var withoutResource = []string{
	"ec2:DescribeSnapshots", "guardduty:ArchiveFindings", "guardduty:GetFindings", "guardduty:ListDetectors", "guardduty:UnarchiveFindings",
	"securityhub:BatchUpdateFindings", "securityhub:GetFindings",
}

// Readings are the names of these actions, by what they are called in their API.
func Readings() map[string]string {
	out := map[string]string{}
	for action := range readings {
		out[last(action, ":")] = action
	}
	return out
}

func readingOf(action string, resources []string) (grants []grant) {
	for _, r := range resources {
		grants = append(grants, grant{action: action, resource: r})
	}
	return grants
}
