package show

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// short is a time in a table, UTC.
func short(t responder.Time) string {
	if t.IsZero() {
		return "not stored"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// ends are the first and the last entries of a list that is too long to be shown, and how many are between them.
func ends[T any](list []T, first, last int) (head, tail []T, between int) {
	if len(list) <= first+last {
		return list, nil, 0
	}
	return list[:first], list[len(list)-last:], len(list) - first - last
}

// inspectorsOf are the names of who has these tokens.
func inspectorsOf(tokens []string) string {
	var list []string
	for _, token := range tokens {
		_, _, inspector, err := protocol.ParseToken(token)
		if err != nil {
			inspector = token
		}
		list = append(list, inspector)
	}
	slices.Sort(list)
	return values(slices.Compact(list))
}

// alertTable is what was new in which alert.
func (x explaining) alertTable() string {
	switch {
	case len(x.Alerts) > 0:
	case x.Incident.Unreadable > 0:
		return x.Dim("  no alert of it can be read") + "\n"
	default:
		return x.Dim("  no alert of it is stored") + "\n"
	}
	head, tail, between := ends(x.Alerts, maxRows/2, maxRows/2)
	var cells [][]string
	for _, a := range append(slices.Clip(head), tail...) {
		cells = append(cells, []string{short(a.SentAt), Line(a.Name, 80) + "\n" + x.Dim(Line(a.ID, 10)), x.news(a)})
	}
	text := x.Table([]string{"sent (UTC)", "alert", "new in it"}, cells, plainCells) + "\n"
	if between > 0 {
		text += x.Dim(fmt.Sprintf("  and %d more between them", between)) + "\n"
	}
	return text
}

func plainCells(int, int) lipgloss.Style { return lipgloss.NewStyle() }

func (x explaining) news(a explain.Alert) string {
	say := map[explain.News]string{
		explain.NewsFirst:      x.firstAlert(),
		explain.NewsAttributes: counted(len(a.New), "attribute") + ": " + entities(a.New),
		explain.NewsSeverity:   "severity " + number(a.Severity) + ", was " + number(a.WasSeverity),
		explain.NewsState:      Line(string(a.State), 20) + ", was " + Line(string(a.WasState), 20),
		explain.NewsOther:      "nothing: stored as the 10th, 100th, … of the report, or since another change came between",
	}
	var lines []string
	for _, n := range a.News {
		lines = append(lines, say[n])
	}
	if a.Sample {
		lines = append(lines, x.Yellow("a test finding"))
	}
	if a.Late {
		lines = append(lines, x.Yellow("was late"))
	}
	return strings.Join(lines, "\n")
}

// firstAlert is the first as far as is known.
func (x explaining) firstAlert() string {
	if x.Incident.Unreadable+x.Incident.LeftOut > 0 {
		return "the first of those that are told of"
	}
	return "the first of the report"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func entities(list []responder.Attribute) string {
	var out []string
	for i, a := range list {
		if i == maxAbout {
			out = append(out, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		out = append(out, attribute(&a))
	}
	return strings.Join(out, ", ")
}

// askedRow is a line of who was asked: a token, and what came of one or several attributes alike.
type askedRow struct {
	who, said, counted string
	at                 string // when it was answered last
	about              []string
	outcome            string
	warn               bool
}

func (x explaining) whoWasAsked() string {
	rows := x.askedRows()
	if len(rows) == 0 {
		return x.Dim("  nobody") + "\n"
	}
	// who is missing, awaited or failed is left out last
	kept := rows
	if len(rows) > maxRows {
		kept = slices.Clone(rows)
		slices.SortStableFunc(kept, func(a, b askedRow) int { return rank(b.warn) - rank(a.warn) })
		kept = kept[:maxRows]
	}
	timed, untimed := x.answerTimes()
	wide := timed > 0 && x.width >= roomy
	headers := []string{"inspector", "looked into", "outcome", "judged in"}
	if wide {
		headers = append(headers, "last answered (UTC)")
	}
	cells := make([][]string, len(kept))
	for i, r := range kept {
		cells[i] = []string{r.who, strings.Join(someOf(r.about), "\n"), cmp.Or(r.outcome+join(r.said), "–"), r.counted}
		if wide {
			cells[i] = append(cells[i], r.at)
		}
	}
	text := x.Table(headers, cells, func(i, col int) lipgloss.Style {
		if col == 2 && kept[i].warn {
			return x.yellow
		}
		return lipgloss.NewStyle()
	}) + "\n"
	if n := len(rows) - len(kept); n > 0 {
		text += x.Dim(fmt.Sprintf("  and %d more", n)) + "\n"
	}
	text += x.waves()
	switch {
	case untimed > 0 && timed > 0:
		text += x.Dim("  "+x.Wrap("When some of the answers came is not stored: if such a one came again, the verdict named may have what it said before.", 2)) + "\n"
	case untimed > 0:
		text += x.Dim("  "+x.Wrap("When an answer came is not stored: if one came again, the verdict named may have what it said before.", 2)) + "\n"
	}
	return text
}

// roomy is how many columns there must be for when an answer came; what happened tells it everywhere.
const roomy = 100

// answerTimes are how many answers have a time, and how many do not.
func (x explaining) answerTimes() (timed, untimed int) {
	for _, a := range x.Asked {
		for _, s := range a.Answers {
			if s.AnsweredAt.IsZero() {
				untimed++
			} else {
				timed++
			}
		}
	}
	return timed, untimed
}

func rank(warn bool) int {
	if warn {
		return 1
	}
	return 0
}

func join(said string) string {
	if said == "" {
		return ""
	}
	return "\n" + said
}

func someOf(list []string) []string {
	list = slices.Compact(slices.Clone(list))
	if n := len(list) - maxAbout; n > 0 {
		return append(list[:maxAbout:maxAbout], fmt.Sprintf("and %d more", n))
	}
	return list
}

func (x explaining) askedRows() (rows []askedRow) {
	for _, a := range x.Asked {
		who := Line(a.Inspector, 40)
		switch {
		case a.Kind == explain.FromNobody:
			who += "\n" + x.Dim("unasked")
		case a.Wave > 0:
			who += "\n" + x.Dim(fmt.Sprintf("wave %d", a.Wave))
		}
		for _, s := range a.Answers {
			rows = append(rows, answerRows(who, a, s)...)
		}
		if r, ok := openRow(who, a); ok {
			rows = append(rows, r)
		}
	}
	return rows
}

// openRow is what there is to say of who has not finished.
func openRow(who string, a explain.Asked) (askedRow, bool) {
	r := askedRow{who: who, warn: true, counted: missingIn(a)}
	said := map[string]bool{} // that is answered already
	for _, s := range a.Answers {
		for _, o := range s.Outcomes {
			said[attribute(o.Attribute)] = true
		}
	}
	for _, attr := range a.Task {
		if about := attribute(&attr); !said[about] {
			r.about = append(r.about, about)
		}
	}
	switch a.Status {
	case explain.Awaited:
		r.outcome = "! AWAITED"
	case explain.Missing:
		r.outcome = "! MISSING"
	case explain.Unfinished:
		r.outcome = "! NOT FINISHED"
	case explain.Lost:
		r.outcome = "? not known"
	default:
		return r, false
	}
	return r, true
}

func missingIn(a explain.Asked) string {
	if len(a.MissingIn) == 0 {
		return ""
	}
	var list []string
	for i, v := range a.MissingIn {
		if i == maxValues {
			list = append(list, "…")
			break
		}
		list = append(list, fmt.Sprint(v))
	}
	return "missing in verdict " + strings.Join(list, ", ")
}

// answerRows are a row for each thing that an answer says, of all attributes of which it says the same.
func answerRows(who string, a explain.Asked, s explain.Answer) (rows []askedRow) {
	place := map[string]int{}
	for _, o := range s.Outcomes {
		r := askedRow{
			who: who, outcome: word(o.Outcome), said: Line(cmp.Or(o.Error, o.Title), 160), counted: standing(a, s),
			at: short(s.AnsweredAt), warn: o.Outcome == responder.Failed,
		}
		n, known := place[r.outcome+r.said]
		if !known {
			n = len(rows)
			place[r.outcome+r.said] = n
			rows = append(rows, r)
		}
		rows[n].about = append(rows[n].about, attribute(o.Attribute))
	}
	return rows
}

// standing is which verdicts have an answer.
func standing(a explain.Asked, s explain.Answer) string {
	var lines []string
	switch s.Judge {
	case explain.Judged:
		lines = append(lines, fmt.Sprintf("verdict %d", s.First))
	case explain.Unjudged:
		lines = append(lines, "no verdict")
	default:
		lines = append(lines, "not known")
	}
	if s.NotIn > 0 {
		lines = append(lines, fmt.Sprintf("after %d", s.NotIn))
	}
	if m := missingIn(a); m != "" && a.Status == explain.Answered {
		lines = append(lines, "late: "+m)
	}
	return strings.Join(lines, "\n")
}

// waves are the pages that brought attributes.
func (x explaining) waves() string {
	var lines []string
	for _, w := range x.Waves {
		text := x.answerer(w.Token, w.Key) + " brought "
		if w.HandedOut == explain.HandedOver {
			lines = append(lines, "after the last wave: "+text+counted(w.Known, "attribute")+" that nobody was asked about")
			continue
		}
		text += cmp.Or(counted(len(w.New), "attribute"), "nothing new") + colon(entities(w.New))
		if w.Known > 0 {
			text += fmt.Sprintf("; %d known already", w.Known)
		}
		lines = append(lines, fmt.Sprintf("wave %d: %s", w.Wave, text))
	}
	return x.fields([][2]string{{"waves", bounded(lines)}})
}

func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// answerer is who an answer is from, and what it is about.
func (x explaining) answerer(token, key string) string {
	a := x.asked[token]
	who := Line(cmp.Or(a.Inspector, token), 40)
	for _, s := range a.Answers {
		if s.Key == key && len(s.Outcomes) > 0 && s.Outcomes[0].Attribute != nil {
			who += " on " + attribute(s.Outcomes[0].Attribute)
			if n := len(s.Outcomes) - 1; n > 0 {
				who += fmt.Sprintf(" and %d more", n)
			}
		}
	}
	return who
}
