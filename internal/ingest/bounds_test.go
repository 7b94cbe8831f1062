package ingest_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

// evil are messages of 1 MiB that cost as much as they can.
func evil() map[string]string {
	const size = 1 << 20
	fill := func(open, piece, end string) string {
		return open + strings.Repeat(piece, (size-len(open)-len(end))/len(piece)) + end
	}
	number := func(piece string) string { // pieces with numbers in them, each another one
		var b strings.Builder
		for n := 0; b.Len() < size-64; n++ {
			b.WriteString(strings.ReplaceAll(piece, "%", fmt.Sprint(n)))
		}
		return b.String()
	}
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	half := fill("[", "{},", "1]")[size/2:]
	return map[string]string{
		"deep lists": strings.Repeat(strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+"\n", size/18001), "deep list": strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"lists as deep as may be": "[" + strings.TrimSuffix(strings.Repeat(strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+",", size/18001), ",") + "]",
		"deep objects":            strings.Repeat(strings.Repeat(`{"a":`, 9000)+"1"+strings.Repeat("}", 9000)+"\n", size/54002),
		"numbers":                 fill("[", "1,", "1]"), "long numbers": fill("[", "12345678901234567890,", "1]"), "texts": fill("[", `"",`, "1]"), "short texts": fill("[", `"a",`, "1]"),
		"objects": fill("[", "{},", "{}]"), "objects with a field": fill("[", `{"a":1},`, "1]"), "objects with two": fill("[", `{"a":1,"b":2},`, "1]"), "lists": fill("[", "[],", "1]"), "pairs": fill("[", "[1,1],", "1]"),
		"fields": "{" + number(`"%":1,`) + `"a":1}`, "fields with texts": "{" + number(`"%":"",`) + `"a":1}`, "fields with hosts": "{" + number(`"src_%":"h%.example.com",`) + `"a":1}`,
		"a long key": `{"` + strings.Repeat("k", size-8) + `":1}`, "long keys": "{" + number(`"`+strings.Repeat("aB", 500)+`%":"x",`) + `"a":1}`,
		"the same field": fill("{", `"a":1,`, `"a":1}`), "escapes": fill(`{"a":"`, `\u00e9`, `"}`), "short escapes": fill(`{"a":"`, `\"`, `"}`), "surrogates": fill(`{"a":"`, `\ud800`, `"}`),
		"JSON in JSON": quoted("[" + strings.Repeat("{},", size/4) + "1]"), "JSON in JSON in JSON": quoted(quoted("[" + strings.Repeat("1,", size/3) + "1]")),
		"JSON texts in a list": "[" + strings.TrimSuffix(strings.Repeat(quoted(`[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]`)+",", size/48), ",") + "]",
		"a large JSON text":    `{"a":` + quoted("["+strings.Repeat("{},", 20_000)+"1]") + `,"b":` + quoted(`{"c":`+quoted("["+strings.Repeat("{},", 10_000)+"1]")+"}") + "}",
		"lines":                strings.Repeat("{}\n", size/3), "long lines": strings.Repeat(`{"a":[`+strings.Repeat("1,", 500)+"1]}\n", size/1009), "lines and a text": strings.Repeat("{}\n", size/3) + "x",
		"words": fill("", "a ", ""), "a word": strings.Repeat("a", size), "dots": fill("", "a.b.", ""), "addresses": number("198.51.%.7 10.0.0.%, "), "domains": number("h%.example.com "), "links": number("http://h%.example.com/ "),
		"colons": strings.Repeat(":", size), "brackets": strings.Repeat("[", size), "defanged": fill("", "a[.]", ""), "schemes": fill("", "http://", ""), "at": fill("", "a@", ""),
		"hashes": fill("", "0123456789abcdef0123456789abcdef ", ""), "slashes": fill("", "a/", ""), "not ASCII": fill("", "ü.", ""), "long labels": fill("", strings.Repeat("ü", 60)+".", "рф"),
		"an alert with attributes": `{"name":"n","rule":"r","attrs":[` + number(`{"type":"domain","value":"`+strings.Repeat("ü", 50)+`%.example"},`) + "1]}",
		"an event":                 `{"source":"aws.x","detail-type":"x","detail":{` + number(`"src_%":"198.51.100.%",`) + `"a":1}}`,
		"an event of objects":      fill(`{"source":"x","detail-type":"x","detail":[`, `{"a":"b"},`, `1]}`),
		"records":                  fill(`{"Records":[`, `{"eventSource":"aws:sqs"},`, "1]}"), "findings": fill(`{"detail-type":"x","source":"aws.x","detail":{"findings":[`, `{"Id":"x"},`, "1]}}"), "GetFindings": fill(`{"Findings":[`, `{"Id":"x"},`, "{}]}"),
		"alerts": fill(`{"receiver":"r","status":"firing","alerts":[`, `{"labels":{}},`, "{}]}"), "half alerts": fill(`{"receiver":"r","alerts":[`, `{"labels":{}},`, "{"), "from the middle": half,
	}
}

// allocated is what reading a message takes, all allocations together: more than it ever holds at once.
func allocated(body string) uint64 {
	d := delivery(body)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ingest.Alerts(d)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestEvilMessagesAreCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine and much text: for the whole run, not for the race detector")
	}
	for name, body := range evil() {
		assert.LessOrEqual(t, len(body), 1<<20+1<<12, name)
		check(t, ingest.Alerts(delivery(body)))
		assert.Less(t, allocated(body), uint64(64<<20), "%s: bytes", name)
	}
}

// Messages of real senders of that size are read whole.
func TestLargeMessagesAreRead(t *testing.T) {
	finding := with(t, read(t, "guardduty/getfindings.json"), "\n", " ")
	var doc map[string][]any
	require.NoError(t, json.Unmarshal([]byte(finding), &doc))
	one, err := json.Marshal(doc["Findings"][0])
	require.NoError(t, err)
	n := (1<<20 - 100) / (len(one) + 1)
	large := `{"Findings":[` + strings.TrimSuffix(strings.Repeat(string(one)+",", min(n, 900)), ",") + `]}`
	list := ingest.Alerts(delivery(large))
	require.Len(t, list, min(n, 900))
	for _, in := range list {
		require.Equal(t, "guardduty", in.Alert.Source)
	}
	assert.Less(t, allocated(large), uint64(64<<20))
}
