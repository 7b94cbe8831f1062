package main

import (
	"strings"
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// An alert opens a report, whose task is handed out at once or later; one that is over finds no report; one for which there is
// no time waits; of two in one message, the one that failed is sent again. Mappings come from the environment, and from an object.
func TestRole(t *testing.T) {
	const alert = `{"name":"a","rule":"r","key":"k","attrs":[{"type":"ipaddr","value":"198.51.100.66","context":["remote"]}]`
	awaited := map[string][]onawstest.Answer{
		"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{
			"fingerprint":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA"},"report_id":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"},
			"ver":{"N":"1"},"count":{"N":"1"},"bodies":{"N":"1"},"pending":{"SS":["0.A/watchlist"]},"deadline_at":{"N":"4102444800000"}}}`}},
	}
	failsOnce := map[string][]onawstest.Answer{
		"dynamodb:UpdateItem": awaited["dynamodb:UpdateItem"],
		"dynamodb:PutItem":    {{Status: 400, Body: `{"__type":"com.amazonaws.dynamodb.v20120810#ItemCollectionSizeLimitExceededException"}`}, {Status: 200, Body: `{}`}},
	}
	onawstest.Role(t, "../../template.yml", "Receptor", start,
		onawstest.Work{Answers: awaited, Bodies: []string{alert + "}"}},
		onawstest.Work{Variables: map[string]string{"INSPECTION_DELAY": "300"}, Answers: awaited, Bodies: []string{alert + "}"}},
		onawstest.Work{Bodies: []string{alert + `,"state":"resolved"}`}},
		onawstest.Work{Bodies: []string{alert + "}"}, NoTime: true},
		onawstest.Work{Answers: failsOnce, Bodies: []string{"[" + alert + "}," + strings.Replace(alert, `"k"`, `"l"`, 1) + "}]"}},
		onawstest.Work{
			Variables: map[string]string{
				"MAPPINGS":        "version: 1\nmappings: [{source: a, match: {v: y}, key: id}]",
				"MAPPINGS_BUCKET": onawstest.Parameters["MappingsBucket"], "MAPPINGS_KEY": onawstest.Parameters["MappingsKey"],
			},
			Answers: map[string][]onawstest.Answer{
				"s3:GetObject": {{Status: 200, Body: "version: 1\nmappings: [{source: b, match: {v: x}, key: id}]"}},
			},
			Bodies: []string{`{"v":"x","id":1,"state":"resolved"}`},
		},
	)
}
