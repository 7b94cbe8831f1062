package show

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxPageRows bounds each list of a page.
const maxPageRows = 20

// Page is what an inspector found, as text for people, with its line end.
func (s Screen) Page(p responder.Page) string {
	text := s.outcome(p) + "\n" + s.fields([][2]string{
		{"about", attribute(p.Attribute)},
		{"title", Line(p.Title, 300)},
		{"why", Line(p.Error, 1000)},
		{"note", s.silence(p.Outcome)},
	})
	text += s.signals(p.Signals) + s.fields([][2]string{{"link", links(p.Signals)}})
	for _, h := range p.OpponentHosts {
		text += s.opponent(h, p.Attribute)
	}
	for _, h := range p.AlliedHosts {
		text += s.allied(h)
	}
	for _, u := range p.SubjectUsers {
		text += s.fields([][2]string{{"user", Name(u.UserName, 200)}}) + s.activities(u.Activities)
	}
	return text + s.fields([][2]string{{"new", entities(p.NewAttributes)}})
}

// outcome is how it ended, and the strongest verdict.
func (s Screen) outcome(p responder.Page) string {
	row := row{outcome: p.Outcome}
	text := cmp.Or(strings.ToUpper(Line(string(p.Outcome), 20)), "NO OUTCOME")
	for _, g := range p.Signals {
		if row.verdict == "" || g.Verdict.Rank() > row.verdict.Rank() {
			row.verdict = cmp.Or(g.Verdict, responder.UnknownSignal)
		}
	}
	if row.verdict != "" {
		text += ", " + Line(string(row.verdict), 20)
	}
	return s.cell(row, 3).Bold(s.isColored()).Render(text) + " " + s.Dim(Line(p.Author, 40))
}

// silence says what must not be read into an answer.
func (s Screen) silence(o responder.Outcome) string {
	if o != responder.Nothing {
		return ""
	}
	return s.Dim("it knows nothing of this, which does not mean harmless")
}

// isColored says whether there is any style: a text in bold is one.
func (s Screen) isColored() bool { return s.bold.GetBold() }

// signals are the statements of a page, the strongest first.
func (s Screen) signals(list []responder.Signal) string {
	if len(list) == 0 {
		return ""
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b responder.Signal) int {
		return cmp.Or(cmp.Compare(b.Verdict.Rank(), a.Verdict.Rank()), cmp.Compare(b.Score, a.Score))
	})
	shown := list[:min(len(list), maxPageRows)]
	var cells [][]string
	for _, g := range shown {
		cells = append(cells, []string{verdictOf(g), Line(g.Kind, 40), Line(g.Summary, maxCell), Line(g.Source, 60), day(g.SeenAt)})
	}
	text := s.Table([]string{"verdict", "kind", "summary", "source", "as of"}, cells, func(i, col int) lipgloss.Style {
		if col > 0 {
			return lipgloss.NewStyle()
		}
		return s.cell(row{outcome: responder.Found, verdict: shown[i].Verdict}, 3)
	}) + "\n"
	return text + s.more(len(list)-len(shown))
}

func (s Screen) more(n int) string {
	if n <= 0 {
		return ""
	}
	return s.Dim(fmt.Sprintf("  and %d more", n)) + "\n"
}

// day is when something was so.
func day(t responder.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

// verdictOf is the verdict of a signal, with its score.
func verdictOf(g responder.Signal) string {
	text := Line(cmp.Or(string(g.Verdict), string(responder.UnknownSignal)), 20)
	if g.Score > 0 {
		text += fmt.Sprintf(" %.0f", g.Score)
	}
	return text
}

func seen(t responder.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// link is a page of the service for people, which they have to be able to follow: only its path may be long, and nothing
// else than https is one.
func link(text string) string {
	u, err := url.Parse(text)
	if text == "" || err != nil || u.Scheme != "https" || u.User != nil || u.Host == "" {
		return Line(text, 200)
	}
	return Plain(strings.ReplaceAll(u.String(), "\n", ""), 400)
}

// links are the pages of the services, each once.
func links(list []responder.Signal) string {
	var out []string
	for _, g := range list {
		if l := link(g.URL); l != "" && !slices.Contains(out, l) && len(out) < maxValues {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// opponent is a host of the other side, with what was seen with it.
func (s Screen) opponent(h responder.OpponentHost, of *responder.Attribute) string {
	name := h.ID
	if name == "" && of != nil {
		name = of.Value
	}
	var files, domains, urls []string
	for _, m := range h.RelatedMalware {
		files = append(files, beside(Name(m.SHA256, 64), Line(m.Relation, 40), scans(m.Scans), at(m.Timestamp)))
	}
	for _, d := range h.RelatedDomains {
		domains = append(domains, beside(Line(d.Name, 120), at(d.Timestamp)))
	}
	for _, u := range h.RelatedURLs {
		urls = append(urls, beside(Line(u.URL, 200), Line(u.Reference, 120), at(u.Timestamp)))
	}
	return s.fields([][2]string{
		{"host", Line(name, 200)},
		{"address", values(h.IPAddr)},
		{"country", values(h.Country)},
		{"owner", values(h.ASOwner)},
		{"files", several(files)},
		{"domains", several(domains)},
		{"URLs", several(urls)},
	})
}

// scans are the engines that found something in a file.
func scans(list []responder.MalwareScan) string {
	var names []string
	positive := 0
	for _, m := range list {
		if m.Positive {
			positive++
			if len(names) < 3 {
				names = append(names, Name(cmp.Or(m.Name, m.Vendor), 60))
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	return beside(fmt.Sprintf("%d of %d engines", positive, len(list)), strings.Join(names, ", "))
}

// allied is a host of one's own.
func (s Screen) allied(h responder.AlliedHost) string {
	return s.fields([][2]string{
		{"ours", Line(h.ID, 200)},
		{"name", values(h.HostName)},
		{"owner", values(h.Owner)},
		{"address", values(slices.Concat(h.IPAddr, h.MACAddr))},
		{"system", values(h.OS)},
		{"users", values(h.UserName)},
		{"software", values(h.Software)},
		{"country", values(h.Country)},
	}) + s.activities(h.Activities)
}

// activities are what somebody did.
func (s Screen) activities(list []responder.Activity) string {
	if len(list) == 0 {
		return ""
	}
	shown := list[:min(len(list), maxPageRows)]
	var cells [][]string
	for _, a := range shown {
		cells = append(cells, []string{seen(a.LastSeen), Line(strings.TrimSpace(a.ServiceName+" "+a.Action), 100), Line(a.Target, 120),
			Line(a.Principal, 120), Line(a.RemoteAddr, 60)})
	}
	return s.Table([]string{"last (UTC)", "what", "on", "who", "from"}, cells, plainCells) + "\n" + s.more(len(list)-len(shown))
}

func at(t responder.Time) string {
	if t.IsZero() {
		return ""
	}
	return seen(t)
}

// beside are facts beside each other.
func beside(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// several are facts below each other.
func several(list []string) string {
	if n := len(list) - maxPageRows; n > 0 {
		list = append(slices.Clip(list[:maxPageRows]), fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, "\n")
}

// Duration is how long something takes, for people: 42s, 3m20s, 5h12m.
func Duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Hour:
		return d.String()
	default:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
}
