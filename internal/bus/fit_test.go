package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// published is the report as it is sent, and the message.
func published(t require.TestingT, r responder.Report) (responder.Report, bus.Message) {
	rec := &recorder{}
	require.NoError(t, bus.Outbox{Bus: rec}.Report(context.Background(), r))
	require.Len(t, rec.calls, 1)
	m := rec.calls[0].Message
	require.NoError(t, m.CheckNotification())
	var out responder.Report
	require.NoError(t, json.Unmarshal([]byte(m.Body), &out))
	return out, m
}

// drawer draws reports that are large in all kinds of ways, without drawing each byte.
type drawer struct {
	*rapid.T
	units []string // of texts
}

// valid texts, of all sizes in JSON; a report's may be invalid as well, a task's attributes are normalized.
var valid = []string{"a", "é", "\x00", "\uFFFF", "<", "\U0001F600", `"`, "a b\n"}

func (d drawer) n(label string, of ...int) int { return rapid.SampledFrom(of).Draw(d.T, label) }

func (d drawer) text(label string, sizes ...int) string {
	unit := rapid.SampledFrom(d.units).Draw(d.T, label)
	return strings.Repeat(unit, d.n(label+" size", sizes...)/len(unit))
}

func (d drawer) attrs(n int) (list []responder.Attribute) {
	value := d.text("attribute", 3, 40, 2000)
	for i := range n {
		list = append(list, responder.Attribute{Type: "ipaddr", Value: fmt.Sprint(i, value), Key: value[:min(len(value), 40)], Context: []string{"remote"}})
	}
	return list
}

func (d drawer) alert(i int, text, raw string) responder.Alert {
	return responder.Alert{Name: fmt.Sprint("alert ", i), Rule: "rule", Key: "key", Description: text, Link: text, Raw: raw}
}

func (d drawer) report() responder.Report {
	r := responder.Report{
		ReportID:   rapid.StringMatching(`[A-Z2-7]{26}-[0-9a-z]{8}`).Draw(d.T, "report_id"),
		Status:     rapid.SampledFrom([]responder.Status{"new", "ongoing", "published"}).Draw(d.T, "status"),
		Seq:        rapid.Int64Range(2, 1<<40).Draw(d.T, "seq"),
		AlertCount: rapid.Int64Range(1, 1<<40).Draw(d.T, "count"),
		Truncated:  rapid.Bool().Draw(d.T, "truncated"),
		Result: responder.Result{
			Severity: rapid.SampledFrom([]responder.Severity{"", "urgent", "unclassified", "safe"}).Draw(d.T, "severity"),
			Reason:   d.text("reason", 0, 100, 2000, 100_000),
		},
	}
	for i := range d.n("rules", 0, 2, 5000) {
		r.Result.Rules = append(r.Result.Rules, fmt.Sprint("rule ", i))
	}
	text, raw := d.text("description", 0, 100, 3000, 60_000), d.text("raw", 0, 1000, 70_000)
	for i := range d.n("alerts", 0, 1, 3, 30/max(1, len(text)/3_000)) {
		r.Alerts = append(r.Alerts, d.alert(i, text, raw))
	}
	if len(r.Alerts) > 0 {
		r.Alerts[0].Attrs = d.attrs(d.n("attributes", 0, 4, 40))
		r.Alert = r.Alerts[0]
	}
	r.Content = d.content()
	for i := range d.n("signals", 0, 3, 1000) {
		r.Signals = append(r.Signals, responder.Signal{Kind: "k", Verdict: responder.Malicious, Score: float64(i % 100), Summary: "some words about it"})
	}
	r.Inspections = d.inspections()
	return r
}

func (d drawer) content() (c responder.Content) {
	text := d.text("content", 3, 40, 4000)
	hosts, list := d.n("hosts", 0, 1, 10, 300), d.n("list", 1, 5, 1000)
	if hosts*list*max(len(text), 20) > 60_000 {
		list, text = 1, "few"
	}
	for i := range hosts {
		host := responder.OpponentHost{ID: fmt.Sprint(i), IPAddr: []string{text}}
		for j := range list {
			host.RelatedURLs = append(host.RelatedURLs, responder.URL{URL: fmt.Sprint("http://", j, text)})
			host.RelatedMalware = append(host.RelatedMalware, responder.Malware{Scans: []responder.MalwareScan{{Vendor: text}}})
		}
		if c.OpponentHosts == nil {
			c.OpponentHosts = map[string]responder.OpponentHost{}
		}
		c.OpponentHosts[host.ID] = host
	}
	return c
}

func (d drawer) inspections() (list []responder.Inspection) {
	text := d.text("inspection", 0, 20, 1000)
	outcomes := []responder.Outcome{responder.Found, responder.Nothing, responder.Failed, responder.Missing, responder.Skipped}
	for i := range d.n("inspections", 0, 8, 100, 1500/max(1, len(text)/20)) {
		attr := responder.Attribute{Type: "ipaddr", Value: fmt.Sprint(i, text)}
		list = append(list, responder.Inspection{Inspector: "inspector", Attribute: &attr, Outcome: outcomes[i%5], Title: text, Error: text})
	}
	return list
}

func unfinished(r responder.Report) (outcomes []responder.Outcome) {
	for _, i := range r.Inspections {
		if i.Outcome == responder.Failed || i.Outcome == responder.Missing {
			outcomes = append(outcomes, i.Outcome)
		}
	}
	return outcomes
}

func asJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestAnyReportFits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawer{rt, append(valid, "\xff")}.report()
		before := asJSON(rt, r)
		out, m := published(rt, r)
		_, again := published(rt, r)
		require.True(rt, m.Body == again.Body, "other bytes from the same report")
		require.True(rt, before == asJSON(rt, r), "the caller's report was changed")

		assert.Equal(rt, []any{r.ReportID, r.Status, r.Seq, r.AlertCount, r.Result.Severity},
			[]any{out.ReportID, out.Status, out.Seq, out.AlertCount, out.Result.Severity})
		assert.Equal(rt, responder.SchemaVersion, out.V)
		if reason := r.Result.Reason; utf8.ValidString(reason) {
			assert.True(rt, strings.HasPrefix(reason, out.Result.Reason))
			assert.GreaterOrEqual(rt, len(out.Result.Reason), min(len(reason), 2000-utf8.UTFMax))
		}
		assert.Equal(rt, unfinished(r), unfinished(out))
		if len(r.Alerts) > 0 {
			assert.Equal(rt, r.Alert.Name, out.Alert.Name)
		}
		var whole responder.Report
		require.NoError(rt, json.Unmarshal([]byte(before), &whole))
		whole.V = responder.SchemaVersion
		if r.Truncated || asJSON(rt, out) != asJSON(rt, whole) {
			assert.True(rt, out.Truncated, "something was left out")
		} else {
			assert.False(rt, out.Truncated)
		}
	})
}

func TestAReportThatFitsIsWhole(t *testing.T) {
	r := responder.Report{ReportID: "r-1", Status: responder.StatusPublished}
	for i := range 3 {
		r.Alerts = append(r.Alerts, responder.Alert{Name: fmt.Sprint(i), Raw: strings.Repeat("r", 16<<10)})
	}
	r.Alert = r.Alerts[0] // 64 KiB of raw texts
	out, _ := published(t, r)
	assert.False(t, out.Truncated)
	r.V = responder.SchemaVersion
	assert.Equal(t, asJSON(t, r), asJSON(t, out))

	r.Alerts[2].Raw += "r"
	out, _ = published(t, r)
	assert.True(t, out.Truncated)
	assert.Empty(t, out.Alert.Raw)
	require.Len(t, out.Alerts, 3)
	for _, a := range out.Alerts {
		assert.Empty(t, a.Raw)
	}
}

// Each case is too large by one thing alone: what is cut, and what stays.
func TestTheOrderOfCuts(t *testing.T) {
	many := func(n int, f func(i int)) {
		for i := range n {
			f(i)
		}
	}
	words := func(n int) string { return strings.Repeat("words ", n/6) }
	host := func(n int) responder.OpponentHost {
		var h responder.OpponentHost
		many(n, func(i int) {
			h.RelatedURLs = append(h.RelatedURLs, responder.URL{URL: fmt.Sprintf("%05d %s", i, words(90))})
		})
		return h
	}
	for name, c := range map[string]struct {
		make  func(r *responder.Report)
		check func(t *testing.T, r, out responder.Report)
	}{
		"raw, before anything else": {
			func(r *responder.Report) {
				r.Alert.Raw = strings.Repeat("\x00", 60<<10) // fits in, but not with six bytes each
			},
			func(t *testing.T, r, out responder.Report) {
				r.Alert.Raw, r.V, r.Truncated = "", 1, true
				assert.Equal(t, asJSON(t, r), asJSON(t, out))
			},
		},
		"older alerts": {
			func(r *responder.Report) {
				many(100, func(i int) {
					r.Alerts = append(r.Alerts, responder.Alert{Name: fmt.Sprint(i), Description: words(6000)})
				})
			},
			func(t *testing.T, r, out responder.Report) {
				n := len(out.Alerts)
				assert.InDelta(t, 256<<10/6100, n, 2, "as many as fit")
				assert.Equal(t, asJSON(t, r.Alerts[100-n:]), asJSON(t, out.Alerts), "the newest")
			},
		},
		"descriptions": {
			func(r *responder.Report) {
				many(10, func(i int) {
					r.Alerts = append(r.Alerts, responder.Alert{Name: fmt.Sprint(i), Description: words(60_000)})
				})
			},
			func(t *testing.T, r, out responder.Report) {
				require.Len(t, out.Alerts, 10)
				assert.InDelta(t, 26_000, len(out.Alerts[9].Description), 1700, "to a sixteenth")
				assert.Equal(t, r.Alert, out.Alert)
			},
		},
		"lists of the content": {
			func(r *responder.Report) {
				r.Content.OpponentHosts = map[string]responder.OpponentHost{"a": host(5000), "b": host(3)}
			},
			func(t *testing.T, r, out responder.Report) {
				assert.InDelta(t, 2200, len(out.Content.OpponentHosts["a"].RelatedURLs), 300)
				assert.Equal(t, r.Content.OpponentHosts["b"], out.Content.OpponentHosts["b"])
				assert.Equal(t, r.Signals, out.Signals)
			},
		},
		"signals": {
			func(r *responder.Report) {
				many(3000, func(i int) {
					verdict := []responder.SignalVerdict{"malicious", "suspicious", "harmless", "x"}[i%4]
					r.Signals = append(r.Signals, responder.Signal{Verdict: verdict, Score: float64(i % 100), Summary: words(120)})
				})
			},
			func(t *testing.T, r, out responder.Report) {
				assert.InDelta(t, 1450, len(out.Signals), 150)
				var strong []responder.Signal
				for _, s := range r.Signals {
					if s.Verdict == "malicious" {
						strong = append(strong, s)
					}
				}
				var kept []responder.Signal
				for _, s := range out.Signals {
					assert.NotEqual(t, responder.SignalVerdict("harmless"), s.Verdict)
					if s.Verdict == "malicious" {
						kept = append(kept, s)
					}
				}
				assert.Equal(t, strong, kept)
				assert.Equal(t, r.Inspections, out.Inspections)
			},
		},
		"inspections": {
			func(r *responder.Report) {
				many(2000, func(i int) {
					outcome := []responder.Outcome{responder.Found, responder.Nothing, responder.Failed, responder.Missing, responder.Skipped}[i%5]
					r.Inspections = append(r.Inspections, responder.Inspection{Inspector: fmt.Sprint(i), Outcome: outcome, Title: words(150)})
				})
			},
			func(t *testing.T, r, out responder.Report) {
				counts := map[responder.Outcome]int{}
				for _, i := range out.Inspections {
					assert.NotEmpty(t, i.Title)
					counts[i.Outcome]++
				}
				assert.Equal(t, 401, counts[responder.Failed], "with the one of all reports here")
				assert.Equal(t, 400, counts[responder.Missing])
				assert.InDelta(t, 400, counts[responder.Found], 150)
				assert.Less(t, counts[responder.Nothing]+counts[responder.Skipped], 300)
			},
		},
		"who failed is told when nothing else is": {
			func(r *responder.Report) {
				many(2500, func(i int) {
					r.Inspections = append(r.Inspections, responder.Inspection{
						Inspector: "inspector", Outcome: responder.Failed, Attribute: &responder.Attribute{Type: "ipaddr", Value: words(2000)}, Error: words(900),
					})
				})
				r.Content.OpponentHosts = map[string]responder.OpponentHost{"a": host(5000)}
			},
			func(t *testing.T, r, out responder.Report) {
				assert.Len(t, out.Inspections, 2501)
				assert.Empty(t, out.Signals)
				assert.Equal(t, r.Result, out.Result)
			},
		},
		"a policy that says too much": {
			func(r *responder.Report) {
				r.Result.Reason = words(300_000)
				many(3000, func(i int) { r.Result.Rules = append(r.Result.Rules, words(300)) })
			},
			func(t *testing.T, r, out responder.Report) {
				assert.GreaterOrEqual(t, len(out.Result.Reason), 2000)
				assert.Len(t, out.Result.Rules, 20)
				assert.Equal(t, r.Inspections[0].Inspector, out.Inspections[0].Inspector)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := responder.Report{
				ReportID: "r-1", Status: responder.StatusPublished, Seq: 3,
				Alert:       responder.Alert{Name: "first", Description: "d", Attrs: []responder.Attribute{address}},
				Result:      responder.Result{Severity: responder.Urgent, Reason: "because"},
				Inspections: []responder.Inspection{{Inspector: "i", Outcome: responder.Failed, Title: "t", Attribute: &address}},
				Signals:     []responder.Signal{{Verdict: responder.Malicious, Score: 90}},
			}
			c.make(&r)
			out, m := published(t, r)
			assert.True(t, out.Truncated)
			c.check(t, r, out)
			assert.LessOrEqual(t, m.Size(), bus.MaxNotification)
		})
	}
}

// maxTask is how much JSON the attributes of one task have at most, whatever is in them.
const maxTask = 160 << 10

func TestAnyTaskFits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := drawer{rt, valid}
		kind, value := d.text("type", 3, 60), d.text("value", 3, 2000)
		var attrs []responder.Attribute
		for n, size := d.n("attributes", 1, 256), 0; len(attrs) < n; {
			a := responder.Attribute{Type: entity.Cut(fmt.Sprintf("%02x", len(attrs))+kind, 64), Value: value, Key: "k"}
			if size += len(asJSON(rt, a)) + 1; size > maxTask {
				break
			}
			attrs = append(attrs, a)
		}
		task := responder.TaskMessage{ReportID: "r-1", Origin: "0.A", Attributes: attrs, Alert: d.alert(0, d.text("description", 0, 3000, 300_000), "raw")}
		task.Alert.Attrs = append(d.attrs(d.n("others", 0, 64, 300)), attrs...)
		before := asJSON(rt, task)
		rec := &recorder{}
		require.NoError(rt, bus.Outbox{Bus: rec}.Task(t.Context(), task))
		require.True(rt, before == asJSON(rt, task), "the caller's task was changed")
		m := rec.calls[0].Message
		require.NoError(rt, m.CheckNotification())

		var out responder.TaskMessage
		require.NoError(rt, json.Unmarshal([]byte(m.Body), &out))
		assert.Empty(rt, out.Alert.Raw)
		assert.Equal(rt, task.Alert.Name, out.Alert.Name)
		require.Len(rt, out.Attributes, len(attrs))
		for i, a := range out.Attributes {
			same := a.Value == attrs[i].Value || a.Value == strings.ReplaceAll(attrs[i].Value, "\uFFFF", "\uFFFD")
			assert.True(rt, same, "attribute %d", i)
		}
		assert.Contains(rt, m.Attributes[0].List, "*")
		assert.IsIncreasing(rt, m.Attributes[0].List)
		if !strings.ContainsAny(kind, "\x00\uFFFF\"\n") {
			for _, a := range attrs {
				assert.Contains(rt, m.Attributes[0].List, a.Type)
			}
		}
	})
}

// Types of control characters take six times their length, in the attributes and in types.
func TestATaskOfOddTypesFits(t *testing.T) {
	task := responder.TaskMessage{ReportID: "r-1", Origin: "0.A"}
	task.Alert.Name = strings.Repeat("\x01", 256)
	for i := range 256 {
		kind := strings.NewReplacer("0", "\x01", "1", "\x02").Replace(fmt.Sprintf("%064b", i))
		task.Attributes = append(task.Attributes, responder.Attribute{Type: kind, Value: "v"})
	}
	task.Attributes = append(task.Attributes, address)
	task.Attributes[0].Value = strings.Repeat("v", maxTask-len(asJSON(t, task.Attributes)))
	rec := &recorder{}
	require.NoError(t, bus.Outbox{Bus: rec}.Task(t.Context(), task))
	m := rec.calls[0].Message
	require.NoError(t, m.CheckNotification())
	assert.Subset(t, m.Attributes[0].List, []string{"*", "ipaddr"})
	var out responder.TaskMessage
	require.NoError(t, json.Unmarshal([]byte(m.Body), &out))
	assert.Equal(t, task.Attributes, out.Attributes)
}

func TestTheOrderOfATasksCuts(t *testing.T) {
	task := responder.TaskMessage{ReportID: "r-1", Origin: "0.A", Attributes: []responder.Attribute{address}}
	task.Alert.Description = strings.Repeat("d", 1000)
	for i := range 3000 {
		task.Alert.Attrs = append(task.Alert.Attrs, responder.Attribute{Type: "username", Value: fmt.Sprintf("%090d", i)})
	}
	task.Alert.Attrs = append(task.Alert.Attrs, address)
	sent := func() (out responder.TaskMessage) {
		rec := &recorder{}
		require.NoError(t, bus.Outbox{Bus: rec}.Task(t.Context(), task))
		require.NoError(t, json.Unmarshal([]byte(rec.calls[0].Message.Body), &out))
		return out
	}
	out := sent()
	assert.Equal(t, task.Alert.Description, out.Alert.Description)
	assert.InDelta(t, 1950, len(out.Alert.Attrs), 100)
	assert.Equal(t, address, out.Alert.Attrs[len(out.Alert.Attrs)-1], "the task's own stays")
	assert.Equal(t, task.Alert.Attrs[0], out.Alert.Attrs[0])

	task.Alert.Description = strings.Repeat("d", 300_000)
	out = sent()
	assert.Equal(t, []responder.Attribute{address}, out.Alert.Attrs)
	assert.InDelta(t, bus.MaxNotification, len(out.Alert.Description), bus.MaxNotification/16)
}

// BenchmarkLargestReport is a report that has to lose nearly everything.
func BenchmarkLargestReport(b *testing.B) {
	var r responder.Report
	for i := range 200 {
		r.Alerts = append(r.Alerts, responder.Alert{Name: fmt.Sprint(i), Description: strings.Repeat("d", 10_000)})
	}
	for i := range 5000 {
		r.Signals = append(r.Signals, responder.Signal{Summary: strings.Repeat("s", 200)})
		r.Inspections = append(r.Inspections, responder.Inspection{Inspector: fmt.Sprint(i), Outcome: responder.Failed, Error: strings.Repeat("e", 200)})
	}
	for b.Loop() {
		if err := (bus.Outbox{Bus: &recorder{}}).Report(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
