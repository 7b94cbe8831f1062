package yamlfile

import (
	"strconv"
	"strings"
)

// syntax is an error of the YAML library, which names the line in its text, and no column.
func syntax(err error, file []byte) Fault {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	f := Fault{Line: 1, Column: 1, Text: "YAML: " + text}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			f.Line, f.Text = n, "YAML: "+what
		}
		text = what
	}
	if hint, ok := unbalanced[text]; ok {
		// What the parser misses it tells by where the list or table begins, and counts lines from 0.
		if f.Line > 1 || strings.HasPrefix(err.Error(), "yaml: line ") {
			f.Line++
		}
		f.Text += ": " + hint
	}
	if strings.HasSuffix(text, "cannot start any token") {
		f.Text += ": " + badStart(file, f.Line)
	}
	return f
}

// unbalanced is what people did where the YAML library misses something.
var unbalanced = map[string]string{
	"did not find expected '-' indicator": "a line of the list that begins here is indented differently",
	"did not find expected key":           "a line of the table that begins here is indented differently",
	"did not find expected ',' or ']'":    "the [ that begins here is not closed",
	"did not find expected ',' or '}'":    "the { that begins here is not closed",
}

// badStart says which character it is, as far as it can be known.
func badStart(file []byte, line int) string {
	lines := strings.Split(string(file), "\n")
	if line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[line-1], " "), "\t") {
		return "a tab, expected spaces"
	}
	return "what begins with @, % or ` needs quotes"
}
