package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

const (
	key    = "0123456789abcdefABCDEF0123456789"
	report = "GEZDGNBVGY3TQOJQGEZDGNBVGY-mq3k2w00"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// fake is PagerDuty's Events API v2, with state, written from its documentation: "Events API v2 Overview" (Response Codes,
// Size Limits, PD-CEF) and "Send an Alert Event" (Parameters, Alert De-Duplication, Event Action Behavior). Its messages of
// errors are those of the same, and as people have quoted them (robusta-dev/robusta#571, blockpane/tenderduty#10).
type fake struct {
	mu        sync.Mutex
	keys      []string // of integrations
	incidents []*incident
	events    []map[string]any // that were accepted
	requests  int
	faults    []string // what was sent and must not be

	// before is asked first, with the number of the request from 1: a status above 0 is the answer.
	before func(n int) (status int, header, body string)
	// lose says that the answer to a request that was done is lost.
	lose func(n int) bool
}

type incident struct {
	key      string
	open     bool
	log      []string // summaries of triggers
	severity string
	first    map[string]any
}

func newFake() *fake { return &fake{keys: []string{key}} }

func (f *fake) of(key string) (open *incident) {
	for _, i := range f.incidents {
		if i.key == key && i.open {
			open = i
		}
	}
	return open
}

// RoundTrip implements http.RoundTripper: PagerDuty without a network.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	n := f.requests
	if f.before != nil {
		if status, header, body := f.before(n); status > 0 {
			w := httptest.NewRecorder()
			if name, value, ok := strings.Cut(header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return w.Result(), nil
		} else if status < 0 {
			return nil, errors.New("dial tcp: connection refused")
		}
	}
	w := httptest.NewRecorder()
	f.answer(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if f.lose != nil && f.lose(n) {
		return nil, errors.New("read tcp: connection reset by peer")
	}
	return w.Result(), nil
}

var alphanumeric = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (f *fake) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var e map[string]any
	if r.Method != http.MethodPost || r.URL.Path != "/v2/enqueue" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if len(body) > 512_000 {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err := json.Unmarshal(body, &e); err != nil || !utf8.Valid(body) {
		f.refuse(w, "JSON parse error")
		return
	}
	if faults := f.check(e); len(faults) > 0 {
		f.faults = append(f.faults, faults...)
		f.refuse(w, faults...)
		return
	}
	routing, _ := e["routing_key"].(string)
	if len(routing) != 32 || !alphanumeric.MatchString(routing) {
		f.refuse(w, "Length of 'routing_key' is incorrect (should be 32 characters)", "'routing_key' cannot contain non-alphanumeric characters.")
		return
	}
	if !slices.Contains(f.keys, routing) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "Invalid routing key")
		return
	}
	f.events = append(f.events, e)
	dedup := e["dedup_key"].(string)
	f.apply(e, dedup)
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "message": "Event processed", "dedup_key": dedup})
}

func (f *fake) apply(e map[string]any, dedup string) {
	i := f.of(dedup)
	switch e["event_action"] {
	case "resolve":
		if i != nil {
			i.open = false
		}
	case "trigger":
		payload := e["payload"].(map[string]any)
		if i == nil {
			i = &incident{key: dedup, open: true, severity: payload["severity"].(string), first: e}
			f.incidents = append(f.incidents, i)
		}
		i.log = append(i.log, payload["summary"].(string))
	}
}

func (f *fake) refuse(w http.ResponseWriter, errs ...string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": errs})
}

// check says what is wrong with an event, by the tables of parameters. What is required of a trigger only is not sent with
// a resolve.
func (f *fake) check(e map[string]any) (faults []string) {
	text := func(o map[string]any, name string, least, most int) {
		s, ok := o[name].(string)
		if o[name] == nil && least == 0 {
			return
		}
		if n := utf8.RuneCountInString(s); !ok || n < least || n > most {
			faults = append(faults, fmt.Sprintf("'%s' is missing or has a wrong length: %d", name, n))
		}
	}
	text(e, "dedup_key", 1, 255)
	payload, isObject := e["payload"].(map[string]any)
	switch e["event_action"] {
	case "resolve":
		if len(e) != 3 {
			faults = append(faults, "more than is documented for a resolve")
		}
		return faults
	case "trigger":
	default:
		return append(faults, fmt.Sprintf("'event_action' is %v", e["event_action"]))
	}
	if !isObject {
		return append(faults, "'payload' is missing or blank")
	}
	text(payload, "summary", 1, 1024)
	text(payload, "source", 1, 10_000)
	for _, name := range []string{"component", "group", "class"} {
		text(payload, name, 0, 10_000)
	}
	if s := payload["severity"]; s != "critical" && s != "error" && s != "warning" && s != "info" {
		faults = append(faults, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
	}
	if t, ok := payload["timestamp"].(string); ok {
		if _, err := time.Parse(time.RFC3339, t); err != nil {
			faults = append(faults, "'payload.timestamp' is no time")
		}
	}
	if d := payload["custom_details"]; d != nil {
		if _, ok := d.(map[string]any); !ok {
			faults = append(faults, "'payload.custom_details' is no object")
		}
	}
	links, _ := e["links"].([]any)
	for _, l := range links {
		text(l.(map[string]any), "href", 1, 10_000)
	}
	return faults
}

// checker is a test, or a property.
type checker interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
}

// desk is an emitter in front of a fake, as the host calls it: one receipt.
type desk struct {
	*fake
	t       checker
	e       responder.Emitter
	secret  string
	receipt responder.Receipt
}

func newDesk(t checker, env ...string) *desk {
	t.Helper()
	d := &desk{fake: newFake(), t: t, secret: key}
	vars := map[string]string{"REPORT_URL": "https://reports.example.com/r/{report_id}"}
	for i := 0; i < len(env); i += 2 {
		vars[env[i]] = env[i+1]
	}
	e, err := New(delivery.Settings{Key: func(context.Context) (string, error) { return d.secret, nil }, Transport: d.fake,
		Getenv: func(name string) string { return vars[name] }, Now: func() time.Time { return start.Add(time.Hour) }})
	if !assert.NoError(t, err) {
		t.FailNow()
	}
	d.e = e
	return d
}

func (d *desk) emitIn(ctx context.Context, r responder.Report) error {
	receipt, err := d.e.Emit(ctx, r, d.receipt)
	if receipt != nil {
		d.receipt = receipt
	}
	return err
}

// does gives the actions that were sent for a notification.
func (d *desk) does(r responder.Report) (actions []string) {
	d.t.Helper()
	was := len(d.events)
	assert.NoError(d.t, d.emitIn(context.Background(), r))
	for _, e := range d.events[was:] {
		actions = append(actions, e["event_action"].(string))
	}
	assert.LessOrEqual(d.t, len(actions), 1, "one request for a notification")
	return actions
}

// told is a notification with a seq: a verdict where that is odd, else a notice.
func told(seq int64, s responder.Severity, with ...func(*responder.Report)) responder.Report {
	a := responder.Alert{Name: "UnauthorizedAccess:EC2/SSHBruteForce", Rule: "UnauthorizedAccess:EC2/SSHBruteForce", Source: "guardduty",
		Account: "123456789012", Region: "eu-west-1", Timestamp: responder.Span(start, start.Add(time.Duration(seq)*time.Second)),
		Link: "https://eu-west-1.console.aws.amazon.com/guardduty/home", Attrs: []responder.Attribute{
			{Type: responder.TypeIPAddr, Value: "198.51.100.23", Key: "remote IP address", Context: []string{responder.ContextRemote}},
			{Type: responder.TypeInstance, Value: "i-0123456789abcdef0", Key: "instance", Context: []string{responder.ContextLocal}},
		}}
	r := responder.Report{V: 1, ReportID: report, Seq: seq, Alert: a, Alerts: []responder.Alert{a}, AlertCount: 1, OpenedAt: responder.At(start),
		Status: responder.StatusOngoing, Result: responder.Result{Severity: s}}
	if seq == 2 {
		r.Status = responder.StatusNew
	}
	if seq%2 == 1 {
		r.Status = responder.StatusPublished
		r.Result.Reason = fmt.Sprintf("because of %d", seq)
	}
	for _, f := range with {
		f(&r)
	}
	return r
}

// resolved: its source says that it is over.
func over(r *responder.Report) {
	r.Alert.State, r.Alerts[0].State = responder.Resolved, responder.Resolved
}

func sample(r *responder.Report) { r.Alert.Sample, r.Alerts[0].Sample = true, true }

func signal(who string, v responder.SignalVerdict, value string) func(*responder.Report) {
	return func(r *responder.Report) {
		a := &responder.Attribute{Type: responder.TypeIPAddr, Value: value}
		r.Signals = append(r.Signals, responder.Signal{Kind: "reputation", Verdict: v, Score: 90, Summary: "it is known", Inspector: who, Attribute: a,
			URL: "https://www.virustotal.com/gui/ip-address/" + value})
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: who, Attribute: a, Outcome: responder.Found})
	}
}
