package explain_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/explain/explaintest"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// odd is JSON of any shape, with the names that rows have.
func odd() *rapid.Generator[any] {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom(append(respondertest.Hostile(), "found", "missing", "malicious", "2026-01-01T00:00:00Z", "legacy/x", "0.A/b")))
	names := rapid.SampledFrom([]string{
		"v", "at", "alert", "token", "pages", "done", "seq", "alerts", "alert_count", "result", "inspections", "signals", "settled_at", "truncated",
		"name", "rule", "key", "attrs", "type", "value", "severity", "state", "timestamp", "last", "reason", "rules", "inspector", "origin",
		"attribute", "outcome", "verdict", "score", "new_attributes", "title", "error",
	})
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), texts.AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(),
		rapid.Int64().AsAny(), rapid.IntRange(-1, 3).AsAny(),
	)
	value := leaf
	for range 4 {
		inner := value
		value = rapid.OneOf(leaf, rapid.SliceOfN(inner, 0, 4).AsAny(), rapid.MapOfN(names, inner, 0, 8).AsAny())
	}
	return value
}

func anyRow() *rapid.Generator[explain.Row] {
	return rapid.Custom(func(t *rapid.T) explain.Row {
		key := rapid.SampledFrom([]string{"A#1", "A#", "A", "F#0.1/dns#p", "F#legacy/x#p", "F##", "F#", "V#1", "V#9", "V#10", "V#-1", "V#x", "V#99999999999999999999", "Z#1", "", "#"}).Draw(t, "key")
		if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
			key = rapid.String().Draw(t, "any key")
		}
		row := explain.Row{Key: key, Severity: rapid.String().Draw(t, "severity"), Title: rapid.String().Draw(t, "title")}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			row.Problem = "gunzip: broken"
		case 1:
			row.Data = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		default:
			row.Data, _ = json.Marshal(odd().Draw(t, "json"))
		}
		return row
	})
}

func anyItem() *rapid.Generator[protocol.Item] {
	return rapid.Custom(func(t *rapid.T) protocol.Item {
		tokens := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"0.1/dns", "1.2/x", "legacy/x", "/", ""})), 0, 4)
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1, 10))
		return protocol.Item{
			Fingerprint: "AAAA", ReportID: rapid.SampledFrom([]string{"AAAA-1", "AAAA-2", "", "nonsense"}).Draw(t, "id"),
			OpenedAt: n.Draw(t, "opened"), ClosesAt: n.Draw(t, "closes"), DeadlineAt: n.Draw(t, "deadline"), Ver: n.Draw(t, "ver"), Judged: n.Draw(t, "judged"),
			Verdict: responder.Severity(rapid.String().Draw(t, "verdict")), Pending: protocol.SetOf(tokens.Draw(t, "pending")...),
			Late: protocol.SetOf(tokens.Draw(t, "late")...), Origins: protocol.SetOf(tokens.Draw(t, "origins")...),
			Count: n.Draw(t, "count"), Bodies: n.Draw(t, "bodies"), LastSeen: n.Draw(t, "seen"),
		}
	})
}

// TestWhateverIsStored is explained: nothing fails, what is not read is named, and the answer can be written as JSON.
func TestWhateverIsStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyRow(), 0, 8).Draw(t, "rows")
		live := explain.Live{Item: anyItem().Draw(t, "item")}
		if rapid.IntRange(0, 4).Draw(t, "unreadable") == 0 {
			live.Problem = rapid.String().Draw(t, "problem")
		}
		e := explain.Explain("AAAA-1", live, slices.Values(rows), time.UnixMilli(rapid.Int64Range(0, 1<<40).Draw(t, "now")))
		text, err := json.Marshal(e)
		require.NoError(t, err)
		var back any
		require.NoError(t, json.Unmarshal(text, &back))
		assert.False(t, hasNull(back), "lists are never null: %s", text)
		answers := 0
		for _, a := range e.Asked {
			answers += len(a.Answers)
		}
		told := len(e.Alerts) + answers + len(e.Unread)
		for _, v := range e.Verdicts {
			if v.Unread == "" {
				told++
			}
		}
		assert.GreaterOrEqual(t, told, len(rows), "each row is told of, or named as unread")
		problems := 0
		for _, row := range rows {
			if row.Problem != "" || !json.Valid(row.Data) {
				problems++
			}
		}
		assert.GreaterOrEqual(t, len(e.Unread), problems)
	})
}

func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, hasNull)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasNull)
	}
	return false
}

// TestRowsOfAReportSpoiled takes rows of the scenarios away, and spoils others: what is left is explained.
func TestRowsOfAReportSpoiled(t *testing.T) {
	played := map[string]explaintest.Played{}
	for _, name := range explaintest.Names() {
		played[name] = explaintest.Play(t, name, nil)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := played[rapid.SampledFrom(explaintest.Names()).Draw(t, "scenario")]
		whole := p.Explain()
		var rows []explain.Row
		spoiled := 0
		for n, row := range p.Rows {
			switch rapid.IntRange(0, 4).Draw(t, fmt.Sprint(n)) {
			case 0:
				continue
			case 1:
				spoiled++
				row.Data = row.Data[:len(row.Data)/2]
			}
			rows = append(rows, row)
		}
		p.Rows = rows
		e := p.Explain()
		assert.Equal(t, whole.Incident.Fingerprint, e.Incident.Fingerprint)
		assert.Len(t, e.Unread, len(whole.Unread)+spoiled)
		assert.LessOrEqual(t, len(e.Alerts), len(whole.Alerts))
		assert.Equal(t, whole.Present.Awaited, e.Present.Awaited, "the item says so")
	})
}

func TestUnreadRowsAreNamed(t *testing.T) {
	for _, c := range []struct {
		row explain.Row
		why string
	}{
		{explain.Row{Key: "Q#1", Data: []byte("{}")}, "not a kind of row that this release knows"},
		{explain.Row{Key: "A#1", Problem: "gunzip: unexpected EOF"}, "gunzip: unexpected EOF"},
		{explain.Row{Key: "A#1", Data: []byte("{")}, "unexpected end of JSON input"},
		{explain.Row{Key: "A#1", Data: []byte(`{"v":9}`)}, "v: schema version 9, expected 0 to 2"},
		{explain.Row{Key: "F#0.A/dns#p", Data: []byte(`{"v":9}`)}, "v: schema version 9, expected 0 to 2"},
		{explain.Row{Key: "F#odd#p", Data: []byte(`{}`)}, `token: "odd", expected <wave>.<id>/<inspector id>`},
		{explain.Row{Key: "F#0.A/dns#p", Data: []byte(strings.Repeat("[", 200_000))}, "200000 objects and lists in it, more than are read here (60000)"},
		{explain.Row{Key: "V#x", Data: []byte(`{}`)}, "not the key of a verdict"},
		{explain.Row{Key: "V#1", Data: []byte(`{"v":9}`)}, "v: schema version 9, expected 0 to 2"},
		{explain.Row{Key: "V#1", Data: []byte(`{"signals":{}}`)}, "signals: not a list"},
		{explain.Row{Key: "V#1", Data: []byte(`{"inspections":[` + strings.Repeat(" ", 5<<20) + `]}`)}, "inspections: 5242882 bytes, more than are read here"},
	} {
		e := explain.Explain("AAAA-1", explain.Live{}, slices.Values([]explain.Row{c.row}), time.Now())
		assert.Equal(t, []explain.Unread{{Key: c.row.Key, Why: c.why}}, e.Unread)
		assert.True(t, e.Found(), "there is something of it")
	}
}

// A verdict whose body cannot be read still has what its row says beside it.
func TestAVerdictThatCannotBeRead(t *testing.T) {
	p := explaintest.Play(t, "one", nil)
	for n := range p.Rows {
		if strings.HasPrefix(p.Rows[n].Key, "V#") {
			p.Rows[n].Data, p.Rows[n].Problem = nil, "gunzip: broken"
		}
	}
	e := p.Explain()
	require.Len(t, e.Verdicts, 1)
	assert.Equal(t, responder.Urgent, e.Verdicts[0].Severity)
	assert.Equal(t, "gunzip: broken", e.Verdicts[0].Unread)
	assert.Equal(t, explain.UpToDate, e.Present.Standing, "the item says so")
	for _, a := range e.Asked {
		assert.Equal(t, explain.InDoubt, a.Answers[0].Judge, "who knows what was in it")
	}
}
