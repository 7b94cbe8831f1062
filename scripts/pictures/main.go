// Pictures draws what people see of reports, for the documents.
//
// in → out: reports that are typical → docs/pictures/*.svg, by the same package that emitters use.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

func main() {
	if err := draw("docs/pictures"); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func draw(dir string) error {
	for name, svg := range pictures() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pictures are all of them, by the names of their files.
func pictures() map[string]string {
	message := func(name string) render.SlackMessage { return view(name).Slack() }
	change, _ := view("corrected").SlackChange()
	thread := append([]render.SlackMessage{change}, view("corrected").SlackDetails()...)
	times := make([]string, len(thread))
	for i := range times {
		times[i] = "03:10"
	}
	return map[string]string{
		"slack-new.svg":         slack("A new alert in Slack, before anybody has looked", []string{"03:02"}, message("new")),
		"slack-urgent.svg":      slack("An urgent verdict in Slack", []string{"03:02"}, message("urgent")),
		"slack-safe.svg":        slack("A safe verdict in Slack", []string{"03:02"}, message("safe")),
		"slack-quarantined.svg": slack("What quarantine would do, in Slack", []string{"03:02"}, message("quarantined")),
		"slack-thread.svg":      slack("A correction, and the details, in the thread of the message", times, thread...),
		"github-urgent.svg": issue(view("urgent").Title, [][2]string{{"alertresponder", "#57606a"}, {"severity: urgent", "#cf222e"}},
			view("urgent").Markdown(60_000)),
	}
}

func view(name string) render.View { return rendertest.Named(name).View(rendertest.Options()) }
