package render

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// state is what was shown, so far as the next view needs it. The names are short, since a receipt is.
type state struct {
	V        int                `json:"v"` // of this form
	Seq      int64              `json:"n"`
	Severity responder.Severity `json:"s,omitempty"`
	Title    string             `json:"t,omitempty"`
	Reason   string             `json:"r,omitempty"`
	Link     string             `json:"u,omitempty"`
	Alerts   int64              `json:"a,omitempty"`
	Last     int64              `json:"l,omitempty"` // when the newest alert was seen, in epoch seconds
	Flags    string             `json:"x,omitempty"` // of the letters below

	Facts    [][]string `json:"f,omitempty"`
	Entities [][]string `json:"e,omitempty"`
	Findings [][]string `json:"h,omitempty"` // what Finding has, in its order
	Gaps     [][]string `json:"g,omitempty"`
	Quiet    []string   `json:"q,omitempty"`
	Hidden   []int      `json:"m,omitempty"` // entities, findings, gaps, quiet that are not here

	Named   marks `json:"w,omitempty"` // entities
	Known   marks `json:"k,omitempty"` // findings
	Missing marks `json:"d,omitempty"` // inspectors
	Failed  marks `json:"c,omitempty"`
}

const (
	stateForm = 1
	maxState  = 3000 // bytes, as a text of JSON: quotes and backslashes count double
)

// The letters of Flags.
const (
	flagResolved  = "r"
	flagSample    = "s"
	flagLate      = "l"
	flagTruncated = "t"
)

// marks are hashes of four letters each.
type marks string

const (
	maxKnown    = 100
	maxNames    = 30
	maxEntities = 40  // of one notification
	maxAll      = 100 // entities of all; those beyond are new each time
)

func mark(parts ...string) string {
	h := fnv.New32a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00")) // never fails
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	sum := h.Sum32()
	return string([]byte{letters[sum&63], letters[sum>>6&63], letters[sum>>12&63], letters[(sum>>18^sum>>26)&63]})
}

func (m marks) has(one string) bool {
	for i := 0; i+4 <= len(m); i += 4 {
		if string(m[i:i+4]) == one {
			return true
		}
	}
	return false
}

// full says whether there may be more than is noted.
func (m marks) full(most int) bool { return len(m) >= 4*most }

func (m marks) first(n int) marks { return m[:min(len(m), 4*n)] }

func (m *marks) add(one string, most int) {
	if !m.full(most) {
		*m += marks(one)
	}
}

// parseState reads a state. What it holds was shown before, and is made fit to be shown all the same: it was elsewhere
// since. What is none is the zero state: nothing was shown.
func (o Options) parseState(text string) state {
	var s state
	if len(text) > 2*maxState || json.Unmarshal([]byte(text), &s) != nil || s.V != stateForm {
		return state{}
	}
	s.Severity = known(s.Severity, "")
	s.Title, s.Reason = line(s.Title, maxTitle), line(s.Reason, maxReason)
	s.Alerts, s.Seq, s.Last = max(s.Alerts, 0), max(s.Seq, 0), max(s.Last, 0)
	s.Facts, s.Entities = cleaned(s.Facts, 2), cleaned(s.Entities, 2)
	s.Findings, s.Gaps = cleaned(s.Findings, 6), cleaned(s.Gaps, 4)
	for i, q := range s.Quiet {
		s.Quiet[i] = user(q)
	}
	s.Hidden = append(s.Hidden, 0, 0, 0, 0)[:4]
	for i, n := range s.Hidden {
		s.Hidden[i] = min(max(n, 0), 1<<30)
	}
	return s
}

// cleaned are rows of so many texts.
func cleaned(rows [][]string, n int) [][]string {
	for i, r := range rows {
		r = append(r, make([]string, n)...)[:n]
		for j, s := range r {
			if r[j] = line(s, maxValue); j == 1 { // an entity, or the value of a fact
				r[j] = user(s)
			}
		}
		rows[i] = r
	}
	return rows
}

// user cleans what may be the name of a user, with dots in it.
func user(s string) string {
	return Value(responder.Attribute{Type: responder.TypeUsername, Value: s}, maxValue)
}

func (s state) wasShown() bool { return s.V == stateForm }

func (s state) has(flag string) bool { return strings.Contains(s.Flags, flag) }

// String is the state as it is kept: the most of it that fits.
func (s state) String() string {
	text := ""
	for _, step := range []size{
		{160, 500, 8, 8, 6, 6}, {120, 300, 8, 6, 5, 5}, {80, 200, 7, 5, 4, 4}, {60, 120, 6, 4, 3, 3}, {40, 80, 5, 3, 2, 2}, {20, 40, 3, 1, 1, 1}, {8, 20, 0, 0, 0, 0},
	} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s.cut(step)) // strings and numbers always marshal
		text = strings.TrimSpace(b.String())
		if quoted, _ := json.Marshal(text); len(quoted) <= maxState {
			break
		}
	}
	return text
}

// size is how much of a state is kept: characters of a text and of the reason, and entries of lists.
type size struct{ text, reason, facts, entities, findings, gaps int }

func (s state) cut(to size) state {
	s.Title, s.Reason = short(s.Title, to.text), short(s.Reason, to.reason)
	if len(s.Link) > 2*to.text {
		s.Link = ""
	}
	s.Hidden = slices.Clone(s.Hidden)
	s.Facts = shorter(s.Facts, to.facts, to.text, nil)
	s.Entities = shorter(s.Entities, to.entities, to.text, &s.Hidden[0])
	s.Findings = shorter(s.Findings, to.findings, to.text, &s.Hidden[1])
	s.Gaps = shorter(s.Gaps, to.gaps, to.text, &s.Hidden[2])
	var quiet []string
	for _, q := range s.Quiet[:min(len(s.Quiet), to.gaps)] {
		quiet = append(quiet, short(q, to.text))
	}
	s.Hidden[3] += len(s.Quiet) - len(quiet)
	s.Quiet = quiet
	return s
}

// shorter gives n rows, with short texts, and adds those that are left out to more.
func shorter(rows [][]string, n, text int, more *int) (out [][]string) {
	for _, r := range rows[:min(len(rows), n)] {
		row := make([]string, len(r))
		for i, s := range r {
			row[i] = short(s, text)
		}
		out = append(out, row)
	}
	if more != nil {
		*more += len(rows) - len(out)
	}
	return out
}
