package securityhub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	account  = "111122223333"
	region   = "eu-west-1"
	detector = "12abc34d567e8fa901bc2d34e56789f0"
	gdID     = "aab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5"
	arn      = "arn:aws:guardduty:" + region + ":" + account + ":detector/" + detector + "/finding/" + gdID
	product  = "arn:aws:securityhub:" + region + "::product/aws/guardduty"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// fake is AWS Security Hub and Amazon GuardDuty so far as the emitter speaks to them, with state, written from the AWS
// Security Hub API Reference (GetFindings, BatchUpdateFindings, BatchUpdateFindingsUnprocessedFinding, AwsSecurityFinding,
// Workflow) and the Amazon GuardDuty API Reference (GetFindings, ArchiveFindings, UnarchiveFindings, ListDetectors), errors
// also from the service descriptions in botocore.
type fake struct {
	mu       sync.Mutex
	findings []map[string]any // as in AwsSecurityFinding
	archived map[string]bool  // GuardDuty's findings
	detector string           // of the account
	region   string
	hubOff   bool   // the account is not subscribed
	refuse   string // code of unprocessed findings
	late     bool   // updates are done when apply is called: "it can take several minutes"
	pending  []func()
	calls    []string
	updates  []map[string]any

	// before is asked first, with the number of the call from 1: a status above 0 is the answer, with a code; below 0 no answer.
	before func(n int, action string) (status int, code string)
	// lose says that the answer to a call that was done is lost.
	lose func(n int, action string) bool
}

func newFake() *fake {
	f := &fake{archived: map[string]bool{gdID: false}, detector: detector, region: region}
	f.put(arn, product)
	return f
}

// put has a provider send a finding.
func (f *fake) put(id, product string) map[string]any {
	one := map[string]any{"SchemaVersion": "2018-10-08", "Id": id, "ProductArn": product, "AwsAccountId": account, "Region": region,
		"Types": []any{"TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce"}, "GeneratorId": "arn:aws:guardduty:" + region + ":" + account + ":detector/" + detector,
		"Title": "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.", "Description": "x",
		"CreatedAt": "2026-05-04T03:00:00Z", "UpdatedAt": "2026-05-04T03:01:00Z", "Severity": map[string]any{"Label": "HIGH"},
		"Resources":   []any{map[string]any{"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:" + region + ":" + account + ":instance/i-0123456789abcdef0"}},
		"RecordState": "ACTIVE", "WorkflowState": "NEW", "Workflow": map[string]any{"Status": "NEW"}}
	f.findings = append(f.findings, one)
	return one
}

// only is the finding that there is.
func (f *fake) only() map[string]any { return f.findings[0] }

// status is that of the only finding, with what stands in the field.
func (f *fake) status() string {
	fields, _ := f.only()["UserDefinedFields"].(map[string]any)
	return fmt.Sprint(f.only()["Workflow"].(map[string]any)["Status"], " ", fields[field])
}

func (f *fake) by(person, status string) {
	f.only()["Workflow"] = map[string]any{"Status": status}
	if person != "" {
		f.only()["Note"] = map[string]any{"Text": "I look into it", "UpdatedBy": person, "UpdatedAt": "2026-05-04T04:00:00Z"}
	}
}

// event is what EventBridge gets of the finding (User Guide, "EventBridge event formats for Security Hub CSPM").
func (f *fake) event(n int) []byte {
	b, _ := json.Marshal(map[string]any{"version": "0", "id": fmt.Sprintf("7d0e4f10-0000-4000-8000-%012d", n), "detail-type": "Security Hub Findings - Imported",
		"source": "aws.securityhub", "account": account, "time": "2026-05-04T03:02:00Z", "region": region, "resources": []any{product + "/" + arn},
		"detail": map[string]any{"findings": []any{f.only()}}})
	return b
}

// Do implements aws.HTTPClient.
func (f *fake) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	body := []byte{}
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	service, rest, _ := strings.Cut(r.URL.Host, ".")
	action := map[string]string{"POST securityhub /findings": "GetFindings", "PATCH securityhub /findings/batchupdate": "BatchUpdateFindings",
		"GET guardduty /detector": "ListDetectors"}[r.Method+" "+service+" "+r.URL.Path]
	parts := strings.Split(r.URL.Path, "/")
	if service == "guardduty" && r.Method == "POST" && len(parts) == 5 && parts[1] == "detector" && parts[3] == "findings" {
		action = map[string]string{"get": "guardduty:GetFindings", "archive": "ArchiveFindings", "unarchive": "UnarchiveFindings"}[parts[4]]
	}
	f.calls = append(f.calls, action)
	n := len(f.calls)
	if f.before != nil {
		if status, code := f.before(n, action); status > 0 {
			return answer(status, code, nil), nil
		} else if status < 0 {
			return nil, errors.New("connection refused")
		}
	}
	var resp *http.Response
	switch {
	case rest != f.region+".amazonaws.com":
		return nil, errors.New("no such host")
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "):
		resp = answer(403, "MissingAuthenticationTokenException", nil)
	case service == "securityhub":
		resp = f.hub(action, body)
	default:
		resp = f.guardDuty(action, parts, body)
	}
	if f.lose != nil && f.lose(n, action) {
		return nil, errors.New("connection reset")
	}
	return resp, nil
}

func answer(status int, code string, out any) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if code != "" {
		h.Set("X-Amzn-Errortype", code)
		out = map[string]string{"Message": "a message that quotes " + account, "Code": code}
	}
	b, _ := json.Marshal(out)
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(b))}
}

func (f *fake) hub(action string, body []byte) *http.Response {
	if f.hubOff {
		return answer(401, "InvalidAccessException", nil)
	}
	switch action {
	case "GetFindings":
		return f.get(body)
	case "BatchUpdateFindings":
		return f.update(body)
	}
	return answer(404, "ResourceNotFoundException", nil)
}

func (f *fake) get(body []byte) *http.Response {
	var in struct {
		Filters    map[string][]struct{ Value, Comparison string }
		MaxResults int
	}
	if json.Unmarshal(body, &in) != nil || in.MaxResults < 1 || in.MaxResults > 100 {
		return answer(400, "InvalidInputException", nil)
	}
	out := []map[string]any{}
	for _, one := range f.findings {
		all := true
		for name, values := range in.Filters {
			if len(values) > 20 {
				return answer(400, "InvalidInputException", nil)
			}
			any := false
			for _, v := range values {
				any = any || v.Comparison == "EQUALS" && v.Value == one[name]
			}
			all = all && any
		}
		if all {
			out = append(out, one)
		}
	}
	return answer(200, "", map[string]any{"Findings": out})
}

func (f *fake) update(body []byte) *http.Response {
	var in map[string]any
	ids, _ := []any(nil), json.Unmarshal(body, &in)
	ids, _ = in["FindingIdentifiers"].([]any)
	fields, _ := in["UserDefinedFields"].(map[string]any)
	if len(ids) == 0 || len(ids) > 100 {
		return answer(400, "InvalidInputException", nil)
	}
	f.updates = append(f.updates, in)
	done, failed := []any{}, []any{}
	for _, id := range ids {
		at := slices.IndexFunc(f.findings, func(one map[string]any) bool {
			return one["Id"] == id.(map[string]any)["Id"] && one["ProductArn"] == id.(map[string]any)["ProductArn"]
		})
		code := f.refuse
		note, hasNote := in["Note"].(map[string]any)
		text, _ := note["Text"].(string)
		switch {
		case at < 0:
			code = "FindingNotFound"
		case len(fields) > 50, hasNote && (strings.TrimSpace(text) == "" || len([]rune(text)) > 512 || note["UpdatedBy"] == ""):
			code = "InvalidInput"
		}
		if code != "" {
			failed = append(failed, map[string]any{"FindingIdentifier": id, "ErrorCode": code, "ErrorMessage": "x"})
			continue
		}
		done = append(done, id)
		change := func() {
			for _, name := range []string{"Note", "Workflow", "UserDefinedFields"} { // the fields are replaced: the worse of two
				if v, ok := in[name]; ok {
					f.findings[at][name] = v
				}
			}
		}
		if f.late {
			f.pending = append(f.pending, change)
		} else {
			change()
		}
	}
	return answer(200, "", map[string]any{"ProcessedFindings": done, "UnprocessedFindings": failed})
}

// apply does what is pending.
func (f *fake) apply() {
	for _, change := range f.pending {
		change()
	}
	f.pending = nil
}

func (f *fake) guardDuty(action string, parts []string, body []byte) *http.Response {
	if action == "ListDetectors" {
		return answer(200, "", map[string]any{"detectorIds": []string{f.detector}})
	}
	var in struct {
		FindingIDs []string `json:"findingIds"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.FindingIDs) != 1 || parts[2] != f.detector { // "the input detectorId is not owned by the current account"
		return answer(400, "BadRequestException", nil)
	}
	id := in.FindingIDs[0]
	is, known := f.archived[id]
	switch action {
	case "guardduty:GetFindings":
		out := []any{}
		if known {
			out = append(out, map[string]any{"id": id, "service": map[string]any{"archived": is, "detectorId": detector}})
		}
		return answer(200, "", map[string]any{"findings": out})
	case "ArchiveFindings":
		f.archive(id, true)
	case "UnarchiveFindings":
		f.archive(id, false)
	default:
		return answer(404, "ResourceNotFoundException", nil)
	}
	return answer(200, "", map[string]any{})
}

// archive also tells Security Hub, which takes the status back when a finding is active again (API Reference, Workflow).
func (f *fake) archive(id string, is bool) {
	was := f.archived[id]
	f.archived[id] = is
	for _, one := range f.findings {
		if !strings.HasSuffix(one["Id"].(string), "/"+id) {
			continue
		}
		one["RecordState"] = map[bool]string{true: "ARCHIVED", false: "ACTIVE"}[is]
		change := func() {
			if status := one["Workflow"].(map[string]any)["Status"]; was && !is && status != "SUPPRESSED" {
				one["Workflow"] = map[string]any{"Status": "NEW"}
			}
		}
		if f.late {
			f.pending = append(f.pending, change)
		} else {
			change()
		}
	}
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
	now     time.Time
	memory  responder.Memory
	receipt responder.Receipt
}

func newDesk(t checker, mode string) *desk {
	t.Helper()
	d := &desk{fake: newFake(), t: t, now: start.Add(time.Minute), memory: responder.NewMemory()}
	d.with(mode, d.memory)
	return d
}

func (d *desk) with(mode string, m responder.Memory) {
	vars := map[string]string{"SECURITYHUB_ON": mode, "REPORT_URL": "https://reports.example.com/r/{report_id}"}
	e, err := New(Options{Config: d.config, Memory: m, Getenv: func(name string) string { return vars[name] }, Now: func() time.Time { return d.now }})
	if !assert.NoError(d.t, err) {
		d.t.FailNow()
	}
	d.e = e
}

func (d *desk) config(context.Context) (aws.Config, error) {
	return aws.Config{Region: region, HTTPClient: d.fake, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
		})}, nil
}

func (d *desk) emit(r responder.Report) error {
	receipt, err := d.e.Emit(context.Background(), r, d.receipt)
	if receipt != nil {
		d.receipt = receipt
	}
	return err
}

// does gives the calls that were made for a notification.
func (d *desk) does(r responder.Report) []string {
	d.t.Helper()
	d.calls = nil
	assert.NoError(d.t, d.emit(r))
	return d.calls
}

// told is a verdict about the finding, as GuardDuty's own event tells of it.
func told(seq int64, s responder.Severity, with ...func(*responder.Report)) responder.Report {
	a := responder.Alert{Name: "SSH brute force", Rule: "UnauthorizedAccess:EC2/SSHBruteForce", Key: `["` + account + `","` + region + `","` + gdID + `"]`,
		Source: "guardduty", Account: account, Region: region, Timestamp: responder.Span(start, start.Add(time.Duration(seq)*time.Second)),
		Raw: `{"source":"aws.guardduty","detail-type":"GuardDuty Finding","detail":{"accountId":"` + account + `","region":"` + region + `","id":"` + gdID +
			`","arn":"` + arn + `","type":"UnauthorizedAccess:EC2/SSHBruteForce","service":{"detectorId":"` + detector + `"}}}`}
	r := responder.Report{V: 1, ReportID: "GEZDGNBVGY3TQOJQGEZDGNBVGY-mq3k2w00", Seq: seq, Alert: a, Alerts: []responder.Alert{a}, AlertCount: 1, OpenedAt: responder.At(start),
		Status: responder.StatusPublished, Result: responder.Result{Severity: s, Reason: fmt.Sprintf("because of %d", seq)}}
	for _, f := range with {
		f(&r)
	}
	return r
}
