package onawstest

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A call or a statement alone is noticed.
func TestDifferences(t *testing.T) {
	role := []grant{
		{"dynamodb:UpdateItem", "PluginData", ""}, {"s3:GetObject", "arn:aws:s3:::b/lists/*", ""},
		{"s3:ListBucket", "arn:aws:s3:::b", "lists/*"}, {"logs:PutLogEvents", "WebhookLogs", ""},
	}
	made := map[Call]bool{
		{Action: "dynamodb:UpdateItem", Resource: "PluginData"}: true, {Action: "s3:GetObject", Resource: "arn:aws:s3:::b/lists/a"}: true,
		{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b", Prefix: "lists/"}: true,
	}
	require.Empty(t, differences(role, made))
	for n := range 3 {
		assert.Len(t, differences(slices.Delete(slices.Clone(role), n, n+1), made), 1, role[n])
	}
	for _, c := range []Call{
		{Action: "dynamodb:PutItem", Resource: "PluginData"}, {Action: "dynamodb:UpdateItem", Resource: "AlertMap"},
		{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/other"}, {Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"},
	} {
		made[c] = true
		assert.Len(t, differences(role, made), 1, c)
		delete(made, c)
	}
	for _, g := range []grant{{"dynamodb:PutItem", "PluginData", ""}, {"dynamodb:UpdateItem", "AlertMap", ""}, {"s3:GetObject", "arn:aws:s3:::b/o*", ""}} {
		assert.Len(t, differences(append(slices.Clone(role), g), made), 1, g)
	}
}

// All roles of the template are understood, and speak of no more than a function's own.
func TestRolesOfTheTemplate(t *testing.T) {
	const template = "../../../template.yml"
	functions := Functions(t, template)
	require.Contains(t, functions, "Receptor")
	for _, f := range functions {
		role := roleOf(t, resourcesOf(t, template), f)
		require.NotEmpty(t, role, f)
		for _, g := range role {
			assert.NotContains(t, g.action, "*", f)
			assert.NotEqual(t, "*", g.resource, f)
		}
		assert.Contains(t, role, grant{"logs:PutLogEvents", f + "Logs", ""})
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
	assert.Contains(t, request("PUT", "/b/k", "", "").Action, "unknown")
}
