package receptor

import (
	"context"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// dropEchoes takes out of a group what comes only of what AlertResponder wrote to the source: alerts that are marked
// so, and of which the report knows everything. What a sender marks so makes no other alert vanish. A report that is
// not settled takes them as it takes any alert: there may be something to finish after a crash. The item is read only
// if there is an echo.
func (r *Receptor) dropEchoes(ctx context.Context, g *group) error {
	if !slices.ContainsFunc(g.arrivals, func(a *arrival) bool { return a.echo }) {
		return nil
	}
	item, err := r.Items.Get(ctx, g.fingerprint)
	if err != nil {
		return err
	}
	all := len(g.arrivals)
	g.arrivals = slices.DeleteFunc(g.arrivals, func(a *arrival) bool { return a.isKnown(item) })
	if n := all - len(g.arrivals); n > 0 {
		r.Log.InfoContext(ctx, "left out: it tells only what was written back to its source",
			"fingerprint", g.fingerprint, "report_id", item.ReportID, "alerts", n)
	}
	return nil
}

func (a *arrival) isKnown(item protocol.Item) bool {
	return a.echo && item.Exists() && item.Settled() && item.Knows(a.Arrival)
}
