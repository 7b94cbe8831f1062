package show

import (
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Explanation is why a report says what it says, as text for people, with its line end.
func (s Screen) Explanation(e explain.Explanation) string {
	x := explaining{Screen: s, Explanation: e, asked: map[string]explain.Asked{}, alerts: map[string]explain.Alert{}}
	for _, a := range e.Asked {
		x.asked[a.Token] = a
	}
	for _, a := range e.Alerts {
		x.alerts[a.ID] = a
	}
	return x.head() + x.section("Why these alerts are one report", x.incident()) +
		x.section("Who was asked", x.whoWasAsked()) + x.section("Why this verdict", x.whyThisVerdict()) +
		x.section("What happened, in this order", x.whatHappened()) + x.section("What could not be read", x.notRead())
}

// explaining is an explanation on its way to the screen.
type explaining struct {
	Screen
	explain.Explanation
	asked  map[string]explain.Asked // by token
	alerts map[string]explain.Alert // by id
}

func (x explaining) section(title, text string) string {
	if text == "" {
		return ""
	}
	return "\n" + x.Bold(title) + "\n" + text
}

func (x explaining) head() string {
	title := x.title(responder.Report{
		Status: x.status(), Result: responder.Result{Severity: x.Present.Severity}, Alert: responder.Alert{Name: x.Title},
	})
	return title + "\n" + x.fields([][2]string{
		{"report", Line(x.ReportID, 120)},
		{"read", stamp(x.ReadAt)},
		{"now", x.now()},
		{"note", x.left()},
	})
}

func (x explaining) status() responder.Status {
	if x.Present.Judged > 0 {
		return responder.StatusPublished
	}
	return responder.StatusOngoing
}

// now is how it stands with the report.
func (x explaining) now() string {
	switch x.Live {
	case explain.Replaced:
		return "the window is over, and " + Line(x.ReplacedBy, 120) + " took its place: who is awaited and the counts are not known any more. " +
			x.since(x.judgedBefore())
	case explain.Gone:
		return "the row that says who is awaited is not there any more: it has expired, or was deleted. " + x.since("")
	case explain.Unreadable:
		return x.Yellow("who is awaited cannot be read: " + Line(x.LiveError, maxCell))
	}
	return x.current()
}

// since says that answers are in no verdict, which then cannot be the last word.
func (x explaining) since(otherwise string) string {
	if n := len(x.Present.Since); n > 0 {
		return x.Yellow("What came since is stored, and goes no further: " + answers(n) + ".")
	}
	return otherwise
}

// judgedBefore says of a report whose place was taken whether what is stored is what was judged.
func (x explaining) judgedBefore() string {
	if x.Present.Standing == explain.UpToDate {
		return "All evidence was judged before that."
	}
	return x.Yellow("Whether all that is stored was judged before that is not known: an answer may have come again since, with other content.")
}

func answers(n int) string { return counted(n, "answer") }

func (x explaining) current() string {
	p := x.Present
	switch {
	case len(p.Awaited) > 0:
		text := "waiting for " + inspectorsOf(p.Awaited)
		if x.Incident.DeadlineAt.After(x.ReadAt.Time) {
			text += ", until " + stamp(x.Incident.DeadlineAt) + " at the latest"
		}
		if p.Overdue {
			text += "; the deadline has passed unnoticed, and is sent again with the next alert or answer"
		}
		return x.Yellow(text + x.behind())
	case p.Standing == explain.UpToDate && len(x.missing()) > 0:
		return x.Yellow("the verdict is current: all evidence that came is in it; " + inspectorsOf(x.missing()) +
			" missed the deadline, and an answer that comes yet will lead to another verdict")
	case p.Standing == explain.UpToDate:
		return x.Green("the verdict is current: all evidence is in it")
	}
	return x.Yellow("a verdict is due" + x.behind())
}

// missing are the tokens of who has not answered to the end.
func (x explaining) missing() (tokens []string) {
	for _, a := range x.Asked {
		if a.Status == explain.Missing {
			tokens = append(tokens, a.Token)
		}
	}
	return tokens
}

// behind says how much has changed since the verdict.
func (x explaining) behind() string {
	if p := x.Present; p.Standing == explain.Behind {
		return fmt.Sprintf("; the evidence has changed %s since the last verdict", times(p.Ver-p.Judged))
	}
	return ""
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (x explaining) left() string {
	if x.LeftOut == 0 {
		return ""
	}
	return x.Yellow(fmt.Sprintf("there is more than is told here: %d rows or parts of rows were left out", x.LeftOut))
}

func (x explaining) incident() string {
	in := x.Incident
	return x.fields([][2]string{
		{"rule", Name(in.Rule, 300)},
		{"key", keyText(in)},
		{"identity", identity(in)},
		{"window", x.window()},
		{"alerts", count(in, len(x.Alerts))},
	}) + x.alertTable()
}

func keyText(in explain.Incident) string {
	from := map[explain.KeySource]string{
		explain.KeyGiven:      "given by the message, or by what reads messages of its kind",
		explain.KeyTopic:      "topic and subject, since nothing here can read the message",
		explain.KeyAttributes: "the message has no key; these are its attributes",
		explain.KeyDelivery:   "the message has neither a key nor attributes; this is its delivery, so that no other alert joins by itself",
	}[in.KeyFrom]
	switch {
	case from == "" && in.Key == "":
		return "not known: no alert of the report could be read"
	case from == "":
		from = "given by the message, or topic and subject of one that nothing here can read: it is too large to tell"
	}
	return Line(in.Key, 300) + "\n" + from
}

func identity(in explain.Incident) string {
	text := Line(in.Fingerprint, 80)
	switch {
	case in.Key == "":
	case in.Matches:
		text += "\nthe hash of rule and key: alerts with the same two are one report"
	default:
		text += "\nnot the hash of the rule and key above: they were changed, or made by another release"
	}
	return text
}

func (x explaining) window() string {
	in := x.Incident
	var parts []string
	if !in.OpenedAt.IsZero() {
		parts = append(parts, "opened "+stamp(in.OpenedAt))
	}
	if !in.ClosesAt.IsZero() {
		parts = append(parts, x.closes())
	}
	return strings.Join(parts, ", ")
}

// closes is what the end of the window means for the next alert that fires.
func (x explaining) closes() string {
	at := stamp(x.Incident.ClosesAt)
	switch {
	case x.Incident.ClosesAt.After(x.ReadAt.Time):
		return "closes " + at + ": what fires after that opens the next report, or joins this one as long as there is evidence in no verdict"
	case x.Present.Standing == explain.UpToDate:
		return "closed " + at + ": what fires next opens the next report"
	}
	return "closed " + at + ": what fires next joins this one all the same, since there is evidence in no verdict"
}

func count(in explain.Incident, stored int) string {
	text := fmt.Sprintf("%d", in.AlertCount)
	if in.AtLeast {
		text += " or more (repeats after the last verdict are not known)"
	}
	text += fmt.Sprintf(": %d with something new", stored)
	repeats := "with nothing new, only counted"
	if in.AtLeast && int64(stored)+in.Unreadable+in.LeftOut >= protocol.MaxBodies {
		repeats = "with nothing new, only counted, or too many to be stored"
	}
	for _, more := range []struct {
		n    int64
		what string
	}{
		{in.Unreadable, "stored, but not readable"}, {in.LeftOut, "left out here, being too many"},
		{in.Counted, repeats}, {in.Dropped, "with something new, too many to be stored"},
	} {
		if more.n > 0 {
			text += fmt.Sprintf(", %d %s", more.n, more.what)
		}
	}
	if in.Counted > 0 && !in.LastSeen.IsZero() {
		text += "; last seen " + stamp(in.LastSeen)
	}
	return text
}

// notRead is what the explanation had to do without.
func (x explaining) notRead() string {
	var lines []string
	for _, u := range x.Unread {
		lines = append(lines, "  "+x.Wrap(Line(u.Key, 120)+": "+x.Yellow(Line(u.Why, maxCell)), 2))
	}
	if len(lines) > maxRows {
		lines = append(lines[:maxRows], x.Dim(fmt.Sprintf("  and %d more", len(lines)-maxRows)))
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
