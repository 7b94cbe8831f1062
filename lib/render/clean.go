package render

import (
	"github.com/m-mizutani/AlertResponder/internal/defang"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Line makes a text from outside fit to be shown on one line: at most n characters, nothing that controls a terminal or
// hides text, indicators defanged. Escape it for where it goes.
func Line(s string, n int) string { return line(s, n) }

// Value is Line for the value of an attribute: a user, a file's hash, an instance keep their dots.
func Value(a responder.Attribute, n int) string { return intel.Clean(defang.Attribute(a), n) }

func line(s string, n int) string { return intel.Clean(defang.Text(s), n) }
