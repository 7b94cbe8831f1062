package benchmark

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/record"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Cost is what a workload makes of AWS, one by one or in batches. All of it is counted.
type Cost struct {
	Workload string         `json:"workload"`
	Batch    int            `json:"batch"`
	Alerts   int            `json:"alerts"`
	Reports  int            `json:"reports"`
	Calls    map[string]int `json:"calls"` // of the functions, by kind
	Polls    map[string]int `json:"polls"` // of Lambda's pollers and of the senders, by kind
	Usage    bill.Usage     `json:"usage"`
	Bill     bill.Bill      `json:"bill"`
	// Dollars are for a million alerts; Delivered if SQS took its price for what SNS delivers. Of the mix only: Waiting with
	// plugins that wait a tenth of a second for each message, Slow with calls that last twice as long.
	Dollars   bill.Dollars `json:"dollars"`
	Waiting   bill.Dollars `json:"waiting"`
	Slow      bill.Dollars `json:"slow"`
	Delivered bill.Dollars `json:"delivered"`
	LogBytes  int          `json:"log_bytes"` // the functions' lines, all alerts
	// Kept lies in the tables then. Storage and Backup are dollars for keeping that of a million alerts for load.Retention.
	Kept    bill.Kept    `json:"kept"`
	Storage bill.Dollars `json:"storage"`
	Backup  bill.Dollars `json:"backup"`
}

// PerAlert is a number of all alerts as that of one.
func (c Cost) PerAlert(n int64) float64 { return float64(n) / float64(c.Alerts) }

// Total is how many calls the functions make for an alert.
func (c Cost) Total() float64 {
	n := 0
	for _, calls := range c.Calls {
		n += calls
	}
	return c.PerAlert(int64(n))
}

// counted are the alerts of a workload whose cost is counted: a multiple of 40 makes all batches full. More of them give the
// same, but for a hundredth of a dollar that is kept, and the tests would take long to hold the page against it.
const counted = 40

// Costs counts what all workloads cost, in batches of 1 and of 10, by so many alerts of each.
func Costs(ctx context.Context, s load.Stack, alerts int, progress func(string)) (list []Cost, err error) {
	for _, w := range []load.Workload{
		load.News(alerts, load.Attributes), load.Repeats(alerts), load.Mix(alerts), load.News(max(alerts/10, 10), load.Many),
	} {
		for _, batch := range []int{1, 10} {
			progress(fmt.Sprintf("cost: %s, batches of %d", w.Name, batch))
			c, err := costOf(ctx, s, w, batch)
			if err == nil && w.New < len(w.Messages) && w.New > 0 {
				err = c.otherwise(ctx, s, w)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, batches of %d: %w", w.Name, batch, err)
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func costOf(ctx context.Context, s load.Stack, w load.Workload, batch int) (Cost, error) {
	m, err := metered(ctx, s, w, batch, meter.Usually)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{
		Workload: w.Name, Batch: batch, Alerts: len(w.Messages), Reports: w.New, Calls: m.Calls, Polls: m.Polls,
		Usage: m.Usage, Bill: bill.Of(m.Usage), LogBytes: m.Logged, Kept: m.Kept(),
	}
	storage, backup := c.Kept.For(load.Retention)
	c.Storage, c.Backup = storage.PerMillion(c.Alerts), backup.PerMillion(c.Alerts)
	c.Dollars = c.Bill.Total().PerMillion(c.Alerts)
	delivered := c.Usage
	delivered.Requests += delivered.Deliveries
	c.Delivered = bill.Of(delivered).Total().PerMillion(c.Alerts)
	return c, nil
}

// otherwise fills in what the alerts would cost if functions ran for longer.
func (c *Cost) otherwise(ctx context.Context, s load.Stack, w load.Workload) error {
	for sum, times := range map[*bill.Dollars]meter.Times{
		&c.Waiting: meter.Waiting, &c.Slow: {Call: 2 * meter.Usually.Call, Message: meter.Usually.Message},
	} {
		m, err := metered(ctx, s, w, c.Batch, times)
		if err != nil {
			return err
		}
		*sum = bill.Of(m.Usage).Total().PerMillion(c.Alerts)
	}
	return nil
}

func metered(ctx context.Context, s load.Stack, w load.Workload, batch int, times meter.Times) (*load.Metered, error) {
	m, err := load.NewMetered(s, batch, times)
	if err == nil {
		err = m.Send(ctx, w.First...)
	}
	if err == nil {
		m.Reset()
		err = m.Send(ctx, w.Messages...)
	}
	return m, err
}

// Hops is the way from the last page of a report to its verdict: the functions that run, and the time that passes on the
// pipeline's clock, which moves where something waits.
type Hops struct {
	Functions int           `json:"functions"`
	Waited    time.Duration `json:"waited_ns"`
}

// LastPage looks at the way of one report.
func LastPage(ctx context.Context, s load.Stack) (Hops, error) {
	m, err := metered(ctx, s, load.News(1, load.Attributes), 1, meter.Usually)
	if err != nil {
		return Hops{}, err
	}
	report, err := theReport(ctx, m)
	if err != nil {
		return Hops{}, err
	}
	last := len(m.Trail) - 1
	for last >= 0 && m.Trail[last] != bus.SubmissionQueue {
		last--
	}
	way := slices.Index(m.Trail[last+1:], bus.ReviewQueue)
	if last < 0 || way < 0 {
		return Hops{}, fmt.Errorf("the way of a report: no page and review in %q", m.Trail)
	}
	// The pages come when inspections have lasted as long as they last.
	return Hops{Functions: way + 2, Waited: report.SettledAt.Sub(load.Start.Add(meter.Inspection))}, nil
}

// theReport is the only report that there is, as its verdict has it.
func theReport(ctx context.Context, m *load.Metered) (responder.Report, error) {
	list, err := m.Tables.Since(ctx, load.Start.AddDate(0, 0, -1), m.Now())
	if err != nil {
		return responder.Report{}, err
	}
	if len(list) != 1 {
		return responder.Report{}, fmt.Errorf("%d reports, expected one", len(list))
	}
	v, ok, err := m.Tables.Latest(ctx, list[0].ReportID)
	if err != nil {
		return responder.Report{}, err
	}
	if !ok {
		return responder.Report{}, errors.New("the report has no verdict")
	}
	return record.Report(v)
}
