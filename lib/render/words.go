package render

import (
	"strconv"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	resolvedNote = "Its source says that it is over."
	titleChanged = "What changed"
	titleLinks   = "Links"
)

// Headline says the most important thing on one line of at most 200 characters: URGENT: <title>.
func (v View) Headline() string { return v.word() + ": " + v.Title }

// word is what stands before the title.
func (v View) word() string {
	s := strings.ToUpper(string(v.Severity))
	switch {
	case v.Severity == "" && v.Phase == New:
		s = "NEW"
	case v.Severity == "":
		s = "ONGOING"
	case v.Was != "":
		s += " (was " + strings.ToUpper(string(v.Was)) + ")"
	}
	if v.Resolved {
		s += ", resolved"
	}
	if v.Sample {
		s += ", test"
	}
	return s
}

// Notes are sentences about the report as a whole: that it is over, a test, not whole, not judged yet.
func (v View) Notes() (out []string) {
	for _, n := range []struct {
		so   bool
		text string
	}{
		{v.Resolved, resolvedNote},
		{v.Sample, "It is a test finding."},
		{v.Late, "It came long after it was sent."},
		{v.Truncated, "The report is not whole: something did not fit."},
		{v.isNotice() && v.Severity == "", "There is no verdict yet."},
		{v.isNotice() && v.Severity != "", "More came since this verdict, and will be judged."},
		{!v.isNotice() && len(v.Findings)+len(v.Gaps)+len(v.Quiet) == 0, "Nobody looked into it."},
	} {
		if n.so {
			out = append(out, n.text)
		}
	}
	return out
}

// Summary is the view in one paragraph of at most n bytes: what it is, why, and what is missing.
func (v View) Summary(n int) string {
	parts := append([]string{v.Headline()}, v.Reason...)
	parts = append(parts, v.Notes()...)
	if len(v.Findings)+v.hidden.findings > 0 {
		parts = append(parts, counted(len(v.Findings)+v.hidden.findings, "finding")+".")
	}
	for _, g := range v.Gaps {
		parts = append(parts, g.sentence())
	}
	return cutBytes(strings.Join(parts, " – "), n)
}

// cutBytes bounds a text to n bytes, and shows that it did.
func cutBytes(s string, n int) string {
	const dots = "…"
	if len(s) <= n {
		return s
	}
	if n < len(dots) {
		return ""
	}
	cut := strings.ToValidUTF8(s[:n-len(dots)], "")
	return strings.TrimSpace(cut) + dots
}

func (f Finding) sentence() string { return plain(f.pieces()) }

func (g Gap) sentence() string { return plain(g.pieces()) }

// kind is what a piece of a line is, and so how it is escaped.
type kind int

const (
	own    kind = iota // words of this package
	strong             // the same, to be seen
	prose              // a text from outside
	value              // a name or a value from outside, that somebody may copy
	follow             // a link
)

// piece is a part of a line.
type piece struct {
	kind kind
	text string
	url  string // of a link
}

func plain(line []piece) string {
	var b strings.Builder
	for _, p := range line {
		if p.kind != follow {
			b.WriteString(p.text)
		}
	}
	return strings.TrimSpace(b.String())
}

// section is a part of what is shown, the same for all formats.
type section struct {
	title string
	lines [][]piece
	fold  bool // long, and for those who want to know more
}

// sections are all parts of a view in the order of what counts, without empty ones.
func (v View) sections() (out []section) {
	for _, s := range []section{
		{title: titleChanged, lines: lines(v.brief())},
		{title: "What was found", lines: each(v.Findings, Finding.pieces)},
		{title: "Who gave no answer", lines: each(v.Gaps, Gap.pieces)},
		{title: "Who was asked and found nothing", lines: each(v.Quiet, func(s string) []piece { return []piece{{prose, s, ""}} })},
		{title: "What it is about", lines: each(v.Entities, Fact.pieces)},
		{title: "The alert", lines: each(v.Facts, Fact.pieces)},
		{title: "What is known of hosts and users", lines: each(v.About, Fact.told), fold: true},
		{title: "Not shown here", lines: each(v.More, func(s string) []piece { return []piece{{own, s, ""}} })},
		{title: titleLinks, lines: each(v.Links, func(l Link) []piece { return []piece{{follow, l.Text, l.URL}} })},
	} {
		if len(s.lines) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func each[T any](list []T, say func(T) []piece) (out [][]piece) {
	for _, v := range list {
		out = append(out, say(v))
	}
	return out
}

func (f Fact) pieces() []piece {
	name := piece{prose, f.Name, ""}
	if strings.Contains(f.Name, ":") { // which makes something of the colon behind it
		name.kind = value
	}
	return []piece{name, {own, ": ", ""}, {value, f.Value, ""}}
}

// told is a fact whose value is a sentence.
func (f Fact) told() []piece {
	return []piece{{value, f.Name, ""}, {own, ": ", ""}, {prose, f.Value, ""}}
}

func (f Finding) pieces() []piece {
	out := []piece{{value, f.Who, ""}}
	if f.New {
		out = append([]piece{{strong, "new", ""}, {own, ": ", ""}}, out...)
	}
	if f.Entity != "" {
		out = append(out, piece{own, " on ", ""}, piece{value, f.Entity, ""})
	}
	if f.Verdict != "" && (f.Verdict != responder.UnknownSignal || f.Text == "") {
		out = append(out, piece{own, ": ", ""}, piece{strong, string(f.Verdict), ""})
	}
	if f.Score > 0 {
		out = append(out, piece{own, ", " + strconv.FormatFloat(f.Score, 'f', -1, 64) + " of 100", ""})
	}
	if f.Text != "" {
		out = append(out, piece{own, " – ", ""}, piece{prose, f.Text, ""})
	}
	if at := stamp(f.SeenAt.Time); at != "" {
		out = append(out, piece{own, " (" + at + ")", ""})
	}
	if f.Link != nil {
		out = append(out, piece{own, " ", ""}, piece{follow, f.Link.Text, f.Link.URL})
	}
	return out
}

func (g Gap) pieces() []piece {
	out := []piece{{value, g.Who, ""}, {own, ": ", ""}, {strong, outcomeWords(g.Outcome), ""}}
	if g.Entity != "" {
		out = append(out, piece{own, ", about ", ""}, piece{value, g.Entity, ""})
	}
	if g.Text != "" {
		out = append(out, piece{own, " – ", ""}, piece{prose, g.Text, ""})
	}
	return out
}

// outcomeWords tell the outcomes apart that are no answer.
func outcomeWords(o responder.Outcome) string {
	switch o {
	case responder.Missing:
		return "no answer in time"
	case responder.Skipped:
		return "skipped"
	}
	return "failed"
}
