package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// A page crosses its inspector off, the last one, and there is a review; one with new attributes begins a further wave; one
// for which there is no time waits.
func TestRole(t *testing.T) {
	const page = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","token":"0.A/watchlist","done":true,"pages":[{"title":"p"`
	const item = `"fingerprint":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA"},"report_id":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"},
		"ver":{"N":"2"},"count":{"N":"1"},"bodies":{"N":"1"},"deadline_at":{"N":"4102444800000"}`
	answers := map[string][]onawstest.Answer{
		"dynamodb:GetItem":    {{Status: 200, Body: `{"Item":{` + item + `}}`}},
		"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{` + item + `}}`}},
	}
	onawstest.Role(t, "../../template.yml", "Submitter", start,
		onawstest.Work{Answers: answers, Bodies: []string{
			page + `}]}`, page + `,"new_attributes":[{"type":"domain","value":"a.example"}]}]}`,
		}},
		onawstest.Work{Bodies: []string{page + `}]}`}, NoTime: true},
	)
}
