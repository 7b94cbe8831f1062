package responder_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

var update = flag.Bool("update", false, "write the golden files of the wire format")

var at = responder.At(time.Date(2026, 5, 4, 3, 2, 1, 500_000_000, time.UTC))

func attribute() responder.Attribute {
	return responder.Attribute{Type: "ipaddr", Value: "198.51.100.23", Key: "remote IP address", Context: []string{"remote", "client"}}
}

func alert() responder.Alert {
	return responder.Alert{
		Name: "SSH brute force", Rule: "UnauthorizedAccess:EC2/SSHBruteForce", Key: `["111122223333","eu-west-1","aab1"]`,
		Description: "A host is being attacked.", Timestamp: responder.Timestamp{Init: 1777863721.25, Last: 1777863781},
		Attrs:  []responder.Attribute{attribute()},
		Source: "guardduty", Account: "111122223333", Region: "eu-west-1", Severity: 80, State: responder.Resolved,
		Sample: true, Late: true, Link: "https://example.com/finding/1", Raw: `{"a": 1}`, V: 1,
	}
}

func page() responder.Page {
	a := attribute()
	return responder.Page{
		ReportID: "AAAAAAAAAAAAAAAAAAAAAAAAAA-mq3k2w00", Title: "Reputation", Author: "virustotal",
		OpponentHosts: []responder.OpponentHost{{
			ID: "198.51.100.23", IPAddr: []string{"198.51.100.23"}, Country: []string{"NL"}, ASOwner: []string{"AS64496 Example"},
			RelatedMalware: []responder.Malware{{SHA256: "e3b0c442", Timestamp: at, Relation: "communicated",
				Scans: []responder.MalwareScan{{Vendor: "Example AV", Name: "Trojan.X", Positive: true, Source: "virustotal"}}}},
			RelatedDomains: []responder.Domain{{Name: "c2.example.net", Timestamp: at, Source: "virustotal"}},
			RelatedURLs:    []responder.URL{{URL: "http://c2.example.net/x", Reference: "r", Timestamp: at, Source: "virustotal"}},
		}},
		AlliedHosts: []responder.AlliedHost{{
			ID: "i-0aa", UserName: []string{"alice"}, Owner: []string{"shop"}, OS: []string{"Linux"}, IPAddr: []string{"10.0.3.17"},
			MACAddr: []string{"00:00:5e:00:53:01"}, HostName: []string{"web-2"}, Country: []string{"IE"}, Software: []string{"nginx"},
			Activities: []responder.Activity{activity()},
		}},
		SubjectUsers: []responder.SubjectUser{{UserName: "alice", Activities: []responder.Activity{activity()}}},
		Attribute:    &a, Outcome: responder.Found, Error: "half of it", Signals: []responder.Signal{signal()},
		NewAttributes: []responder.Attribute{{Type: "domain", Value: "c2.example.net", Key: "name"}}, V: 1,
	}
}

func activity() responder.Activity {
	return responder.Activity{ServiceName: "ssh", RemoteAddr: "198.51.100.23", Principal: "alice", Action: "login", Target: "web-2", LastSeen: at}
}

func signal() responder.Signal {
	return responder.Signal{Kind: "reputation", Verdict: responder.Malicious, Score: 95.5, Summary: "12 of 90 engines flag it",
		Source: "virustotal", URL: "https://example.com/198.51.100.23", SeenAt: at}
}

func report() responder.Report {
	p, a, s := page(), attribute(), signal()
	s.Attribute, s.Inspector = &a, "virustotal"
	return responder.Report{
		V: 1, ReportID: p.ReportID, Alert: alert(),
		Content: responder.Content{
			OpponentHosts: map[string]responder.OpponentHost{"198.51.100.23": p.OpponentHosts[0]},
			AlliedHosts:   map[string]responder.AlliedHost{"i-0aa": p.AlliedHosts[0]},
			SubjectUsers:  map[string]responder.SubjectUser{"alice": p.SubjectUsers[0]},
		},
		Result: responder.Result{Severity: responder.Urgent, Reason: "because", Rules: []string{"strongest-signal/malicious"}},
		Status: responder.StatusPublished, Seq: 5, Alerts: []responder.Alert{alert()}, AlertCount: 12,
		Inspections: []responder.Inspection{
			{Inspector: "virustotal", Origin: "0.AAAA", Attribute: &a, Outcome: responder.Found, Title: "Reputation"},
			{Inspector: "cloudtrail", Origin: "0.AAAA", Outcome: responder.Missing, Error: "late"},
		},
		Signals: []responder.Signal{s}, OpenedAt: at, SettledAt: at, Truncated: true,
	}
}

func notice() responder.Report {
	return responder.Report{
		V: 1, ReportID: page().ReportID, Alert: alert(), Status: responder.StatusNew, Seq: 2,
		Alerts: []responder.Alert{alert()}, AlertCount: 1, OpenedAt: at,
	}
}

// wire are the messages, each with all its fields.
func wire() map[string]any {
	return map[string]any{
		"alert":      alert(),
		"attribute":  attribute(),
		"task":       responder.TaskMessage{V: 1, ReportID: page().ReportID, Origin: "1.AAAA", Attributes: []responder.Attribute{attribute()}, Alert: alert()},
		"submission": responder.Submission{V: 1, ReportID: page().ReportID, Token: "1.AAAA/virustotal", Pages: []responder.Page{page()}, Done: true},
		"page":       page(),
		"notice":     notice(),
		"verdict":    report(),
		"result":     report().Result,
		"receipt":    responder.Receipt{"channel": "C1", "ts": "1777863721.000100"},
	}
}

// What is on the wire stays: others read it and write it.
func TestGolden(t *testing.T) {
	for name, v := range wire() {
		path := filepath.Join("testdata", name+".json")
		got, err := json.MarshalIndent(v, "", "  ")
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(bytes.TrimSpace(want)), string(got), name)

		back := reflect.New(reflect.TypeOf(v))
		require.NoError(t, json.Unmarshal(want, back.Interface()), name)
		assert.Equal(t, filled(v), back.Elem().Interface(), name)
		everyField(t, name, reflect.ValueOf(v))
	}
}

// filled is what comes back: absent maps are empty ones.
func filled(v any) any {
	r, ok := v.(responder.Report)
	if !ok {
		return v
	}
	if r.Content.OpponentHosts == nil {
		r.Content = responder.Content{OpponentHosts: map[string]responder.OpponentHost{},
			AlliedHosts: map[string]responder.AlliedHost{}, SubjectUsers: map[string]responder.SubjectUser{}}
	}
	return r
}

// everyField sees to it that a new field is in the golden file. Where a message of a kind has no such thing, it
// is in another kind's.
func everyField(t *testing.T, name string, v reflect.Value) {
	if v.Kind() != reflect.Struct || name == "notice" {
		return
	}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			assert.False(t, v.Field(i).IsZero(), "%s: the field %s is not in its golden file", name, f.Name)
		}
	}
}

// A message with more or less than this release knows is read all the same.
func TestUnknownFieldsAndNulls(t *testing.T) {
	for name, v := range wire() {
		if name == "receipt" {
			continue
		}
		text, err := json.Marshal(v)
		require.NoError(t, err)
		var fields map[string]any
		require.NoError(t, json.Unmarshal(text, &fields))
		fields["of_a_later_release"] = map[string]any{"x": 1}
		more, err := json.Marshal(fields)
		require.NoError(t, err)
		back := reflect.New(reflect.TypeOf(v))
		require.NoError(t, json.Unmarshal(more, back.Interface()))
		assert.Equal(t, filled(v), back.Elem().Interface(), name)

		for field := range fields {
			fields[field] = nil
		}
		nulls, err := json.Marshal(fields)
		require.NoError(t, err)
		back = reflect.New(reflect.TypeOf(v))
		require.NoError(t, json.Unmarshal(nulls, back.Interface()), name)
		assert.True(t, back.Elem().IsZero(), name)
	}
}

func TestTime(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-05-04T03:02:01Z"`: "2026-05-04T03:02:01Z", `"2026-05-04T05:02:01+02:00"`: "2026-05-04T03:02:01Z", `1777863721`: "2026-05-04T03:02:01Z",
		`1777863721.5`: "2026-05-04T03:02:01.5Z", `null`: "", `""`: "", `" "`: "", `"0001-01-01T00:00:00Z"`: "", `-1`: "", `5`: "1970-01-01T00:00:05Z", `1e300`: "",
		`"0001-01-01T00:00:00-09:00"`: "", `"9999-12-31T23:59:59-09:00"`: "", `"9999-12-31T23:59:59.999999999Z"`: "9999-12-31T23:59:59.999999999Z",
	} {
		var got responder.Time
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		if want == "" {
			assert.True(t, got.IsZero(), text)
			continue
		}
		assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{`"soon"`, `{}`, `[]`, `true`} {
		assert.Error(t, json.Unmarshal([]byte(text), new(responder.Time)), text)
	}
}

func TestTimesThatCannotBeWritten(t *testing.T) {
	for year, want := range map[int]string{-5: "null", 0: "null", 1: "null", 2: `"0002-12-31T23:59:59Z"`, 9999: `"9999-12-31T23:59:59Z"`, 10000: "null"} {
		text, err := json.Marshal(responder.At(time.Date(year, 12, 31, 23, 59, 59, 0, time.UTC)))
		require.NoError(t, err)
		assert.Equal(t, want, string(text), year)
	}
	text, err := json.Marshal(responder.At(time.Date(2026, 5, 4, 5, 2, 1, 0, time.FixedZone("CEST", 7200))))
	require.NoError(t, err)
	assert.Equal(t, `"2026-05-04T03:02:01Z"`, string(text))
	assert.Error(t, new(responder.Time).UnmarshalJSON(nil))
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{`null`, `"2026-05-04T03:02:01Z"`, `1777863721.5`, `"x"`, `1e308`, `"9999-12-31T23:59:59Z"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var once, twice responder.Time
		if json.Unmarshal([]byte(s), &once) != nil {
			return
		}
		text, err := json.Marshal(once)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &twice))
		require.Equal(t, once, twice, "to the nanosecond, in UTC")
	})
}

func TestTimestamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(1, 253402300799000).Draw(t, "ms")
		want := time.UnixMilli(ms).UTC()
		assert.Equal(t, want, responder.Span(want, want).LastTime())
	})
	assert.Zero(t, responder.Span(time.Time{}, time.Time{}))
	for _, s := range []float64{0, -1, 253402300800, math.Inf(1), math.NaN()} {
		assert.True(t, responder.Timestamp{Init: s}.InitTime().IsZero(), s)
	}
	assert.Equal(t, "9999-12-31T23:59:59Z", responder.Timestamp{Init: 253402300799}.InitTime().Format(time.RFC3339))
	assert.Equal(t, responder.Timestamp{Init: 1777863721.25, Last: 1777863781}, responder.Span(time.UnixMilli(1777863721250), time.UnixMilli(1777863781000)))
}

// The words of the vocabulary, which others write out.
func TestWords(t *testing.T) {
	assert.Equal(t, "new ongoing published", words(responder.StatusNew, responder.StatusOngoing, responder.StatusPublished))
	assert.Equal(t, "found nothing failed skipped missing", words(responder.Found, responder.Nothing, responder.Failed, responder.Skipped, responder.Missing))
	assert.Equal(t, "malicious suspicious harmless unknown", words(responder.Malicious, responder.Suspicious, responder.Harmless, responder.UnknownSignal))
	assert.Equal(t, "urgent unclassified safe", words(responder.Urgent, responder.Unclassified, responder.Safe))
	assert.Equal(t, "firing resolved", words(responder.Firing, responder.Resolved))
	assert.Equal(t, "ipaddr domain username filehash url instance accesskey bucket email json", words(responder.TypeIPAddr, responder.TypeDomain,
		responder.TypeUsername, responder.TypeFileHash, responder.TypeURL, responder.TypeInstance, responder.TypeAccessKey, responder.TypeBucket,
		responder.TypeEmail, responder.TypeJSON))
	assert.Equal(t, "remote local client server subject object file", words(responder.ContextRemote, responder.ContextLocal, responder.ContextClient,
		responder.ContextServer, responder.ContextSubject, responder.ContextObject, responder.ContextFile))
	assert.Equal(t, 1, responder.SchemaVersion)
}

func words[T ~string](list ...T) string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return strings.Join(all, " ")
}

func TestVersions(t *testing.T) {
	for _, v := range []int{0, 1, 2} {
		assert.NoError(t, responder.CheckVersion(v))
	}
	assert.ErrorContains(t, responder.CheckVersion(3), "schema version 3, expected 0 to 2")
	assert.Error(t, responder.CheckVersion(-1))
}

func TestSeverities(t *testing.T) {
	for text, want := range map[string]responder.Severity{"": responder.Unclassified, "urgent": responder.Urgent, "safe": responder.Safe, "unclassified": responder.Unclassified} {
		got, err := responder.ParseSeverity(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"high", "URGENT", " safe"} {
		got, err := responder.ParseSeverity(text)
		assert.ErrorContains(t, err, "expected urgent, unclassified or safe")
		assert.Equal(t, responder.Unclassified, got)
	}
}
