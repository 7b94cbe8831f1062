package render

import (
	"math"
	"strconv"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Line makes a text from outside fit to be shown on one line: at most n characters, nothing that controls a terminal or
// hides text, indicators defanged. Escape it for where it goes.
func Line(s string, n int) string { return line(s, n) }

// Value is Line for the value of an attribute: a user, a file's hash, an instance keep their dots.
func Value(a responder.Attribute, n int) string {
	a.Value = intel.Clean(a.Value, n)
	return intel.Clean(defang.Attribute(a), n)
}

// line cleans first: a character that is not seen would part a name that shows as one. What is cut off is cut off before
// more is made of it, so that it costs nothing.
func line(s string, n int) string { return intel.Clean(defang.Text(intel.Clean(s, n)), n) }

// short bounds a text that was made fit to be shown before: a user in it keeps its dots.
func short(s string, n int) string { return intel.Clean(s, n) }

// about is what an attribute is called in a sentence.
func about(a *responder.Attribute) string {
	if a == nil {
		return ""
	}
	return Value(*a, maxEntity)
}

// stamp is a time as it is shown; empty where it is none. It has no seconds: :04: is between colons, as an emoji is.
func stamp(t time.Time) string {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return ""
	}
	return t.Format("2006-01-02 15:04 UTC")
}

// score is one of 0 to 100, whatever it was.
func score(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return math.Round(min(max(f, 0), 100))
}

func number(n int) string { return strconv.Itoa(n) }

// counted is a number of things: 1 finding, 2 findings.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}
