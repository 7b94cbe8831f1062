package security

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

// world is all services that a function can reach, on this machine. As in real life, it says what it was asked.
type world struct {
	mu     sync.Mutex
	bodies []string // of requests
	mode   string
}

// ServeHTTP implements http.Handler.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	w.bodies = append(w.bodies, string(body))
	w.mu.Unlock()
	asked := fmt.Sprintf("The canonical string should have been %s %s %v", r.Method, r.URL, r.Header)
	switch w.mode {
	case "works":
		w.answer(out, r)
	case "hangs up":
		panic(http.ErrAbortHandler)
	case "talks nonsense":
		_, _ = io.WriteString(out, "<<{{"+asked)
	case "302", "307":
		out.Header().Set("Location", "/"+canary+"?token="+canary)
		out.WriteHeader(map[string]int{"302": http.StatusFound, "307": http.StatusTemporaryRedirect}[w.mode])
	default:
		refuse(out, r, map[string]int{"401": 401, "403": 403, "500": 500}[w.mode], asked)
	}
}

// refuse quotes what was signed, in the format that the service has.
func refuse(out http.ResponseWriter, r *http.Request, status int, asked string) {
	if r.Header.Get("X-Amz-Target") == "" {
		out.WriteHeader(status)
		text, _ := json.Marshal(asked)
		fmt.Fprintf(out, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>%s</Message></Error></ErrorResponse>",
			strings.NewReplacer("<", "(", "&", "+").Replace(string(text)))
		return
	}
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	out.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(map[string]string{"__type": "com.amazon.coral.service#InvalidSignatureException", "message": asked})
}

// answer is an AWS in which nothing is, and each secret is the canary.
func (w *world) answer(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch call {
	case "GetSecretValue":
		var in struct{ SecretId string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		_ = json.NewEncoder(out).Encode(map[string]string{"SecretString": keyOf(in.SecretId)})
	case "UpdateItem":
		_, _ = io.WriteString(out, `{"Attributes":{"key":{"S":"k"},"fingerprint":{"S":"F"},"report_id":{"S":"F-1"}}}`)
	case "Query":
		_, _ = io.WriteString(out, `{"Items":[],"Count":0}`)
	default:
		_, _ = io.WriteString(out, "{}")
	}
}

// keyOf is a key that a service would give out, with the canary in it.
func keyOf(secret string) string {
	switch {
	case strings.HasSuffix(secret, "slack"):
		return "xoxb-" + canary
	case strings.HasSuffix(secret, "pagerduty"):
		return canary + "0123456789abcdef"
	}
	return canary
}

// asked are the bodies of the requests so far.
func (w *world) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.bodies)
}

func (w *world) serve(t *testing.T, secure bool) string {
	t.Helper()
	s := httptest.NewUnstartedServer(w)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL
}

// weathers are what AWS does, and what does the service behind AWS that a function calls.
var weathers = []struct{ aws, service string }{
	{"403", ""}, {"500", ""}, {"307", ""}, {"talks nonsense", ""}, {"hangs up", ""}, {"odd certificate", ""}, {"no such host", ""},
	{"works", "works"}, {"works", "401"}, {"works", "500"}, {"works", "302"}, {"works", "hangs up"}, {"works", "odd certificate"},
	{"works", "no such host"},
}

// address is where such a service is.
func address(t *testing.T, w *world, mode string) string {
	t.Helper()
	w.mode = mode
	switch mode {
	case "no such host":
		return "https://no-such-host.invalid"
	case "odd certificate":
		return w.serve(t, true)
	}
	return w.serve(t, false)
}

func reachable(mode string) bool { return mode != "odd certificate" && mode != "no such host" }

// usual are values of variables that hold no secret.
var usual = map[string]string{
	"INSPECTION_DELAY": "0", "REVIEW_DELAY": "600", "AGGREGATION_WINDOW": "86400", "RETENTION_DAYS": "90",
	"INSPECTOR_TYPES": "*", "INSPECTOR_ID": "id", "EMITTER_ID": "id", "WATCHLIST_BUCKET": "a-bucket", "WATCHLIST_PREFIX": "",
	"REPORT_URL": "https://reports.example/{report_id}", "LINK_HOSTS": "grafana.example", "SLACK_CHANNEL": "#alerts", "GITHUB_REPOSITORY": "example/alerts",
	"SLACK_OPTIONS": "", "PAGERDUTY_OPTIONS": "", "GITHUB_OPTIONS": "", "SECURITYHUB_ON": "archive", "QUARANTINE_MODE": "on", "QUARANTINE_RULES": "",
	"REVIEWER_LAMBDA_ARN": "arn:aws:lambda:eu-west-1:123456789012:function:judge",
}

// value is what a variable holds; with the canary wherever a secret can be.
func value(name, aws, service string) string {
	usual, known := usual[name]
	switch {
	case known:
		return usual
	case strings.HasSuffix(name, "_QUEUE_URL"):
		return aws + "/123456789012/" + name
	case strings.HasSuffix(name, "_TOPIC_ARN"):
		return "arn:aws:sns:eu-west-1:123456789012:" + name
	case strings.HasPrefix(name, "MAPPINGS"), strings.HasSuffix(name, "_LIMITS"), name == "OWN_DOMAINS", name == "AWSCONTEXT_ROLE_ARNS":
		// these are optional, and none is a secret
		return ""
	case strings.HasSuffix(name, "_SECRET_ARN"), strings.HasSuffix(name, "_KEY_ARN"), strings.HasSuffix(name, "_TOKEN_ARN"):
		service, _, _ := strings.Cut(strings.ToLower(name), "_")
		return "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + service
	case strings.HasSuffix(name, "_URL"):
		return service + "/" + canary + "?token=" + canary
	case strings.Contains(name, "SECRET"), strings.Contains(name, "TOKEN"), strings.HasSuffix(name, "_KEY"), strings.Contains(name, "PASSWORD"):
		return canary
	}
	return "the-" + name
}

func environment(names []string, aws, service string) map[string]string {
	env := map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": aws, "AWS_MAX_ATTEMPTS": "2", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": canary + "-key", "AWS_SESSION_TOKEN": canary + "-token",
		"LOG_LEVEL": "debug", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
	}
	for _, name := range names {
		env[name] = value(name, aws, service)
	}
	return env
}

// calling are the variables of a function, and that with the address of the service that its key is for: nobody here is to
// ask the real one.
func calling(names []string) []string {
	for _, name := range names {
		service, key := strings.CutSuffix(name, "_SECRET_ARN")
		if url := service + "_URL"; key && !slices.Contains(names, url) {
			names = append(names, url)
		}
	}
	return names
}

// everything is an event with a message for each stage and plugin, and some that are none.
func everything(t *testing.T) [][]byte {
	t.Helper()
	const id = "AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"
	attribute := `{"type":"ipaddr","value":"198.51.100.66","context":["remote"]},{"type":"ipaddr","value":"8.8.8.8","context":["remote"]}`
	bodies := []string{
		`{"name":"a","rule":"r","key":"k","attrs":[` + attribute + `]}`,
		`{"v":1,"report_id":"` + id + `","origin":"0.A","attributes":[` + attribute + `],"alert":{"name":"a"}}`,
		`{"v":1,"report_id":"` + id + `","token":"0.A/id","pages":[],"done":true}`,
		`{"v":1,"report_id":"` + id + `","alert":{"name":"a"},"status":"new","seq":2}`,
		`{"v":1,"report_id":"` + id + `","alert":{"name":"a"},"alerts":[{"name":"a"}],"status":"published","seq":3,"result":{"severity":"urgent","reason":"r"}}`,
		string(fixture(t, "hostile.txt")),
	}
	events := [][]byte{[]byte(`{"report_id":"` + id + `","author":"x"}`), []byte(`[]`)}
	for n, b := range bodies {
		events = append(events, envelope.SQSEvent(envelope.Delivery{
			ID: fmt.Sprint("m", n), ReceiptHandle: "r", QueueARN: "arn:aws:sqs:eu-west-1:123456789012:q", Body: b, ReceiveCount: 3,
		}))
	}
	return events
}

// The functions as they are deployed, each a process of its own with secrets wherever one can be: none of them gets out,
// whatever the services do.
func TestSecretsOfFunctions(t *testing.T) {
	needsBinaries(t)
	for _, folder := range functions(t) {
		names := calling(variables(t, folder))
		calls := slices.ContainsFunc(names, func(n string) bool {
			return strings.HasSuffix(n, "_URL") && !strings.HasSuffix(n, "_QUEUE_URL") && usual[n] == ""
		})
		for _, weather := range weathers {
			if weather.service != "" && weather.service != "works" && !calls {
				continue // it calls AWS only
			}
			t.Run(folder+"/AWS "+weather.aws+" "+weather.service, func(t *testing.T) {
				t.Parallel()
				aws, service := &world{}, &world{}
				url := address(t, aws, weather.aws)
				env := environment(names, url, address(t, service, weather.service))
				answers, written := lambda(t, folder, env, everything(t)...)
				assertSilent(t, "what it writes", written)
				assertTame(t, written)
				require.GreaterOrEqual(t, len(answers), 7, "%.2000s", written)
				for _, a := range answers {
					assertSilent(t, "an answer", a)
				}
				for _, body := range append(aws.asked(), service.asked()...) {
					// The key of an event of PagerDuty stands in it ("Send an event (Events API v2)", routing_key).
					assertSilent(t, "a request", strings.Replace(body, `"routing_key":"`+keyOf("pagerduty")+`"`, "", 1))
				}
				assert.Equal(t, reachable(weather.aws), len(aws.asked()) > 0, "was AWS called: %.2000s", written)
				if calls && weather.aws == "works" {
					assert.Equal(t, reachable(weather.service), len(service.asked()) > 0, "was it called: %.2000s", written)
				}
			})
		}
	}
}

// A function whose configuration is at fault says which variable, and never its value.
func TestSecretsOfFunctionsAtFault(t *testing.T) {
	needsBinaries(t)
	for _, folder := range functions(t) {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			env := environment(calling(variables(t, folder)), "http://127.0.0.1:1", "ftp://"+canary+":"+canary+"@%zz")
			for name := range maps.Clone(env) {
				if strings.HasSuffix(name, "_DELAY") || strings.HasSuffix(name, "_DAYS") || strings.HasSuffix(name, "_ID") && !strings.HasPrefix(name, "AWS") {
					env[name] = "\x1b[31m odd \u202e"
				}
			}
			answers, written := lambda(t, folder, env, everything(t)[0])
			assertSilent(t, "what it writes", written)
			assertTame(t, written)
			require.NotEmpty(t, answers, "%.2000s", written)
			assertSilent(t, "an answer", strings.Join(answers, "\n"))
		})
	}
}
