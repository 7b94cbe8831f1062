// Package extract finds entities in what was written for people, and in JSON of an unknown shape.
//
// in → out: a text, or a decoded JSON value → the attributes in it, marked as extracted.
//
// It is careful: what is a version, a file's name, a package's or an id is left out, and so are the links of an alert into
// consoles and documents. A person who is sent to look into the wrong thing loses more than one who looks for himself.
package extract

import (
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of what is looked at, and found.
const (
	maxText = 256 << 10 // bytes of text, all texts of a value together
	maxMore = 10_000    // values in a JSON value
	maxDeep = 64        // levels of a JSON value
	// maxFound is one more than a report hands out, so that the report says that some were left out.
	maxFound = 257
)

// Text gives the entities of a text, in the order in which they appear.
func Text(text string) []responder.Attribute {
	f := newFinding()
	f.text(text, hint{})
	return f.list
}

// Value gives the entities of a decoded JSON value: lists in their order, the fields of objects by name. The names say
// what a value is, and on which side.
func Value(v any) []responder.Attribute {
	f := newFinding()
	f.walk(v, nil, hint{}, 0)
	return f.list
}

// finding collects what is found, each entity once.
type finding struct {
	list []responder.Attribute
	at   map[[2]string]int
	left int // bytes of text that may still be looked at
	more int // values likewise
}

func newFinding() *finding {
	return &finding{at: map[[2]string]int{}, left: maxText, more: maxMore}
}

func (f *finding) full() bool { return f.left <= 0 || len(f.list) >= maxFound }

// add takes an entity. What was found before takes on what is now said of its role.
func (f *finding) add(kind, value, key string, context ...string) {
	id := [2]string{kind, value}
	if n, ok := f.at[id]; ok {
		for _, c := range context {
			if have := &f.list[n]; c != "" && !have.Match(c) {
				have.Context = append(have.Context, c)
			}
		}
		return
	}
	if len(f.list) >= maxFound {
		return
	}
	context = slices.DeleteFunc(append(context, responder.ContextExtracted), func(c string) bool { return c == "" })
	f.at[id] = len(f.list)
	f.list = append(f.list, responder.Attribute{Type: kind, Value: value, Key: key, Context: context})
}

// text looks at a text, as far as all texts together may be long.
func (f *finding) text(text string, h hint) {
	if len(text) > f.left {
		text = entity.Cut(text[:f.left], f.left)
	}
	f.left -= len(text)
	if trimmed := strings.TrimSpace(text[:min(len(text), 256)]); trimmed != "" && (trimmed[0] == '{' || trimmed[0] == '[') {
		text = unescape(text) // JSON that was cut off, or is too large
	}
	clean, marks := refang(text)
	s := scanner{finding: f, text: clean, marks: marks, hint: h}
	s.scan()
}
