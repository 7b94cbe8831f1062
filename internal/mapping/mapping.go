// Package mapping reads messages of one's own senders by a file of expressions, without code.
//
// in → out: a mapping file → a Set; a message → its alerts, by the first mapping of the set that knows it.
//
// The file is YAML, or JSON; its expressions are JMESPath. docs/mappings.md describes it. A file is checked whole: its faults
// have lines and columns. What an expression makes of a message is checked value by value: an odd one is an absent one.
package mapping

import (
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Set is the mappings of a file. It can be used by several goroutines at once.
type Set struct {
	mappings []mapping
	warnings []Fault
}

// Sources are the names of the mappings, in the order in which they are asked.
func (s *Set) Sources() (names []string) {
	for _, m := range s.mappings {
		names = append(names, m.source)
	}
	return names
}

// Warnings are what is valid in the file, and perhaps not meant.
func (s *Set) Warnings() []Fault { return s.warnings }

// Fault implements ingest.Mappings: a set is never faulty.
func (s *Set) Fault() string { return "" }

// mapping says which messages it knows, and which of their fields give the fields of an alert.
type mapping struct {
	source string
	topics []string
	whole  *expression // match as one expression
	match  []condition

	alerts                  *expression // the list of alerts in a message; nil where there is one
	name, rule              *expression
	key                     []*expression
	description, link       *expression
	account, region, sample *expression
	severity                *severity
	state                   *state
	init, last              *expression
	layouts                 []string
	attrs                   []attribute
}

// severity is how a sender's severity becomes one from 0 to 100.
type severity struct {
	value    *expression
	words    map[string]float64 // in lower case
	min, max float64            // of the sender's scale
}

// state is which values of an expression say that it is over.
type state struct {
	value    *expression
	resolved []string // in lower case
}

// attribute gives an attribute for each value of its expression.
type attribute struct {
	kind, key string
	value     *expression
	when      *expression // nil: always
	context   []string
}

// Alerts implements ingest.Mappings.
func (s *Set) Alerts(m ingest.Message) []responder.Alert {
	r, ok := s.read(m, false)
	if !ok {
		return nil
	}
	return r.Alerts
}
