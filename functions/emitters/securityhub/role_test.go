package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

const (
	id  = "aab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5"
	arn = "arn:aws:guardduty:eu-west-1:123456789012:detector/12abc34d567e8fa901bc2d34e56789f0/finding/" + id
)

// A finding of GuardDuty that is safe.
var work = onawstest.Work{
	Answers: map[string][]onawstest.Answer{
		"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"},"ver":{"N":"1"}}}`}},
		"securityhub:GetFindings": {{Status: 200, Body: `{"Findings":[{"Id":"` + arn + `","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty",
			"AwsAccountId":"123456789012","Workflow":{"Status":"NEW"}}]}`}},
		"securityhub:BatchUpdateFindings": {{Status: 200, Body: `{"ProcessedFindings":[{"Id":"` + arn + `"}],"UnprocessedFindings":[]}`}},
		"guardduty:GetFindings":           {{Status: 200, Body: `{"findings":[{"id":"` + id + `","service":{"archived":false}}]}`}},
	},
	Bodies: []string{`{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","status":"published","seq":3,"opened_at":"2026-03-04T05:06:07Z",
		"alerts":[{"name":"a","rule":"r","source":"guardduty","account":"123456789012","region":"eu-west-1","key":"[\"123456789012\",\"eu-west-1\",\"` + id + `\"]",
		"raw":"{\"source\":\"aws.guardduty\",\"detail-type\":\"GuardDuty Finding\",\"detail\":{\"accountId\":\"123456789012\",\"region\":\"eu-west-1\",\"id\":\"` + id + `\",\"arn\":\"` +
		arn + `\",\"service\":{\"detectorId\":\"12abc34d567e8fa901bc2d34e56789f0\"}}}"}],
		"result":{"severity":"safe","reason":"r"}}`},
}

// It is written, and archived. What is called of GuardDuty where it is not safe any more, or where an administrator has it, stands
// in the emitter's package comment.
func TestRole(t *testing.T) {
	w := work
	w.Also = []onawstest.Call{
		{Action: "dynamodb:GetItem", Resource: "PluginData"}, {Action: "sqs:ChangeMessageVisibility", Resource: "SecurityhubQueue"},
		{Action: "guardduty:ListDetectors", Resource: "*"}, {Action: "guardduty:UnarchiveFindings", Resource: "*"},
	}
	onawstest.Role(t, "../../../template.yml", "Securityhub", start, w)
}

func TestFaults(t *testing.T) {
	onawstest.Faults(t, "../../../template.yml", "Securityhub", start, work)
}
