package policy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of a reason, in bytes. All its parts fit together: who failed or is missing is always in it.
const (
	maxNamed   = 3 // of signals, attributes and inspectors that a reason names; the rest is counted
	maxSummary = 160
	maxError   = 80
	maxValue   = 60
	maxName    = 40
	maxReason  = 2000
)

// reason says why, in sentences for people.
func (c conclusion) reason(severity responder.Severity) string {
	s := append(c.samples(), c.said(severity)...)
	if len(c.missing) > 0 {
		s = append(s, sentence("No answer in time from ", names(c.missing)))
	}
	if len(c.failed) > 0 {
		s = append(s, sentence("Failed: ", names(c.failed)))
	}
	if c.report.Truncated {
		s = append(s, "The report is not whole: something did not fit.")
	}
	return entity.Cut(strings.Join(s, " "), maxReason)
}

// samples says whether the alerts are test findings, on which nothing may act.
func (c conclusion) samples() []string {
	n := 0
	for _, a := range c.report.Alerts {
		if a.Sample {
			n++
		}
	}
	switch {
	case n == len(c.report.Alerts) && (n > 0 || c.report.Alert.Sample):
		return []string{"This is a test finding."}
	case n > 0:
		return []string{fmt.Sprintf("%d of %d alerts are test findings.", n, len(c.report.Alerts))}
	}
	return nil
}

// said is about the signals, and what is not known.
func (c conclusion) said(severity responder.Severity) []string {
	if len(c.strong) == 0 {
		return []string{c.silence()}
	}
	var phrases []string
	for _, s := range c.strong {
		phrases = append(phrases, phrase(s))
	}
	out := []string{sentence(title(string(c.verdict))+": ", phrases)}
	if c.verdict != responder.Harmless || severity == responder.Safe {
		return out
	}
	switch {
	case len(c.other) == 0:
		out = append(out, nothingToAsk)
	case len(c.unknown) > 0:
		out = append(out, sentence("Nothing is known of ", values(c.unknown)))
	}
	return out
}

const nothingToAsk = "There is nothing in the alert to look into: a person has to."

func (c conclusion) silence() string {
	answered := func(i responder.Inspection) bool { return isClean(i.Outcome) }
	switch {
	case len(c.unknown) == 0:
		return nothingToAsk
	case slices.ContainsFunc(c.report.Inspections, answered):
		return sentence("Nothing is known of ", values(c.unknown))
	}
	return sentence("Nobody looked into ", values(c.unknown))
}

// phrase is a signal in words: who says it, of what.
func phrase(s responder.Signal) string {
	who := cmp.Or(name(s.Inspector), name(s.Source), "an inspector")
	about := ""
	if s.Attribute != nil {
		about = " of " + value(*s.Attribute)
	}
	if what := part(s.Summary, maxSummary); what != "" {
		return fmt.Sprintf("%s says%s: %s", who, about, what)
	}
	return fmt.Sprintf("%s says so%s", who, about)
}

func value(a responder.Attribute) string {
	a.Value = plain(a.Value)
	return short(defang.Attribute(a), maxValue)
}

// name is the name of an inspector, from outside as well where it came without a task.
func name(s string) string { return short(defang.Text(plain(s)), maxName) }

// part is a text from outside as a part of a sentence.
func part(s string, n int) string { return strings.TrimRight(short(defang.Text(plain(s)), n), ". ") }

// short cuts a text to n bytes, and shows that it did.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return entity.Cut(s, n-len("…")) + "…"
}

func values(attrs []responder.Attribute) (out []string) {
	for _, a := range attrs {
		out = append(out, value(a))
	}
	return out
}

// names are the inspectors of some rows, with their errors.
func names(rows []responder.Inspection) (out []string) {
	for _, r := range rows {
		s := cmp.Or(name(r.Inspector), "an inspector")
		if why := part(r.Error, maxError); why != "" {
			s += " (" + why + ")"
		}
		out = append(out, s)
	}
	return out
}

// sentence names the first of some things, and counts the rest.
func sentence(begin string, things []string) string {
	more := ""
	if n := len(things) - maxNamed; n > 0 {
		things, more = things[:maxNamed], fmt.Sprintf(" and %d more", n)
	}
	sep := ", "
	if strings.Contains(strings.Join(things, ""), ": ") {
		sep = "; "
	}
	return begin + strings.Join(things, sep) + more + "."
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// plain makes one line of a text from outside, without control and format characters.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

func text(s responder.Signal) string {
	b, _ := json.Marshal(s) // what was decoded from JSON marshals
	return string(b)
}
