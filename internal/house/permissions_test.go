package house_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The role that docs/permissions.md prints for LambdaRoleArn allows what all functions do, on what they do it on, and
// nothing else.
func TestTheDocumentedRoleIsTheUnion(t *testing.T) {
	s := theStack(t)
	want := map[string]bool{}
	for _, role := range s.of("AWS::IAM::Role") {
		for _, policy := range s.policies(role) {
			for _, st := range statements(policy) {
				s.document(t, want, st)
			}
		}
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		assert.True(t, want[action+" on KMS_KEY_ARN"])
		delete(want, action+" on KMS_KEY_ARN") // are named in a sentence
	}
	assert.Equal(t, want, documented(t, 0))
}

// document adds what a statement of a role allows, as the documentation has it.
func (s stack) document(t *testing.T, into map[string]bool, st properties) {
	t.Helper()
	with := ""
	if st["Effect"] != "Allow" {
		with += " " + text(st["Effect"])
	}
	if conditions := text(st["Condition"]); st["Condition"] != nil && !strings.Contains(conditions, "Fn::If") {
		with += " " + strings.ReplaceAll(conditions, `{"Ref":"AWS::AccountId"}`, `"ACCOUNT"`)
	}
	for _, action := range actions(st) {
		for _, of := range each(st["Resource"]) {
			into[action+" on "+s.placeholder(t, of)+with] = true
		}
	}
}

// generated is how ARNs begin whose names CloudFormation makes of the stack's.
var generated = map[string]string{
	"AWS::Logs::LogGroup":  "arn:aws:logs:REGION:ACCOUNT:log-group:/alertresponder/STACK/*",
	"AWS::SQS::Queue":      "arn:aws:sqs:REGION:ACCOUNT:STACK-*",
	"AWS::SNS::Topic":      "arn:aws:sns:REGION:ACCOUNT:STACK-*",
	"AWS::DynamoDB::Table": "arn:aws:dynamodb:REGION:ACCOUNT:table/STACK-*",
}

// placeholder is a value of the template with the documentation's words for what differs from stack to stack.
func (s stack) placeholder(t *testing.T, v any) string {
	t.Helper()
	if name := refers(v); name != "" {
		if of := s.Resources[name]; of.Type != "" {
			require.Contains(t, generated, of.Type)
			return generated[of.Type]
		}
		return shout(name)
	}
	if v == "*" {
		return "*"
	}
	if list := each(v.(map[string]any)["Fn::Split"]); len(list) == 2 { // each of a list
		return s.placeholder(t, list[1])
	}
	written, ok := v.(map[string]any)["Fn::Sub"].(string)
	require.True(t, ok, v)
	written = strings.NewReplacer("${AWS::Partition}", "aws", "${AWS::Region}", "REGION", "${AWS::AccountId}", "ACCOUNT",
		"${AWS::StackName}", "STACK").Replace(written)
	return regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAllStringFunc(written, func(name string) string { return shout(name[2 : len(name)-1]) })
}

// shout is the name of a parameter as the documentation writes it: KmsKeyArn is KMS_KEY_ARN.
func shout(name string) string { return strings.ToUpper(strings.ReplaceAll(word(name), "-", "_")) }

// documented is what the nth policy of the documentation allows.
func documented(t *testing.T, n int) map[string]bool {
	t.Helper()
	doc, err := os.ReadFile(root + "docs/permissions.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	require.Len(t, blocks, 3, "the functions, the key, who redrives")
	var policy properties
	require.NoError(t, json.Unmarshal([]byte(blocks[n][1]), &policy), blocks[n][1])
	if policy["Statement"] == nil {
		policy = properties{"Statement": []any{map[string]any(policy)}}
	}
	got := map[string]bool{}
	for _, st := range statements(map[string]any(policy)) {
		assert.Contains(t, []any{"Allow", "Deny"}, st["Effect"])
		for _, key := range slices.Sorted(maps.Keys(st)) {
			assert.Contains(t, []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, key)
		}
		with := ""
		if st["Effect"] != "Allow" {
			with += " " + text(st["Effect"])
		}
		for _, key := range []string{"Principal", "Condition"} {
			if st[key] != nil {
				with += " " + text(st[key])
			}
		}
		for _, action := range actions(st) {
			for _, of := range each(st["Resource"]) {
				got[action+" on "+of.(string)+with] = true
			}
		}
	}
	return got
}

// Who redrives deletes and sends nowhere else; * is for what takes no resource. In the policy of a key, * is the key.
func TestTheOtherDocumentedPolicies(t *testing.T) {
	const queues, by = "arn:aws:sqs:REGION:ACCOUNT:STACK-*", ` {"Service":["sns.amazonaws.com","cloudwatch.amazonaws.com"]}`
	const here = ` {"StringEquals":{"aws:SourceAccount":"ACCOUNT"}}`
	assert.Equal(t, map[string]bool{"kms:GenerateDataKey* on *" + by + here: true, "kms:Decrypt on *" + by + here: true}, documented(t, 1))
	want := map[string]bool{
		"cloudformation:ListStackResources on arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*": true,
		"sns:GetSubscriptionAttributes on *":       true,
		"sqs:GetQueueAttributes on " + queues:      true,
		"sqs:SendMessage on " + queues + "Queue-*": true,
	}
	for _, action := range []string{"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"} {
		for _, last := range []string{"DeadLetters-*", "Undelivered-*"} {
			want[action+" on "+queues+last] = true
		}
	}
	assert.Equal(t, want, documented(t, 2))
}
