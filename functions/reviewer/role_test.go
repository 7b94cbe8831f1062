package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// The deadline has come, and there is a review; then the verdict, by the policy that ships and by a reviewer of one's own; one
// for which there is no time waits.
func TestRole(t *testing.T) {
	const review = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"`
	const item = `"fingerprint":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA"},"report_id":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"},
		"ver":{"N":"2"},"count":{"N":"1"},"bodies":{"N":"1"},"deadline_at":{"N":"1772600000000"}`
	answers := map[string][]onawstest.Answer{
		"dynamodb:GetItem": {
			{Status: 200, Body: `{"Item":{` + item + `,"pending":{"SS":["0.A/watchlist"]}}}`}, {Status: 200, Body: `{"Item":{` + item + `}}`},
		},
		"dynamodb:UpdateItem":   {{Status: 200, Body: `{"Attributes":{` + item + `}}`}},
		"lambda:InvokeFunction": {{Status: 200, Body: `{"severity":"safe","reason":"r"}`}},
	}
	bodies := []string{review + `,"deadline_at":1772600000000}`, review + `}`}
	onawstest.Role(t, "../../template.yml", "Reviewer", start,
		onawstest.Work{Variables: map[string]string{"REVIEWER_LAMBDA_ARN": ""}, Answers: answers, Bodies: bodies},
		onawstest.Work{Variables: map[string]string{"REVIEWER_LAMBDA_ARN": onawstest.Parameters["ReviewerLambdaArn"]}, Answers: answers, Bodies: bodies},
		onawstest.Work{Bodies: bodies, NoTime: true},
	)
}
