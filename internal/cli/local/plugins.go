package local

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/settings"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// others are the plugins that the command line and a configuration file ask for.
type others struct {
	inspectors []inprocess.Inspector
	emitters   []inprocess.Emitter
	watched    []*watched // those of them that ask somebody who may have them wait
	deadline   time.Duration
}

func (c *Command) others(con *console.Console) (others, error) {
	var file settings.File
	if c.Config != "" {
		var err error
		if file, err = settings.Load(con, c.Config); err != nil {
			return others{}, err
		}
	}
	file.Inspectors = withLists(file.Inspectors, c.Watchlist)
	o := others{deadline: cmp.Or(file.ReviewDelay, inprocess.Defaults.ReviewDelay)}
	memory := responder.NewMemory()
	for _, e := range file.Inspectors {
		if w := e.Warning(); w != "" {
			con.Warn(w)
		}
		if err := o.add(file, e, memory, logger(con)); err != nil {
			return others{}, err
		}
	}
	return o, nil
}

// withLists adds lists to the inspector of lists.
func withLists(entries []settings.Entry, lists []string) []settings.Entry {
	if len(lists) == 0 {
		return entries
	}
	n := slices.IndexFunc(entries, func(e settings.Entry) bool { return e.ID == "watchlist" })
	if n < 0 {
		w, _ := shipped.Find("watchlist")
		return append(entries, settings.Entry{Inspector: w, Files: lists})
	}
	entries[n].Files = append(entries[n].Files, lists...)
	return entries
}

// add makes one inspector, and for history the emitter that it reads from.
func (o *others) add(file settings.File, e settings.Entry, memory responder.Memory, log *slog.Logger) error {
	s, err := file.Settings(e, memory, log)
	if err != nil {
		return console.Usage(err)
	}
	made, err := e.New(s)
	switch {
	case err != nil && e.ID != "watchlist": // whose lists may be for others to read
		return console.Usage(err)
	case err != nil:
		return err
	}
	in := inprocess.Inspector{ID: e.ID, Types: e.Types, Inspector: made}
	if e.ID != "watchlist" {
		w := watch(e.Inspector, made)
		in.Inspector = w.inspector()
		o.watched = append(o.watched, w)
	}
	o.inspectors = append(o.inspectors, in)
	if e.ID == "history" {
		h, err := shipped.Historian(s)
		if err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
		o.emitters = append(o.emitters, inprocess.Emitter{ID: "historian", Emitter: h})
	}
	return nil
}
