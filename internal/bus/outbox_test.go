package bus_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// sent is one call of a Bus.
type sent struct {
	To      string
	Message bus.Message
	Delay   time.Duration
}

// recorder is a Bus that notes its calls.
type recorder struct {
	calls []sent
	err   error
}

// Publish implements bus.Bus.
func (r *recorder) Publish(_ context.Context, topic string, m bus.Message) error {
	r.calls = append(r.calls, sent{topic, m, 0})
	return r.err
}

// Send implements bus.Bus.
func (r *recorder) Send(_ context.Context, queue string, m bus.Message, d time.Duration) error {
	r.calls = append(r.calls, sent{queue, m, d})
	return r.err
}

var address = responder.Attribute{Type: "ipaddr", Value: "198.51.100.7", Key: "remote", Context: []string{"remote"}}

func TestTask(t *testing.T) {
	task := responder.TaskMessage{
		ReportID: "r-1", Origin: "0.A",
		Attributes: []responder.Attribute{{Type: "username", Value: "bob"}, address, {Type: "username", Value: "<eve>"}, {Value: "?"}},
		Alert:      responder.Alert{Name: "n & m", Attrs: []responder.Attribute{address}, Raw: "the raw text"},
	}
	r := &recorder{}
	o := bus.Outbox{Bus: r}
	require.NoError(t, o.Task(t.Context(), task))
	require.NoError(t, o.Delay(t.Context(), task, 90*time.Second))
	body := `{"v":1,"report_id":"r-1","origin":"0.A","attributes":[` +
		`{"type":"username","value":"bob","key":""},` +
		`{"type":"ipaddr","value":"198.51.100.7","key":"remote","context":["remote"]},` +
		`{"type":"username","value":"<eve>","key":""},{"type":"","value":"?","key":""}],` +
		`"alert":{"name":"n & m","rule":"","key":"","description":"","timestamp":{"init":0,"last":0},` +
		`"attrs":[{"type":"ipaddr","value":"198.51.100.7","key":"remote","context":["remote"]}]}}`
	assert.Equal(t, []sent{
		{bus.TaskNotification, bus.Message{Body: body, Attributes: []bus.Attribute{{Name: "types", List: []string{"*", "ipaddr", "username"}}}}, 0},
		{bus.InspectionQueue, bus.Message{Body: body}, 90 * time.Second},
	}, r.calls)
	assert.Equal(t, "the raw text", task.Alert.Raw)
}

func TestReviewAndSubmit(t *testing.T) {
	r := &recorder{}
	o := bus.Outbox{Bus: r}
	require.NoError(t, o.Review(t.Context(), bus.ReviewMessage{ReportID: "r-1"}, 0))
	require.NoError(t, o.Review(t.Context(), bus.ReviewMessage{ReportID: "r-1", DeadlineAt: 1_790_000_000_000}, 10*time.Minute))
	require.NoError(t, o.Submit(t.Context(), responder.Submission{ReportID: "r-1", Token: "0.A/i", Done: true,
		Pages: []responder.Page{{Title: "\uFFFE\uFFFF"}}}))
	assert.Equal(t, []sent{
		{bus.ReviewQueue, bus.Message{Body: `{"v":1,"report_id":"r-1"}`}, 0},
		{bus.ReviewQueue, bus.Message{Body: `{"v":1,"report_id":"r-1","deadline_at":1790000000000}`}, 10 * time.Minute},
		{bus.SubmissionQueue, bus.Message{Body: `{"v":1,"report_id":"r-1","token":"0.A/i","pages":[{"title":"\ufffe\uffff"}],"done":true}`}, 0},
	}, r.calls)
}

func TestReportAttributes(t *testing.T) {
	r := &recorder{}
	o := bus.Outbox{Bus: r}
	require.NoError(t, o.Report(t.Context(), responder.Report{ReportID: "r-1", Status: responder.StatusNew}))
	require.NoError(t, o.Report(t.Context(), responder.Report{
		ReportID: "r-1", Status: responder.StatusPublished, Result: responder.Result{Severity: responder.Urgent},
	}))
	require.Len(t, r.calls, 2)
	assert.Equal(t, bus.ReportNotification, r.calls[0].To)
	assert.Equal(t, []bus.Attribute{{Name: "status", Value: "new"}}, r.calls[0].Message.Attributes, "SNS refuses an empty severity")
	assert.Equal(t, []bus.Attribute{{Name: "status", Value: "published"}, {Name: "severity", Value: "urgent"}}, r.calls[1].Message.Attributes)
	for _, c := range r.calls {
		assert.Contains(t, c.Message.Body, `"v":1,"report_id":"r-1"`)
		assert.NotContains(t, c.Message.Body, "truncated")
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	r := &recorder{}
	o := bus.Outbox{Bus: r}
	odd := responder.Alert{Severity: math.NaN()}
	for name, err := range map[string]error{
		"Task":   o.Task(t.Context(), responder.TaskMessage{ReportID: "r-1", Alert: odd}),
		"Delay":  o.Delay(t.Context(), responder.TaskMessage{ReportID: "r-1", Alert: odd}, 0),
		"Report": o.Report(t.Context(), responder.Report{ReportID: "r-1", Alert: odd}),
		"Submit": o.Submit(t.Context(), responder.Submission{Pages: []responder.Page{{Signals: []responder.Signal{{Score: math.Inf(1)}}}}}),
	} {
		assert.True(t, responder.IsPermanent(err), "%s: %v", name, err)
	}
	assert.Empty(t, r.calls)
}

func TestErrorsOfTheBusComeBack(t *testing.T) {
	boom := errors.New("boom")
	o := bus.Outbox{Bus: &recorder{err: boom}}
	assert.ErrorIs(t, o.Task(t.Context(), responder.TaskMessage{}), boom)
	assert.ErrorIs(t, o.Delay(t.Context(), responder.TaskMessage{}, 0), boom)
	assert.ErrorIs(t, o.Review(t.Context(), bus.ReviewMessage{}, 0), boom)
	assert.ErrorIs(t, o.Report(t.Context(), responder.Report{}), boom)
	assert.ErrorIs(t, o.Submit(t.Context(), responder.Submission{}), boom)
}

func TestSize(t *testing.T) {
	m := bus.Message{Body: "é", Attributes: []bus.Attribute{{Name: "k", Value: "vv"}, {Name: "types", List: []string{"*", "é"}}}}
	assert.Equal(t, 2+len("k"+"String"+"vv")+len("types"+"String.Array"+`["*","é"]`), m.Size())
	assert.Equal(t, `[]`, bus.Attribute{List: []string{}}.Text())
}

func TestClampDelay(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		-1: 0, 0: 0, 1: time.Second, time.Second: time.Second, 2*time.Second - 1: 2 * time.Second,
		bus.MaxDelay - 1: bus.MaxDelay, bus.MaxDelay + 1: bus.MaxDelay, math.MaxInt64: bus.MaxDelay, math.MinInt64: 0,
	} {
		assert.Equal(t, want, bus.ClampDelay(d, bus.MaxDelay), d)
	}
}

// An error names the place of what is refused, and has none of the text.
func TestErrorsSayNothingOfTheText(t *testing.T) {
	for _, m := range []bus.Message{
		{Body: "secret\x00"}, {Body: "secret\xff"}, {Body: strings.Repeat("secret", 50_000)},
		{Body: "x", Attributes: []bus.Attribute{{Name: "k", Value: "secret\uFFFF"}}},
	} {
		err := m.CheckNotification()
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "a", "\x00", "\uFFFD", "\uFFFE", "\xed\xa0\x80", "\U0010FFFF", "\xf4\x90\x80\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ok := s != "" && len(s) <= bus.MaxNotification
		for _, r := range s {
			ok = ok && (r == 9 || r == 10 || r == 13 || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000)
		}
		ok = ok && strings.ToValidUTF8(s, "") == s
		if got := (bus.Message{Body: s}).CheckNotification() == nil; got != ok {
			t.Fatalf("%q: accepted %v, expected %v", s, got, ok)
		}
	})
}
