package benchmark

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/past"
)

// page is a Markdown page that is being written.
type page struct{ strings.Builder }

func (p *page) say(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

// table writes a table; columns whose name begins with ">" stand on the right.
func (p *page) table(head []string, rows [][]string) {
	marks := make([]string, len(head))
	names := make([]string, len(head))
	for n, h := range head {
		name, right := strings.CutPrefix(h, ">")
		names[n], marks[n] = name, "---"
		if right {
			marks[n] = "---:"
		}
	}
	p.say("")
	for _, row := range append([][]string{names, marks}, rows...) {
		p.say("| %s |", strings.Join(row, " | "))
	}
	p.say("")
}

// Document writes docs/benchmarks.md.
func (r Results) Document(w io.Writer) error {
	var p page
	p.say("# Benchmarks\n")
	p.say("Written by `make bench`; do not edit. Counts are exact, and tests hold them; times are of one machine, and compared only with")
	p.say("what ran in turns with them.\n")
	r.machine(&p)
	r.targets(&p)
	r.speed(&p)
	r.growth(&p)
	r.starts(&p)
	r.costs(&p)
	r.idle(&p)
	r.past(&p)
	r.prices(&p)
	_, err := io.WriteString(w, strings.ReplaceAll(strings.TrimRight(p.String(), "\n"), "\n\n\n", "\n\n")+"\n")
	return err
}

func (r Results) machine(p *page) {
	m := r.Machine
	p.table([]string{"measured", ""}, [][]string{
		{"on", fmt.Sprintf("%s, %d cores, %s, %s", m.Processor, m.Cores, m.System, m.Go)},
		{"at", m.Date.Format(time.RFC3339) + ", within " + m.Took.String()},
		{"commit", "`" + m.Commit + "`"},
		{"load average (1, 5, 15 minutes)", fmt.Sprintf("%s at the beginning, %s at the end", m.Load, m.Loaded)},
	})
}

func (r Results) targets(p *page) {
	p.say("## What must be reached")
	var rows [][]string
	for _, t := range r.Targets {
		reached, kind := "yes", "measured"
		if t.Exact {
			kind = "counted"
		}
		if !t.Reached() {
			reached = "**no**"
			if t.Because != "" {
				reached += ": " + t.Because
			}
		}
		rows = append(rows, []string{t.What, t.Wanted(), t.Text, t.By(), kind, reached})
	}
	p.table([]string{"what", ">wanted", ">is", ">by", "", "reached"}, rows)
	r.beside(p)
	p.say("“Alert” is one with 4 attributes, two inspectors that look into all of them, and one emitter; caches are warm, there is no")
	p.say("InspectionDelay and no reviewer of one's own. The receives and deletes of Lambda's pollers and the sender's publish are no calls")
	p.say("of the functions; they are in the dollars.\n")
}

func (r Results) speed(p *page) {
	p.say("## In one process")
	var rows [][]string
	for _, s := range r.Speed {
		rows = append(rows, []string{
			s.Workload, fmt.Sprint(s.Rounds), number(s.All.Best), number(s.All.Median), number(s.One.Best), number(s.One.Median), micros(s.P50), micros(s.P99), micros(s.Processor),
			number(s.Bytes / 1000), number(s.Objects),
		})
	}
	p.table([]string{"workload", ">rounds", ">alerts/s, best round", ">middle round", ">one pipeline, best", ">middle", ">p50, µs", ">p99, µs",
		">processor, µs", ">kB allocated", ">objects"}, rows)
	p.say("The functions' own handlers on a bus and tables in memory, every hop through the event JSON that Lambda would deliver. One pipeline does")
	p.say("one thing after the other; the first rates are of as many pipelines as there are cores, side by side in one process. Alerts come in tens;")
	p.say("latencies are of one alert after the other, from sending it until its verdict is shown. The rest is per alert, in one pipeline.\n")
}

func micros(d time.Duration) string { return number(float64(d.Nanoseconds()) / 1000) }

func (r Results) growth(p *page) {
	p.say("## After so many others")
	var rows [][]string
	for _, g := range r.Growth {
		for n, d := range g.Decades {
			ratio := float64(d.Alert) / float64(g.Decades[0].Alert)
			rows = append(rows, []string{g.Workload, number(float64(d.N)), micros(d.Alert), fmt.Sprintf("%.2f", ratio)})
			if n == len(g.Decades)-1 && d.N < 100_000 {
				rows[len(rows)-1][1] += " (then the time was over)"
			}
		}
		rows = append(rows,
			[]string{g.Workload, "a fresh pipeline, in turns", micros(g.Fresh), ""},
			[]string{g.Workload, "with this one", micros(g.Grown), fmt.Sprintf("%.2f times that", g.Ratio())})
	}
	p.table([]string{"workload", ">up to the nth", ">µs per alert", ">to the first hundred"}, rows)
	p.say("One pipeline that keeps all of them. Each number is of the tens of alerts that were faster than three quarters of the others. At the end it")
	p.say("takes turns with fresh pipelines, which have had a hundred alerts: what else the machine does slows both.\n")
}

func (r Results) starts(p *page) {
	p.say("## Starts")
	var rows [][]string
	for _, s := range r.Starts {
		if s.Fault != "" {
			rows = append(rows, []string{s.Name, "", "not measured", "", "", "", "", ""})
			continue
		}
		rows = append(rows, []string{
			s.Name, number(float64(s.Size) / 1e6), micros(s.Fastest), micros(s.Quarter), micros(s.Middle),
			fmt.Sprintf("%.2f", s.Ratios[0]), fmt.Sprintf("%.2f", s.Ratios[1]), fmt.Sprintf("%.2f", s.Ratios[2]),
		})
	}
	p.table([]string{"function", ">MB", ">fastest, µs", ">a quarter below", ">half below", ">by the fastest", ">by the quarter", ">by the middle"}, rows)
	p.say("From the start of the process to the first answer, to an event with nothing in it, against an interface as Lambda's on this machine;")
	p.say("built as `make build` does. “bare” is `lambda.Start` with a function that returns what it gets. All are started in turns. The target is")
	p.say("held against the quarter: a fastest start is luck, and the middle is what else the machine does.\n")
}

func (r Results) costs(p *page) {
	p.say("## What AWS bills")
	var rows [][]string
	for _, c := range r.Costs {
		u := c.Usage
		rows = append(rows, []string{
			c.Workload, fmt.Sprint(c.Batch), number(c.Total()), number(c.PerAlert(u.WriteUnits)), number(c.PerAlert(u.HalfReads) / 2),
			number(c.PerAlert(u.Requests)), number(c.PerAlert(u.Publishes)), number(c.PerAlert(u.Invocations)),
			number(c.PerAlert(u.MBMillis) / 1024), number(c.PerAlert(int64(c.LogBytes))), c.Dollars.FloatString(2),
		})
	}
	p.table([]string{"workload", ">batches of", ">calls", ">writes", ">reads", ">SQS requests", ">SNS publishes", ">Lambda requests", ">GB-ms",
		">log bytes", ">dollars per million"}, rows)
	p.say("All but the last column per alert. The functions run on the drivers for AWS; what these ask of DynamoDB, SNS and SQS is answered in the")
	p.say("process and counted by AWS's rules: a write unit per 1 KB of the larger of a row before and after, one more for the index; a read unit per")
	p.say("4 KB, strongly consistent; a request per 64 KB for SQS and SNS, receives and deletes of Lambda's pollers among them. “Batches of 10” are full")
	p.say("ones; inspectors get one message at a time all the same. A repeat in the mix is of another incident each time, or it would share its calls.\n")
	p.say("How long a function runs is not counted but assumed: %s for each call, one after the other, and %s of a whole processor for each", meter.Usually.Call, meter.Usually.Message)
	p.say("message, at the memory that the template gives the function. What plugins wait for is theirs. If it were otherwise, a million alerts of the mix")
	p.say("would cost:")
	var other [][]string
	for _, batch := range []int{1, 10} {
		c := r.cost("mix, 25 % repeats", batch)
		if c.Waiting.Rat == nil {
			continue
		}
		other = append(other, []string{fmt.Sprint(batch), c.Dollars.FloatString(2), c.Slow.FloatString(2), c.Waiting.FloatString(2), c.Delivered.FloatString(2)})
	}
	p.table([]string{">batches of", ">as above", ">calls twice as long", ">plugins that wait 100 ms per message", ">if SQS also billed what SNS delivers"}, other)
	p.say("The last is not so by Amazon SNS pricing (no charge for deliveries to SQS). Nothing that is free each month is taken off.\n")
	r.kept(p)
	r.lines(p)
}

// lines are the calls and the bill of the mix.
func (r Results) lines(p *page) {
	for _, batch := range []int{1, 10} {
		c := r.cost("mix, 25 % repeats", batch)
		p.say("The bill of a million alerts of the mix, in batches of %d:", batch)
		var rows [][]string
		for _, l := range c.Bill {
			rows = append(rows, []string{l.Name, number(c.PerAlert(l.Quantity) / float64(l.Scale)), l.Dollars + " per " + grouped(l.Per/l.Scale), l.Sum.PerMillion(c.Alerts).FloatString(2)})
		}
		p.table([]string{"what", ">per alert", ">price", ">dollars"}, rows)
	}
	c := r.cost("new", 1)
	p.say("The calls for one new alert:")
	var rows [][]string
	for _, kinds := range []map[string]int{c.Calls, c.Polls} {
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			by := "a function"
			if kinds[kind] == c.Polls[kind] {
				by = "Lambda, the sender"
			}
			rows = append(rows, []string{kind, number(c.PerAlert(int64(kinds[kind]))), by})
		}
	}
	p.table([]string{"call", ">per alert", "made by"}, rows)
}

func (r Results) idle(p *page) {
	i := r.Idle
	p.say("## While nothing happens\n")
	p.say("A stack polls %d queues, %d more with all plugins of the template: %s empty receives a month, %s dollars (%s of them where the account's", i.Mappings, i.Optional,
		grouped(i.Polls), i.Polling.FloatString(2), i.PollingFree.FloatString(2))
	p.say("million free requests are left), and %s dollars for %d alarms (%s where its ten free ones are left). Each plugin adds a queue, 0.26 dollars. This", i.Usual.Alarms.FloatString(2),
		i.Alarms, i.AlarmsFree.FloatString(2))
	p.say("takes Lambda for five long polls of 20 seconds at once for each queue, as others observed; AWS does not promise it.\n")
}

func (r Results) past(p *page) {
	p.say("## Waiting in workflows\n")
	p.say("What the same alerts cost where each waits in two executions of Step Functions, by the same rules and prices. This is the flow of the")
	p.say("predecessors as far as it is known, and a lower bound: of them are known the numbers of calls, %d for a new alert, %d with 64 attributes, %d for", r.Past.Calls["a new alert"],
		r.Past.Calls["one with 64 attributes"], r.Past.Calls["a repeat"])
	p.say("a repeat (another one of them made 44 and 326), and that there are two executions with waits. The steps are the fewest that make these numbers.")
	p.say("Rows are taken for small, functions for the smallest that Lambda has, and a repeat for ten reads that start no execution.")
	var rows [][]string
	for _, s := range past.New {
		calls := fmt.Sprint(s.Calls)
		if s.Each > 0 {
			calls = fmt.Sprintf("%d per attribute", s.Each)
		}
		rows = append(rows, []string{s.What, calls, fmt.Sprint(s.Once.Transitions)})
	}
	p.table([]string{"step of a new alert", ">calls", ">transitions"}, rows)
	rows = nil
	for _, l := range r.Past.Bill {
		rows = append(rows, []string{l.Name, number(float64(l.Quantity) / 1e6 / float64(l.Scale)), l.Sum.FloatString(2)})
	}
	rows = append(rows, []string{"together", "", r.Past.Whole.FloatString(2)})
	p.table([]string{"a million alerts, 25 % repeats", ">per alert", ">dollars"}, rows)
	c := r.cost("mix, 25 % repeats", 1)
	ours, _ := c.Dollars.Float64()
	whole, _ := r.Past.Whole.Float64()
	p.say("That is %.1f times what this project costs with batches of 1, and %s of it is for waiting. With the sizes of rows and functions that they really", whole/ours,
		r.Past.Waits.FloatString(2)+" dollars")
	p.say("had, 154 to 167 dollars without logs were found for them; that is not measured again here. Their verdict came after a fixed ten minutes.\n")
}

func (r Results) prices(p *page) {
	p.say("## Prices\n")
	p.say("AWS's published prices for %s, as of %s, without free tiers and discounts.", bill.Region, bill.AsOf)
	var rows [][]string
	for _, price := range append(slices.Clone(bill.Prices), bill.Storage, bill.Backup, bill.Alarm, bill.Metric) {
		rows = append(rows, []string{price.Name, price.Dollars, grouped(price.Per / price.Scale), price.Page, price.Seen})
	}
	p.table([]string{"what", ">dollars", ">per", "page of AWS", "read on"}, rows)
}
