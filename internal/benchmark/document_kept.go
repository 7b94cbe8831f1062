package benchmark

import (
	"fmt"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
)

// together is what storage and backups cost.
func (c Cost) together() bill.Dollars { return bill.Bill{{Sum: c.Storage}, {Sum: c.Backup}}.Total() }

// beside says what the dollars of the targets are not.
func (r Results) beside(p *page) {
	c := r.cost("mix, 25 % repeats", 1)
	if c.Storage.Rat == nil {
		return
	}
	p.say("The dollars are those of what is done for the alerts. What they leave in the tables for %d days costs **%s dollars per million alerts** more,",
		load.Retention/(24*time.Hour), c.together().FloatString(2))
	p.say("counted too (see [what AWS bills](#what-aws-bills), which also says what is in neither).\n")
}

// kept is what lies in the tables, and what is not on any of the bills.
func (r Results) kept(p *page) {
	p.say("What the alerts leave in the tables lies there for %d days (RetentionDays), and costs that long:", load.Retention/(24*time.Hour))
	var rows [][]string
	for _, c := range r.Costs {
		if c.Batch != 1 {
			continue
		}
		rows = append(rows, []string{
			c.Workload, kilobytes(c.PerAlert(c.Kept.Tables)), kilobytes(c.PerAlert(c.Kept.Indexes)), c.Storage.FloatString(2), c.Backup.FloatString(2), c.together().FloatString(2),
		})
	}
	p.table([]string{"workload", ">KB in tables per alert", ">KB in the index", ">storage, dollars per million", ">point-in-time recovery", ">together"}, rows)
	p.say("Each row is taken for %d bytes more than it has, as AWS does, and a GB for 10⁹ bytes. The alerts are small; a large one is kept whole, zipped.\n", bill.RowOverhead)
	p.say("Not on these bills: CloudWatch's metrics, of which a stack has %d, at most %s dollars a month where they get a value in every hour and the account's", r.Idle.Metrics, r.Idle.Measured.FloatString(2))
	p.say("%d free ones are used up; the starts of functions that have not run for a while, which Lambda bills by their milliseconds too; the storage of logs;", bill.FreeMetrics)
	p.say("secrets and keys of KMS, and the calls for them; what plugins, a reviewer of one's own and the senders' services cost; dead letters and what is tried again.\n")
}

func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f", bytes/1000) }
