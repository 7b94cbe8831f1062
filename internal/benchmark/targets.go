package benchmark

import (
	"fmt"
	"math"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/start"
)

// Target is one thing that must be reached.
type Target struct {
	What    string
	Most    float64 // or Least, where more is better; the other is NaN
	Least   float64
	Is      float64
	Text    string // Is, for people
	Exact   bool   // it is counted, not timed
	Because string // where it is missed
}

// Reached says whether it was.
func (t Target) Reached() bool {
	return (math.IsNaN(t.Most) || t.Is <= t.Most) && (math.IsNaN(t.Least) || t.Is >= t.Least)
}

// Wanted is what was to be reached, for people.
func (t Target) Wanted() string {
	if math.IsNaN(t.Most) {
		return "≥ " + number(t.Least)
	}
	return "≤ " + number(t.Most)
}

// By says by how much it was reached, or missed, in per cent of what was wanted.
func (t Target) By() string {
	want := t.Most
	if math.IsNaN(want) {
		want = t.Least
	}
	if want == 0 || math.IsInf(t.Is, 0) {
		return "–"
	}
	return fmt.Sprintf("%+.0f %%", 100*(t.Is-want)/want)
}

func atMost(what string, most, is float64, exact bool, text string) Target {
	return Target{What: what, Most: most, Least: math.NaN(), Is: is, Text: text, Exact: exact}
}

func atLeast(what string, least, is float64, text string) Target {
	return Target{What: what, Most: math.NaN(), Least: least, Is: is, Text: text}
}

// flat is how much longer an alert may take after so many others and still not grow with them: times repeat within
// a quarter on a machine that does nothing else.
const flat = 1.25

// targets are those of the design, in its order.
func targets(r Results) []Target {
	list := []Target{
		r.calls("AWS calls per new alert", "new", 1, 23),
		r.calls("AWS calls per new alert with 64 attributes", "new, 64 attributes", 1, 23),
		r.calls("AWS calls per pure repeat", "repeats of one key", 1, 2),
		r.calls("the same, shared by a batch of 10", "repeats of one key", 10, 0.2),
		r.dollars(1, 20), r.dollars(10, 14),
		atMost("functions from the last page to the published verdict", 2, float64(r.Hops.Functions), true, number(float64(r.Hops.Functions))),
		atMost("seconds that a timer waits on that way", 0, r.Hops.Waited.Seconds(), true, number(r.Hops.Waited.Seconds())),
	}
	if len(r.Starts) > 1 {
		list = append(list, startTarget(r.Starts[1:]))
	}
	list = append(list, r.rate("new alerts per second in one process", "new", 1000), r.rate("repeats of one key per second in one process", "repeats of one key", 10_000))
	for _, g := range r.Growth {
		t := atMost(fmt.Sprintf("time of an alert after %s others, to that on a fresh pipeline (%s)", number(float64(g.Last())), g.Workload), flat, g.Ratio(), false,
			fmt.Sprintf("%.2f", g.Ratio()))
		list = append(list, t)
	}
	return append(list,
		r.logs("log bytes per report", "new", 400, func(c Cost) int { return c.Reports }),
		r.logs("log bytes per repeat", "repeats of one key", 0, func(c Cost) int { return c.Alerts }))
}

// startTarget is that of the slowest function; one that was not measured misses it.
func startTarget(functions []start.Times) Target {
	const what = "start of a function to its first answer, against a bare one (the slowest function)"
	worst := functions[0]
	for _, f := range functions {
		if f.Fault != "" {
			t := atMost(what, 1.6, math.Inf(1), false, f.Name+" was not measured")
			t.Because = fmt.Sprintf("%.200q", f.Fault)
			return t
		}
		if f.Ratios[1] > worst.Ratios[1] {
			worst = f
		}
	}
	t := atMost(what, 1.6, worst.Ratios[1], false, fmt.Sprintf("%.2f (%s; by the fastest starts %.2f)", worst.Ratios[1], worst.Name, worst.Ratios[0]))
	t.Because = "what a function links is initialized at each start"
	return t
}

// cost is what was counted of a workload; there always is one, or Run has failed.
func (r Results) cost(workload string, batch int) Cost {
	for _, c := range r.Costs {
		if c.Workload == workload && c.Batch == batch {
			return c
		}
	}
	return Cost{Alerts: 1, Dollars: bill.Bill{}.Total()}
}

func (r Results) calls(what, workload string, batch int, most float64) Target {
	n := r.cost(workload, batch).Total()
	return atMost(what, most, n, true, number(n))
}

func (r Results) dollars(batch int, most float64) Target {
	d := r.cost("mix, 25 % repeats", batch).Dollars
	is, _ := d.Float64()
	return atMost(fmt.Sprintf("dollars per million alerts, 25 %% repeats, batches of %d", batch), most, is, true, d.FloatString(2))
}

func (r Results) logs(what, workload string, most float64, of func(Cost) int) Target {
	c := r.cost(workload, 1)
	n := float64(c.LogBytes) / float64(max(1, of(c)))
	return atMost(what, most, n, true, number(n))
}

func (r Results) rate(what, workload string, least float64) Target {
	for _, s := range r.Speed {
		if s.Workload == workload {
			t := atLeast(what, least, max(s.All.Best, s.One.Best), fmt.Sprintf("%s (one pipeline), %s (one per core, side by side)", number(s.One.Best), number(s.All.Best)))
			t.Because = fmt.Sprintf("an alert takes %s of a processor, most of it for the JSON of its hops: %d cores that do nothing else make %s a second at most; load average %s",
				s.Processor.Round(time.Microsecond), r.Machine.Cores, number(float64(r.Machine.Cores)*float64(time.Second)/float64(max(s.Processor, 1))), r.Machine.Loaded)
			return t
		}
	}
	return atLeast(what, least, 0, "not measured")
}

// number is a number as a person reads it.
func number(f float64) string {
	switch {
	case f == math.Trunc(f) && math.Abs(f) < 1e9, math.Abs(f) >= 1000:
		return grouped(int64(math.Round(f)))
	case math.Abs(f) >= 100:
		return fmt.Sprintf("%.0f", f)
	case math.Abs(f) >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// grouped writes a number with commas.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
