package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of what is shown beside the table.
const (
	maxEntries = 8 // hosts or users
	maxValues  = 5 // of one of them
	rawShown   = 400
)

func reportLine(r responder.Report) string {
	parts := []string{Line(r.ReportID, 100)}
	if at := stamp(r.OpenedAt); at != "" {
		parts = append(parts, "opened "+at)
	}
	if at := stamp(r.SettledAt); at != "" {
		parts = append(parts, "judged "+at)
	}
	return strings.Join(parts, " · ")
}

// alertLine is where an alert came from.
func alertLine(a responder.Alert) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(Line(a.Source, 40))
	if a.Rule != a.Name {
		add(Name(a.Rule, 120))
	}
	add(Line(a.Account, 40))
	add(Line(a.Region, 40))
	if a.Severity > 0 {
		add("severity " + strconv.FormatFloat(a.Severity, 'f', -1, 64) + " of 100")
	}
	return strings.Join(parts, " · ")
}

// about is what the alert says of itself. Of a message that nobody could read, that is its beginning.
func about(a responder.Alert) string {
	if a.Description == "" && a.Raw != "" && len(a.Attrs) == 0 {
		return Lines(a.Raw, rawShown, 6)
	}
	return Lines(a.Description, 800, 8)
}

func alerts(r responder.Report) string {
	n := max(r.AlertCount, int64(len(r.Alerts)), 1)
	if n == 1 {
		return ""
	}
	text := fmt.Sprintf("%d", n)
	if repeats := n - int64(len(r.Alerts)); len(r.Alerts) > 0 && repeats > 0 {
		text += fmt.Sprintf(", %d of them with nothing new, only counted", repeats)
	}
	return text
}

func hosts(c responder.Content) string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(c.OpponentHosts)) {
		h := c.OpponentHosts[id]
		lines = append(lines, facts(cmp.Or(h.ID, id), values(h.Country), values(h.ASOwner),
			counted(len(h.RelatedMalware), "file"), counted(len(h.RelatedDomains), "domain"),
			counted(len(h.RelatedURLs), "URL")))
	}
	for _, id := range slices.Sorted(maps.Keys(c.AlliedHosts)) {
		h := c.AlliedHosts[id]
		lines = append(lines, facts(cmp.Or(h.ID, id)+" (ours)", values(h.HostName), values(h.Owner), values(h.OS),
			values(h.UserName), activities(h.Activities)))
	}
	return bounded(lines)
}

func users(c responder.Content) string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(c.SubjectUsers)) {
		lines = append(lines, facts(cmp.Or(c.SubjectUsers[id].UserName, id), activities(c.SubjectUsers[id].Activities)))
	}
	return bounded(lines)
}

func facts(name string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(append([]string{Line(name, 100)}, parts...), " · ")
}

func values(list []string) string {
	var out []string
	for i, v := range list {
		if i == maxValues {
			out = append(out, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		out = append(out, Line(v, 80))
	}
	return strings.Join(out, ", ")
}

func counted(n int, what string) string {
	if n == 0 {
		return ""
	}
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func activities(list []responder.Activity) string {
	if len(list) == 0 {
		return ""
	}
	a := list[0]
	text := Line(strings.Join(slices.DeleteFunc([]string{a.ServiceName, a.Action, a.Target, a.RemoteAddr},
		func(s string) bool { return s == "" }), " "), 160)
	if len(list) > 1 {
		text += fmt.Sprintf(" and %d more", len(list)-1)
	}
	return text
}

func bounded(lines []string) string {
	if len(lines) > maxEntries {
		lines = append(lines[:maxEntries:maxEntries], fmt.Sprintf("and %d more", len(lines)-maxEntries))
	}
	return strings.Join(lines, "\n")
}
