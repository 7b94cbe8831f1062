// Package ledger is what quarantine did, and how everything was before.
//
// in → out: a target → what stands for it (Find); an action on it, recorded before it is done (Begin, Again), its end (Done,
// Failed), and that it was put back (Undoing, Undone). All of it in a responder.Memory, which all functions share.
//
// There is one item for each target, so that two reports can never both act on it: that an action begins, and how its target
// was before, is one Swap. The index has the actions by their time: the ceiling counts there, and List reads it.
package ledger

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// State is how far an action is.
type State string

// The states, in their order. Nothing goes back, but that a new action on the same target may follow one that is over.
const (
	Doing   State = "doing"   // recorded; it may have been done, in part or whole
	Done    State = "done"    //
	Failed  State = "failed"  // given up: trying again will not mend it
	Undoing State = "undoing" // somebody puts it back; that may have happened, in part or whole
	Undone  State = "undone"  //
)

// Action is something that quarantine did.
type Action struct {
	ID     string         `json:"id"`
	State  State          `json:"state"`
	Target actions.Target `json:"target"`
	ARN    string         `json:"arn,omitempty"`
	Name   string         `json:"name,omitempty"`
	Before actions.Before `json:"before,omitempty"`

	// Report is the one that it was done for, and Reports all that asked for it since.
	Report  string   `json:"report"`
	Reports []string `json:"reports,omitempty"`
	Alert   string   `json:"alert,omitempty"` // its title
	Rule    string   `json:"rule"`
	Why     string   `json:"why"`

	At     time.Time `json:"at"`
	Tried  time.Time `json:"tried"` // when it was last begun
	Ended  time.Time `json:"ended,omitzero"`
	Undone time.Time `json:"undone_at,omitzero"`
	By     string    `json:"undone_by,omitempty"`

	Tries    int      `json:"tries,omitempty"`
	Did      []string `json:"did,omitempty"`
	Left     []string `json:"left,omitempty"`
	Warnings []string `json:"warnings,omitempty"` // what it does not stop, and may break
	Error    string   `json:"error,omitempty"`
}

// The bounds of what is kept.
const (
	maxReports = 100
	maxPast    = 10
	maxText    = 500 // bytes of each text
	maxLines   = 20
)

// item is what is kept of a target.
type item struct {
	V      int      `json:"v"`
	Writer string   `json:"writer"` // who wrote this version: whose answer was lost finds its own again
	N      int      `json:"n"`      // of the last action
	Last   Action   `json:"last"`
	Past   []Action `json:"past,omitempty"` // earlier ones, without what was before
}

func (l Ledger) prefix() string {
	if l.Dry != "" {
		return "quarantine#dry#"
	}
	return "quarantine#"
}

// fitting is the item as it is kept; the oldest actions are left out where there is no room.
func (i item) fitting() ([]byte, error) {
	for {
		text, err := json.Marshal(i)
		if err != nil || len(text) <= responder.MaxRemembered || len(i.Past) == 0 {
			return text, err
		}
		i.Past = i.Past[1:]
	}
}

// past is what is kept of an action when there is another one on its target.
func (a Action) past() Action {
	a.Before, a.Left, a.Warnings = nil, nil, nil
	a.Did = a.Did[:min(len(a.Did), 3)]
	return a
}

var base32ID = base32.StdEncoding.WithPadding(base32.NoPadding)

// hash names a target. It is one wherever alerts say that it is, and however it is acted on.
func (l Ledger) hash(t actions.Target) string {
	text, _ := json.Marshal([]string{string(t.Kind), t.Value, t.Account, l.Dry}) // strings always marshal
	sum := sha256.Sum256(text)
	return strings.ToLower(base32ID.EncodeToString(sum[:10]))
}

func (l Ledger) key(hash string) string { return l.prefix() + "target#" + hash }

func id(hash string, n int) string { return fmt.Sprintf("%s-%d", hash, n) }

// parse takes an id apart: whoever holds it finds the item.
func parse(id string) (hash string, n int, err error) {
	hash, number, ok := strings.Cut(id, "-")
	n, bad := strconv.Atoi(number)
	if !ok || bad != nil || n < 1 || len(hash) != 16 || strings.Trim(hash, "abcdefghijklmnopqrstuvwxyz234567") != "" || id != hash+"-"+strconv.Itoa(n) {
		return "", 0, fmt.Errorf("id %.80q: expected one as the report or the list has it, such as k3jq7f3a2c5b4dxy-1", id)
	}
	return hash, n, nil
}

// Holds says whether an action stands in the way of another one on its target: it is done, or may be.
func (a Action) Holds() bool {
	// Of more than one try nobody knows whether the first did something: its function may have died.
	return a.ID != "" && a.State != Undone && !(a.State == Failed && len(a.Did) == 0 && a.Tries <= 1)
}

// Asked says whether a report has had its action on the target. It does not get another one, also when somebody put it back.
func (a Action) Asked(report string) bool { return slices.Contains(a.Reports, report) }

func (a *Action) asked(report string) {
	if !a.Asked(report) {
		a.Reports = append(a.Reports, report)
	}
	if n := len(a.Reports) - maxReports; n > 0 {
		a.Reports = slices.Clone(a.Reports[n:])
	}
}

// note keeps what was done so far. A later attempt may find nothing left to do.
func (a *Action) note(d actions.Done, err error) {
	a.Did, a.Left = union(a.Did, d.Did), bounded(d.Left)
	if a.Error = ""; err != nil {
		a.Error = cut(err.Error())
	}
}

func union(was, more []string) []string {
	for _, s := range bounded(more) {
		if !slices.Contains(was, s) && len(was) < maxLines {
			was = append(was, s)
		}
	}
	return was
}

func bounded(list []string) (out []string) {
	for _, s := range list[:min(len(list), maxLines)] {
		out = append(out, cut(s))
	}
	return out
}

func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// The kinds of errors. Any other is of the Memory, and worth another try.
var (
	// ErrCeiling: there were as many actions within the hour as are allowed.
	ErrCeiling = errors.New("the ceiling of actions per hour is reached")
	// ErrOvertaken: somebody else changed what stands for the target. Find says what it is now.
	ErrOvertaken = errors.New("somebody else was faster")
	// ErrBusy: the function may be at it right now.
	ErrBusy = errors.New("it is being done right now")
	// ErrState: it is not in a state in which this can be.
	ErrState = errors.New("not possible now")
)

// IsID says whether a text can be an action's id.
func IsID(s string) bool {
	_, _, err := parse(s)
	return err == nil
}
