package slack

import (
	"context"
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
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// desk is an emitter beside Slack, and what is remembered between its calls.
type desk struct {
	*fake
	emitter responder.Emitter
	env     map[string]string
	key     string
	clock   time.Time
	receipt responder.Receipt
}

func newDesk(t tester, env ...string) *desk {
	t.Helper()
	d := &desk{fake: newFake(t), clock: start, key: botToken, env: map[string]string{"SLACK_CHANNEL": channelID}}
	d.fake.now = func() time.Time { return d.clock }
	for i := 0; i < len(env); i += 2 {
		d.env[env[i]] = env[i+1]
	}
	d.restart()
	return d
}

// restart is another process, which remembers nothing.
func (d *desk) restart() { d.emitter = d.made(d.fake) }

func (d *desk) made(transport http.RoundTripper) responder.Emitter {
	d.t.Helper()
	e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return d.key, nil }, Getenv: func(n string) string { return d.env[n] },
		Transport: transport, Now: d.fake.now})
	require.NoError(d.t, err)
	return e
}

// emit carries a notification, and keeps the receipt as the host does.
func (d *desk) emit(r responder.Report) error { return d.emitIn(context.Background(), r) }

func (d *desk) emitIn(ctx context.Context, r responder.Report) error {
	d.t.Helper()
	was := maps.Clone(d.receipt)
	next, err := d.emitter.Emit(ctx, r, d.receipt)
	assert.Equal(d.t, was, d.receipt, "the receipt that was given stays as it is")
	if t, ok := d.t.(testing.TB); ok {
		respondertest.NoSecret(t, d.key, next, err)
	}
	if next != nil {
		d.receipt = next
	}
	return err
}

// does carries a notification, and says which requests it took.
func (d *desk) does(r responder.Report) []string {
	d.t.Helper()
	d.requests = nil
	require.NoError(d.t, d.emit(r))
	return d.requests
}

const (
	posts   = "chat.postMessage"
	updates = "chat.update"
)

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
		if seq == 2 {
			r.Status = responder.StatusNew
		}
	}
	for _, f := range more {
		f(&r)
	}
	return r
}

func resolved(r *responder.Report) {
	r.Alert.State = responder.Resolved
	r.Alert.Timestamp = responder.Span(start, start.Add(time.Hour))
	if len(r.Alerts) > 0 {
		r.Alerts = []responder.Alert{r.Alert}
	}
}

func TestOneReportIsOneMessage(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, []string{posts}, d.does(told(2, "")))
	m := d.only()
	assert.Equal(t, channelID, m.Channel)
	assert.Contains(t, m.Text, "*NEW* Backdoor traffic from i-1")
	assert.Empty(t, d.mentions)

	assert.Equal(t, []string{updates, posts}, d.does(told(3, responder.Unclassified)))
	assert.Contains(t, m.Text, "*UNCLASSIFIED*")
	assert.Contains(t, m.body, "#d29922")
	require.Len(t, d.replies(), 1)
	reply := d.replies()[0]
	assert.Equal(t, m.TS, reply.Thread)
	assert.Contains(t, reply.body, "The verdict is unclassified.")
	assert.Contains(t, reply.body, "Seen by sensor 3", "the evidence")
	assert.False(t, reply.broadcast)
	assert.Empty(t, d.mentions)

	assert.Equal(t, []string{updates, posts}, d.does(told(5, responder.Urgent)))
	assert.Contains(t, m.Text, "*URGENT (was UNCLASSIFIED)*")
	assert.Contains(t, m.body, "#d1242f")
	require.Len(t, d.replies(), 2)
	assert.True(t, d.replies()[1].broadcast)
	assert.True(t, strings.HasPrefix(d.replies()[1].Text, "<!here> *URGENT"), d.replies()[1].Text)
	assert.Equal(t, []string{"<!here>"}, d.mentions)

	assert.Equal(t, []string{updates, posts}, d.does(told(6, responder.Urgent, func(r *responder.Report) { r.AlertCount = 10 })))
	assert.Equal(t, []string{updates, posts}, d.does(told(7, responder.Urgent)))
	assert.Contains(t, d.replies()[3].body, "Seen by sensor 7")
	assert.NotContains(t, d.replies()[3].body, "Seen by sensor 3", "what was told is not told again")
	assert.Equal(t, []string{updates, posts}, d.does(told(8, responder.Urgent, resolved)))
	assert.Contains(t, d.replies()[4].body, "Its source says that it is over.")
	assert.Equal(t, []string{updates, posts}, d.does(told(9, responder.Safe, resolved)))
	assert.Contains(t, m.Text, "*SAFE (was URGENT), resolved*")
	assert.Len(t, d.mentions, 1, "nobody is called again")
	assert.Len(t, d.messages(), 1)
	assert.Equal(t, 6, m.updates)
}

func TestNothingNewIsNotTold(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	r := told(3, responder.Urgent)
	require.NoError(t, d.emit(r))
	assert.Empty(t, d.does(r), "the same notification again")
	r.Seq = 5
	assert.Equal(t, []string{updates}, d.does(r))
}

// The first notification that comes may be a verdict.
func TestTheFirstMayBeAVerdict(t *testing.T) {
	d := newDesk(t)
	assert.Equal(t, []string{posts, posts}, d.does(told(3, responder.Urgent)), "the message, and the evidence in its thread")
	assert.True(t, strings.HasPrefix(d.only().Text, "<!here> *URGENT* "), d.only().Text)
	assert.Contains(t, d.only().body, "because of 3")
	assert.False(t, d.replies()[0].broadcast, "the message has told it")
	assert.Equal(t, []string{"<!here>"}, d.mentions)
}

// Who is told that it is safe has to be told that it is not. What only came back is not worse.
func TestPeopleAreCalledWhenItGetsWorse(t *testing.T) {
	d := newDesk(t, "SLACK_OPTIONS", "mention=urgent:channel,urgent:S0TEAM123,unclassified:U0ALICE1 broadcast=none")
	for seq, step := range []struct {
		severity responder.Severity
		calls    int
	}{{responder.Safe, 0}, {responder.Unclassified, 1}, {responder.Unclassified, 1}, {responder.Urgent, 3}, {responder.Unclassified, 3}, {responder.Urgent, 5}, {responder.Safe, 5}} {
		require.NoError(t, d.emit(told(int64(2*seq+3), step.severity)))
		assert.Len(t, d.mentions, step.calls, "%d: %s", seq, step.severity)
	}
	assert.Equal(t, []string{"<@U0ALICE1>", "<!channel>", "<!subteam^S0TEAM123>", "<!channel>", "<!subteam^S0TEAM123>"}, d.mentions)
	for _, r := range d.replies() {
		assert.Equal(t, strings.Contains(r.Text, "<!channel>"), r.broadcast, "all who are in the channel are reached in the channel only: %s", r.Text)
	}
}

// A test calls nobody.
func TestSamplesCallNobody(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent, func(r *responder.Report) { r.Alert.Sample, r.Alerts[0].Sample = true, true })))
	assert.Empty(t, d.mentions)
	assert.False(t, d.replies()[0].broadcast)
	assert.Contains(t, d.only().Text, "URGENT, test")
}

// Names are for writing, ids for updating.
func TestChannelByName(t *testing.T) {
	d := newDesk(t, "SLACK_CHANNEL", "security")
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Equal(t, 1, d.only().updates)
	assert.Equal(t, channelID, d.receipt["channel"])
}

// What is known of another channel is not known of this one.
func TestAnotherChannel(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.env["SLACK_CHANNEL"] = "C0OTHER"
	d.restart()
	assert.Equal(t, []string{looks, posts}, d.does(told(4, responder.Urgent)))
	require.Len(t, d.messages(), 2)
	assert.Equal(t, "C0OTHER", d.messages()[1].Channel)
	assert.Contains(t, d.messages()[1].body, "because of 3", "it says all that is remembered")
	assert.Equal(t, []string{"<!here>", "<!here>"}, d.mentions, "who is there has not heard of it")
	assert.Equal(t, []string{updates, posts}, d.does(told(5, responder.Urgent)))
	assert.Equal(t, 1, d.messages()[0].updates)
	assert.Equal(t, 1, d.messages()[1].updates)
}

// What people took away, or nobody may edit any more, is not lost: there is another one, once for each notification.
func TestAMessageThatCannotBeUpdated(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	d.only().gone = true
	assert.Equal(t, []string{updates, posts}, d.does(told(5, responder.Urgent)), "what is new in it need not be told in its thread")
	m := d.only()
	assert.Contains(t, m.body, "because of 5")
	assert.Equal(t, []string{"<!here>"}, d.mentions, "it did not get worse")
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.Equal(t, m.TS, d.replies()[1].Thread)

	// The other one is there, and the answer is lost.
	d.only().gone = true
	d.once(2)
	require.Error(t, d.emit(told(8, responder.Urgent)))
	assert.Equal(t, []string{looks, whoami, reads}, d.does(told(8, responder.Urgent)))
	d.holdsOne(t)

	d.channels[channelID].noEdits = true
	require.NoError(t, d.emit(told(9, responder.Unclassified)))
	require.Len(t, d.messages(), 2)
	d.channels[channelID].noEdits = false
	require.NoError(t, d.emit(told(11, responder.Safe)))
	assert.Contains(t, d.messages()[1].Text, "SAFE")
}

// Where the thread is closed, the message is kept up to date, and what people have to be told of is told in the channel.
func TestAThreadThatIsLocked(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.channels[channelID].thick = true
	require.NoError(t, d.emit(told(3, responder.Unclassified)))
	assert.Len(t, d.posts, 1)
	assert.Contains(t, d.only().Text, "UNCLASSIFIED")
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	require.Len(t, d.messages(), 2)
	assert.True(t, strings.HasPrefix(d.messages()[1].Text, "<!here> *URGENT"))
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.Len(t, d.posts, 2)
}

// The cases of the renderer, each as the notifications of one report.
func TestTypicalReports(t *testing.T) {
	for _, c := range rendertest.Cases() {
		d := newDesk(t, "REPORT_URL", "https://reports.example.com/r/{report_id}", "LINK_HOSTS", "grafana.example.com")
		for k, r := range c.Notifications {
			need := d.does(r)
			if k == 0 && r.Status == responder.StatusNew {
				assert.Equal(t, []string{posts}, need, c.Name)
			} else if k > 0 && c.Name != "huge" {
				assert.Equal(t, []string{updates, posts}, need, c.Name)
			}
			assert.LessOrEqual(t, len(need), 12, c.Name)
		}
		assert.Len(t, d.messages(), 1, c.Name)
		if c.Name != "hostile" {
			assert.Contains(t, d.only().body, "https://reports.example.com/r/", c.Name)
		}
	}
}

func TestContract(t *testing.T) {
	d := newDesk(t)
	respondertest.TestEmitter(t, d.emitter)
	assert.NotEmpty(t, d.posts)
	for _, m := range d.mentions {
		assert.Equal(t, "<!here>", m)
	}
	for _, p := range d.posts {
		assert.Equal(t, strings.Contains(p.body, `\u003c!`), strings.HasPrefix(p.Text, "<!here> *"), p.body)
	}
	d = newDesk(t)
	d.key = hookURL
	respondertest.TestEmitter(t, d.emitter)
}
