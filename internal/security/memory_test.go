package security

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// theReport is the one report of a warehouse.
const theReport = "AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt"

// attributes of a row as DynamoDB writes them.
type attributes = map[string]map[string]any

// warehouse is a DynamoDB with one large report, and an SNS that keeps what is published.
type warehouse struct {
	rows []attributes // of ReportData, by sk

	mu        sync.Mutex
	published []string
}

// put adds a body as the driver stores it: gzipped, in chunks where it is large.
func (w *warehouse) put(t *testing.T, b store.Body) {
	t.Helper()
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(t, err)
	_, err = z.Write(b.Data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	w.keep(b.Key, packed.Bytes())
}

func (w *warehouse) keep(key string, packed []byte) {
	const most = 350 << 10
	if len(packed) <= most {
		w.rows = append(w.rows, attributes{"sk": {"S": key}, "report_id": {"S": theReport}, "body": {"B": packed}})
		return
	}
	hash, n := hashOf(packed), 0
	for part := range slices.Chunk(packed, most) {
		w.rows = append(w.rows, attributes{"sk": {"S": fmt.Sprint("C#", hash, "#", n)}, "report_id": {"S": theReport}, "body": {"B": part}})
		n++
	}
	w.rows = append(w.rows, attributes{"sk": {"S": key}, "report_id": {"S": theReport}, "chunks": {"N": strconv.Itoa(n)}, "hash": {"S": hash}})
}

func sk(row attributes) string { return row["sk"]["S"].(string) }

// ServeHTTP implements http.Handler.
func (w *warehouse) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch call {
	case "GetItem":
		_, _ = io.WriteString(out, `{"Item":{"fingerprint":{"S":"AAAAAAAAAAAAAAAAAAAAAAAAAA"},"report_id":{"S":"`+theReport+`"},"ver":{"N":"1"},"count":{"N":"200"}}}`)
	case "Query":
		w.query(out, body)
	case "":
		w.mu.Lock()
		w.published = append(w.published, string(body))
		w.mu.Unlock()
		out.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(out, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
	default:
		_, _ = io.WriteString(out, "{}")
	}
}

// query gives a page of about 1 MB, as DynamoDB does.
func (w *warehouse) query(out io.Writer, body []byte) {
	var in struct {
		KeyConditionExpression    string
		ExclusiveStartKey         attributes
		ExpressionAttributeValues attributes
	}
	_ = json.Unmarshal(body, &in)
	from, key := "", in.ExpressionAttributeValues[":k"]["S"].(string)
	if in.ExclusiveStartKey != nil {
		from = sk(in.ExclusiveStartKey)
	}
	answer := struct {
		Items            []attributes
		Count            int
		LastEvaluatedKey attributes `json:",omitempty"`
	}{Items: []attributes{}}
	size := 0
	for _, row := range w.rows {
		begins := strings.Contains(in.KeyConditionExpression, "begins_with")
		if sk(row) <= from || begins && !strings.HasPrefix(sk(row), key) || !begins && sk(row) >= key {
			continue
		}
		if size > 1<<20 {
			last := answer.Items[len(answer.Items)-1]
			answer.LastEvaluatedKey = attributes{"sk": last["sk"], "report_id": last["report_id"]}
			break
		}
		b, _ := row["body"]["B"].([]byte)
		size += len(b) + 100
		answer.Items = append(answer.Items, row)
	}
	answer.Count = len(answer.Items)
	_ = json.NewEncoder(out).Encode(answer)
}

// review has the real reviewer judge the report of the warehouse.
func (w *warehouse) review(t *testing.T) *process {
	t.Helper()
	slices.SortFunc(w.rows, func(a, b attributes) int { return strings.Compare(sk(a), sk(b)) })
	server := httptest.NewServer(w)
	defer server.Close()
	env := environment(variables(t, "functions/reviewer"), server.URL, "")
	env["REVIEWER_LAMBDA_ARN"] = ""
	event := envelope.SQSEvent(envelope.Delivery{ID: "m", ReceiptHandle: "r", QueueARN: "arn:aws:sqs:eu-west-1:123456789012:q",
		Body: `{"v":1,"report_id":"` + theReport + `"}`, ReceiveCount: 20})
	r := &process{folder: "functions/reviewer", env: env, time: 30 * time.Second, events: [][]byte{event}}
	answers, written := r.run(t)
	require.Len(t, answers, 1)
	assert.Contains(t, answers[0], `{"batchItemFailures":[]}`, "%.2000s", written)
	assertLogs(t, written)
	t.Logf("peak: %d MiB, busy: %s", r.peak>>20, r.busy)
	return r
}

// verdict is the report that was published.
func (w *warehouse) verdict(t *testing.T) (r responder.Report) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Len(t, w.published, 1)
	form, err := url.ParseQuery(w.published[0])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(form.Get("Message")), &r))
	return r
}

// memory of the reviewer's function, in bytes (template.yml: MemorySize). A quarter is for what is not its own.
const memory = 256 << 20 * 3 / 4

func alertBody(t *testing.T, n int, a responder.Alert) store.Body {
	t.Helper()
	b, err := record.Alert(fmt.Sprintf("%03d", n), int64(n), a)
	require.NoError(t, err)
	return b
}

func findingBody(t *testing.T, n int, pages []responder.Page) store.Body {
	t.Helper()
	b, err := record.Finding(fmt.Sprint(n), 1, responder.Submission{Token: "0.A/inspector", Pages: pages, Done: true})
	require.NoError(t, err)
	return b
}

// reports are the largest that senders of alerts and inspectors can make.
var reports = map[string]func(t *testing.T, w *warehouse){
	"200 alerts of 1 MiB of text": func(t *testing.T, w *warehouse) {
		for n := range 200 {
			w.put(t, alertBody(t, n, responder.Alert{Name: "a", Raw: strings.Repeat("a line of an alert\n", 1<<20/19)}))
		}
	},
	"200 alerts of 1 MiB of noise": func(t *testing.T, w *warehouse) {
		for n := range 200 {
			w.put(t, alertBody(t, n, responder.Alert{Name: "a", Raw: noise(1 << 20)}))
		}
	},
	"200 alerts of 257 attributes": func(t *testing.T, w *warehouse) {
		a := responder.Alert{Name: "a"}
		for n := range 257 {
			a.Attrs = append(a.Attrs, responder.Attribute{Type: "url", Value: fmt.Sprint(n, strings.Repeat("v", 2000)), Key: strings.Repeat("k", 256)})
		}
		for n := range 200 {
			w.put(t, alertBody(t, n, a))
		}
	},
	"256 submissions of 700 KiB": func(t *testing.T, w *warehouse) {
		var pages []responder.Page
		for n := range 6 {
			pages = append(pages, largePage(n))
		}
		for n := range 256 {
			w.put(t, findingBody(t, n, pages))
		}
	},
	"200 submissions of 10,000 pages": func(t *testing.T, w *warehouse) {
		for n := range 200 {
			w.put(t, findingBody(t, n, make([]responder.Page, 10_000)))
		}
	},
}

// largePage is as large as the host of inspectors lets one be.
func largePage(n int) responder.Page {
	p := responder.Page{Title: "t", Attribute: &responder.Attribute{Type: "ipaddr", Value: fmt.Sprint("198.51.100.", n)}}
	for i := range 50 {
		p.Signals = append(p.Signals, responder.Signal{Kind: "k", Verdict: responder.UnknownSignal, Summary: strings.Repeat("s", 1000)})
		p.OpponentHosts = append(p.OpponentHosts, responder.OpponentHost{ID: fmt.Sprint(n, i), ASOwner: []string{strings.Repeat("o", 1000)}})
	}
	p.Signals = append(p.Signals, responder.Signal{Kind: "k", Verdict: " MALICIOUS ", Summary: "the last one"})
	return p
}

var random = rand.NewChaCha8([32]byte{})

func noise(n int) string {
	b := make([]byte, n*3/4)
	_, _ = random.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// large are the most that senders and inspectors can put into the five messages of 1 MiB that are in an event (AWS
// Lambda Developer Guide, "Lambda quotas": 6 MB for an invocation).
var large = map[string]string{
	"empty attributes":   fill(`{"name":"a","rule":"r","attrs":[`, `{},`, `{}]}`),
	"empty lists":        fill(`{"name":"a","rule":"r","attrs":[`, `[],`, `[]]}`),
	"small attributes":   fill(`{"name":"a","rule":"r","attrs":[`, `{"type":"a","value":"b"},`, `{}]}`),
	"numbers":            fill(`{"name":"a","rule":"r","attrs":[`, `1,`, `1]}`),
	"many fields":        fields(),
	"deep lists":         strings.Repeat("[", 1<<20),
	"deep objects":       fill(`{"name":"a","rule":"r","x":`, `{"a":`, ``),
	"nine thousand deep": `{"name":"a","rule":"r","x":` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}`,
	"lines":              fill("", "{}\n", "{}"),
	"records":            fill(`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"b"},`, `{},`, `{}]}`),
	"findings":           fill(`{"Findings":[`, `{},`, `{}]}`),
	"JSON in JSON":       `"` + fill(`[`, `{},`, `{}]`) + `"`,
	"quotes":             fill(`{"name":"`, `\"`, `"}`),
	"zeroes":             fill(`{"name":"a","rule":"r","description":"`, `\u0000`, `"}`),
	"pages":              fill(`{"report_id":"`+theReport+`","token":"0.A/i","done":true,"pages":[`, `{},`, `{}]}`),
	"signals":            fill(`{"report_id":"`+theReport+`","token":"0.A/i","done":true,"pages":[{"signals":[`, `{},`, `{}]}]}`),
	"new attributes":     fill(`{"report_id":"`+theReport+`","token":"0.A/i","done":true,"pages":[{"new_attributes":[`, `{"type":"a","value":"b"},`, `{}]}]}`),
	"other attributes":   others(),
}

// fill repeats a text up to 1 MiB.
func fill(head, again, tail string) string {
	return head + strings.Repeat(again, (1<<20-len(head)-len(tail))/len(again)) + tail
}

func fields() string {
	var b strings.Builder
	b.WriteString(`{"name":"a","rule":"r"`)
	for n := 0; b.Len() < 1<<20-20; n++ {
		fmt.Fprintf(&b, `,"%x":[]`, n)
	}
	return b.String() + "}"
}

func others() string {
	var b strings.Builder
	b.WriteString(`{"report_id":"` + theReport + `","token":"0.A/i","done":true,"pages":[{"new_attributes":[{}`)
	for n := range 10_000 {
		fmt.Fprintf(&b, `,{"type":"domain","value":"%d.example"}`, n)
	}
	return b.String() + "]}]}"
}

// The largest messages fit into the functions that read them, whatever is in them.
func TestMemoryOfMessages(t *testing.T) {
	needsProcesses(t)
	for _, folder := range functions(t) {
		for name, body := range large {
			if strings.Count(folder, "/") > 1 && !strings.Contains("deep objects, records, signals, other attributes", name) {
				continue // what decodes into the types of the SDK is alike
			}
			t.Run(folder+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := &warehouse{}
				server := httptest.NewServer(w)
				defer server.Close()
				var ds []envelope.Delivery
				for n := range 5 {
					ds = append(ds, envelope.Delivery{ID: fmt.Sprint("m", n), ReceiptHandle: "r", Body: body, ReceiveCount: 1,
						QueueARN: "arn:aws:sqs:eu-west-1:123456789012:q"})
				}
				p := &process{folder: folder, env: environment(variables(t, folder), server.URL, server.URL), time: 30 * time.Second,
					events: [][]byte{envelope.SQSEvent(ds...)}}
				answers, written := p.run(t)
				t.Logf("peak: %d MiB, busy: %s", p.peak>>20, p.busy)
				require.Len(t, answers, 1)
				assert.Contains(t, answers[0], "/response ", "not an error of the whole batch")
				assertTame(t, written)
				assert.Less(t, p.peak, int64(memory))
				assert.Less(t, p.busy, 15*time.Second)
			})
		}
	}
}

// The largest reports fit into the reviewer's function, say that they are not whole, and lose no strong signal.
func TestMemoryOfTheReviewer(t *testing.T) {
	needsProcesses(t)
	for name, fill := range reports {
		t.Run(name, func(t *testing.T) {
			w := &warehouse{}
			fill(t, w)
			assert.Less(t, w.review(t).peak, int64(memory))
			r := w.verdict(t)
			assert.True(t, r.Truncated)
			want := responder.Unclassified
			if strings.Contains(name, "700 KiB") {
				want = responder.Urgent
			}
			assert.Equal(t, want, r.Result.Severity)
		})
	}
}

func needsProcesses(t *testing.T) {
	t.Helper()
	needsBinaries(t)
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("reads /proc")
	}
}

// A body that unpacks to more than anybody can have written is not unpacked: on the last try the report goes out and
// says so.
func TestABombInTheTable(t *testing.T) {
	needsProcesses(t)
	w := &warehouse{}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 1024 {
		_, err := z.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	w.keep("A#bomb", packed.Bytes())
	assert.Less(t, w.review(t).peak, int64(memory))
	r := w.verdict(t)
	assert.Equal(t, responder.Unclassified, r.Result.Severity)
	assert.Contains(t, r.Result.Reason, "could not be compiled")
}
