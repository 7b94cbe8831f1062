package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// What is called of AWS beside the table and the queue stands in the source.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Quarantine", start, onawstest.Work{
		Answers: map[string][]onawstest.Answer{"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}}},
		Bodies:  []string{onawstest.Report},
		Also: append(calls(t), onawstest.Call{Action: "dynamodb:GetItem", Resource: "PluginData"}, onawstest.Call{Action: "sqs:SendMessage", Resource: "SubmissionQueue"},
			onawstest.Call{Action: "sqs:ChangeMessageVisibility", Resource: "QuarantineQueue"}),
	})
}

// composed are the actions whose names the source puts together, of users and of roles.
var composed = []string{"GetUserPolicy", "PutUserPolicy", "DeleteUserPolicy", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy"}

// calls are the actions that the source names, which are all that the role has to speak of.
func calls(t *testing.T) (list []onawstest.Call) {
	t.Helper()
	files, err := filepath.Glob("../../../internal/emitters/quarantine/actions/*.go")
	require.NoError(t, err)
	name, known := regexp.MustCompile(`"((?:Get|List|Describe|Create|Delete|Put|Update|Modify|Authorize|Revoke)[A-Z]\w+)"`), onawstest.Acting()
	found := slices.Clone(composed)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range name.FindAllStringSubmatch(string(text), -1) {
			found = append(found, match[1])
		}
	}
	slices.Sort(found)
	for _, action := range slices.Compact(found) {
		if action == "GetCallerIdentity" {
			continue // needs no permission (AWS Security Token Service API Reference)
		}
		if assert.Contains(t, known, action, "an action that the table of the tests does not have") {
			list = append(list, onawstest.Call{Action: known[action], Resource: onawstest.Quarantine})
		}
	}
	return list
}
