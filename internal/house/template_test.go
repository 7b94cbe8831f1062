package house_test

// These tests read template.yml for what no local engine shows.

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

const root = "../../"

// stack is a template.
type stack struct {
	Parameters map[string]any
	Resources  map[string]resource
	Outputs    map[string]output
	Globals    struct{ Function properties }
}

type resource struct {
	Type, Condition     string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Properties          properties
}

type output struct {
	Value  any
	Export struct{ Name any }
}

type properties map[string]any

func readStack(t *testing.T, path string) stack {
	t.Helper()
	text, err := os.ReadFile(root + path)
	require.NoError(t, err)
	template, err := cfn.Read(text)
	require.NoError(t, err)
	text, err = json.Marshal(template)
	require.NoError(t, err)
	var s stack
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}

func theStack(t *testing.T) stack { return readStack(t, "template.yml") }

// of are the names of the resources of a type.
func (s stack) of(kind string) []string {
	var names []string
	for name, r := range s.Resources {
		if r.Type == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// at is what properties hold under a path of names, or indexes of lists.
func (p properties) at(path ...any) any { return cfn.At(map[string]any(p), path...) }

// refers is the name of the resource or parameter that a Ref or Fn::GetAtt speaks of.
func refers(v any) string {
	m, _ := v.(map[string]any)
	if name, ok := m["Ref"].(string); ok {
		return name
	}
	if list, ok := m["Fn::GetAtt"].([]any); ok && len(list) > 0 {
		return fmt.Sprint(list[0])
	}
	return ""
}

// each is a value as a list: many properties take one, or a list of several.
func each(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// statements are those of a policy document, also the conditional ones, of both branches.
func statements(doc any) (out []properties) {
	m, _ := doc.(map[string]any)
	return anyOf(m["Statement"])
}

func anyOf(v any) (out []properties) {
	for _, s := range each(v) {
		statement, _ := s.(map[string]any)
		if branches, ok := statement["Fn::If"].([]any); ok {
			out = append(out, anyOf(branches[1:])...)
		} else if statement["Ref"] != "AWS::NoValue" {
			out = append(out, statement)
		}
	}
	return out
}

func actions(s properties) (out []string) {
	for _, a := range each(s["Action"]) {
		out = append(out, fmt.Sprint(a))
	}
	return out
}

func TestTemplateTables(t *testing.T) {
	s := theStack(t)
	require.Equal(t, []string{"AlertMap", "PluginData", "ReportData"}, s.of("AWS::DynamoDB::Table"))
	for _, name := range s.of("AWS::DynamoDB::Table") {
		t.Run(name, func(t *testing.T) {
			r := s.Resources[name]
			p := r.Properties
			assert.Equal(t, "PAY_PER_REQUEST", p["BillingMode"])
			assert.Equal(t, true, p.at("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"))
			assert.Equal(t, true, p.at("SSESpecification", "SSEEnabled"))
			assert.Equal(t, true, p["DeletionProtectionEnabled"])
			assert.Equal(t, "Retain", r.DeletionPolicy)
			assert.Equal(t, "Retain", r.UpdateReplacePolicy)
			assert.Nil(t, p["TableName"], "the name is generated: a kept table must not be in the way of a new stack")
		})
	}
}

// Keys are those of the drivers: internal/store/dynamo and internal/plugindata/dynamo.
func TestTemplateKeys(t *testing.T) {
	s := theStack(t)
	assert.Equal(t, []any{key("fingerprint", "HASH")}, s.Resources["AlertMap"].Properties["KeySchema"])
	assert.Equal(t, []any{key("key", "HASH")}, s.Resources["PluginData"].Properties["KeySchema"])
	data := s.Resources["ReportData"].Properties
	assert.Equal(t, []any{key("report_id", "HASH"), key("sk", "RANGE")}, data["KeySchema"])
	assert.Equal(t, []any{map[string]any{
		"IndexName":  "ByDay",
		"KeySchema":  []any{key("day", "HASH"), key("opened_at", "RANGE")},
		"Projection": map[string]any{"ProjectionType": "INCLUDE", "NonKeyAttributes": []any{"severity", "title"}},
	}}, data["GlobalSecondaryIndexes"])
	kinds := map[any]any{}
	for _, a := range each(data["AttributeDefinitions"]) {
		kinds[properties(a.(map[string]any))["AttributeName"]] = properties(a.(map[string]any))["AttributeType"]
	}
	assert.Equal(t, map[any]any{"report_id": "S", "sk": "S", "day": "S", "opened_at": "N"}, kinds)
}

func key(name, kind string) map[string]any {
	return map[string]any{"AttributeName": name, "KeyType": kind}
}

// Nothing was ever deleted in the predecessors: the time to live was a text. That the drivers write a number
// is tested on the engine; the tables must look for it in the same place.
func TestRegression09TimeToLive(t *testing.T) {
	s := theStack(t)
	for _, name := range s.of("AWS::DynamoDB::Table") {
		ttl := s.Resources[name].Properties["TimeToLiveSpecification"]
		assert.Equal(t, map[string]any{"AttributeName": "expires_at", "Enabled": true}, ttl, name)
	}
}

func TestTemplateTopics(t *testing.T) {
	s := theStack(t)
	assert.Equal(t, []string{"AlertNotification", "ErrorNotification", "ReportNotification", "TaskNotification"}, s.of("AWS::SNS::Topic"))
	for _, name := range s.of("AWS::SNS::Topic") {
		policy := s.policyOf(t, "AWS::SNS::TopicPolicy", "Topics", name)
		assert.True(t, refusesPlainText(policy, name, "sns:Publish"), "%s: who publishes without TLS is not refused", name)
		for _, st := range policy {
			assert.NotContains(t, text(st), "events.amazonaws.com", "%s: a topic policy for EventBridge cannot have conditions", name)
		}
	}
	for _, name := range []string{"AlertNotification", "ErrorNotification"} {
		assert.True(t, slices.ContainsFunc(s.policyOf(t, "AWS::SNS::TopicPolicy", "Topics", name), func(st properties) bool {
			from := text(st.at("Condition", "StringEquals", "aws:SourceAccount"))
			return st.at("Principal", "Service") == "cloudwatch.amazonaws.com" && strings.Contains(from, `{"Ref":"AWS::AccountId"}`)
		}), "%s: CloudWatch alarms of this account", name)
	}
}

// Who may do something for anybody is bound by a condition.
func TestTemplateNobodyIsAnybody(t *testing.T) {
	s := theStack(t)
	for _, kind := range []string{"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"} {
		for _, name := range s.of(kind) {
			for _, st := range statements(s.Resources[name].Properties["PolicyDocument"]) {
				principal := text(st["Principal"])
				open := strings.Contains(principal, `"*"`) || strings.Contains(principal, "Service")
				if st["Effect"] == "Allow" && open {
					assert.NotEmpty(t, st["Condition"], "%s: %s", name, principal)
				}
			}
		}
	}
}

// policyOf are the statements of the one policy of a topic or queue, all of which speak of it alone.
func (s stack) policyOf(t *testing.T, kind, list, name string) []properties {
	t.Helper()
	var found []properties
	count := 0
	for _, policy := range s.of(kind) {
		p := s.Resources[policy].Properties
		for _, of := range each(p[list]) {
			if refers(of) == name {
				count++
				found = append(found, statements(p["PolicyDocument"])...)
			}
		}
	}
	require.Equal(t, 1, count, "%s: policies", name)
	for _, st := range found {
		assert.Equal(t, name, refers(st["Resource"]), "%s: a statement speaks of something else", name)
	}
	return found
}

func refusesPlainText(policy []properties, name, action string) bool {
	return slices.ContainsFunc(policy, func(st properties) bool {
		return st["Effect"] == "Deny" && st["Principal"] == "*" && slices.Contains(actions(st), action) &&
			refers(st["Resource"]) == name && st.at("Condition", "Bool", "aws:SecureTransport") == false
	})
}

func text(v any) string {
	b, _ := json.Marshal(v) // it was read from JSON
	return string(b)
}

// What stacks of plugins import has a name that does not change.
func TestTemplateExports(t *testing.T) {
	s := theStack(t)
	var exports []string
	for name, o := range s.Outputs {
		if o.Export.Name != nil {
			assert.Equal(t, map[string]any{"Fn::Sub": "${AWS::StackName}-" + name}, o.Export.Name)
			exports = append(exports, name)
		}
	}
	assert.ElementsMatch(t, []string{"TaskNotificationArn", "ReportNotificationArn", "SubmissionQueueUrl", "SubmissionQueueArn",
		"PluginDataName", "PluginDataArn", "SubmitterArn", "AlertNotificationArn", "AlertQueueArn"}, exports)
	for name, of := range map[string]string{"AlertNotificationArn": "AlertNotification", "AlertQueueArn": "AlertQueue",
		"TaskNotificationArn": "TaskNotification", "ReportNotificationArn": "ReportNotification", "SubmitterArn": "Submitter",
		"SubmissionQueueUrl": "SubmissionQueue", "SubmissionQueueArn": "SubmissionQueue", "PluginDataName": "PluginData", "PluginDataArn": "PluginData"} {
		assert.Equal(t, of, refers(s.Outputs[name].Value), name)
	}
}

func TestTemplateParameters(t *testing.T) {
	s := theStack(t)
	names := slices.Sorted(maps.Keys(s.Parameters))
	for _, kept := range []string{"LambdaRoleArn", "ReviewerLambdaArn", "AlertNotificationName", "TaskNotificationName",
		"ReportNotificationName", "InspectionDelay", "ReviewDelay", "AggregationWindow", "RetentionDays", "OrganizationId", "KmsKeyArn", "Architecture"} {
		assert.Contains(t, names, kept)
	}
	for name, p := range s.Parameters {
		assert.Contains(t, p, "Default", "%s: the stack is deployed without any parameter", name)
		assert.Contains(t, p, "Description", name)
	}
	for name, want := range map[string]float64{"InspectionDelay": 0, "ReviewDelay": 600, "AggregationWindow": 86400, "RetentionDays": 90} {
		assert.Equal(t, want, s.Parameters[name].(map[string]any)["Default"], name)
	}
	assert.Equal(t, 900.0, s.Parameters["ReviewDelay"].(map[string]any)["MaxValue"], "what SQS can delay")
}

// A published template needs no capability but CAPABILITY_IAM, and works in any partition.
func TestTemplateDeploysEverywhere(t *testing.T) {
	file, err := os.ReadFile(root + "template.yml")
	require.NoError(t, err)
	assert.NotContains(t, string(file), "arn:aws:")
	s := theStack(t)
	for name, r := range s.Resources {
		for _, named := range []string{"RoleName", "ManagedPolicyName", "FunctionName", "QueueName"} {
			if r.Type != "AWS::Lambda::EventSourceMapping" {
				assert.NotContains(t, r.Properties, named, name)
			}
		}
		assert.NotContains(t, []string{"AWS::CloudFormation::Stack", "AWS::Serverless::Application"}, r.Type, name)
	}
}
