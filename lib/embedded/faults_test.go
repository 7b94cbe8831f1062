package embedded_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/embedded"
)

func TestWhatRunCannotDo(t *testing.T) {
	resolved, large, nan := login("192.0.2.1"), login(), login()
	resolved.State, large.Description, nan.Severity = responder.Resolved, strings.Repeat("x", 1<<20), math.NaN()
	for want, c := range map[string]struct {
		alert responder.Alert
		o     embedded.Options
	}{
		"name and rule: empty":     {alert: responder.Alert{Key: "k", Attrs: login("192.0.2.1").Attrs}},
		"one that is resolved":     {alert: resolved},
		"expected at most 1048576": {alert: large},
		"unsupported value: NaN":   {alert: nan},
		"less than ReviewDelay":    {alert: login(), o: embedded.Options{InspectionDelay: time.Hour}},
	} {
		r, err := embedded.Run(t.Context(), c.alert, c.o)
		assert.ErrorContains(t, err, want)
		assert.Zero(t, r)
	}
	for _, a := range []responder.Alert{{Name: "n"}, {Rule: "r"}} {
		r, err := embedded.Run(t.Context(), a, embedded.Options{})
		require.NoError(t, err)
		assert.Equal(t, "native", r.Alert.Source, "it was read as an alert")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := embedded.Run(ctx, login(), embedded.Options{})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestDeadLetters(t *testing.T) {
	w := &wire{errs: make([]error, 1000)}
	for i := range w.errs {
		w.errs[i] = errors.New("down")
	}
	p := pipeline(t, w, map[string]responder.Inspector{"botnet": responder.InspectorFunc(botnet)})
	require.NoError(t, p.SendAlert(t.Context(), login("198.51.100.23")))
	require.NoError(t, p.Settle(t.Context()))
	require.NotEmpty(t, p.DeadLetters())
	for _, d := range p.DeadLetters() {
		assert.True(t, strings.HasPrefix(d, "wire: "), d)
	}
	assert.Equal(t, responder.Urgent, only(t, p).Result.Severity, "it keeps nobody else")
}

// A deadline of the context is kept, whatever a plugin does.
func TestAnInspectorThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipeline(t, new(wire), map[string]responder.Inspector{"deaf": responder.InspectorFunc(
			func(ctx context.Context, _ responder.Task) (responder.Page, error) {
				<-ctx.Done()
				time.Sleep(time.Hour)
				return responder.Page{}, nil
			})})
		require.NoError(t, p.SendAlert(t.Context(), login("198.51.100.23")))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		assert.ErrorIs(t, p.Settle(ctx), context.DeadlineExceeded)
		assert.LessOrEqual(t, time.Since(began), time.Minute+time.Second)
		time.Sleep(2 * time.Hour) // the plugin returns at last
	})
}

// Whatever is sent on AWS can be sent here.
func TestMessagesOfAllKinds(t *testing.T) {
	p, err := embedded.New(embedded.Options{Start: start, Inspectors: []embedded.Inspector{{ID: "botnet", Inspector: responder.InspectorFunc(botnet)}}})
	require.NoError(t, err)
	for _, message := range []string{
		"the backup failed",
		`{"name": "a", "rule": "r", "key": "1", "attrs": [{"type": "ipaddr", "value": "198.51.100.23"}]}` + "\n" + `{"name": "b", "rule": "r", "key": "2"}`,
		`{"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:alerts",
			"Message": "{\"name\": \"c\", \"rule\": \"r\", \"key\": \"3\"}"}}]}`,
	} {
		require.NoError(t, p.Send(t.Context(), []byte(message)))
	}
	require.NoError(t, p.Settle(t.Context()))
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	verdicts := map[string]responder.Severity{}
	for _, r := range reports {
		verdicts[r.Title()+"/"+r.Alert.Source] = r.Result.Severity
		assert.NotEmpty(t, r.Alerts[0].Raw)
	}
	assert.Equal(t, map[string]responder.Severity{"local/unknown": "unclassified", "a/native": "urgent", "b/native": "unclassified", "c/native": "unclassified"}, verdicts)
	assert.ErrorContains(t, p.Send(t.Context(), []byte(`{"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": 7}]}`)), "body: a number")
}
