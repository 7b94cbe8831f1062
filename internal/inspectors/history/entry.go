package history

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// version of the entries that this release writes. It reads those of its neighbours: functions are updated one by one.
const version = 1

// entry is what is remembered of an attribute.
type entry struct {
	V int `json:"v"`
	// First and Last are when the first and the last report with it were opened.
	First responder.Time `json:"first,omitzero"`
	Last  responder.Time `json:"last,omitzero"`
	// Total counts all reports, also those of which nothing else is known any more.
	Total counts `json:"total"`
	// Reports are the latest, in the order in which they were first told.
	Reports []row `json:"reports,omitempty"`
	// Older are those that were among them, so that none is counted twice: a letter for the verdict, a hash
	// of the id, the seq.
	Older []string `json:"older,omitempty"`
}

type counts struct {
	Safe         int `json:"safe,omitempty"`
	Unclassified int `json:"unclassified,omitempty"`
	Urgent       int `json:"urgent,omitempty"`
}

func (c *counts) add(s responder.Severity, n int) {
	switch s {
	case responder.Safe:
		c.Safe += n
	case responder.Urgent:
		c.Urgent += n
	default:
		c.Unclassified += n
	}
}

func (c counts) all() int { return c.Safe + c.Unclassified + c.Urgent }

// row is what one report said.
type row struct {
	ID       string             `json:"id"`
	Title    string             `json:"title,omitempty"`
	Rule     string             `json:"rule"` // a hash, as of ruleOf: all alerts of a report are of one rule
	Severity responder.Severity `json:"severity"`
	Level    float64            `json:"level,omitempty"` // the severity of its alerts, as their sender said
	OpenedAt responder.Time     `json:"opened_at,omitzero"`
	Seq      int64              `json:"seq"`
	// Local: the attribute was on one's own side.
	Local bool `json:"local,omitempty"`
	// Accused: somebody said of it that it is bad, or the report was urgent and nobody said of what.
	Accused bool `json:"accused,omitempty"`
	// Void: safe, but only because history said harmless, or in a report that is not whole. It proves nothing.
	Void bool `json:"void,omitempty"`
}

// keyOf is where the entry of an attribute is.
func keyOf(a responder.Attribute) string {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode([]string{a.Type, a.Value}) // strings always marshal
	sum := sha256.Sum256([]byte(strings.TrimSuffix(text.String(), "\n")))
	return ID + "#" + intel.Clean(a.Type, maxType) + "#" + hex.EncodeToString(sum[:16])
}

// isKept: whole documents are no entities, and what has no value is nobody.
func isKept(a responder.Attribute) bool {
	return a.Type != responder.TypeJSON && strings.TrimSpace(a.Type) != "" && strings.TrimSpace(a.Value) != ""
}

// hash names a rule or a report in few bytes.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

// read gives what is remembered; the zero entry where nothing is, or where it has expired.
func read(e responder.Entry, now time.Time) (entry, error) {
	if e.Ver == 0 || !now.Before(e.Expires) {
		return entry{}, nil
	}
	var out entry
	if err := json.Unmarshal(e.Value, &out); err != nil {
		return entry{}, responder.Permanent(fmt.Errorf("what is remembered cannot be read: %w", err))
	}
	if out.V < 1 || out.V > version+1 {
		return entry{}, responder.Permanent(fmt.Errorf("what is remembered is of version %d, expected 1 to %d", out.V, version+1))
	}
	return out, nil
}

// ruleOf is the rule of an alert, in few bytes. Its name is the sender's: what others call so is another one.
func ruleOf(a responder.Alert) string { return hash(a.Source + "\x00" + a.Rule) }

func (e entry) text() []byte {
	e.V = version
	b, _ := json.Marshal(e) // texts, numbers and times always marshal
	return b
}
