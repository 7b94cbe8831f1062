package responder_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// lost says what stands in a JSON document and not in another one, by its path. Null, an empty list and a zero are
// the same as nothing; a time is the same in any offset.
func lost(path string, was, is any) (out []string) {
	switch was := was.(type) {
	case map[string]any:
		now, _ := is.(map[string]any)
		for name, v := range was {
			out = append(out, lost(path+"."+name, v, now[name])...)
		}
		return out
	case []any:
		now, _ := is.([]any)
		for i, v := range was {
			var at any
			if i < len(now) {
				at = now[i]
			}
			out = append(out, lost(fmt.Sprintf("%s[%d]", path, i), v, at)...)
		}
		return out
	}
	if was == nil || isNothing(was) && (is == nil || isNothing(is)) || reflect.DeepEqual(was, is) || sameTime(was, is) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v became %v", path, was, is)}
}

func isNothing(v any) bool {
	return v == "" || v == 0.0 || v == false || v == "0001-01-01T00:00:00Z"
}

func sameTime(a, b any) bool {
	one, err := time.Parse(time.RFC3339Nano, fmt.Sprint(a))
	two, err2 := time.Parse(time.RFC3339Nano, fmt.Sprint(b))
	return err == nil && err2 == nil && one.Equal(two)
}

// again reads a message as T, and writes it.
func again[T any](text []byte) ([]byte, error) {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// Whatever stands in a message of long ago is still there after it was read.
func TestNothingOfOldMessagesIsLost(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "old", "*.json"))
	require.NoError(t, err)
	readers := map[string]func([]byte) ([]byte, error){
		"alert": again[responder.Alert], "page": again[responder.Page], "report": again[responder.Report],
	}
	seen := map[string]bool{}
	for _, file := range files {
		kind, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
		require.Contains(t, readers, kind, file)
		seen[kind] = true
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		now, err := readers[kind](text)
		require.NoError(t, err, file)
		var was, is any
		require.NoError(t, json.Unmarshal(text, &was))
		require.NoError(t, json.Unmarshal(now, &is))
		assert.Empty(t, lost(kind, was, is), file)
	}
	assert.Len(t, seen, len(readers))
}

func TestWhatIsLostIsSeen(t *testing.T) {
	was := map[string]any{"a": []any{1.0, 2.0}, "b": map[string]any{"c": "x", "d": nil}, "t": "2018-09-26T22:13:20+09:00", "z": "0001-01-01T00:00:00Z"}
	assert.ElementsMatch(t, []string{"m.a[1]: 2 became <nil>", "m.b.c: x became y", "m.t: 2018-09-26T22:13:20+09:00 became 2018-09-26T22:13:20Z"},
		lost("m", was, map[string]any{"a": []any{1.0}, "b": map[string]any{"c": "y"}, "t": "2018-09-26T22:13:20Z"}))
	assert.Len(t, lost("m", "", "made up"), 1)
}

// What the words of old messages mean is what they always meant.
func TestMessagesOfOld(t *testing.T) {
	read := func(name string, v any) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("testdata", "old", name))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, v))
	}
	var a responder.Alert
	read("alert.json", &a)
	assert.Equal(t, responder.Alert{
		Name: "Suspicious login", Rule: "login-from-afar", Key: "alice", Description: "A login from a country where alice never was.",
		Timestamp: responder.Timestamp{Init: 1538000000.25, Last: 1538000060},
		Attrs: []responder.Attribute{
			{Type: "ipaddr", Value: "198.51.100.23", Key: "source address", Context: []string{"remote", "client"}},
			{Type: "username", Value: "alice", Key: "user"},
			{Type: "ipaddr", Value: "10.0.3.17", Key: "server", Context: []string{}},
		},
	}, a)
	assert.Equal(t, responder.Firing, a.State.OrFiring())

	var p responder.Page
	read("page.json", &p)
	host := p.OpponentHosts[0]
	assert.Equal(t, "2018-09-26T13:13:20.123456789Z", host.RelatedDomains[0].Timestamp.Format(time.RFC3339Nano))
	assert.True(t, host.RelatedMalware[1].Timestamp.IsZero())
	assert.Equal(t, responder.MalwareScan{Vendor: "Example AV", Name: "Trojan.X", Positive: true, Source: "scanner"}, host.RelatedMalware[0].Scans[0])
	assert.Equal(t, []string{"alice", "bob"}, p.AlliedHosts[0].UserName)
	assert.Equal(t, "2018-09-27T05:13:20Z", p.AlliedHosts[0].Activities[0].LastSeen.Format(time.RFC3339))

	var r responder.Report
	read("report.json", &r)
	assert.Equal(t, []any{responder.Urgent, responder.StatusPublished, int64(0)}, []any{r.Result.Severity, r.Status, r.Seq})
	assert.Equal(t, []string{"NL"}, r.Content.OpponentHosts["198.51.100.23"].Country)
	assert.Equal(t, responder.OpponentHost{ID: "2001:db8::7"}, r.Content.OpponentHosts["2001:db8::7"])
	assert.Nil(t, r.Content.AlliedHosts)
	assert.Equal(t, "account", r.Content.SubjectUsers["alice"].Activities[0].Target)
}
