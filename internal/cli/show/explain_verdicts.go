package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// whyThisVerdict is the verdict that stands, and how it came about.
func (x explaining) whyThisVerdict() string {
	n := slices.IndexFunc(x.Verdicts, func(v explain.Verdict) bool { return v.Ver == x.Present.Judged })
	if n < 0 && len(x.Verdicts) == 0 {
		return x.Dim("  there is none yet") + "\n"
	}
	var text string
	if n >= 0 {
		text = x.verdict(x.Verdicts[n])
	} else {
		text = x.fields([][2]string{{"verdict", x.Yellow(fmt.Sprintf("%d is not stored", x.Present.Judged))}})
	}
	return text + x.history()
}

// verdict is one verdict, whole.
func (x explaining) verdict(v explain.Verdict) string {
	return x.fields([][2]string{
		{"verdict", fmt.Sprintf("%s %d, %s", x.Severity(severityOf(v)), v.Ver, made(v))},
		{"why", Lines(v.Reason, 1500, 15)},
		{"rules", numbered(v.Rules)},
		{"signals", x.signals(v)},
		{"without", x.without(v)},
		{"note", x.verdictNote(v)},
	})
}

func made(v explain.Verdict) string {
	text := "made of the evidence of " + stamp(v.At)
	if v.At.IsZero() {
		text = "of a time that cannot be read"
	}
	if v.Published {
		text += ", published"
	}
	return text
}

// severityOf a verdict that has none is that a person has to look.
func severityOf(v explain.Verdict) responder.Severity {
	severity, _ := responder.ParseSeverity(string(v.Severity))
	return severity
}

func numbered(rules []string) string {
	if len(rules) == 0 {
		return "none were named"
	}
	if len(rules) == 1 {
		return Name(rules[0], 120)
	}
	var lines []string
	for i, rule := range rules {
		if i == maxEntries {
			lines = append(lines, fmt.Sprintf("and %d more", len(rules)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, Name(rule, 120)))
	}
	return strings.Join(lines, "\n")
}

// signals are what the policy was given, the strongest first.
func (x explaining) signals(v explain.Verdict) string {
	if v.SignalCount == 0 {
		return "none: no inspector said anything of good or bad"
	}
	about := 0
	var lines []string
	for _, g := range v.Signals {
		mark := "  "
		if g.Decided {
			about++
			mark = "* "
		}
		line := mark + signal(responder.Signal{Verdict: g.Verdict, Score: g.Score, Summary: g.Summary, Kind: g.Kind})
		line += " – " + cmp.Or(Line(g.Inspector, 40), "an inspector") + " on " + attribute(g.Attribute)
		lines = append(lines, x.paint(g.Verdict, line))
	}
	text := fmt.Sprintf("%d, of which the rule is about those with *", v.SignalCount)
	if about == 0 {
		text = fmt.Sprintf("%d; which of them the rules looked at is not stored", v.SignalCount)
	}
	if n := v.SignalCount - min(len(lines), maxEntries); n > 0 {
		lines = append(lines[:min(len(lines), maxEntries)], fmt.Sprintf("  and %d more", n))
	}
	return text + "\n" + strings.Join(lines, "\n")
}

func (x explaining) paint(v responder.SignalVerdict, text string) string {
	switch v {
	case responder.Malicious:
		return x.Red(text)
	case responder.Suspicious:
		return x.Yellow(text)
	case responder.Harmless:
		return x.Green(text)
	}
	return text
}

func (x explaining) without(v explain.Verdict) string {
	if len(v.Missing) == 0 {
		return ""
	}
	return x.Yellow(inspectorsOf(v.Missing) + ", who had not answered")
}

func (x explaining) verdictNote(v explain.Verdict) string {
	var notes []string
	if v.Unread != "" {
		notes = append(notes, "the stored verdict cannot be read: "+Line(v.Unread, maxCell))
	}
	if v.Truncated {
		notes = append(notes, "it is not whole: something did not fit and was left out"+x.truncatedBy())
	}
	if len(notes) == 0 {
		return ""
	}
	return x.Yellow(strings.Join(notes, "; "))
}

func (x explaining) truncatedBy() string {
	say := map[string]string{
		"attributes": "attributes, of which there were too many, or which came after the last wave",
		"alerts":     "alerts, of which there were too many",
	}
	var list []string
	for _, by := range x.Present.TruncatedBy {
		list = append(list, say[by])
	}
	return colon(strings.Join(list, "; "))
}

// history are all verdicts, if there are several.
func (x explaining) history() string {
	if len(x.Verdicts) < 2 {
		return ""
	}
	head, tail, between := ends(x.Verdicts, 3, maxRows-3)
	shown := append(slices.Clip(head), tail...)
	cells := make([][]string, len(shown))
	for i, v := range shown {
		cells[i] = []string{fmt.Sprint(v.Ver), short(v.At), Line(string(severityOf(v)), 20), x.newIn(v)}
	}
	text := x.Table([]string{"verdict", "made (UTC)", "said", "what was new"}, cells, func(i, col int) lipgloss.Style {
		if col != 2 {
			return lipgloss.NewStyle()
		}
		return map[responder.Severity]lipgloss.Style{responder.Urgent: x.red, responder.Safe: x.green}[severityOf(shown[i])]
	}) + "\n"
	if between > 0 {
		text += x.Dim(fmt.Sprintf("  and %d more between them", between)) + "\n"
	}
	return text
}

// newIn is the evidence that no verdict before had, and what that led to.
func (x explaining) newIn(v explain.Verdict) string {
	var lines []string
	before := explain.Verdict{}
	for _, w := range x.Verdicts {
		if w.Ver < v.Ver && w.Unread == "" {
			before = w
		}
	}
	if v.Unread != "" {
		return "cannot be read"
	}
	if n := v.Alerts - before.Alerts; n > 0 {
		lines = append(lines, counted(n, "alert"))
	}
	if len(v.New) > 0 {
		lines = append(lines, "answers of "+x.answerers(v.New))
	}
	if len(v.Missing) > 0 {
		lines = append(lines, "without "+inspectorsOf(v.Missing))
	}
	if before.Ver > 0 && v.Reason != before.Reason || before.Ver == 0 {
		lines = append(lines, Line(v.Reason, 160))
	}
	if len(lines) == 0 {
		lines = append(lines, "nothing that shows")
	}
	return strings.Join(lines, "\n")
}

func (x explaining) answerers(keys []string) string {
	var list []string
	for _, a := range x.Asked {
		for _, s := range a.Answers {
			if slices.Contains(keys, s.Key) {
				list = append(list, a.Inspector)
			}
		}
	}
	slices.Sort(list)
	return values(slices.Compact(list))
}

// The bounds of the timeline.
const (
	firstEvents = 20
	lastEvents  = 40
	narrow      = 60 // columns, below which a time is short
)

func (x explaining) whatHappened() string {
	head, tail, between := ends(x.Timeline, firstEvents, lastEvents)
	format := "2006-01-02 15:04:05"
	if x.width < narrow {
		format = "01-02 15:04"
	}
	indent := len(format) + 4
	var b strings.Builder
	write := func(at, text string) {
		fmt.Fprintf(&b, "  %s%s\n", x.Dim(fmt.Sprintf("%-*s", indent-2, at)), x.Wrap(text, indent))
	}
	for i, e := range append(slices.Clip(head), tail...) {
		if i == len(head) {
			write("", x.Dim(fmt.Sprintf("and %d more", between)))
		}
		at := ""
		if !e.At.IsZero() {
			at = e.At.UTC().Format(format)
		}
		write(at, x.event(e))
	}
	return b.String()
}

func (x explaining) event(e explain.Event) string {
	switch e.Kind {
	case explain.EventOpened:
		return "the report is opened"
	case explain.EventAlert:
		return "alert " + Line(x.alerts[e.Alert].Name, 80) + brings(x.alerts[e.Alert])
	case explain.EventAnswer:
		return "answer of " + x.answerer(e.Token, e.Key) + x.came(e)
	case explain.EventVerdict:
		n := slices.IndexFunc(x.Verdicts, func(v explain.Verdict) bool { return v.Ver == e.Ver })
		return fmt.Sprintf("verdict %d: %s", e.Ver, x.Severity(severityOf(x.Verdicts[max(n, 0)])))
	case explain.EventDeadline:
		return "the deadline"
	case explain.EventLastSeen:
		return "the newest alert with nothing new"
	case explain.EventRead:
		return x.Dim("now")
	case explain.EventCloses:
		return "the window closes"
	case explain.EventReplaced:
		return "another report takes its place"
	}
	return Line(string(e.Kind), 40)
}

func brings(a explain.Alert) string {
	if len(a.New) == 0 {
		return ""
	}
	return ", brings " + counted(len(a.New), "attribute")
}

// came is what came of an answer.
func (x explaining) came(e explain.Event) string {
	for _, s := range x.asked[e.Token].Answers {
		if s.Key != e.Key {
			continue
		}
		var list []string
		for _, o := range s.Outcomes {
			list = append(list, Line(string(o.Outcome), 20))
		}
		slices.Sort(list)
		return colon(values(slices.Compact(list))) + elsewhen(e, s)
	}
	return ""
}

// elsewhen is when an answer was sent that does not stand at that time.
func elsewhen(e explain.Event, s explain.Answer) string {
	if s.AnsweredAt.IsZero() || e.At.Equal(s.AnsweredAt.Time) {
		return ""
	}
	return ", sent " + stamp(s.AnsweredAt)
}
