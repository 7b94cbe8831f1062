package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// One report, which is not there yet where it is to be sent to.
var work = onawstest.Work{Answers: map[string][]onawstest.Answer{
	"dynamodb:UpdateItem":           {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}},
	"secretsmanager:GetSecretValue": {{Status: 200, Body: `{"SecretString":"hush"}`}},
}, Bodies: []string{`{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","status":"published","seq":3,"alerts":[{"name":"a"}],
	"result":{"severity":"urgent","reason":"r"}}`}}

// Nobody is at the address, and the report waits.
func TestRole(t *testing.T) { onawstest.Role(t, "../../../template.yml", "Webhook", start, work) }

func TestFaults(t *testing.T) {
	posted := 0
	there := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posted++ }))
	defer there.Close()
	w := work
	w.Variables = map[string]string{"WEBHOOK_URL": there.URL + "/hook"}
	onawstest.Faults(t, "../../../template.yml", "Webhook", start, w)
	assert.Positive(t, posted)
}
