package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	maxNamed  = 3 // of signals, attributes and inspectors that a reason names; the rest is counted
	maxPhrase = 200
	maxReason = 2000
)

// reason says why, in sentences for people.
func (c conclusion) reason(severity responder.Severity) string {
	var s []string
	if c.report.Alert.Sample {
		s = append(s, "This is a test finding.")
	}
	s = append(s, c.said(severity)...)
	if len(c.missing) > 0 {
		s = append(s, sentence("No answer in time from ", names(c.missing, false)))
	}
	if len(c.failed) > 0 {
		s = append(s, sentence("Failed: ", names(c.failed, true)))
	}
	if c.report.Truncated {
		s = append(s, "The report is not whole: something did not fit.")
	}
	return entity.Cut(strings.Join(s, " "), maxReason)
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
	if c.verdict == responder.Harmless && severity != responder.Safe && len(c.unknown) > 0 {
		out = append(out, sentence("Nothing is known of ", values(c.unknown)))
	}
	return out
}

func (c conclusion) silence() string {
	if len(c.unknown) == 0 {
		return "There is nothing in the alert to look into: a person has to."
	}
	answered := 0
	for _, i := range c.report.Inspections {
		if i.Outcome != responder.Missing && i.Outcome != responder.Failed {
			answered++
		}
	}
	if answered == 0 {
		return sentence("Nobody looked into ", values(c.unknown))
	}
	return sentence("Nothing is known of ", values(c.unknown))
}

// phrase is a signal in words: who says it, of what.
func phrase(s responder.Signal) string {
	who := entity.Cut(plain(s.Inspector), 64)
	if who == "" {
		who = entity.Cut(plain(s.Source), 64)
	}
	about := ""
	if s.Attribute != nil {
		about = " of " + value(*s.Attribute)
	}
	if what := strings.TrimRight(entity.Cut(defang.Text(plain(s.Summary)), maxPhrase), ". "); what != "" {
		return fmt.Sprintf("%s says%s: %s", who, about, what)
	}
	return fmt.Sprintf("%s says so%s", who, about)
}

func value(a responder.Attribute) string {
	return entity.Cut(plain(defang.Attribute(a)), 100)
}

func values(attrs []responder.Attribute) (out []string) {
	for _, a := range attrs {
		out = append(out, value(a))
	}
	return out
}

// names are the inspectors of some rows, with their errors if so wanted.
func names(rows []responder.Inspection, errors bool) (out []string) {
	for _, r := range rows {
		s := entity.Cut(plain(r.Inspector), 64)
		if why := entity.Cut(defang.Text(plain(r.Error)), maxPhrase); errors && why != "" {
			s += " (" + strings.TrimRight(why, ". ") + ")"
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
