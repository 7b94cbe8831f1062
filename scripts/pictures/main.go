// Pictures draws what people see of reports, for the documents.
//
// in → out: reports that are typical → what the emitters that ship send of them → docs/pictures/*.svg.
package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	issue42 := issueOf("urgent")
	return map[string]string{
		"slack-new.svg":         slack("A new alert in Slack, before anybody has looked", []string{"03:02"}, message("new")),
		"slack-urgent.svg":      slack("An urgent verdict in Slack", []string{"03:02"}, message("urgent")),
		"slack-safe.svg":        slack("A safe verdict in Slack", []string{"03:02"}, message("safe")),
		"slack-quarantined.svg": slack("What quarantine did and did not, in Slack", []string{"03:02"}, message("quarantined")),
		"slack-thread.svg":      slack("A correction in the thread of the message, which the channel sees too", []string{"03:10"}, reply("corrected")),
		"github-urgent.svg": issue(issue42.Title, [][2]string{{"alertresponder", "#57606a"}, {"severity: urgent", "#cf222e"}},
			issue42.Body),
	}
}
