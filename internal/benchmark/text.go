package benchmark

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Text writes the targets for a terminal; green and red if it is a colourful one.
func (r Results) Text(w io.Writer, color bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, target := range r.Targets {
		mark, shade := "reached", "\x1b[32m"
		if !target.Reached() {
			mark, shade = "MISSED", "\x1b[31m"
		}
		if color {
			mark = shade + mark + "\x1b[0m"
		}
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", mark, target.Wanted(), target.Text, target.What); err != nil {
			return err
		}
	}
	return t.Flush()
}

// JSON writes all results.
func (r Results) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// MarshalJSON implements json.Marshaler: what is not wanted is null.
func (t Target) MarshalJSON() ([]byte, error) {
	bound := func(f float64) *float64 {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
		return &f
	}
	return json.Marshal(map[string]any{
		"what": t.What, "at_most": bound(t.Most), "at_least": bound(t.Least), "is": bound(t.Is), "counted": t.Exact, "reached": t.Reached(),
	})
}

// Missed are the targets that were not reached.
func (r Results) Missed() (list []Target) {
	for _, t := range r.Targets {
		if !t.Reached() {
			list = append(list, t)
		}
	}
	return list
}
