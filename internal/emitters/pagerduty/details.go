package pagerduty

import (
	"fmt"
	"strconv"

	"github.com/m-mizutani/AlertResponder/lib/render"
)

// details are what is shown as a table beside an alert: names and values, with n entries of each list.
func details(v render.View, n int) map[string]any {
	out := map[string]any{"Verdict": string(v.Severity)}
	for _, f := range v.Facts {
		out[f.Name] = f.Value
	}
	put(out, "Why", v.Reason, n)
	put(out, "Notes", v.Notes(), n)
	put(out, "What changed", v.Changes, n)
	put(out, "Entities", pairs(v.Entities), n)
	put(out, "Found", findings(v), n)
	put(out, "No answer", gaps(v), n)
	put(out, "Found nothing", v.Quiet, n)
	put(out, "Hosts and users", pairs(v.About), n)
	put(out, "Not shown", v.More, n)
	return out
}

// put sets a list of n entries, and says how many there are beyond them.
func put(out map[string]any, name string, list []string, n int) {
	if len(list) == 0 {
		return
	}
	if more := len(list) - n; more > 0 {
		list = append(list[:n:n], "and "+strconv.Itoa(more)+" more")
	}
	out[name] = list
}

func pairs(facts []render.Fact) (out []string) {
	for _, f := range facts {
		out = append(out, f.Name+": "+f.Value)
	}
	return out
}

func findings(v render.View) (out []string) {
	for _, f := range v.Findings {
		said := string(f.Verdict)
		if f.Verdict != "" && f.Score > 0 {
			said += fmt.Sprintf(", %g of 100", f.Score)
		}
		out = append(out, sentence(f.Who, f.Entity, said, f.Text))
	}
	return out
}

func gaps(v render.View) (out []string) {
	for _, g := range v.Gaps {
		out = append(out, sentence(g.Who, g.Entity, string(g.Outcome), g.Text))
	}
	return out
}

// sentence is "virustotal on 198.51.100[.]23: malicious, 90 of 100 – 12 engines flag it".
func sentence(who, entity, said, text string) string {
	if entity != "" {
		who += " on " + entity
	}
	if said != "" && text != "" {
		said += " – "
	}
	if said+text == "" {
		return who
	}
	return who + ": " + said + text
}
