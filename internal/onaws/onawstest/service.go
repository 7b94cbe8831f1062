package onawstest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/assert"
)

// Asking is a function that asks a service about an address of the internet, so many times.
func Asking(times int) (w Work) {
	w.Answers = map[string][]Answer{"secretsmanager:GetSecretValue": {{Status: 200, Body: `{"SecretString":"hush"}`}}}
	for range times {
		w.Bodies = append(w.Bodies, `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","origin":"0.A",
			"attributes":[{"type":"ipaddr","value":"8.8.8.8","context":["remote"]}],"alert":{"name":"a"}}`)
	}
	return w
}

// Starts has a function that asks a service start with a key of either kind, and without: the variables of its own begin with
// prefix. Where it has limits, such that nobody understands are a fault.
func Starts(t *testing.T, prefix string, start func() lambda.Handler, limited bool) {
	t.Helper()
	with := func(arn, key, limits, table string) string {
		for name, value := range map[string]string{
			prefix + "_SECRET_ARN": arn, prefix + "_API_KEY": key, prefix + "_LIMITS": limits, "OWN_DOMAINS": "", "PLUGIN_DATA": table,
			"INSPECTOR_ID": "example", "INSPECTOR_TYPES": "ipaddr", "SUBMISSION_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
		} {
			t.Setenv(name, value)
		}
		if err := fault(t, start()); err != nil {
			return err.Error()
		}
		return ""
	}
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
	assert.Empty(t, with(arn, "", "", "t"))
	assert.Empty(t, with("", "hush", "2/minute,100/day", "t"))
	none := with("", "", "", "")
	assert.Contains(t, none, "configuration: environment variable "+prefix+"_SECRET_ARN: empty")
	assert.Contains(t, none, "PLUGIN_DATA", "all faults at once")
	if limited {
		assert.Contains(t, with(arn, "", "often", "t"), "configuration: ", "limits that nobody understands")
	}
}

// Emitting is a function that tells a service, with this key, of a report, so many times.
func Emitting(key string, times int) (w Work) {
	w.Answers = map[string][]Answer{
		"dynamodb:UpdateItem":           {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}},
		"secretsmanager:GetSecretValue": {{Status: 200, Body: `{"SecretString":"` + key + `"}`}},
	}
	for range times {
		w.Bodies = append(w.Bodies, Report)
	}
	return w
}

// Report is a report that is urgent.
const Report = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","status":"published","seq":3,"opened_at":"2026-03-04T05:06:07Z",
	"alerts":[{"name":"a","rule":"r","attrs":[{"type":"ipaddr","value":"8.8.8.8","context":["remote"]}]}],
	"result":{"severity":"urgent","reason":"r"}}`

// StartsEmitter has a function that tells a service start with a key of either kind, and without: the variables of its own begin
// with prefix. Options that nobody understands are a fault.
func StartsEmitter(t *testing.T, prefix string, start func() lambda.Handler, variables map[string]string) {
	t.Helper()
	with := func(arn, key, options, table string) string {
		for name, value := range map[string]string{
			prefix + "_SECRET_ARN": arn, prefix + "_KEY": key, prefix + "_OPTIONS": options, "PLUGIN_DATA": table, "EMITTER_ID": "example",
			"RETENTION_DAYS": "90", "REPORT_URL": "", "LINK_HOSTS": "",
		} {
			t.Setenv(name, value)
		}
		for name, value := range variables {
			t.Setenv(name, value)
		}
		if err := fault(t, start()); err != nil {
			return err.Error()
		}
		return ""
	}
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
	assert.Empty(t, with(arn, "", "", "t"))
	assert.Empty(t, with("", "hush", "", "t"))
	assert.Contains(t, with("", "", "", "t"), "configuration: environment variable "+prefix+"_SECRET_ARN: empty")
	assert.Contains(t, with(arn, "", "", ""), "configuration: environment variable PLUGIN_DATA: empty")
	odd := with(arn, "", "odd=hush", "t")
	assert.Contains(t, odd, "configuration: ")
	assert.Contains(t, odd, prefix+"_OPTIONS")
}

// ServiceOf is the address of a service that gives these answers first, and then answers as a transport does.
func ServiceOf(t *testing.T, transport http.RoundTripper, first ...Answer) string {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := int(asked.Add(1)); n <= len(first) {
			w.WriteHeader(first[n-1].Status)
			return
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Service is the address of a service of intelligence that answers the nth time with the nth answer or the last one.
func Service(t *testing.T, answers ...Answer) string {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := answers[min(int(asked.Add(1)), len(answers))-1]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
