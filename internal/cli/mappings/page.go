package mappings

import (
	"fmt"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// page is an alert of a sample for people: what it became, then what each expression gave.
func page(s show.Screen, r Row) string {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", label, s.Wrap(show.Plain(text, 500), 15))
		}
	}
	if r.Mapping == "" {
		fmt.Fprintf(&b, "%s  %s\n", s.Bold(console.Name(r.Sample)), s.Red("no mapping"))
	} else {
		fmt.Fprintf(&b, "%s  %s\n", s.Bold(console.Name(r.Sample)), s.Green(r.Mapping))
	}
	a := r.Alert
	line("name", a.Name)
	line("rule", a.Rule)
	line("key", a.Key)
	line("fingerprint", r.Fingerprint)
	line("description", a.Description)
	line("severity", fmt.Sprintf("%.4g", a.Severity))
	line("state", string(a.State.OrFiring()))
	if a.Sample {
		line("sample", "true")
	}
	line("account", strings.TrimSpace(a.Account+" "+a.Region))
	line("time", strings.Trim(stamp(a.Timestamp.InitTime())+" – "+stamp(a.Timestamp.LastTime()), " –"))
	line("link", a.Link)
	for _, at := range a.Attrs {
		line("attribute", attribute(at))
	}
	for _, e := range r.Expressions {
		gave := s.Dim("gave ") + show.Plain(e.Value, 200)
		if e.Value == "" {
			gave = s.Yellow("gave nothing: " + show.Plain(e.Why, 200))
			if e.Why == "nothing" {
				gave = s.Yellow("gave nothing")
			}
		}
		fmt.Fprintf(&b, "  %s %s\n", s.Dim(fmt.Sprintf("%4d", e.Line)), s.Wrap(fmt.Sprintf("%s: %s  %s", e.Field, show.Plain(e.Expression, 200), gave), 9))
	}
	return b.String()
}

func attribute(a responder.Attribute) string {
	text := a.Type + " " + a.Value
	if a.Key != "" && a.Key != a.Type {
		text += ", " + a.Key
	}
	if len(a.Context) > 0 {
		text += " (" + strings.Join(a.Context, " ") + ")"
	}
	return text
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
