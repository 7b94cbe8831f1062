package receptor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/handout"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/memory"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// post remembers what was sent.
type post struct {
	again   []bus.Message
	delays  []time.Duration
	notices []string // the rules and keys of alerts that people were told of
	refuses bool
}

func (p *post) Publish(_ context.Context, topic string, m bus.Message) error {
	if topic == bus.ReportNotification {
		var r responder.Report
		if err := json.Unmarshal([]byte(m.Body), &r); err != nil {
			return err
		}
		p.notices = append(p.notices, r.Alert.Key)
	}
	return nil
}

func (p *post) Send(_ context.Context, queue string, m bus.Message, d time.Duration) error {
	if queue != bus.AlertQueue {
		return nil
	}
	if p.refuses {
		return errors.New("refused")
	}
	p.again, p.delays = append(p.again, m), append(p.delays, d)
	return nil
}

func (p *post) Inspectors(context.Context) ([]registry.Inspector, error) { return nil, nil }

// shelf fails for the alerts with these keys.
type shelf struct {
	*memory.Store
	failing map[string]bool
	why     error    // that they fail
	bodies  []string // ids, in the order of their arrival
}

func (s *shelf) PutBody(ctx context.Context, report string, b store.Body) error {
	if s.failing[b.Key] {
		return s.why
	}
	s.bodies = append(s.bodies, b.Key)
	return s.Store.PutBody(ctx, report, b)
}

func receptorWith(t require.TestingT) (*Receptor, *post, *shelf) {
	m, err := memory.New()
	require.NoError(t, err)
	p, s := &post{}, &shelf{Store: m, failing: map[string]bool{}, why: errors.New("no room")}
	box, log := bus.Outbox{Bus: p}, slog.New(slog.DiscardHandler)
	return &Receptor{
		Items: m, Bodies: s, Notices: box, Again: box, Desk: handout.Desk{Outbox: box, Inspectors: p, Now: time.Now, Log: log},
		Rules: protocol.Rules{ReviewDelay: 600 * time.Second, Window: 24 * time.Hour, Retention: 90 * 24 * time.Hour}, Now: time.Now, Log: log,
	}, p, s
}

// many is a message with n alerts, and the keys of their bodies.
func many(d envelope.Delivery, n int) (envelope.Delivery, []string) {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"name":"n","rule":"r","key":"%d","attrs":[{"type":"domain","value":"%d.example"}]}`, i, i))
	}
	d.Body = "[" + strings.Join(list, ",") + "]"
	var keys []string
	for _, in := range ingest.Alerts(d) {
		keys = append(keys, "A#"+in.ID)
	}
	return d, keys
}

var forms = map[string]envelope.Delivery{
	"of a topic": {ID: "sqs-1", NotificationID: "sns-1", Topic: "arn:aws:sns:eu-west-1:111122223333:alerts", Subject: "s", NotifiedAt: time.Now().UTC().Truncate(time.Millisecond),
		Attributes: map[string]string{"rule": "x"}, QueueARN: "q", ReceiptHandle: "h", SentAt: time.Now().UTC().Truncate(time.Millisecond)},
	"of a queue":    {ID: "sqs-1", QueueARN: "q", ReceiptHandle: "h", SentAt: time.Now().UTC().Truncate(time.Millisecond), Attributes: map[string]string{"a": "b"}},
	"redriven":      {ID: "sqs-2", QueueARN: "q", SentAt: time.Now().UTC(), Attributes: map[string]string{"delivery_id": "sqs-1", "first_sent": "1777863721000"}},
	"to a function": {ID: "sns-1", NotificationID: "sns-1", Topic: "t", NotifiedAt: time.Now().UTC().Truncate(time.Millisecond)},
}

// back is a message as it comes out of the queue.
func back(t require.TestingT, m bus.Message, id string) envelope.Delivery {
	require.NoError(t, m.CheckMessage())
	d := envelope.Delivery{ID: id, QueueARN: "q", ReceiptHandle: "h", Body: m.Body, Attributes: map[string]string{}, SentAt: time.Now().Add(time.Hour), ReceiveCount: 1}
	for _, a := range m.Attributes {
		d.Attributes[a.Name] = a.Value
	}
	ds, err := envelope.Read(envelope.SQSEvent(d))
	require.NoError(t, err)
	require.NoError(t, ds[0].Err)
	return ds[0]
}

// One of a hundred alerts in a message fails: the others are not done again, and it is the same alert when it comes back.
func TestTheRestOfAMessageIsSentAgain(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			r, p, s := receptorWith(t)
			d, keys := many(form, 100)
			s.failing[keys[17]] = true
			require.Equal(t, []error{nil}, r.Receive(t.Context(), []envelope.Delivery{d}))
			require.Len(t, p.again, 1)
			assert.Equal(t, []time.Duration{againAfter}, p.delays)
			assert.Len(t, p.notices, 99)

			rest := back(t, p.again[0], "sqs-9")
			assert.Equal(t, d.FirstSent().UnixMilli(), rest.FirstSent().UnixMilli(), "as old as it was")
			again := ingest.Alerts(rest)
			for n, in := range ingest.Alerts(d) {
				assert.Equal(t, []any{in.ID, in.Fingerprint, in.Alert}, []any{again[n].ID, again[n].Fingerprint, again[n].Alert}, "the same alert")
			}
			errs := r.Receive(t.Context(), []envelope.Delivery{rest})
			require.Error(t, errs[0], "alone it fails by itself, so that its receives are counted")
			assert.Len(t, p.again, 1, "and goes round no further")

			s.failing = nil
			require.Equal(t, []error{nil}, r.Receive(t.Context(), []envelope.Delivery{rest}))
			assert.ElementsMatch(t, keys, s.bodies, "each body once")
			assert.Len(t, p.notices, 100)
		})
	}
}

func TestWhatIsNotSentAgain(t *testing.T) {
	r, p, s := receptorWith(t)
	d, keys := many(forms["of a topic"], 3)
	s.failing = map[string]bool{keys[0]: true, keys[1]: true, keys[2]: true}
	require.Error(t, r.Receive(t.Context(), []envelope.Delivery{d})[0])
	assert.Empty(t, p.again, "nothing is done of it")

	s.failing, p.refuses = map[string]bool{keys[0]: true}, true
	err := r.Receive(t.Context(), []envelope.Delivery{d})[0]
	assert.ErrorContains(t, err, "no room")
	assert.ErrorContains(t, err, "refused", "it comes back as a whole")

	p.refuses = false
	d.Attributes = map[string]string{chosen: fmt.Sprint(maxAgain, "/3:0,1,2")}
	require.Error(t, r.Receive(t.Context(), []envelope.Delivery{d})[0], "often enough")
	assert.Empty(t, p.again)

	large, keys := many(forms["of a queue"], 2)
	for i := range 9 {
		large.Attributes = map[string]string{}
		large.Attributes[fmt.Sprint(i)] = "x"
	}
	large.Body = strings.Replace(large.Body, `"n"`, `"`+strings.Repeat("n", bus.MaxMessage)+`"`, 1)
	s.failing = map[string]bool{keys[0]: true}
	r.Again = bus.Outbox{Bus: checked{p}}
	require.Error(t, r.Receive(t.Context(), []envelope.Delivery{large})[0], "no room for it in the queue")

	healthy, _ := many(forms["of a topic"], 3)
	healthy.NotificationID = "other"
	require.Equal(t, []error{nil}, r.Receive(t.Context(), []envelope.Delivery{healthy}))
	assert.Empty(t, p.again, "no call where nothing failed")
}

// checked refuses what SQS would.
type checked struct{ *post }

func (c checked) Send(ctx context.Context, queue string, m bus.Message, d time.Duration) error {
	if err := m.CheckMessage(); err != nil {
		return err
	}
	return c.post.Send(ctx, queue, m, d)
}

// There is a little time for the rest when the time of the batch is over, and it comes at once.
func TestTheRestIsSentWhenTimeIsOver(t *testing.T) {
	r, p, s := receptorWith(t)
	d, _ := many(forms["of a topic"], 5)
	ctx, cancel := context.WithCancel(t.Context())
	r.Bodies = after{s, 2, cancel}
	require.Equal(t, []error{nil}, r.Receive(ctx, []envelope.Delivery{d}))
	require.Len(t, p.again, 1)
	assert.Equal(t, "1/5:1,2,3,4", back(t, p.again[0], "x").Attributes[chosen], "but for the first, the second was not finished")
	assert.Equal(t, []time.Duration{0}, p.delays)
}

type after struct {
	*shelf
	n      int
	cancel func()
}

func (a after) PutBody(ctx context.Context, report string, b store.Body) error {
	defer func() {
		if len(a.bodies) == a.n {
			a.cancel()
		}
	}()
	return a.shelf.PutBody(ctx, report, b)
}

// An error of a client has a URL in it, in which there may be a key. What is logged of it goes the way of all errors.
func TestWhatIsLoggedOfTheRest(t *testing.T) {
	r, p, s := receptorWith(t)
	var out bytes.Buffer
	r.Log = logging.New(&out, "debug")
	d, keys := many(forms["of a queue"], 2)
	s.failing[keys[1]] = true
	s.why = &url.Error{Op: "Post", URL: "https://example.com/?key=hidden", Err: errors.New("no route")}
	require.Equal(t, []error{nil}, r.Receive(t.Context(), []envelope.Delivery{d}))
	require.Len(t, p.again, 1)
	assert.Contains(t, out.String(), "no route")
	assert.NotContains(t, out.String(), "hidden")
}

// What is odd in the choice means all.
func TestChoice(t *testing.T) {
	for text, want := range map[string]string{
		"1/3:0,2": "1 map[0:true 2:true]", "0/3:1": "0 map[1:true]", "": "0 map[]", "1/3:": "0 map[]", "1/3:3": "0 map[]", "1/3:-1": "0 map[]", "-1/3:0": "0 map[]",
		"x/3:0": "0 map[]", "0": "0 map[]", "1/3:0,x": "0 map[]", "1/3:0,0": "1 map[0:true]", "1/4:0": "0 map[]", "1:0": "0 map[]", "1/03:0": "0 map[]",
	} {
		c := choose(envelope.Delivery{Attributes: map[string]string{chosen: text}}, 3)
		assert.Equal(t, want, fmt.Sprint(c.times, " ", c.of), text)
	}
}

// Whatever fails, and however often: each alert is done in the end, those done in a message that was sent again not once more.
func TestEveryAlertIsDoneInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, p, s := receptorWith(t)
		d, keys := many(forms[rapid.SampledFrom([]string{"of a topic", "of a queue", "redriven"}).Draw(t, "form")], rapid.IntRange(1, 8).Draw(t, "alerts"))
		waiting, rounds := []envelope.Delivery{d}, 0
		whole := 0 // deliveries that failed as a whole
		for len(waiting) > 0 && rounds < 200 {
			rounds++
			s.failing, p.refuses = map[string]bool{}, rapid.Bool().Draw(t, "refuses")
			if rounds < 30 {
				for _, k := range keys {
					s.failing[k] = rapid.Bool().Draw(t, "fails")
				}
			} else {
				p.refuses = false
			}
			next := waiting[0]
			waiting = waiting[1:]
			sent := len(p.again)
			done := len(s.bodies)
			if err := r.Receive(context.Background(), []envelope.Delivery{next})[0]; err != nil {
				waiting = append(waiting, next)
				if len(s.bodies) > done {
					whole++
				}
			}
			for n := sent; n < len(p.again); n++ {
				waiting = append(waiting, back(t, p.again[n], fmt.Sprint("again-", n)))
			}
		}
		require.Empty(t, waiting)
		got := map[string]int{}
		for _, b := range s.bodies {
			got[b]++
		}
		for _, k := range keys {
			require.GreaterOrEqual(t, got[k], 1, "no alert is lost")
			require.LessOrEqual(t, got[k], 1+whole)
		}
	})
}
