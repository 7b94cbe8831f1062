package storetest

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var runs atomic.Int64

// testModel runs random calls on a driver and on a model, and compares every answer. Since all drivers are
// compared to the same model, they are compared to each other.
func testModel(t *testing.T, s Driver) {
	rapid.Check(t, func(rt *rapid.T) {
		run := runs.Add(1)
		m := &model{
			T: rt, s: s, now: noon + run*time.Hour.Milliseconds(), fps: []string{fmt.Sprintf("m%da", run), fmt.Sprintf("m%db", run)},
			items: map[string]protocol.Item{}, bodies: map[string]map[string]string{}, verdicts: map[string]map[int64]store.Verdict{},
		}
		m.start = m.now
		m.open()
		rt.Repeat(map[string]func(*rapid.T){
			"":         func(*rapid.T) { m.get() },
			"open":     func(*rapid.T) { m.open() },
			"swap":     func(*rapid.T) { m.swap() },
			"crossOff": func(*rapid.T) { m.crossOff() },
			"count":    func(*rapid.T) { m.count() },
			"settle":   func(*rapid.T) { m.settle() },
			"body":     func(*rapid.T) { m.putBody() },
			"verdict":  func(*rapid.T) { m.putVerdict() },
			"read":     func(*rapid.T) { m.read() },
			"forget":   func(*rapid.T) { m.forget() },
		})
	})
}

// model is a store in the plainest words of the contract.
type model struct {
	*rapid.T
	s          Driver
	start, now int64
	fps        []string
	ids        []string // all reports that were ever tried to open
	past       []protocol.Item
	items      map[string]protocol.Item
	bodies     map[string]map[string]string
	verdicts   map[string]map[int64]store.Verdict
}

func (m *model) id() string { return rapid.SampledFrom(m.ids).Draw(m.T, "id") }

func (m *model) set(label, pattern string) protocol.Set {
	return protocol.SetOf(rapid.SliceOfN(rapid.StringMatching(pattern), 0, 4).Draw(m.T, label)...)
}

// same compares an answer of the driver to the item as it stands in the model.
func (m *model) same(id string, got protocol.Item, made, want bool, err error) {
	require.NoError(m, err)
	require.Equal(m, want, made)
	fp, _, _ := protocol.ParseReportID(id)
	require.Equal(m, m.items[fp], got)
	m.past = append(m.past, got)
}

// change lets f change the item of a report, if it still is that.
func (m *model) change(id string, f func(*protocol.Item)) bool {
	fp, _, _ := protocol.ParseReportID(id)
	item := m.items[fp]
	if item.ReportID != id {
		return false
	}
	f(&item)
	m.items[fp] = item
	return true
}

func (m *model) get() {
	for _, fp := range m.fps {
		got, err := m.s.Get(m.Context(), fp)
		require.NoError(m, err)
		require.Equal(m, m.items[fp], got)
	}
}

func (m *model) open() {
	m.now += rapid.SampledFrom([]int64{1, 1000, 1000_000}).Draw(m.T, "later")
	r := rules
	r.Window = 100 * time.Second
	fresh := protocol.Fresh(rapid.SampledFrom(m.fps).Draw(m.T, "fp"), m.now, r)
	m.ids = append(m.ids, fresh.ReportID)
	was, exists := m.items[fresh.Fingerprint]
	if !exists || was.ClosesAt < m.now && was.Judged == was.Ver {
		m.items[fresh.Fingerprint] = fresh
	}
	got, err := m.s.Open(m.Context(), fresh, m.now)
	m.same(fresh.ReportID, got, true, true, err)
}

func (m *model) swap() {
	was := m.items[rapid.SampledFrom(m.fps).Draw(m.T, "fp")]
	if !was.Exists() || rapid.IntRange(0, 3).Draw(m.T, "stale") == 0 {
		was = rapid.SampledFrom(m.past).Filter(protocol.Item.Exists).Draw(m.T, "was")
	}
	next := was
	next.Pending, next.Late = m.set("pending", `0\.[ab]/[xyz]`), m.set("late", `0\.[ab]/[xyz]`)
	next.Seen, next.Origins = m.set("seen", `[\x00-\x02"]{8}`), m.set("origins", `[a-c]{8}`)
	next.Severity = float64(rapid.IntRange(0, 1000).Draw(m.T, "severity")) / 10
	next.State = rapid.SampledFrom([]responder.State{"", "firing", "resolved"}).Draw(m.T, "state")
	next.DeadlineAt, next.LastSeen = m.now+1, m.now+2
	next.Count += rapid.Int64Range(0, 9).Draw(m.T, "count")
	next.Bodies += rapid.Int64Range(0, 9).Draw(m.T, "bodies")
	want := m.items[was.Fingerprint].Ver == was.Ver && m.change(was.ReportID, func(i *protocol.Item) {
		changed := next
		changed.Count, changed.Bodies = i.Count+next.Count-was.Count, i.Bodies+next.Bodies-was.Bodies
		changed.Ver, changed.Judged, changed.Verdict = i.Ver+1, i.Judged, i.Verdict
		*i = changed
	})
	got, made, err := m.s.Swap(m.Context(), was, next)
	m.same(was.ReportID, got, made, want, err)
}

func (m *model) crossOff() {
	id, token, done := m.id(), rapid.StringMatching(`0\.[ab]/[xyz]`).Draw(m.T, "token"), rapid.Bool().Draw(m.T, "done")
	want := m.change(id, func(i *protocol.Item) {
		i.Ver++
		if done {
			i.Pending, i.Late = i.Pending.Without(token), i.Late.Without(token)
		}
	})
	got, made, err := m.s.CrossOff(m.Context(), id, token, done)
	m.same(id, got, made, want, err)
}

func (m *model) count() {
	id, n := m.id(), rapid.Int64Range(1, 1000).Draw(m.T, "n")
	want := m.change(id, func(i *protocol.Item) { i.Count, i.LastSeen = i.Count+n, m.now })
	got, made, err := m.s.Count(m.Context(), id, n, m.now)
	m.same(id, got, made, want, err)
}

func (m *model) settle() {
	id, ver := m.id(), rapid.Int64Range(1, 12).Draw(m.T, "ver")
	sev := rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Safe}).Draw(m.T, "verdict")
	var was int64
	want := false
	m.change(id, func(i *protocol.Item) {
		if want = i.Judged < ver; want {
			was = i.Judged
			i.Judged, i.Verdict = ver, sev
		}
	})
	before, made, err := m.s.Settle(m.Context(), id, ver, sev)
	require.NoError(m, err)
	require.Equal(m, want, made)
	if made {
		require.Equal(m, was, before)
	}
}

func (m *model) putBody() {
	id, key := m.id(), rapid.StringMatching(`(A#[a-c]|F#0\.a/[xy]#[01])`).Draw(m.T, "key")
	data := rapid.String().Draw(m.T, "data")
	if m.bodies[id] == nil {
		m.bodies[id] = map[string]string{}
	}
	m.bodies[id][key] = data
	require.NoError(m, m.s.PutBody(m.Context(), id, body(key, data)))
}

func (m *model) putVerdict() {
	id := m.id()
	_, at, _ := protocol.ParseReportID(id)
	v := store.Verdict{
		Ver: rapid.Int64Range(1, 12).Draw(m.T, "ver"), OpenedAt: at, Severity: responder.Safe,
		Title: rapid.StringN(0, 20, -1).Draw(m.T, "title"), Data: []byte(rapid.String().Draw(m.T, "data")),
	}
	if m.verdicts[id] == nil {
		m.verdicts[id] = map[int64]store.Verdict{}
	}
	if _, ok := m.verdicts[id][v.Ver]; !ok {
		m.verdicts[id][v.Ver] = v
	}
	got, err := m.s.PutVerdict(m.Context(), id, v)
	require.NoError(m, err)
	require.Equal(m, m.verdicts[id][v.Ver], got)
}

// read compares what a reader sees.
func (m *model) read() {
	id := m.id()
	var want []store.Body
	for _, key := range slices.Sorted(maps.Keys(m.bodies[id])) {
		want = append(want, body(key, m.bodies[id][key]))
	}
	got, err := m.s.Bodies(m.Context(), id)
	require.NoError(m, err)
	require.Equal(m, want, got)

	latest, ok, err := m.s.Latest(m.Context(), id)
	require.NoError(m, err)
	require.Equal(m, len(m.verdicts[id]) > 0, ok)
	if ok {
		require.Equal(m, m.verdicts[id][slices.Max(slices.Collect(maps.Keys(m.verdicts[id])))], latest)
	}
	m.list()
}

func (m *model) list() {
	var want []store.Summary
	for id, vs := range m.verdicts {
		if len(vs) > 0 {
			v := vs[slices.Max(slices.Collect(maps.Keys(vs)))]
			want = append(want, store.Summary{ReportID: id, Ver: v.Ver, OpenedAt: v.OpenedAt, Severity: v.Severity, Title: v.Title})
		}
	}
	store.SortSummaries(want)
	got, err := m.s.Since(m.Context(), time.UnixMilli(m.start), time.UnixMilli(m.now))
	require.NoError(m, err)
	var own []store.Summary // there are those of other runs
	for _, sum := range got {
		if slices.Contains(m.ids, sum.ReportID) {
			own = append(own, sum)
		}
	}
	require.Equal(m, want, own)
}

func (m *model) forget() {
	id := m.id()
	fp, _, _ := protocol.ParseReportID(id)
	if m.items[fp].ReportID == id {
		delete(m.items, fp)
	}
	delete(m.bodies, id)
	delete(m.verdicts, id)
	require.NoError(m, m.s.Forget(m.Context(), id))
}
