package emit

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// outcome is what became of a report that was sent.
type outcome struct {
	Emitter  string            `json:"emitter"`
	Requests int64             `json:"requests"` // how many were made; none: it had nothing to say of this report
	Receipt  responder.Receipt `json:"receipt"`
	Pages    []responder.Page  `json:"pages,omitempty"`
}

func (c *Command) sent(con *console.Console, o outcome) error {
	if con.JSON(c.Output) {
		return json.NewEncoder(con.Out).Encode(o)
	}
	switch {
	case o.Requests == 0:
		fmt.Fprintf(con.Out, "nothing to send: %s has nothing to say of this report, or said it before\n", o.Emitter)
	case o.Emitter == quarantine.ID:
		fmt.Fprintf(con.Out, "%s %s\n", con.Screen.Green("looked"), o.Emitter)
	default:
		fmt.Fprintf(con.Out, "%s %s\n", con.Screen.Green("sent"), o.Emitter)
	}
	if c.Receipt != "" && o.Receipt != nil {
		fmt.Fprintf(con.Out, "the receipt is in %s\n", show.Plain(c.Receipt, 200))
	}
	return printPages(con, o.Pages)
}

func printPages(con *console.Console, pages []responder.Page) error {
	for _, p := range pages {
		if _, err := fmt.Fprintf(con.Out, "\n%s", con.Screen.Page(p)); err != nil {
			return err
		}
	}
	return nil
}

// show prints what would be sent. Where not all went well, it is not known that nothing would be.
func (c *Command) show(con *console.Console, list []request, pages []responder.Page, well bool) error {
	nothing := well && len(list)+len(pages) == 0
	if con.JSON(c.Output) {
		out := json.NewEncoder(con.Out)
		for _, r := range list {
			if err := out.Encode(r); err != nil {
				return err
			}
		}
		for _, p := range pages {
			if err := out.Encode(p); err != nil {
				return err
			}
		}
		if nothing {
			con.Warn("nothing would be sent")
		}
		return nil
	}
	for i, r := range list {
		if i > 0 {
			fmt.Fprintln(con.Out)
		}
		fmt.Fprintf(con.Out, "%s %s\n%s", con.Screen.Bold(r.Method), con.Screen.Dim(show.Plain(r.URL, 300)), body(con.Screen, r.Body))
	}
	if nothing {
		fmt.Fprintln(con.Out, "nothing would be sent")
	}
	return printPages(con, pages)
}

// body draws what people would see of a request, and prints any other one.
func body(s show.Screen, text json.RawMessage) string {
	if len(text) == 0 {
		return ""
	}
	if drawn, ok := s.Message(text); ok {
		return drawn
	}
	pretty, err := json.MarshalIndent(text, "  ", "  ")
	if err != nil {
		return ""
	}
	lines := strings.Split(string(pretty), "\n")
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], "…")
	}
	return "  " + show.Plain(strings.Join(lines, "\n"), 64<<10) + "\n"
}

const maxLines = 200
