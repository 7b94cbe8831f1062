package explain_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
)

// listOf is a list of so many entries, between a beginning and an end.
func listOf(before, entry string, n int, after string) []byte {
	return []byte(before + "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]" + after)
}

// peak is how much more of the heap was in use at any time of f than before, about.
func peak(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before, done, most := heap(), make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for top := before; ; {
			select {
			case <-tick.C:
				top = max(top, heap())
			case <-done:
				most <- max(top, heap()) - before
				return
			}
		}
	}()
	f()
	close(done)
	return <-most
}

// TestNoRowTakesMuchMemory: two bytes of JSON can take hundreds when they are decoded.
func TestNoRowTakesMuchMemory(t *testing.T) {
	if raced {
		t.Skip("memory is measured otherwise under the race detector")
	}
	const many = 5_000_000 // entries, of a body of which the largest may have four times as many
	for name, row := range map[string]struct {
		key  string
		data func() []byte
		read bool // all the same
	}{
		"inspections":          {"V#1", func() []byte { return listOf(`{"inspections":`, `{}`, 1_390_000, `}`) }, false},
		"some inspections":     {"V#1", func() []byte { return listOf(`{"inspections":`, `{}`, 249_000, `}`) }, true},
		"contexts in one":      {"V#1", func() []byte { return listOf(`{"inspections":[{"attribute":{"context":`, `""`, 490_000, `}}]}`) }, true},
		"signals":              {"V#1", func() []byte { return listOf(`{"signals":`, `{}`, 1_390_000, `}`) }, false},
		"some signals":         {"V#1", func() []byte { return listOf(`{"signals":`, `{"attribute":{}}`, 166_000, `}`) }, true},
		"rules":                {"V#1", func() []byte { return listOf(`{"result":{"rules":`, `""`, many, `}}`) }, false},
		"fewer rules":          {"V#1", func() []byte { return listOf(`{"result":{"rules":`, `""`, 1_000_000, `}}`) }, false},
		"alerts of a verdict":  {"V#1", func() []byte { return listOf(`{"alerts":`, `{}`, many, `}`) }, true},
		"contexts":             {"A#1", func() []byte { return listOf(`{"alert":{"attrs":[{"context":`, `""`, many, `}]}}`) }, false},
		"fewer contexts":       {"A#1", func() []byte { return listOf(`{"alert":{"attrs":[{"context":`, `""`, 490_000, `}]}}`) }, true},
		"attributes":           {"A#1", func() []byte { return listOf(`{"alert":{"attrs":`, `{}`, many, `}}`) }, false},
		"fewer attributes":     {"A#1", func() []byte { return listOf(`{"alert":{"attrs":`, `{}`, 59_000, `}}`) }, true},
		"pages":                {"F#0.A/x#p", func() []byte { return listOf(`{"pages":`, `{}`, many, `}`) }, false},
		"fewer pages":          {"F#0.A/x#p", func() []byte { return listOf(`{"pages":`, `{}`, 59_000, `}`) }, true},
		"domains":              {"F#0.A/x#p", func() []byte { return listOf(`{"pages":[{"opponent_hosts":[{"domain":`, `""`, many, `}]}]}`) }, false},
		"signals of an answer": {"F#0.A/x#p", func() []byte { return listOf(`{"pages":[{"signals":`, `{}`, 59_000, `}]}`) }, true},
		"hosts":                {"F#0.A/x#p", func() []byte { return listOf(`{"pages":[{"opponent_hosts":`, `{}`, 59_000, `}]}`) }, true},
		"numbers":              {"F#0.A/x#p", func() []byte { return listOf(`{"pages":[{"signals":[{"x":`, `1`, many, `}]}]}`) }, false},
	} {
		rows := []explain.Row{{Key: row.key, Data: row.data()}}
		var e explain.Explanation
		n := peak(func() { e = explain.Explain("AAAA-1", explain.Live{}, slices.Values(rows), explaintest.Start) })
		t.Logf("%s: %d MB", name, n>>20)
		assert.Less(t, n, int64(48<<20), name)
		assert.Equal(t, row.read, len(e.Unread) == 0, "%s: %v", name, e.Unread)
	}
}

// long is a report of texts of which little is told.
func long(yield func(explain.Row) bool) {
	text := strings.Repeat("x", 256<<10)
	row := func(key, data string) {
		yield(explain.Row{Key: key, Data: []byte(strings.ReplaceAll(data, "LONG", text)), Severity: strings.Clone(text), Title: strings.Clone(text)})
	}
	for n := range 20 {
		row(fmt.Sprint("A#", n), fmt.Sprintf(`{"alert":{"name":"LONG","rule":"LONG","key":"LONG","source":"LONG","attrs":[{"type":"%dLONG","value":"LONG","key":"LONG"}]}}`, n))
		row(fmt.Sprint("F#0.A/x#", n), fmt.Sprintf(`{"token":"t%dLONG","done":true,"pages":[{"error":"LONG","title":"LONG"}]}`, n))
		row(fmt.Sprint("V#", 980+n), `{"alert":{"name":"LONG"},"signals":[{"inspector":"LONG","kind":"LONG","summary":"LONG"}],"inspections":[{"inspector":"LONG","outcome":"missing"}]}`)
	}
	text = strings.Repeat("x", 600)
	rules := strings.TrimSuffix(strings.Repeat(`"`+text+`",`, 64), ",")
	for n := range 300 {
		row(fmt.Sprint("V#", 1000+n), `{"result":{"severity":"safe","rules":[`+rules+`]}}`)
	}
}

// TestWhatIsCutIsNotKept: a part of a text would keep all of it in memory.
func TestWhatIsCutIsNotKept(t *testing.T) {
	if raced {
		t.Skip("memory is measured otherwise under the race detector")
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	e := explain.Explain("AAAA-1", explain.Live{}, long, explaintest.Start)
	kept := int64(heap()) - int64(before)
	t.Logf("%d MB kept, %d left out", kept>>20, e.LeftOut)
	assert.Less(t, kept, int64(16<<20))
	assert.Len(t, e.Alerts, 20)
	assert.Len(t, e.Verdicts, 320)
	assert.Len(t, e.Verdicts[319].Rules, 2)
	assert.Len(t, e.Verdicts[20].Rules, 64)
	assert.NotZero(t, e.LeftOut)
}
