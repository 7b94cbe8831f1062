package onawstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// Call is a call of AWS: the action of IAM, and what it is about: the name of a resource of the template, an ARN, or the
// path of parameters. Prefix is what a list of a bucket is asked for.
type Call struct{ Action, Resource, Prefix string }

// The account that a template is looked at in.
const (
	Region  = "eu-west-1"
	Account = "123456789012"
	Stack   = "stack"
)

// Parameters are values of the template's parameters, where they decide what a role is about.
var Parameters = map[string]string{
	"MappingsBucket": "own-bucket", "MappingsKey": "own/mappings.yml",
	"WatchlistBucket": "a-bucket", "WatchlistPrefix": "lists/",
	"WebhookSecretArn":  "arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook",
	"WebhookUrl":        "https://127.0.0.1:1/hook",
	"ReviewerLambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:judge",

	"VirustotalSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:virustotal", "VirustotalLimits": "",
	"AbuseipdbSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:abuseipdb", "AbuseipdbLimits": "",
	"GreynoiseSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:greynoise", "GreynoiseLimits": "",
	"AbusechSecretArn":   "arn:aws:secretsmanager:eu-west-1:123456789012:secret:abusech",
	"AwscontextRoleArns": "arn:aws:iam::111122223333:role/context", "OwnDomains": "",

	"SlackSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack", "SlackChannel": "C0123456789", "SlackOptions": "",
	"PagerdutySecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pagerduty", "PagerdutyOptions": "",
	"GithubSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:github", "GithubRepository": "example/alerts", "GithubOptions": "",
	"SecurityhubOn": "archive", "QuarantineMode": "on", "QuarantineRules": "", "ReportUrl": "", "LinkHosts": "",
}

// Allowed compares the calls that a function made with its role in the template: it allows these, what AWS does in the
// function's name, and nothing else, neither on anything wider nor without a condition that it has.
func Allowed(t *testing.T, template, function string, made map[Call]bool) {
	t.Helper()
	resources := resourcesOf(t, template)
	assert.Empty(t, differences(roleOf(t, resources, function), needed(ownOf(t, resources, function), made)), function)
}

func differences(role, needs []grant) (faults []string) {
	for _, g := range needs {
		if !slices.Contains(role, g) {
			faults = append(faults, "needs, and may not: "+g.String())
		}
	}
	for _, g := range role {
		if !slices.Contains(needs, g) {
			faults = append(faults, "may, and need not: "+g.String())
		}
	}
	return faults
}

// grant is one action on one resource: under a condition of IAM, and where a condition of the template holds.
type grant struct{ action, resource, condition, where string }

func (g grant) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s on %s %s %s", g.action, g.resource, g.condition, g.where))
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

// read are the templates that were read, as JSON.
var read sync.Map

func resourcesOf(t *testing.T, template string) map[string]any {
	t.Helper()
	text, ok := read.Load(template)
	if !ok {
		file, err := os.ReadFile(template)
		require.NoError(t, err)
		parsed, err := cfn.Read(file)
		require.NoError(t, err)
		text, err = json.Marshal(parsed)
		require.NoError(t, err)
		read.Store(template, text)
	}
	var s struct{ Resources map[string]any }
	require.NoError(t, json.Unmarshal(text.([]byte), &s))
	return s.Resources
}

// own is what each function has of its own.
type own struct{ queue, logs string }

func ownOf(t *testing.T, resources map[string]any, function string) own {
	t.Helper()
	p := at(resources, function, "Properties")
	queue, _ := at(p, "Events", "Source", "Properties", "Queue", "Fn::GetAtt", 0).(string)
	if queue == "" { // plugins have a mapping of their own
		queue, _ = at(resources, function+"Source", "Properties", "EventSourceArn", "Fn::GetAtt", 0).(string)
	}
	logs, _ := at(p, "LoggingConfig", "LogGroup", "Ref").(string)
	require.Equal(t, "AWS::SQS::Queue", at(resources, queue, "Type"), "%s: a queue", function)
	require.Equal(t, "AWS::Logs::LogGroup", at(resources, logs, "Type"), "%s: a log group", function)
	return own{queue, logs}
}

// roleOf is all that the role that the template makes for a function allows in any deployment.
func roleOf(t *testing.T, resources map[string]any, function string) (role []grant) {
	t.Helper()
	name, _ := at(resources, function, "Properties", "Role", "Fn::If", 1, "Fn::GetAtt", 0).(string)
	require.NotEmpty(t, name, "%s: a role of its own", function)
	for _, document := range documents(t, resources, name) {
		only(t, name, document.policy, "Version", "Statement")
		for _, s := range list(document.policy["Statement"]) {
			for _, b := range branches(s, document.where) {
				if b.value != nil {
					role = append(role, grantsOf(t, resources, b)...)
				}
			}
		}
	}
	require.NotEmpty(t, role, name)
	return role
}

// document is a policy, and the condition of the template under which it is there, if it is not the role's.
type document struct {
	policy map[string]any
	where  string
}

// documents are the policies of a role: its own, and those that are put on it, where it is made.
func documents(t *testing.T, resources map[string]any, role string) (out []document) {
	t.Helper()
	policies, where := map[string]any{}, map[string]string{}
	only(t, role, at(resources, role, "Properties"), "AssumeRolePolicyDocument", "Policies")
	for n, p := range list(at(resources, role, "Properties", "Policies")) {
		only(t, role, p, "PolicyName", "PolicyDocument")
		policies[fmt.Sprint(role, n)] = p
	}
	for name, r := range resources {
		if at(r, "Type") != "AWS::IAM::Policy" || !slices.ContainsFunc(list(at(r, "Properties", "Roles")), func(v any) bool { return at(v, "Ref") == role }) {
			continue
		}
		only(t, name, at(r, "Properties"), "Roles", "PolicyName", "PolicyDocument")
		policies[name] = at(r, "Properties")
		if c, _ := at(r, "Condition").(string); c != "MakeRoles" && !strings.HasSuffix(c, "Role") {
			where[name] = c
		}
	}
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		policy, ok := at(policies[name], "PolicyDocument").(map[string]any)
		require.True(t, ok, name)
		out = append(out, document{policy, where[name]})
	}
	return out
}

// branch is a value that a part of the template has where conditions hold.
type branch struct {
	value any
	where string
}

// branches are all values that a part of the template can have: nil is none.
func branches(v any, where string) []branch {
	choice, ok := at(v, "Fn::If").([]any)
	if !ok {
		if at(v, "Ref") == "AWS::NoValue" {
			v = nil
		}
		return []branch{{v, where}}
	}
	then := branches(at(choice, 1), strings.TrimSpace(fmt.Sprint(where, " ", at(choice, 0))))
	return append(then, branches(at(choice, 2), strings.TrimSpace(fmt.Sprint(where, " not:", at(choice, 0))))...)
}

func grantsOf(t *testing.T, resources map[string]any, s branch) (grants []grant) {
	t.Helper()
	only(t, "a statement", s.value, "Effect", "Action", "Resource", "Condition")
	prefix := map[any]string{"Allow": "", "Deny": "never "}
	require.Contains(t, prefix, at(s.value, "Effect"))
	for _, c := range branches(at(s.value, "Condition"), s.where) {
		for _, a := range list(at(s.value, "Action")) {
			for _, r := range list(at(s.value, "Resource")) {
				grants = append(grants, grant{prefix[at(s.value, "Effect")] + fmt.Sprint(a), arn(t, resources, r), condition(t, c.value), c.where})
			}
		}
	}
	return grants
}

// arn is a value that has to be an ARN, which a Ref of these is not.
func arn(t *testing.T, resources map[string]any, v any) string {
	t.Helper()
	name, _ := at(v, "Ref").(string)
	kind := at(resources, name, "Type")
	require.True(t, kind == nil || kind == "AWS::SNS::Topic", "the Ref of %s is not its ARN", name)
	return text(t, v)
}

// condition is a condition of IAM in one line: each operator, key and value.
func condition(t *testing.T, c any) string {
	t.Helper()
	var lines []string
	operators, ok := c.(map[string]any)
	require.True(t, ok || c == nil, "a condition that this test does not know: %v", c)
	for operator, keys := range operators {
		for key, v := range keys.(map[string]any) {
			var values []string
			for _, one := range list(v) {
				if b, ok := one.(bool); ok {
					one = fmt.Sprint(b)
				}
				values = append(values, text(t, one))
			}
			lines = append(lines, fmt.Sprintf("%s %s %s", operator, key, strings.Join(values, " ")))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// only makes sure that nothing is said of v that these tests do not read.
func only(t *testing.T, name string, v any, known ...string) {
	t.Helper()
	m, ok := v.(map[string]any)
	require.True(t, ok, "%s: a value that this test does not know: %v", name, v)
	for said := range m {
		require.Contains(t, known, said, name)
	}
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
		if name == "AWS::AccountId" {
			return Account
		}
		return name
	}
	if name, ok := at(v, "Fn::GetAtt", 0).(string); ok {
		require.Equal(t, "Arn", at(v, "Fn::GetAtt", 1))
		return name
	}
	if at(v, "Fn::Split", 0) == "," { // of a list of one
		return text(t, at(v, "Fn::Split", 1))
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
