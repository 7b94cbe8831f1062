package onawstest

import "strings"

// needed is what the role of a function has to allow: the calls that it made, and what AWS does in its name. A statement
// that is about more than its call is named here, with the reason.
func needed(of own, made map[Call]bool) []grant {
	needs := byLambda(of)
	publishes := false
	for c := range made {
		needs = append(needs, grantsFor(c)...)
		publishes = publishes || c.Action == "sns:Publish"
	}
	if publishes {
		needs = append(needs, byKey...)
	}
	return needs
}

// byLambda is what Lambda does in a function's name: its event source mapping and its logs (AWS Lambda Developer Guide,
// "Using Lambda with Amazon SQS", "Sending Lambda function logs to CloudWatch Logs").
func byLambda(of own) []grant {
	return []grant{
		{action: "logs:CreateLogStream", resource: of.logs}, {action: "logs:PutLogEvents", resource: of.logs},
		{action: "sqs:ReceiveMessage", resource: of.queue}, {action: "sqs:DeleteMessage", resource: of.queue},
		{action: "sqs:GetQueueAttributes", resource: of.queue},
	}
}

// byKey is what SNS does in the name of a function that publishes where a topic has a key of one's own (Amazon SNS
// Developer Guide, "Key management").
var byKey = []grant{
	{action: "kms:GenerateDataKey", resource: "KmsKeyArn", where: "UseKey"}, {action: "kms:Decrypt", resource: "KmsKeyArn", where: "UseKey"},
}

// MappingsObject is how mappings are read.
var MappingsObject = Call{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + Parameters["MappingsBucket"] + "/" + Parameters["MappingsKey"]}

func grantsFor(c Call) []grant {
	lists := "arn:aws:s3:::" + Parameters["WatchlistBucket"] + "/" + Parameters["WatchlistPrefix"]
	switch {
	case c.Action == "lambda:InvokeFunction":
		return []grant{{action: c.Action, resource: c.Resource, where: "OwnReviewer"}}
	case c == MappingsObject:
		return []grant{{action: c.Action, resource: c.Resource, where: "WithMappings"}}
	case c.Action == "ssm:GetParametersByPath":
		// The call is about a path and what is below it (AWS Systems Manager User Guide, "Restricting access to Parameter
		// Store parameters using IAM policies").
		path := "arn:aws:ssm:" + Region + ":" + Account + ":parameter" + c.Resource
		return []grant{{action: c.Action, resource: path}, {action: c.Action, resource: path + "/*"}}
	case c.Action == "s3:GetObject" && strings.HasPrefix(c.Resource, lists):
		// Which lists there are, is seen when the bucket is listed.
		return []grant{{action: c.Action, resource: lists + "*"}}
	case c.Action == "s3:ListBucket" && c.Prefix == Parameters["WatchlistPrefix"]:
		// Without a prefix the list of all objects is asked for, and a condition on the prefix would never hold.
		prefix := "StringLike s3:prefix " + c.Prefix + "*"
		return []grant{
			{action: c.Action, resource: c.Resource, condition: prefix, where: "WatchlistHasPrefix"},
			{action: c.Action, resource: c.Resource, where: "not:WatchlistHasPrefix"},
		}
	}
	switch {
	case c.Resource == Quarantine:
		return actingOf(c.Action)
	case strings.HasPrefix(c.Action, "guardduty:"):
		return []grant{{action: c.Action, resource: "*", where: "SecurityhubArchives"}}
	}
	if c.Action == "sts:AssumeRole" {
		return []grant{{action: c.Action, resource: Parameters["AwscontextRoleArns"], where: "AwscontextHasRoles"}}
	}
	if of, known := readings[c.Action]; known {
		return readingOf(c.Action, of)
	}
	return []grant{{action: c.Action, resource: c.Resource}}
}
