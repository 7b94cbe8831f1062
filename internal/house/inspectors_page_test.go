package house_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/settings"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abusech"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abuseipdb"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/greynoise"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// inspectorsPage is docs/inspectors.md.
func inspectorsPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "docs/inspectors.md")
	require.NoError(t, err)
	return string(text)
}

// cells are those of the table's row that begins so.
func cells(t *testing.T, page, begin string) (out []string) {
	t.Helper()
	rows := found(page, `(?m)^\| `+begin+`[^|]*\|(.*)\|$`, 1)
	require.Len(t, rows, 1, begin)
	for _, c := range strings.Split(rows[0], "|") {
		out = append(out, strings.TrimSpace(c))
	}
	return out
}

// The first table has all that ship, with the types that they accept, and each has its section.
func TestTheInspectorsPageHasAll(t *testing.T) {
	page := inspectorsPage(t)
	for _, i := range shipped.All() {
		row := cells(t, page, `\[`+i.ID+`\]\(#`+i.ID+`\) `)
		assert.Contains(t, page, "\n### "+i.ID+"\n")
		switch i.ID {
		case "history":
			assert.Equal(t, "all but `json`", row[1])
		case "watchlist": // the template says which
		default:
			assert.ElementsMatch(t, i.Types, found(row[1], "`(\\w+)`", 1), i.ID)
		}
		if i.IsService() {
			for _, name := range []string{i.Prefix + "_API_KEY"} {
				assert.Contains(t, page, "`"+name+"`")
			}
		}
	}
}

// remembering notes how long answers are kept.
type remembering struct {
	responder.Memory
	now  time.Time
	kept time.Duration
}

func (m *remembering) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	if strings.Contains(key, "#answer#") {
		m.kept = expires.Sub(m.now)
	}
	return m.Memory.Store(ctx, key, value, expires)
}

// saying answers each request in the same way.
type saying string

func (s saying) RoundTrip(*http.Request) (*http.Response, error) {
	status := http.StatusOK
	if s == "" {
		status, s = http.StatusNotFound, `{"ip": "8.8.8.8", "error": {"code": "NotFoundError"}}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s)))}, nil
}

const aHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// services have for each an entity and answers about it: found, and nothing.
var services = map[string]struct {
	make           func(intel.Settings) (responder.Inspector, error)
	about          responder.Attribute
	found, nothing saying
}{
	virustotal.ID: {virustotal.New, responder.Attribute{Type: responder.TypeIPAddr, Value: "8.8.8.8"},
		`{"data": {"type": "ip_address", "id": "8.8.8.8", "attributes": {"last_analysis_stats": {"malicious": 0, "harmless": 60}}}}`, ""},
	abuseipdb.ID: {abuseipdb.New, responder.Attribute{Type: responder.TypeIPAddr, Value: "8.8.8.8"},
		`{"data": {"ipAddress": "8.8.8.8", "abuseConfidenceScore": 100}}`, `{"data": {"ipAddress": "8.8.8.8", "abuseConfidenceScore": 0}}`},
	greynoise.ID: {greynoise.New, responder.Attribute{Type: responder.TypeIPAddr, Value: "8.8.8.8"},
		`{"ip": "8.8.8.8", "noise": false, "riot": true, "classification": "benign"}`, ""},
	abusech.ID: {abusech.New, responder.Attribute{Type: responder.TypeFileHash, Value: "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		`{"query_status": "ok", "data": [{"sha1_hash": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256_hash": "` + aHash + `"}]}`, `{"query_status": "hash_not_found"}`},
}

// ask asks the inspector of a service once, and gives how long the answer is kept and what the key may ask.
func ask(t *testing.T, id string, about responder.Attribute, answer saying) (kept time.Duration, limits string) {
	t.Helper()
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	m := &remembering{Memory: responder.NewMemory(), now: now}
	i, err := services[id].make(intel.Settings{Key: func(context.Context) (string, error) { return "key", nil },
		Memory: m, Transport: answer, Now: func() time.Time { return now }})
	require.NoError(t, err, id)
	_, err = i.Inspect(t.Context(), responder.Task{Attribute: about})
	require.NoError(t, err, id)
	usage, _, err := intel.ReadUsage(t.Context(), m, id, now)
	require.NoError(t, err, id)
	var list []string
	for _, l := range usage.Limits {
		list = append(list, fmt.Sprintf("%d/%s", l.Most, l.Per))
	}
	return m.kept, strings.Join(list, ",")
}

// How long an answer is kept, and what a free key may ask, is what the inspectors do.
func TestTheInspectorsPageSaysHowLongAndHowOften(t *testing.T) {
	page := inspectorsPage(t)
	_, page, ok := strings.Cut(page, "**What is remembered.**")
	require.True(t, ok)
	page, _, _ = strings.Cut(page, "**Quotas.**")
	for id, s := range services {
		row := cells(t, page, id+" ")
		kept, limits := ask(t, id, s.about, s.found)
		assert.Equal(t, found(row[0], `^(\d+) h`, 1), []string{strconv.Itoa(int(kept.Hours()))}, "%s: found", id)
		kept, _ = ask(t, id, s.about, s.nothing)
		assert.Equal(t, found(row[1], `^(\d+) h`, 1), []string{strconv.Itoa(int(kept.Hours()))}, "%s: nothing", id)
		assert.Equal(t, cmp.Or(limits, "no limit is documented"), strings.Trim(row[2], "`"), id)
	}
	kept, _ := ask(t, virustotal.ID, responder.Attribute{Type: responder.TypeFileHash, Value: aHash},
		`{"data": {"type": "file", "id": "`+aHash+`", "attributes": {"last_analysis_stats": {"malicious": 0, "harmless": 60}}}}`)
	assert.Contains(t, cells(t, page, "virustotal ")[0], fmt.Sprintf("files %.0f h", kept.Hours()))
}

// The numbers by which inspectors judge are those in their code.
func TestTheInspectorsPageHasTheThresholds(t *testing.T) {
	page := inspectorsPage(t)
	for file, constants := range map[string]map[string]string{
		"history/judge.go": {"leastSafe": "at least %s reports of the same rule", "leastShare": "%s of 100 of them",
			"leastSpan": "opened %s days before the last one", "freshFor": "that at most %s days ago"},
		"history/record.go":                {"maxRows": "the last %s reports"},
		"virustotal/verdict.go":            {"certain": "`malicious` from %s engines on", "doubtful": "`suspicious` from %s on, and", "many": "%s engines within 30 days"},
		"abuseipdb/answer.go":              {"malicious": "from a confidence of %s on", "suspicious": "`suspicious` from %s on, else"},
		"awscontext/awscontext.go":         {"maxCalls": "%s calls for an entity at most"},
		"awscontext/cloudtrail_signals.go": {"burstCalls": "refused %s calls", "burstActions": "calls of %s kinds"},
	} {
		code, err := os.ReadFile(root + "internal/inspectors/" + file)
		require.NoError(t, err)
		for name, sentence := range constants {
			value := found(string(code), `(?m)^(?:const)?\s*`+name+`\s+= (\d+)`, 1)
			require.Len(t, value, 1, "%s: %s", file, name)
			assert.Contains(t, strings.ReplaceAll(page, "\n", " "), fmt.Sprintf(sentence, value[0]), "%s: %s", file, name)
		}
	}
}

// What the page says of dollars is what the prices make of the numbers beside them.
func TestTheInspectorsPageSumsUp(t *testing.T) {
	_, page, _ := strings.Cut(inspectorsPage(t), "## What it costs")
	rows := found(page, `(?m)^\| ([^|]+) \| ([\d,]+) reads; ([\d,]+) writes \| ([\d,]+) × 1 s \| ([\d,]+) requests \| \$([\d.]+) \|$`, 0)
	require.Len(t, rows, 3)
	for _, row := range rows {
		var n []int64
		for _, s := range found(row, `([\d,]+) (?:reads|writes|×|requests)`, 1) {
			v, err := strconv.ParseInt(strings.ReplaceAll(s, ",", ""), 10, 64)
			require.NoError(t, err)
			n = append(n, v)
		}
		cost := bill.Of(bill.Usage{HalfReads: 2 * n[0], WriteUnits: n[1], Invocations: n[2], MBMillis: n[2] * 256 * 1000, Requests: n[3]}).Total()
		said, ok := new(big.Rat).SetString(found(row, `\$([\d.]+)`, 1)[0])
		require.True(t, ok, row)
		assert.Equal(t, said.FloatString(3), cost.FloatString(3), row)
	}
	assert.Contains(t, page, "$"+bill.Idle(1, 2).Polling.FloatString(2)+" a month")
}

// What is to be copied is what it looks like.
func TestTheInspectorsPageCanBeCopied(t *testing.T) {
	page := inspectorsPage(t)
	for _, script := range blocks(t, page, "sh") {
		c := exec.Command("sh", "-n")
		c.Stdin = strings.NewReader(script)
		out, err := c.CombinedOutput()
		assert.NoError(t, err, "%s: %s", script, out)
	}
	for _, text := range append(blocks(t, page, "json"), found(page, `(?s)<<END\n(.*?)\nEND\n`, 1)...) {
		assert.True(t, json.Valid([]byte(text)), text)
	}
	for _, text := range blocks(t, page, "yaml") {
		file := t.TempDir() + "/inspectors.yml"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		f, err := settings.Load(new(console.Console), file)
		require.NoError(t, err)
		assert.Len(t, f.Inspectors, len(shipped.All()))
	}
	for _, link := range found(page, `\]\(([^)#]*)#?[^)]*\)`, 1) {
		if link != "" && !strings.HasPrefix(link, "https://") {
			_, err := os.Stat(root + "docs/" + link)
			assert.NoError(t, err, link)
		}
	}
}
