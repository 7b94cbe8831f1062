package ingest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// good is what an analyst expects of an alert. What is empty here must be empty there, but for the key, the description
// and the times.
type good struct {
	name, rule, source, account, region, link string
	severity                                  float64
	state                                     responder.State
	sample                                    bool
	first, last                               string // RFC 3339; empty: not looked at
	describes                                 string // stands in the description
	// all are the attributes, as "type value contexts", in any order: no more, no less.
	all []string
}

func (g good) test(t *testing.T, a responder.Alert) {
	t.Helper()
	const form = "2006-01-02T15:04:05Z07:00"
	assert.Equal(t, g.name, a.Name)
	assert.Equal(t, g.rule, a.Rule)
	assert.Equal(t, g.source, a.Source)
	assert.Equal(t, []string{g.account, g.region, g.link}, []string{a.Account, a.Region, a.Link})
	assert.Equal(t, g.severity, a.Severity)
	assert.Equal(t, g.state.OrFiring(), a.State.OrFiring())
	assert.Equal(t, g.sample, a.Sample)
	assert.Contains(t, a.Description, g.describes)
	if g.first != "" {
		assert.Equal(t, g.first, a.Timestamp.InitTime().Format(form))
	}
	if g.last != "" {
		assert.Equal(t, g.last, a.Timestamp.LastTime().Format(form))
	}
	assert.ElementsMatch(t, g.all, roles(a))
}

// incident is one message and what may come after it.
type incident struct {
	first string
	// same are of the same incident, in any order; others are each an incident of its own.
	same, others []string
}

func (i incident) test(t *testing.T) {
	t.Helper()
	first := one(t, i.first).Fingerprint
	seen := []string{first}
	for n, body := range i.same {
		assert.Equal(t, first, one(t, body).Fingerprint, "same %d", n)
	}
	for n, body := range i.others {
		other := one(t, body).Fingerprint
		assert.NotContains(t, seen, other, "other %d", n)
		seen = append(seen, other)
	}
}

// with gives a message with one piece of its text replaced, which must be there.
func with(t *testing.T, body, old, new string) string {
	t.Helper()
	require.Contains(t, body, old)
	return strings.ReplaceAll(body, old, new)
}

// fixtures are the messages under testdata, by their path in it.
func fixtures(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"testdata/*.*", "testdata/*/*.*"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range files {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			out[strings.TrimPrefix(filepath.ToSlash(name), "testdata/")] = string(b)
		}
	}
	require.NotEmpty(t, out)
	return out
}

// Each alert can be read again from what is kept of it, and is of the same incident.
func TestRawIsTheSameIncident(t *testing.T) {
	for name, body := range fixtures(t) {
		for _, in := range ingest.Alerts(delivery(body)) {
			again := ingest.Alerts(delivery(in.Alert.Raw))
			require.Len(t, again, 1, name)
			assert.Equal(t, []string{in.Alert.Rule, in.Alert.Key}, []string{again[0].Alert.Rule, again[0].Alert.Key}, name)
		}
	}
}

// Who forwards alerts may add fields of its own, as AlertResponder's format has them: the sender's parser still reads them.
func TestAddedFieldsChangeNoSender(t *testing.T) {
	for name, body := range fixtures(t) {
		if !strings.HasPrefix(body, "{") || !json.Valid([]byte(body)) || strings.HasPrefix(name, "unknown/") {
			continue
		}
		list, more := ingest.Alerts(delivery(body)), ingest.Alerts(delivery(`{"name":"enriched","key":"k",`+body[1:]))
		require.Len(t, more, len(list), name)
		for i := range list {
			want, got := list[i].Alert, more[i].Alert
			assert.Equal(t, []string{want.Source, want.Rule}, []string{got.Source, got.Rule}, name)
		}
	}
}

// Whatever one value of a message is, there is an alert within its bounds. Each value is replaced by two odd ones, in turn.
func TestAnyValueMayBeOdd(t *testing.T) {
	odd := []string{`null`, `7`, `""`, `"\u0000x"`, `[]`, `{}`, `[[{}]]`, `true`, `1e400`, `"arn:aws:"`}
	for name, body := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range nodes(body) {
				for _, by := range []string{odd[n%len(odd)], odd[(n+len(odd)/2)%len(odd)]} {
					check(t, ingest.Alerts(delivery(replaced(body, n, by))))
					if t.Failed() {
						t.Fatal(n, by)
					}
				}
			}
		})
	}
}

// nodes counts the values in a JSON text, but for the outermost.
func nodes(body string) int {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return 0
	}
	n := 1 << 30
	swap(v, &n, nil)
	return 1<<30 - n
}

// replaced gives a JSON text with its n-th value replaced.
func replaced(body string, n int, by string) string {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return body
	}
	swap(v, &n, json.RawMessage(by))
	out, err := json.Marshal(v)
	if err != nil {
		return strings.Replace(body, ":", ":"+by+",", 1) // what JSON cannot write
	}
	return string(out)
}

// swap counts n down over the values in v, and replaces the one at zero.
func swap(v any, n *int, by any) {
	visit := func(inner any, set func(any)) {
		if *n == 0 {
			set(by)
		}
		*n--
		if *n >= 0 {
			swap(inner, n, by)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			visit(v[name], func(by any) { v[name] = by })
		}
	case []any:
		for i := range v {
			visit(v[i], func(by any) { v[i] = by })
		}
	}
}

// fuzzSender looks for a message of one sender that breaks its parser: a text of any kind, and the sender's fixtures with
// any of their values replaced.
func fuzzSender(f *testing.F, folder string) {
	var bodies []string
	for name, body := range fixtures(f) {
		if strings.HasPrefix(name, folder) {
			bodies = append(bodies, body)
		}
	}
	slices.Sort(bodies)
	require.NotEmpty(f, bodies, folder)
	for n, body := range bodies {
		f.Add(body, uint8(n), uint16(n), `{"a":[]}`)
	}
	f.Fuzz(func(t *testing.T, body string, file uint8, node uint16, value string) {
		for _, text := range []string{body, replaced(bodies[int(file)%len(bodies)], int(node), value)} {
			d := envelope.Delivery{ID: "m", Topic: topic, Body: text, NotifiedAt: noon}
			list := ingest.Alerts(d)
			check(t, list)
			require.Equal(t, list, ingest.Alerts(d), "the same delivery gives the same alerts")
		}
	})
}
