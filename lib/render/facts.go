package render

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// title is what a report is called.
func title(r responder.Report) string {
	return cmp.Or(line(r.Alert.Name, maxTitle), line(r.Alert.Rule, maxTitle), line(r.ReportID, maxTitle), "report")
}

// told is what the alerts of a report say together.
type told struct {
	resolved, sample, late bool
	begin, end             time.Time
	entities               []Fact
	moreEntities           int
}

// alerts are those of a report: those that brought evidence, else the one that there is.
func alerts(r responder.Report) []responder.Alert {
	if len(r.Alerts) > 0 {
		return r.Alerts
	}
	return []responder.Alert{r.Alert}
}

// tellOf puts alerts together. Whether it is over, the newest one says.
func tellOf(list []responder.Alert) told {
	t := told{sample: true}
	seen := map[[2]string]bool{}
	for _, a := range list {
		begin, end := a.Timestamp.InitTime(), a.Timestamp.LastTime()
		if !begin.IsZero() && (t.begin.IsZero() || begin.Before(t.begin)) {
			t.begin = begin
		}
		if !end.Before(t.end) {
			t.end, t.resolved = end, a.State.OrFiring() == responder.Resolved
		}
		t.sample, t.late = t.sample && a.Sample, t.late || a.Late
		for _, attr := range a.Attrs {
			if id := [2]string{attr.Type, attr.Value}; !seen[id] {
				seen[id] = true
				t.add(attr)
			}
		}
	}
	return t
}

func (t *told) add(a responder.Attribute) {
	if len(t.entities) >= maxShort {
		t.moreEntities++
		return
	}
	if f := entity(a); f.Value != "" {
		t.entities = append(t.entities, f)
	}
}

// entity is an attribute by what people call it.
func entity(a responder.Attribute) Fact {
	return Fact{cmp.Or(line(a.Key, maxWho), line(a.Type, maxWho), "entity"), Value(a, maxEntity)}
}

// facts are the same for all kinds of alerts: where it came from, and when.
func facts(r responder.Report, t told) []Fact {
	a := r.Alert
	severity := ""
	if s := score(a.Severity); s > 0 {
		severity = strconv.FormatFloat(s, 'f', -1, 64) + " of 100"
	}
	return filled([]Fact{
		{factSource, line(a.Source, 60)},
		{"Account", line(a.Account, 60)},
		{"Region", line(a.Region, 60)},
		{"Rule", line(a.Rule, maxValue)},
		{"Severity there", severity},
		{factAlerts, count(max(r.AlertCount, int64(len(r.Alerts))))},
		{factFirst, stamp(t.begin)},
		{factLast, stamp(t.end)},
		{"Description", line(a.Description, maxValue)},
	})
}

// The names of facts that change while alerts come.
const (
	factSource = "Source"
	factAlerts = "Alerts"
	factFirst  = "First seen"
	factLast   = "Last seen"
	factLink   = "Link"
)

func count(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// filled leaves out what is not known.
func filled(list []Fact) (out []Fact) {
	for _, f := range list {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// joined names the first n of some things, and counts the rest.
func joined(list []string, n, total int) string {
	list = list[:min(len(list), n)]
	text := strings.Join(list, ", ")
	if rest := total - len(list); rest > 0 && len(list) > 0 {
		text += " and " + number(rest) + " more"
	}
	return text
}
