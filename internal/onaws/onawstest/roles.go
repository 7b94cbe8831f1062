package onawstest

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// Call is a call of AWS as a role allows it: the action of IAM, and what it is about: the name of a resource of the
// template, or an ARN. Prefix is what a list of a bucket is asked for.
type Call struct{ Action, Resource, Prefix string }

// The account that a template is looked at in.
const (
	Region  = "eu-west-1"
	Account = "123456789012"
	Stack   = "stack"
)

// Parameters are values of the template's parameters, where they decide what a role is about.
var Parameters = map[string]string{
	"WatchlistBucket": "a-bucket", "WatchlistPrefix": "lists/",
	"WebhookSecretArn":  "arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook",
	"WebhookUrl":        "https://127.0.0.1:1/hook",
	"ReviewerLambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:judge",
}

// byLambda is what Lambda does in a function's name: its event source mapping and its logs (AWS Lambda Developer Guide,
// "Using Lambda with Amazon SQS", "Sending Lambda function logs to CloudWatch Logs").
var byLambda = []string{"logs:CreateLogStream", "logs:PutLogEvents", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}

// byKey is what SNS does in a function's name where a topic has a key of one's own (Amazon SNS Developer Guide, "Key
// management").
var byKey = []string{"kms:GenerateDataKey", "kms:Decrypt"}

// Allowed compares the calls that a function made with its role in the template, both ways: each call is allowed, and
// each action that is allowed on a resource was made on it.
func Allowed(t *testing.T, template, function string, made map[Call]bool) {
	t.Helper()
	assert.Empty(t, differences(roleOf(t, resourcesOf(t, template), function), made), function)
}

func differences(role []grant, made map[Call]bool) (faults []string) {
	for c := range made {
		if !slices.ContainsFunc(role, func(g grant) bool { return g.allows(c) }) {
			faults = append(faults, fmt.Sprintf("is not allowed %s on %s %s", c.Action, c.Resource, c.Prefix))
		}
	}
	for _, g := range role {
		if slices.Contains(byLambda, g.action) || slices.Contains(byKey, g.action) {
			continue
		}
		used := false
		for c := range made {
			used = used || g.allows(c)
		}
		if !used {
			faults = append(faults, fmt.Sprintf("may %s on %s, and never does", g.action, g.resource))
		}
	}
	return faults
}

// grant is one action on one resource.
type grant struct{ action, resource, prefix string }

func (g grant) allows(c Call) bool {
	return g.action == c.Action && like(g.resource, c.Resource) && (g.prefix == "" || like(g.prefix, c.Prefix))
}

// like matches as IAM does, with * for any text.
func like(pattern, text string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	return after == "" && strings.HasPrefix(text, before)
}

// Functions are the functions of a template, in order.
func Functions(t *testing.T, template string) (names []string) {
	t.Helper()
	for name, r := range resourcesOf(t, template) {
		if at(r, "Type") == "AWS::Serverless::Function" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func resourcesOf(t *testing.T, template string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(template)
	require.NoError(t, err)
	parsed, err := cfn.Read(text)
	require.NoError(t, err)
	text, err = json.Marshal(parsed)
	require.NoError(t, err)
	var s struct{ Resources map[string]any }
	require.NoError(t, json.Unmarshal(text, &s))
	return s.Resources
}

// roleOf is what the role that the template makes for a function allows; conditional statements are.
func roleOf(t *testing.T, resources map[string]any, function string) (role []grant) {
	t.Helper()
	name, _ := at(resources, function, "Properties", "Role", "Fn::If", 1, "Fn::GetAtt", 0).(string)
	require.NotEmpty(t, name, "%s: a role of its own", function)
	policies, _ := at(resources, name, "Properties", "Policies").([]any)
	require.NotEmpty(t, policies, name)
	assert.Nil(t, at(resources, name, "Properties", "ManagedPolicyArns"), name)
	for _, p := range policies {
		for _, s := range list(at(p, "PolicyDocument", "Statement")) {
			if branches, ok := at(s, "Fn::If").([]any); ok {
				s = branches[1]
			}
			role = append(role, grantsOf(t, s)...)
		}
	}
	return role
}

func grantsOf(t *testing.T, s any) (grants []grant) {
	t.Helper()
	require.Equal(t, "Allow", at(s, "Effect"))
	prefix := ""
	if c := at(s, "Condition"); c != nil {
		if branches, ok := at(c, "Fn::If").([]any); ok {
			c = branches[1]
		}
		v := at(c, "StringLike", "s3:prefix")
		require.NotNil(t, v, "a condition that this test does not know: %v", c)
		prefix = text(t, v)
	}
	for _, a := range list(at(s, "Action")) {
		for _, r := range list(at(s, "Resource")) {
			grants = append(grants, grant{fmt.Sprint(a), text(t, r), prefix})
		}
	}
	return grants
}

// text is a value of the template: the name of a resource for its Ref and its ARN.
func text(t *testing.T, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	if name, ok := at(v, "Ref").(string); ok {
		if value, ok := Parameters[name]; ok {
			return value
		}
		return name
	}
	if name, ok := at(v, "Fn::GetAtt", 0).(string); ok {
		require.Equal(t, "Arn", at(v, "Fn::GetAtt", 1))
		return name
	}
	s, ok := at(v, "Fn::Sub").(string)
	require.True(t, ok, "a value that this test does not know: %v", v)
	pairs := []string{"${AWS::Partition}", "aws", "${AWS::Region}", Region, "${AWS::AccountId}", Account, "${AWS::StackName}", Stack}
	for name, value := range Parameters {
		pairs = append(pairs, "${"+name+"}", value)
	}
	s = strings.NewReplacer(pairs...).Replace(s)
	require.NotContains(t, s, "${", "a value that this test does not know")
	return s
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// at is what lies under a path of names, or indexes of lists.
func at(v any, steps ...any) any {
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// ParameterARNs are what a list of parameters by path is about: the path, and what is below it.
func ParameterARNs(name string) []string {
	arn := "arn:aws:ssm:" + path.Join(Region+":"+Account+":parameter", name)
	return []string{arn, arn + "/*"}
}
