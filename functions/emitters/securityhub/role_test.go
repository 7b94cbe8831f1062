package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// What is called of the two services stands in the emitter's package comment.
func TestRole(t *testing.T) {
	work := onawstest.Work{
		Answers: map[string][]onawstest.Answer{"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}}},
		Bodies:  []string{onawstest.Report},
		Also:    []onawstest.Call{{Action: "dynamodb:GetItem", Resource: "PluginData"}, {Action: "sqs:ChangeMessageVisibility", Resource: "SecurityhubQueue"}},
	}
	for _, action := range []string{"securityhub:BatchUpdateFindings", "securityhub:GetFindings", "guardduty:ArchiveFindings", "guardduty:GetFindings",
		"guardduty:ListDetectors", "guardduty:UnarchiveFindings"} {
		work.Also = append(work.Also, onawstest.Call{Action: action, Resource: "*"})
	}
	onawstest.Role(t, "../../../template.yml", "Securityhub", start, work)
}
