package local

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const alert = `{"name": "SSH brute force", "rule": "ssh", "key": "host-7", "attrs": [{"type": "ipaddr", "value": "198.51.100.23"}]}`

// run is the command with something on standard input.
func run(t *testing.T, c Command, in string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	con := &console.Console{In: strings.NewReader(in), Out: &out, Err: &errs, Screen: show.NewScreen(0, false)}
	err = c.Run(t.Context(), con)
	return out.String(), errs.String(), err
}

// receiver is a webhook's other end.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  []string
	headers []http.Header
	status  int
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bodies, r.headers = append(r.bodies, b.String()), append(r.headers, q.Header)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// What has overtaken a notice within one batch is told alone; so there may be no notice.
func TestWebhooksHearOfTheVerdict(t *testing.T) {
	t.Setenv(secretVariable, "")
	one, two := newReceiver(t, 200), newReceiver(t, 204)
	stdout, stderr, err := run(t, Command{Output: "json", Webhook: []string{one.URL, two.URL}}, alert)
	require.NoError(t, err)
	assert.Empty(t, stderr)
	assert.Contains(t, stdout, `"status":"published"`)
	for _, r := range []*receiver{one, two} {
		require.NotEmpty(t, r.bodies)
		var last responder.Report
		require.NoError(t, json.Unmarshal([]byte(r.bodies[len(r.bodies)-1]), &last))
		assert.Equal(t, responder.StatusPublished, last.Status)
	}
}

func TestWebhookIsSignedWithTheSecretOfTheEnvironment(t *testing.T) {
	send := func(secret string) (signature, body string) {
		t.Setenv(secretVariable, secret)
		r := newReceiver(t, 200)
		_, _, err := run(t, Command{Output: "json", Webhook: []string{r.URL}}, alert)
		require.NoError(t, err)
		require.NotEmpty(t, r.headers)
		return r.headers[0].Get(webhook.SignatureHeader), r.bodies[0]
	}
	signature, body := send("hush-0123456789abcdef")
	assert.NoError(t, webhook.Verify(signature, []byte(body), "hush-0123456789abcdef", time.Now(), time.Minute))
	signature, _ = send("")
	assert.Empty(t, signature)
}

// A service that is down is not hammered while no time passes.
func TestWebhookThatIsDownIsTriedTwice(t *testing.T) {
	t.Setenv(secretVariable, "")
	r := newReceiver(t, 503)
	stdout, stderr, err := run(t, Command{Output: "json", Webhook: []string{r.URL + "/hush"}}, alert)
	code, say := console.Code(err)
	assert.Equal(t, console.NotDone, code)
	assert.False(t, say, "it was said for each notification")
	assert.Contains(t, stdout, `"status":"published"`, "the report is there nevertheless")
	told := strings.Count(stderr, "webhook: report ")
	assert.Contains(t, []int{1, 2}, told, "the verdict, and the notice if it came alone")
	assert.Len(t, r.bodies, told*hookTries)
	assert.NotContains(t, stderr, "hush")
}

func TestReportsAreInTheOrderOfTheirOpening(t *testing.T) {
	stdout, _, err := run(t, Command{Output: "text"}, alert+"\n"+strings.ReplaceAll(alert, "host-7", "host-8"))
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(stdout, "UNCLASSIFIED"))
	assert.Equal(t, 1, strings.Count(stdout, "\n\n"), "a line between two reports")
}

func TestWhatIsOverOpensNoReport(t *testing.T) {
	stdout, stderr, err := run(t, Command{Output: "json"}, strings.Replace(alert, "{", `{"state": "resolved", `, 1))
	require.NoError(t, err)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "no report was opened")
}

func TestWatchlistThatCannotBeRead(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.txt")
	stdout, _, err := run(t, Command{Output: "json", Watchlist: []string{list}}, alert)
	assert.ErrorContains(t, err, "list.txt")
	assert.Empty(t, stdout)

	require.NoError(t, os.WriteFile(list, []byte("198.51.100.0/24\n"), 0o600))
	stdout, _, err = run(t, Command{Output: "json", Watchlist: []string{list}}, alert)
	require.NoError(t, err)
	assert.Contains(t, stdout, `"outcome":"found"`)
}

// A role that is none stands in the file: it is as much bad usage as what the file itself can see.
func TestARoleThatIsNoneIsBadUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inspectors.yml")
	require.NoError(t, os.WriteFile(file, []byte("inspectors: {awscontext: {roles: [look]}}\n"), 0o600))
	_, _, err := run(t, Command{Output: "json", Config: file}, alert)
	code, _ := console.Code(err)
	assert.Equal(t, console.BadUsage, code, err)
}
