package show

import (
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Line makes outside text safe to show on one line: at most n characters, … where it was cut; no control or
// format characters, which a terminal obeys or which reorder what a person reads; indicators defanged.
func Line(s string, n int) string {
	return cut(defang.Text(printable(entity.Cut(s, 8*n), false)), n)
}

// Value is Line for the value of an attribute. What is no indicator keeps its dots: a user, a file's hash.
func Value(a responder.Attribute, n int) string {
	switch a.Type {
	case responder.TypeUsername, responder.TypeFileHash, responder.TypeInstance, responder.TypeAccessKey, responder.TypeBucket:
		return Name(a.Value, n)
	}
	return Line(a.Value, n)
}

// Name is Line for what is no indicator, and has dots nevertheless; unless it is a link.
func Name(s string, n int) string {
	if strings.Contains(s, "://") {
		return Line(s, n)
	}
	return cut(printable(entity.Cut(s, 8*n), false), n)
}

// Lines is Line for a text of several lines, and at most so many of them.
func Lines(s string, n, lines int) string {
	text := cut(defang.Text(printable(strings.TrimSpace(entity.Cut(s, 8*n)), true)), n)
	parts := strings.Split(text, "\n")
	if len(parts) > lines {
		parts = append(parts[:lines], "…")
	}
	return strings.Join(parts, "\n")
}

// Plain is Line for text that a person has to be able to copy, such as a file name: not defanged, and longer
// lines stay lines.
func Plain(s string, n int) string {
	return cut(printable(entity.Cut(s, 8*n), true), n)
}

func printable(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t':
			return ' '
		case r == '\r':
			return -1
		case unsafe(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// unsafe are control characters, those that reorder or hide text, and those that break lines unseen.
func unsafe(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:max(n-1, 0)]) + "…"
	}
	return s
}
