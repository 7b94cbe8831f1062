package crash

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// point is where a process is killed.
type point struct {
	function string
	nth      int // of its calls about the incident since the scenario's last step, from 1
	what     fate
}

func (p point) String() string { return fmt.Sprintf("%s call %d %s", p.function, p.nth, p.what) }

// incident is a scenario on its way: where processes are killed, and what was seen of it.
type incident struct {
	scenario
	key, fingerprint string
	points           []point

	mu       sync.Mutex
	began    bool                // the last step
	calls    map[string][]string // since then, by function
	killed   []point
	verdicts map[int64]string // as published, by seq
	shown    map[int64]responder.Report
	broken   []string
}

const rule = "crash-test"

// run is part of each rule: an engine may have been used before.
var (
	run    = rand.Text()
	number atomic.Int64
)

func newIncident(s scenario, points ...point) *incident {
	key := fmt.Sprint(s.name, " ", number.Add(1))
	return &incident{
		scenario: s, key: key, fingerprint: ingest.Fingerprint(rule+run, key), points: points,
		calls: map[string][]string{}, verdicts: map[int64]string{}, shown: map[int64]responder.Report{},
	}
}

// String is for who has to find out what went wrong.
func (in *incident) String() string {
	calls := in.counted()
	words := []string{in.key}
	for n, p := range in.points {
		word := []string{": ", ", "}[min(n, 1)] + p.String()
		if names := calls[p.function]; len(names) >= p.nth {
			word += " (" + names[p.nth-1] + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, "")
}

// counted are the calls so far, by function.
func (in *incident) counted() map[string][]string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return maps.Clone(in.calls)
}

// judge counts a call, and says what becomes of it.
func (in *incident) judge(c call) fate {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.began {
		return passes
	}
	in.calls[c.function] = append(in.calls[c.function], c.name)
	for _, p := range in.points {
		if p.function == c.function && p.nth == len(in.calls[c.function]) {
			in.killed = append(in.killed, p)
			return p.what
		}
	}
	return passes
}

// witness looks at a call that was done: what is published, and what the example emitter shows.
func (in *incident) witness(c call) {
	switch c.name {
	case "Publish ReportNotification":
		in.published(c.text)
	case "PutItem Reports":
		var put struct {
			Item struct{ Report struct{ S string } }
		}
		var r responder.Report
		if json.Unmarshal([]byte(c.text), &put) != nil || json.Unmarshal([]byte(put.Item.Report.S), &r) != nil {
			in.fail("what the emitter shows cannot be read")
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.shown[r.Seq] = r
	}
}

func (in *incident) published(message string) {
	var r responder.Report
	if err := json.Unmarshal([]byte(message), &r); err != nil {
		in.fail("report: %v", err)
	}
	if r.Status != responder.StatusPublished {
		return
	}
	in.mu.Lock()
	was, ok := in.verdicts[r.Seq]
	in.verdicts[r.Seq] = message
	in.mu.Unlock()
	if ok && was != message {
		in.fail("seq %d has two contents", r.Seq)
	}
}

func (in *incident) fail(format string, args ...any) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(in.broken, text) {
		in.broken = append(in.broken, text)
	}
}

// begin has the calls counted from now on.
func (in *incident) begin() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.began = true
}

// shows says whether the emitter shows more verdicts than so many.
func (in *incident) shows(more int) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, r := range in.shown {
		if r.Status == responder.StatusPublished {
			more--
		}
	}
	return more < 0
}

// through says that all points were reached, and more verdicts are published than so many.
func (in *incident) through(more int) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.reached() && len(in.verdicts) > more
}

func (in *incident) reached() bool { return len(in.killed) == len(in.points) }

// missed says that a point was not reached.
func (in *incident) missed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return !in.reached()
}
