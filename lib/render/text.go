package render

import "strings"

// Text is the view as plain text, for a mail or a terminal: at most n bytes.
func (v View) Text(n int) string {
	s := v.Headline() + "\n" + strings.Join(v.Reason, "\n")
	return s[:min(len(s), n)]
}

// Headline says the most important thing on one line of at most 200 characters: URGENT: <title>.
func (v View) Headline() string { return strings.ToUpper(string(v.Severity)) + ": " + v.Title }
