package pagerduty

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Whether an incident is open, as far as it is known here.
const (
	no    = ""
	yes   = "yes"
	maybe = "maybe"
)

// memory is what is remembered of a report, in its receipt.
type memory struct {
	state   string // of what people know, for render
	open    string
	verdict int64  // seq of the last one that came
	owed    action // of the last verdict, which could not be told
	told    marks  // of what matters
}

// The names in the receipt.
const (
	keyState   = "state"
	keyOpen    = "open"
	keyVerdict = "verdict"
	keyOwed    = "owed"
	keyTold    = "told"
)

// readMemory reads a receipt. What it cannot have written counts as not known.
func readMemory(r responder.Receipt) memory {
	m := memory{state: r[keyState], open: r[keyOpen], owed: action(r[keyOwed]), told: marks(r[keyTold])}
	if m.open != no && m.open != yes {
		m.open = maybe
	}
	if m.owed != trigger && m.owed != resolve {
		m.owed = nothing
	}
	if verdict, err := strconv.ParseInt(r[keyVerdict], 10, 64); err == nil {
		m.verdict = max(verdict, 0)
	}
	return m
}

func (m memory) receipt() responder.Receipt {
	r := responder.Receipt{}
	for name, value := range map[string]string{keyState: m.state, keyOpen: m.open, keyOwed: string(m.owed), keyTold: string(m.told)} {
		if value != "" {
			r[name] = value
		}
	}
	if m.verdict > 0 {
		r[keyVerdict] = strconv.FormatInt(m.verdict, 10)
	}
	return r
}

// marks are hashes of four letters each.
type marks string

// maxMarks bounds them: with what render remembers they fit into a receipt of 4 KB. Nobody is told of more than that, as
// long as the incident is open.
const maxMarks = 100

func mark(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:3])
}

// has says whether nothing of a list is new.
func (m marks) has(list ...string) bool {
	for _, one := range list {
		if !m.holds(one) && len(m) < 4*maxMarks {
			return false
		}
	}
	return true
}

func (m marks) holds(one string) bool {
	for i := 0; i+4 <= len(m); i += 4 {
		if string(m[i:i+4]) == one {
			return true
		}
	}
	return false
}

func (m *marks) add(list ...string) {
	for _, one := range list {
		if !m.holds(one) && len(*m) < 4*maxMarks {
			*m += marks(one)
		}
	}
}
