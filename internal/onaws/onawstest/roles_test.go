package onawstest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const template = "../../../template.yml"

// made are the calls that some functions make.
var made = map[string]map[Call]bool{
	"Dispatcher": {
		{Action: "sns:Publish", Resource: "TaskNotification"}: true, {Action: "sqs:ChangeMessageVisibility", Resource: "InspectionQueue"}: true,
	},
	"Watchlist": {
		{Action: "s3:ListBucket", Resource: "arn:aws:s3:::a-bucket", Prefix: "lists/"}:  true,
		{Action: "s3:GetObject", Resource: "arn:aws:s3:::a-bucket/lists/malicious.txt"}: true,
		{Action: "sqs:SendMessage", Resource: "SubmissionQueue"}:                        true, {Action: "sqs:ChangeMessageVisibility", Resource: "WatchlistQueue"}: true,
	},
	"Webhook": {
		{Action: "dynamodb:UpdateItem", Resource: "PluginData"}: true, {Action: "sqs:ChangeMessageVisibility", Resource: "WebhookQueue"}: true,
		{Action: "secretsmanager:GetSecretValue", Resource: Parameters["WebhookSecretArn"]}: true,
	},
}

// fits makes sure that these functions have the roles that they need, before these are changed.
func fits(t *testing.T) {
	t.Helper()
	for function := range made {
		require.Empty(t, compared(t, resourcesOf(t, template), function), function)
	}
}

// compared are the differences of a function's role, which may have been changed, and what it makes.
func compared(t *testing.T, resources map[string]any, function string) []string {
	return differences(roleOf(t, resources, function), needed(ownOf(t, resources, function), made[function]))
}

func TestACallAddedAloneIsNoticed(t *testing.T) {
	fits(t)
	resources := resourcesOf(t, template)
	for function, calls := range made {
		for _, c := range []Call{
			{Action: "dynamodb:PutItem", Resource: "PluginData"}, {Action: "dynamodb:UpdateItem", Resource: "AlertMap"},
			{Action: "s3:GetObject", Resource: "arn:aws:s3:::a-bucket/other"}, {Action: "s3:ListBucket", Resource: "arn:aws:s3:::a-bucket"},
			{Action: "sqs:ReceiveMessage", Resource: "AlertQueue"},
		} {
			calls[c] = true
			assert.Len(t, compared(t, resources, function), 1, c)
			delete(calls, c)
		}
	}
}

func TestAStatementAddedAloneIsNoticed(t *testing.T) {
	fits(t)
	ref := func(name string) any { return map[string]any{"Ref": name} }
	arn := func(name string) any { return map[string]any{"Fn::GetAtt": []any{name, "Arn"}} }
	allow := func(action string, resource any) any {
		return map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
	}
	choice := func(condition string, then, or any) any {
		return map[string]any{"Fn::If": []any{condition, then, or}}
	}
	for _, s := range []any{
		allow("sqs:ReceiveMessage", arn("AlertQueue")), allow("sqs:DeleteMessage", arn("AlertQueue")),
		allow("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:123456789012:*"), allow("logs:PutLogEvents", arn("ReceptorLogs")),
		allow("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:*"), allow("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/*"),
		allow("kms:Decrypt", ref("KmsKeyArn")), allow("sqs:SendMessage", "*"), allow("dynamodb:*", arn("PluginData")),
		allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"),
		allow("ssm:GetParametersByPath", "arn:aws:ssm:eu-west-1:123456789012:parameter/*"), allow("s3:GetObject", "arn:aws:s3:::*"),
		allow("s3:GetObject", "arn:aws:s3:::a-bucket/*"), allow("s3:ListBucket", "arn:aws:s3:::a-bucket"),
		choice("UseKey", ref("AWS::NoValue"), allow("dynamodb:PutItem", arn("PluginData"))),
		choice("UseKey", choice("WithWebhook", ref("AWS::NoValue"), allow("dynamodb:PutItem", arn("PluginData"))), ref("AWS::NoValue")),
	} {
		for function := range made {
			resources := resourcesOf(t, template)
			for n := range documents(t, resources, function+"Role") {
				resources := resourcesOf(t, template)
				document := documents(t, resources, function+"Role")[n].policy
				document["Statement"] = append(list(document["Statement"]), s)
				assert.Len(t, compared(t, resources, function), 1, "%s: %v", function, s)
			}
		}
	}
}

// A statement that goes, is widened or loses its condition is noticed.
func TestAStatementChangedAloneIsNoticed(t *testing.T) {
	fits(t)
	for function := range made {
		for n := range statements(t, resourcesOf(t, template), function+"Role") {
			for _, change := range []func(map[string]any){
				func(s map[string]any) { s["Action"] = []any{} },
				func(s map[string]any) { s["Resource"] = "*" },
				func(s map[string]any) {
					s["Condition"] = map[string]any{"StringLike": map[string]any{"s3:prefix": "*"}}
				},
				func(s map[string]any) {
					if s["Condition"] == nil {
						s["Action"] = []any{}
					}
					delete(s, "Condition")
				},
			} {
				resources := resourcesOf(t, template)
				s := statements(t, resources, function+"Role")[n]
				if then := at(s, "Fn::If", 1); then != nil {
					s = then
				}
				change(s.(map[string]any))
				assert.NotEmpty(t, compared(t, resources, function), "%s: statement %d", function, n)
			}
		}
	}
}

// statements are those of all policies of a role.
func statements(t *testing.T, resources map[string]any, role string) (out []any) {
	for _, document := range documents(t, resources, role) {
		out = append(out, list(document.policy["Statement"])...)
	}
	return out
}

// A policy that is put on a role beside its own is its, too.
func TestAPolicyAddedAloneIsNoticed(t *testing.T) {
	fits(t)
	for function := range made {
		resources := resourcesOf(t, template)
		resources["New"] = map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
			"Roles": []any{map[string]any{"Ref": "ReceptorRole"}, map[string]any{"Ref": function + "Role"}}, "PolicyName": "p",
			"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
				map[string]any{"Effect": "Allow", "Action": "dynamodb:DeleteItem", "Resource": map[string]any{"Fn::GetAtt": []any{"PluginData", "Arn"}}},
			}},
		}}
		assert.Len(t, compared(t, resources, function), 1, function)
	}
}

// All roles of the template are understood, no action is a pattern, and no resource is anything, but where IAM knows none.
func TestRolesOfTheTemplate(t *testing.T) {
	functions := Functions(t, template)
	require.Contains(t, functions, "Receptor")
	for _, f := range functions {
		for _, g := range roleOf(t, resourcesOf(t, template), f) {
			assert.NotContains(t, g.action, "*", f)
			assert.True(t, g.resource != "*" || WithoutResource(g.action), "%s: %s", f, g)
		}
	}
}

func TestCallOf(t *testing.T) {
	request := func(method, path, target, body string) Call {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		return callOf(r, []byte(body))
	}
	assert.Equal(t, Call{"sqs:SendMessage", "Q", ""}, request("POST", "/", "AmazonSQS.SendMessage", `{"QueueUrl":"https://h/1/Q"}`))
	assert.Equal(t, Call{"dynamodb:UpdateItem", "T", ""}, request("POST", "/", "DynamoDB_20120810.UpdateItem", `{"TableName":"T"}`))
	assert.Equal(t, Call{"s3:ListBucket", "arn:aws:s3:::b", "p/"}, request("GET", "/b?list-type=2&prefix=p%2F", "", ""))
	assert.Equal(t, Call{"s3:GetObject", "arn:aws:s3:::b/p/k", ""}, request("GET", "/b/p/k", "", ""))
	assert.Equal(t, Call{"sns:Publish", "T", ""}, request("POST", "/", "", "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Ar%3A1%3AT&Message=m"))
	assert.Equal(t, Call{"sns:Publish", "+1", ""}, request("POST", "/", "", "Action=Publish&PhoneNumber=%2B1&Message=m"))
	assert.Contains(t, request("POST", "/", "", "Action=CreateTopic&Name=n").Action, "unknown")
	assert.Equal(t, Call{"lambda:InvokeFunction", "a:function:f", ""}, request("POST", "/2015-03-31/functions/a%3Afunction%3Af/invocations", "", "{}"))
	assert.Equal(t, Call{"dynamodb:Query", "T/index/I", ""}, request("POST", "/", "DynamoDB_20120810.Query", `{"TableName":"T","IndexName":"I"}`))
	assert.Contains(t, request("PUT", "/b/k", "", "").Action, "unknown")
}
