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
