package show

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// labelWidth is how far the values of a report stand in.
const labelWidth = 11

// Report is a report as text for people, with its line end.
func (s Screen) Report(r responder.Report) string {
	return s.title(r) + "\n" + s.fields([][2]string{
		{"why", Lines(r.Result.Reason, 1500, 15)},
		{"rules", list(r.Result.Rules)},
		{"report", reportLine(r)},
		{"alert", alertLine(r.Alert)},
		{"about", about(r.Alert)},
		{"link", Line(r.Alert.Link, 300)},
		{"alerts", alerts(r)},
		{"note", s.note(r)},
		{"hosts", hosts(r.Content)},
		{"users", users(r.Content)},
	}) + s.inspections(r) + "\n"
}

// Brief is the verdict, why, and who found what.
func (s Screen) Brief(r responder.Report) string {
	return s.title(r) + "\n" + s.fields([][2]string{
		{"why", Lines(r.Result.Reason, 1500, 15)},
		{"note", s.note(r)},
	}) + s.inspections(r) + "\n"
}

// fields are labels and texts, without those that have none.
func (s Screen) fields(list [][2]string) string {
	var b strings.Builder
	for _, f := range list {
		if f[1] != "" {
			label := s.Dim(fmt.Sprintf("%-*s", labelWidth-2, f[0]))
			fmt.Fprintf(&b, "  %s%s\n", label, s.Wrap(f[1], labelWidth))
		}
	}
	return b.String()
}

// title is the verdict and what it is about.
func (s Screen) title(r responder.Report) string {
	badge := s.Severity(verdict(r))
	text := wrap(Line(r.Title(), 200), s.width-lipgloss.Width(badge)-1)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = s.Bold(l)
	}
	return badge + " " + strings.Join(lines, "\n"+strings.Repeat(" ", lipgloss.Width(badge)+1))
}

// verdict is what stands: a verdict without a severity means that a person has to look.
func verdict(r responder.Report) responder.Severity {
	if r.Status == responder.StatusPublished && r.Result.Severity == "" {
		return responder.Unclassified
	}
	return r.Result.Severity
}

func (s Screen) note(r responder.Report) string {
	if n := notes(r); len(n) > 0 {
		return s.Yellow(strings.Join(n, "; "))
	}
	return ""
}

// notes are what a person must not overlook.
func notes(r responder.Report) []string {
	var n []string
	add := func(is bool, text string) {
		if is {
			n = append(n, text)
		}
	}
	add(r.Alert.Sample, "a test finding, nothing may act on it")
	add(newest(r).State == responder.Resolved, "resolved by its source")
	add(r.Alert.Late, "the alert was late")
	add(r.Truncated, "something did not fit and was left out")
	return n
}

// newest is the alert that says how things stand: the one with the latest time, of those the last.
func newest(r responder.Report) responder.Alert {
	last := r.Alert
	for _, a := range r.Alerts {
		if a.Timestamp.Last >= last.Timestamp.Last {
			last = a
		}
	}
	return last
}

func list(texts []string) string {
	var out []string
	for i, t := range texts {
		if i == 10 {
			out = append(out, "…")
			break
		}
		out = append(out, Line(t, 100))
	}
	return strings.Join(out, ", ")
}

func stamp(t responder.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
