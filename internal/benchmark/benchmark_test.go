package benchmark

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/speed"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/start"
)

// counts are measured once for all tests.
var counts = sync.OnceValues(func() (Results, error) {
	var r Results
	s, err := load.ReadStack("../../template.yml")
	if err == nil {
		r.Costs, err = Costs(context.Background(), s, counted, func(string) {})
	}
	if err == nil {
		r.Hops, err = LastPage(context.Background(), s)
	}
	r.Idle = idle(s)
	return r, err
})

// results are the counts, and times that are made up.
func results(t *testing.T) Results {
	t.Helper()
	if raced {
		t.Skip("counts, of one goroutine: ten times as long")
	}
	counted, err := counts()
	require.NoError(t, err)
	r := Results{
		Costs: counted.Costs, Hops: counted.Hops, Idle: counted.Idle,
		Machine: Machine{Processor: "a processor", Cores: 2, Commit: "0123456789ab", Date: load.Start, Took: time.Minute},
		Past:    thePast(),
		Speed:   []speed.Result{{Workload: "new", All: speed.Rate{Best: 1000, Median: 900}}, {Workload: "repeats of one key", All: speed.Rate{Best: 9999}}},
		Growth:  []speed.Growth{{Workload: "new alerts", Grown: 1250, Fresh: 1000, Decades: []speed.Decade{{N: 100, Alert: 1000, Lots: 10}, {N: 1000, Alert: 1250, Lots: 90}}}},
		Starts:  []start.Times{{Name: "bare", Ratios: [3]float64{1, 1, 1}}, {Name: "receptor", Ratios: [3]float64{1.4, 1.5, 1.7}}, {Name: "submitter", Ratios: [3]float64{1.5, 1.61, 1.5}}},
	}
	r.Targets = targets(r)
	return r
}

// What is counted reaches its target; what is timed is judged by the numbers, and said for people and for programs.
func TestTargets(t *testing.T) {
	r := results(t)
	var missed []string
	for _, target := range r.Targets {
		if !target.Reached() {
			missed = append(missed, target.What)
			assert.False(t, target.Exact, target.What)
		}
	}
	assert.Equal(t, []string{
		"start of a function to its first answer, against a bare one (the slowest function)", "repeats of one key per second in one process",
	}, missed)
	assert.Equal(t, Hops{Functions: 2}, r.Hops)

	var text bytes.Buffer
	require.NoError(t, r.Text(&text, false))
	assert.NotContains(t, text.String(), "\x1b")
	assert.Equal(t, 2, strings.Count(text.String(), "MISSED"))
	text.Reset()
	require.NoError(t, r.Text(&text, true))
	assert.Equal(t, 2, strings.Count(text.String(), "\x1b[31m"))

	text.Reset()
	require.NoError(t, r.Document(&text))
	page := text.String()
	for _, want := range []string{"| **no**: ", "1.61 (submitter; by the fastest starts 1.50)", "112.50", "sqs:ReceiveMessage AlertQueue", "0.0000133334", "`0123456789ab`"} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "%!")
	for line := range strings.Lines(page) { // a table's rows have as many cells as its head
		if strings.HasPrefix(line, "|") {
			assert.NotContains(t, line, "|  |  |  |", line)
		}
	}

	text.Reset()
	require.NoError(t, r.JSON(&text))
	var back struct {
		Targets []struct {
			What    string
			Reached bool
			AtMost  *float64 `json:"at_most"`
		}
	}
	require.NoError(t, json.Unmarshal(text.Bytes(), &back))
	assert.Len(t, back.Targets, len(r.Targets))
}

// A function that could not be measured is no fast one.
func TestAFunctionThatDoesNotStart(t *testing.T) {
	r := results(t)
	r.Starts = append(r.Starts, start.Times{Name: "unfit", Fault: "its environment is at fault"})
	target := startTarget(r.Starts[1:])
	assert.False(t, target.Reached())
	r.Targets = []Target{target}
	var page, text bytes.Buffer
	require.NoError(t, r.Document(&page))
	assert.Contains(t, page.String(), "unfit was not measured")
	require.NoError(t, r.JSON(&text))
	assert.Contains(t, text.String(), `"is": null`)
}

func TestTarget(t *testing.T) {
	assert.True(t, atMost("", 2, 2, true, "").Reached())
	assert.False(t, atMost("", 2, 2.01, true, "").Reached())
	assert.True(t, atLeast("", 1000, 1000, "").Reached())
	assert.False(t, atLeast("", 1000, 999, "").Reached())
	assert.False(t, atLeast("", 1000, math.NaN(), "").Reached())
	assert.Equal(t, "-25 %", atMost("", 400, 300, true, "").By())
	assert.Equal(t, "≥ 10,000", atLeast("", 10_000, 0, "").Wanted())
	for f, want := range map[float64]string{0: "0", 0.2: "0.20", 18.7537: "18.8", 224: "224", 123456.7: "123,457", -1234: "-1,234", 1e6: "1,000,000"} {
		assert.Equal(t, want, number(f))
	}
}

// The page that is in the project is one of these.
func TestThePageIsWritten(t *testing.T) {
	text, err := os.ReadFile("../../docs/benchmarks.md")
	if os.IsNotExist(err) {
		t.Skip("docs/benchmarks.md: not written yet")
	}
	require.NoError(t, err)
	var now bytes.Buffer
	require.NoError(t, results(t).Document(&now))
	headings := func(page string) (list []string) {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "#") {
				list = append(list, strings.TrimSpace(line))
			}
		}
		return list
	}
	assert.Equal(t, headings(now.String()), headings(string(text)), "run make bench")
	assert.Equal(t, countedLines(now.String()), countedLines(string(text)), "docs/benchmarks.md is not what is counted now: run make bench")
}

// countedLines are those of a page that come out the same wherever it is written: the targets that are counted, what is
// told beside them, and all that AWS bills.
func countedLines(page string) (list []string) {
	section := ""
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "## ") {
			section = strings.TrimSpace(line)
		}
		switch section {
		case "## What must be reached":
			if !strings.HasPrefix(line, "| ") || strings.Contains(line, "| counted |") {
				list = append(list, line)
			}
		case "## What AWS bills", "## While nothing happens", "## Waiting in workflows", "## Prices":
			list = append(list, line)
		}
	}
	return list
}

func TestCountedLines(t *testing.T) {
	assert.Equal(t, []string{
		"## What must be reached\n", "| a | counted | yes |\n", "told\n", "## What AWS bills\n", "| 1 |\n", "## Prices\n", "2\n",
	}, countedLines("# B\n| at |\n## What must be reached\n| a | counted | yes |\n| b | measured | yes |\ntold\n## Starts\n| 3 |\n## What AWS bills\n| 1 |\n## Prices\n2\n"))
}

// What repeats leave is nothing, and what alerts leave is more than the bytes of their messages.
func TestWhatIsKept(t *testing.T) {
	r := results(t)
	repeats, mix, news := r.cost("repeats of one key", 1), r.cost("mix, 25 % repeats", 1), r.cost("new", 1)
	assert.Less(t, repeats.PerAlert(repeats.Kept.Tables), 1.0)
	assert.Zero(t, repeats.Kept.Indexes)
	assert.InDelta(t, 4600, news.PerAlert(news.Kept.Tables), 500)
	assert.InDelta(t, 0.75, mix.PerAlert(mix.Kept.Tables)/news.PerAlert(news.Kept.Tables), 0.01)
	assert.InDelta(t, news.Kept.Tables, r.cost("new", 10).Kept.Tables, float64(10*news.Alerts), "batches leave the same, but for some digits")
	var page bytes.Buffer
	require.NoError(t, r.Document(&page))
	assert.Contains(t, page.String(), "costs **"+mix.together().FloatString(2)+" dollars per million alerts** more")
}
