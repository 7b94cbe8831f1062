package stack

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	registry "github.com/m-mizutani/AlertResponder/internal/registry/ssm"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// quota is the command line of quota.
type quota struct {
	target
	Services []string `arg:"" optional:"" name:"service" help:"Of these services only, by the names of their inspectors."`
	Output   string   `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one service a line (otherwise)."`
}

// Help is the detailed help.
func (quota) Help() string {
	return `The functions of a stack share the quota of each service's key, and count in PluginData what they ask. Shown are the
inspectors that ship and those that the stack has registered, as far as they have asked. What else asks with the same key is
known to the service alone; that it said so shows as the time from which it may be asked again.

Examples:

    alertresponder quota --stack alertresponder
    alertresponder quota --stack alertresponder virustotal
    alertresponder quota --stack alertresponder -o json | jq '.limits[] | select(.per == "day")'

Exit codes: 0 printed, also if nobody has asked yet; 1 it could not be read; 2 bad usage.`
}

// Run is the command.
func (c *quota) Run(ctx context.Context, con *console.Console) error {
	if c.Stack == "" {
		return errNoStack
	}
	cfg, err := c.config(ctx)
	if err != nil {
		return err
	}
	memory, err := c.memory(ctx, cfg)
	if err != nil {
		return err
	}
	names := c.Services
	if len(names) == 0 {
		names = services(ctx, con, ssm.NewFromConfig(cfg), c.Stack)
	}
	now := time.Now()
	used, err := readUsage(ctx, memory, names, now)
	if err != nil {
		return err
	}
	return c.print(con, used, now)
}

// services are the inspectors that may have a quota: those that ship, and those that are registered. Where the list cannot
// be read, those that ship are shown nevertheless.
func services(ctx context.Context, con *console.Console, client registry.Client, stack string) []string {
	var names []string
	for _, i := range shipped.All() {
		if i.IsService() {
			names = append(names, i.ID)
		}
	}
	log := slog.New(slog.DiscardHandler)
	list, err := registry.New(client, "/alertresponder/"+stack+"/inspectors", time.Now, log).Inspectors(ctx)
	if err != nil {
		con.Warn("inspectors of your own are not shown: " + err.Error())
	}
	for _, i := range list {
		names = append(names, i.ID)
	}
	return names
}

// readUsage is what was used of the quotas of services, in the order of their names.
func readUsage(ctx context.Context, m responder.Memory, names []string, now time.Time) (out []intel.Usage, err error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	for _, name := range names {
		u, ok, err := intel.ReadUsage(ctx, m, name, now)
		if err != nil {
			return nil, fmt.Errorf("quota of %s: %w", name, err)
		}
		if ok {
			out = append(out, u)
		}
	}
	return out, nil
}

// usage is one line of JSON.
type usage struct {
	Service string     `json:"service"`
	Name    string     `json:"name"`
	Limits  []used     `json:"limits"`
	Until   *time.Time `json:"blocked_until,omitempty"`
}

type used struct {
	Per  intel.Period `json:"per"`
	Most int          `json:"most"`
	Used int          `json:"used"`
}

func (c *quota) print(con *console.Console, list []intel.Usage, now time.Time) error {
	if len(list) == 0 {
		con.Warn("nobody has asked a service with a quota yet")
	}
	for _, u := range list {
		text := []byte(usageLine(con.Screen, u, now))
		if con.JSON(c.Output) {
			var err error
			if text, err = show.JSON(usageOf(u)); err != nil {
				return err
			}
		}
		if _, err := con.Out.Write(text); err != nil {
			return err
		}
	}
	return nil
}

func usageOf(u intel.Usage) usage {
	out := usage{Service: u.Service, Name: cmp.Or(u.Name, u.Service), Limits: []used{}}
	for _, l := range u.Limits {
		out.Limits = append(out.Limits, used{l.Per, l.Most, l.Used})
	}
	if !u.Until.IsZero() {
		until := u.Until.UTC()
		out.Until = &until
	}
	return out
}

// usageLine is a service as people say it: VirusTotal 312 of 500 today, 3 of 4 this minute.
func usageLine(s show.Screen, u intel.Usage, now time.Time) string {
	limits := slices.Clone(u.Limits)
	slices.SortStableFunc(limits, func(a, b intel.Used) int { return cmp.Compare(rank(b.Per), rank(a.Per)) })
	var parts []string
	for _, l := range limits {
		parts = append(parts, share(s, l))
	}
	if len(parts) == 0 {
		parts = []string{s.Dim("no limits")}
	}
	line := s.Bold(show.Name(cmp.Or(u.Name, u.Service), 60)) + " " + strings.Join(parts, ", ")
	if u.Until.After(now) {
		line += "; " + s.Yellow(fmt.Sprintf("may be asked again in %s, after %s", show.Duration(u.Until.Sub(now)), u.Until.UTC().Format("2006-01-02 15:04:05 MST")))
	}
	return line + "\n"
}

// share is one limit: what is used up is painted.
func share(s show.Screen, l intel.Used) string {
	text := fmt.Sprintf("%d of %d %s", l.Used, l.Most, period(l.Per))
	switch {
	case l.Used >= l.Most:
		return s.Red(text)
	case 10*l.Used >= 8*l.Most:
		return s.Yellow(text)
	}
	return text
}

func rank(p intel.Period) int {
	return slices.Index([]intel.Period{intel.Minute, intel.Hour, intel.Day, intel.Month}, p)
}

func period(p intel.Period) string {
	if p == intel.Day {
		return "today"
	}
	return "this " + show.Name(string(p), 20)
}
