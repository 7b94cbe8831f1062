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
	if c.unread && len(c.other) > 0 {
		s = append(s, notUnderstood)
	}
	if len(c.missing) > 0 {
		s = append(s, sentence("No answer in time from ", c.missing, row))
	}
	if len(c.failed) > 0 {
		s = append(s, sentence("Failed: ", c.failed, row))
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
	out := []string{sentence(title(string(c.verdict))+": ", c.strong, phrase)}
	if c.verdict != responder.Harmless || severity == responder.Safe {
		return out
	}
	switch {
	case len(c.other) == 0:
		out = append(out, nothingToAsk)
	case len(c.unknown) > 0:
		out = append(out, sentence("Nothing is known of ", c.unknown, value))
	}
	return out
}

const nothingToAsk = "There is nothing in the alert to look into: a person has to."

const notUnderstood = "Nobody understood the message, its entities were found in its text: a person has to read it."

func (c conclusion) silence() string {
	answered := func(i responder.Inspection) bool { return isClean(i.Outcome) }
	switch {
	case len(c.unknown) == 0:
		return nothingToAsk
	case slices.ContainsFunc(c.report.Inspections, answered):
		return sentence("Nothing is known of ", c.unknown, value)
	}
	return sentence("Nobody looked into ", c.unknown, value)
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
	a.Value = plain(entity.Cut(a.Value, 4*maxValue))
	return short(defang.Attribute(a), maxValue)
}

// name is the name of an inspector, from outside as well where it came without a task.
func name(s string) string { return short(defang.Text(plain(entity.Cut(s, 4*maxName))), maxName) }

// part is a text from outside as a part of a sentence.
func part(s string, n int) string {
	return strings.TrimRight(short(defang.Text(plain(entity.Cut(s, 4*n))), n), ". ")
}

// short cuts a text to n bytes, and shows that it did.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return entity.Cut(s, n-len("…")) + "…"
}

// row is an inspector, with its error.
func row(r responder.Inspection) string {
	s := cmp.Or(name(r.Inspector), "an inspector")
	if why := part(r.Error, maxError); why != "" {
		s += " (" + why + ")"
	}
	return s
}

// sentence names the first of some things, and counts the rest.
func sentence[T any](begin string, list []T, say func(T) string) string {
	var things []string
	for _, v := range list[:min(len(list), maxNamed)] {
		things = append(things, say(v))
	}
	more, sep := "", ", "
	if n := len(list) - len(things); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
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
