package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// desk is an emitter beside GitHub, and what is remembered between its calls.
type desk struct {
	*fake
	emitter responder.Emitter
	env     map[string]string
	key     responder.Secret
	clock   time.Time
	receipt responder.Receipt
}

func newDesk(t *testing.T, env ...string) *desk {
	t.Helper()
	d := &desk{fake: newFake(t), clock: start, env: map[string]string{"GITHUB_REPOSITORY": home + "acme/security"}}
	d.fake.now = func() time.Time { return d.clock }
	d.key = func(context.Context) (string, error) { return token, nil }
	for i := 0; i < len(env); i += 2 {
		d.env[env[i]] = env[i+1]
	}
	place, err := parsePlace(d.env["GITHUB_REPOSITORY"])
	require.NoError(t, err)
	d.base = place.base
	d.restart()
	return d
}

// restart is another process, which remembers nothing.
func (d *desk) restart() {
	d.t.Helper()
	e, err := New(delivery.Settings{Key: d.key, Getenv: func(n string) string { return d.env[n] }, Transport: wire(d.fake), Now: d.fake.now})
	require.NoError(d.t, err)
	d.emitter = e
}

// emit carries a notification, and keeps the receipt as the host does.
func (d *desk) emit(r responder.Report) error { return d.emitIn(d.t.Context(), r) }

func (d *desk) emitIn(ctx context.Context, r responder.Report) error {
	d.t.Helper()
	was := maps.Clone(d.receipt)
	next, err := d.emitter.Emit(ctx, r, d.receipt)
	assert.Equal(d.t, was, d.receipt, "the receipt that was given stays as it is")
	respondertest.NoSecret(d.t, token, next, err)
	if next != nil {
		d.receipt = next
	}
	return err
}

// does carries a notification, and says which requests it took.
func (d *desk) does(r responder.Report) []string {
	d.t.Helper()
	d.mu.Lock()
	d.requests = nil
	d.mu.Unlock()
	require.NoError(d.t, d.emit(r))
	return d.requests
}

const reportID = "MFRGGZDFMZTWQ2LK-mor2x1"

// told makes a notification: of an even seq a notice. Each verdict has something that the one before had not.
func told(seq int64, severity responder.Severity, more ...func(*responder.Report)) responder.Report {
	r := responder.Report{V: 1, ReportID: reportID, Seq: seq, AlertCount: 1, OpenedAt: responder.At(start.Add(-time.Second)),
		Alert:  responder.Alert{Name: "Backdoor traffic from i-1", Rule: "r", Key: "k", Source: "guardduty", Timestamp: responder.Span(start, start)},
		Result: responder.Result{Severity: severity, Reason: fmt.Sprintf("because of %d", seq)}, Status: responder.StatusPublished}
	r.Alerts = []responder.Alert{r.Alert}
	for k := int64(3); k <= seq; k += 2 {
		a := responder.Attribute{Type: responder.TypeIPAddr, Value: fmt.Sprintf("198.51.100.%d", k), Context: []string{responder.ContextRemote}}
		r.Signals = append(r.Signals, responder.Signal{Kind: "reputation", Verdict: responder.Malicious, Score: 90, Summary: fmt.Sprintf("Seen by sensor %d", k),
			Source: "virustotal", Attribute: &a, Inspector: "virustotal"})
	}
	if seq%2 == 0 {
		r.Status, r.Alerts, r.Signals, r.Result.Reason = responder.StatusOngoing, nil, nil, ""
		if seq == firstSeq {
			r.Status = responder.StatusNew
		}
	}
	for _, f := range more {
		f(&r)
	}
	return r
}

func alerts(n int64) func(*responder.Report) { return func(r *responder.Report) { r.AlertCount = n } }

func TestOneReportIsOneIssue(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "labels=security,needs%20eyes assignees=alice")
	assert.Equal(t, []string{"GET /repos/acme/security", "POST /repos/acme/security/issues"}, d.does(told(2, "")), "one for the repository, one for the issue")
	i := d.only()
	assert.Equal(t, "acme-bot", i.by)
	assert.Equal(t, []string{"security", "needs eyes"}, i.labels, "there is no verdict yet")
	assert.Equal(t, []string{"alice"}, i.assignees)
	assert.Contains(t, i.title, "Backdoor traffic from i-1")
	assert.True(t, strings.HasPrefix(i.body, "<!-- alertresponder report="+reportID+" seq=2 opened=2 "), i.body)
	assert.Contains(t, i.body, "AlertResponder keeps this text up to date")
	assert.Equal(t, "1", d.receipt["number"])
	assert.Equal(t, "https://github.com/acme/security/issues/1", d.receipt["url"])

	one := "/repos/acme/security/issues/1"
	assert.Equal(t, []string{"GET " + one, "PATCH " + one, "POST " + one + "/comments"}, d.does(told(3, responder.Urgent)))
	assert.Equal(t, []string{"security", "needs eyes", "severity: urgent"}, i.labels)
	assert.Contains(t, i.title, "URGENT")
	assert.Contains(t, i.body, "because of 3")
	assert.Len(t, i.comments, 1)
	assert.Contains(t, i.comments[0].body, "said=3")
	assert.Equal(t, "open", i.state)
	assert.Equal(t, 1, i.writes, "text, labels and state are one request")

	require.NoError(t, d.emit(told(5, responder.Safe)))
	assert.Equal(t, []string{"security", "needs eyes", "severity: safe"}, i.labels)
	assert.Equal(t, []string{"closed", "not_planned"}, []string{i.state, i.reason})
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.Equal(t, []string{"open", "reopened"}, []string{i.state, i.reason})
	assert.Equal(t, 3, i.writes)
	assert.Len(t, i.comments, 3)
	assert.Len(t, d.repo().issues, 1)
}

// A GitHub Enterprise Server has its API below another address; the fake answers at no other.
func TestEnterprise(t *testing.T) {
	for _, host := range []string{"https://ghe.example.com:8443/", "https://octo.ghe.com/"} {
		d := newDesk(t, "GITHUB_REPOSITORY", host+"acme/security")
		require.NoError(t, d.emit(told(2, "")))
		require.NoError(t, d.emit(told(3, responder.Safe)))
		assert.Equal(t, "closed", d.only().state)
		d.repo().name = "acme/soc"
		d.repos["acme/soc"] = d.repo()
		require.NoError(t, d.emit(told(5, responder.Urgent)))
		assert.Equal(t, "open", d.only().state)
	}
}

func TestTheFirstThatIsToldMayBeAVerdict(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, []string{"GET /repos/acme/security", "GET /repos/acme/security/issues", "POST /repos/acme/security/issues"},
		d.does(told(3, responder.Urgent)), "there may be one of which a receipt was lost")
	i := d.only()
	assert.Equal(t, []string{"alertresponder", "severity: urgent"}, i.labels)
	assert.Empty(t, i.comments, "the text says it")
	assert.Zero(t, i.writes)

	d = newDesk(t)
	require.NoError(t, d.emit(told(3, responder.Safe)))
	assert.Equal(t, []string{"closed", "not_planned"}, []string{d.only().state, d.only().reason})
	assert.Empty(t, d.only().comments)
	assert.Equal(t, 1, d.only().writes)
}

// What says nothing new is no comment.
func TestNothingNewIsNotSaid(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	r := told(3, responder.Urgent)
	require.NoError(t, d.emit(r))
	r.Seq = 5
	require.NoError(t, d.emit(r))
	assert.Len(t, d.only().comments, 1)
	m, _ := parseMarker(d.only().body)
	assert.EqualValues(t, 5, m.seq)
}

func TestNothingIsWrittenThatIsThere(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	was := maps.Clone(d.receipt)
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.receipt = was // the process died before it was kept
	require.NoError(t, d.emitIn(responder.Interrupt(t.Context()), told(3, responder.Urgent)))
	assert.Equal(t, 1, d.only().writes)
	assert.Len(t, d.only().comments, 1)
}

func TestMinimum(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "minimum=urgent")
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Unclassified)))
	assert.Empty(t, d.repo().issues)
	assert.Equal(t, []string{"POST /repos/acme/security/issues"}, d.does(told(5, responder.Urgent)), "it is known that there is none")
	require.NoError(t, d.emit(told(7, responder.Unclassified)))
	assert.Equal(t, []string{"alertresponder", "severity: unclassified"}, d.only().labels, "what is there is kept up to date")
	assert.Equal(t, "open", d.only().state)
}

func TestLabels(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "labels=none severity=Sev/")
	d.repo().labels = []string{"sev/URGENT"}
	require.NoError(t, d.emit(told(2, "")))
	i := d.only()
	assert.Empty(t, i.labels)
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Equal(t, []string{"sev/URGENT"}, i.labels, "as the repository spells it")
	i.labels = append(i.labels, "sev/of-people", "phishing")
	require.NoError(t, d.emit(told(5, responder.Unclassified)))
	assert.Equal(t, []string{"sev/of-people", "phishing", "Sev/unclassified"}, i.labels)
	i.labels = []string{"phishing"} // people took ours away
	require.NoError(t, d.emit(told(7, responder.Unclassified)))
	assert.Equal(t, []string{"phishing"}, i.labels, "as long as the verdict is the same, their word stands")

	d = newDesk(t, "GITHUB_OPTIONS", "severity=none")
	require.NoError(t, d.emit(told(2, "")))
	d.only().labels = append(d.only().labels, "severity: urgent")
	require.NoError(t, d.emit(told(3, responder.Safe)))
	assert.Equal(t, []string{"alertresponder", "severity: urgent"}, d.only().labels, "not ours")
}

// What is not taken is left out: an issue without a label is better than none.
func TestWhatIsNotTakenIsLeftOut(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "assignees=nobody-here")
	require.NoError(t, d.emit(told(2, "")))
	assert.Empty(t, d.only().assignees)
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Equal(t, []string{"alertresponder", "severity: urgent"}, d.only().labels, "those were taken")

	d = newDesk(t)
	d.repo().noPush = true
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Empty(t, d.only().labels, "they are silently dropped")
	assert.Contains(t, d.only().body, "because of 3")

	d = newDesk(t)
	d.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			d.invalid(w, "body", "custom")
		}
		return r.Method == http.MethodPost
	}
	err := d.emit(told(2, ""))
	assert.True(t, responder.IsPermanent(err), err)
	assert.ErrorIs(t, err, delivery.ErrRefused)
	assert.Len(t, d.requests, 3)
}

func TestLockedConversations(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.only().locked = true
	require.NoError(t, d.emit(told(3, responder.Urgent)), "people want no more comments")
	assert.Contains(t, d.only().body, "because of 3")
	d.only().locked, d.only().comments = false, make([]fakeComment, 2500)
	require.NoError(t, d.emit(told(5, responder.Urgent)), "GitHub wants no more comments")
	assert.Contains(t, d.only().body, "because of 5")
	assert.Len(t, d.only().comments, 2500)
}

func TestHugeReports(t *testing.T) {
	huge := told(3, responder.Urgent)
	for k := range 5000 {
		text := fmt.Sprintf("%d ", k) + strings.Repeat("<!-- 愛 @all *#1", 50)
		a := responder.Attribute{Type: responder.TypeDomain, Value: fmt.Sprintf("d%d.example", k), Key: text}
		huge.Signals = append(huge.Signals, responder.Signal{Kind: "reputation", Verdict: responder.Malicious, Score: 90, Summary: text, Attribute: &a, Inspector: text})
		huge.Inspections = append(huge.Inspections, responder.Inspection{Inspector: text, Outcome: responder.Failed, Error: text, Attribute: &a})
	}
	huge.Alert.Name, huge.Alert.Description, huge.Result.Reason = strings.Repeat("愛", 70_000), strings.Repeat("x", 300_000), strings.Repeat("y ", 100_000)
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(huge)) // the fake takes no more than GitHub does
	i := d.only()
	assert.Less(t, len(i.body), 65536)
	assert.Contains(t, i.body, "AlertResponder keeps this text up to date", "the end is there")
	for _, c := range i.comments {
		assert.Less(t, len(c.body), 65536)
	}
}

func TestContract(t *testing.T) {
	d := newDesk(t, "GITHUB_OPTIONS", "assignees=alice")
	respondertest.TestEmitter(t, d.emitter)
	assert.NotEmpty(t, d.repo().issues)
	for _, i := range d.repo().issues {
		m, ok := parseMarker(i.body)
		assert.True(t, ok, i.body[:min(len(i.body), 200)])
		assert.Equal(t, 1, strings.Count(i.body, "<!--"), "data brings no marker")
		assert.NotEmpty(t, m.report)
		assert.LessOrEqual(t, len([]rune(i.title)), 256)
	}
}

func TestErrors(t *testing.T) {
	keyWrong := errors.New("access denied")
	d := newDesk(t)
	d.key = func(context.Context) (string, error) { return "", keyWrong }
	d.restart()
	err := d.emit(told(2, ""))
	assert.ErrorIs(t, err, keyWrong)
	assert.False(t, responder.IsPermanent(err))
	assert.Empty(t, d.requests)
}

// GitHub makes emoji of a title too.
func TestATitleHasNoEmoji(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "", func(r *responder.Report) { r.Alert.Name = "login :white_check_mark: from 2001:1234::1 at 10:15" })))
	assert.Equal(t, "NEW: login ꞉white_check_mark꞉ from 2001꞉1234꞉꞉1 at 10:15", d.only().title)
	require.NoError(t, d.emit(told(3, responder.Safe, func(r *responder.Report) { r.Alert.Name = "::tada::" })))
	assert.Equal(t, "SAFE: ꞉꞉tada꞉꞉", d.only().title)
}
