package quarantine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// Many reports at once, delivered again and again on a rude memory to functions of their own: never more is done within an
// hour than the ceiling allows, nothing is done twice, and what is not done says so.
func TestTheCeilingHoldsUnderParallelDeliveries(t *testing.T) {
	for _, mode := range []string{"on", "dry-run"} {
		for seed := range uint64(5) {
			s := newStand(t, mode, theRules+"ceiling: 4\n")
			var wg sync.WaitGroup
			said := make([]string, 40)
			for n := range said {
				e := *s.emitter
				e.ledger.Memory = respondertest.RudeMemory(s.memory, seed*100+uint64(n))
				r := urgent(fmt.Sprint("R", n/2), own(responder.TypeInstance, fmt.Sprintf("i-%016x", n/2), "instance"))
				wg.Go(func() {
					for range 200 {
						list, _, err := e.Act(t.Context(), r, nil)
						if err == nil {
							said[n] = titles(list)
							return
						}
						assert.False(t, responder.IsPermanent(err), "%v", err)
					}
					t.Error("never came to an end")
				})
			}
			wg.Wait()
			assert.Empty(t, s.cloud.wrong)
			done, refused := 0, 0
			for _, text := range said {
				switch {
				case strings.Contains(text, "the ceiling of 4 actions per hour is reached"):
					refused++
				case strings.HasPrefix(text, "found isolated"), strings.HasPrefix(text, "found dry-run, nothing was done: would isolate"):
					done++
				default:
					t.Errorf("%q", text)
				}
			}
			assert.Equal(t, 40, done+refused)
			assert.Positive(t, done)
			assert.LessOrEqual(t, done, 2*4, "each was delivered twice")
			assert.LessOrEqual(t, len(s.cloud.shuts), 4)
			assert.True(t, mode == "on" || s.cloud.count("do") == 0)
		}
	}
}

// between is a cloud in which something happens before somebody looks.
type between struct {
	*cloud
	before func()
}

func (b *between) Look(ctx context.Context, t actions.Target, known actions.Before) (actions.Look, error) {
	if do := b.before; do != nil {
		b.before = nil
		do()
	}
	return b.cloud.Look(ctx, t, known)
}

// Who is overtaken after he has read the ledger finds the work of another function of ours, and says whose it is.
func TestOvertakenBeforeTheLook(t *testing.T) {
	s := newStand(t, "on", theRules)
	r := urgent("R1", theInstance())
	first := *s.emitter
	s.hands = &between{s.cloud, func() {
		_, _, err := first.Act(t.Context(), r, nil)
		require.NoError(t, err)
	}}
	list, _, err := s.Act(t.Context(), r, nil)
	require.NoError(t, err)
	assert.Contains(t, titles(list), "found isolated EC2 instance i-0123456789abcdef0")
	assert.Equal(t, 1, s.cloud.count("do"))
}

// hosted is what comes of an actor's pages: they are in the next verdict, which comes at once.
type hosted struct {
	s       *stand
	report  responder.Report
	receipt responder.Receipt
	told    map[[2]string]responder.Page
}

// rest acts until there is nothing else to tell; it says how often it told something.
func (h *hosted) rest(t *rapid.T) (changes int) {
	for range 12 {
		list, receipt, err := h.s.Act(t.Context(), h.report, h.receipt)
		if receipt != nil {
			h.receipt = receipt
		}
		changed := false
		for _, p := range list {
			id := [2]string{p.Attribute.Type, p.Attribute.Value}
			changed = changed || h.told[id].Title != p.Title || h.told[id].Outcome != p.Outcome
			h.told[id] = p
		}
		if !changed {
			if err == nil {
				return changes
			}
			if d, ok := responder.RetryDelay(err); ok {
				h.s.now = h.s.now.Add(d)
			}
			continue
		}
		changes++
		h.report.Seq += 2
		h.report.Inspections = slices.DeleteFunc(h.report.Inspections, func(i responder.Inspection) bool { return i.Inspector == ID })
		for _, p := range h.told {
			h.report.Inspections = append(h.report.Inspections, responder.Inspection{Inspector: ID, Origin: "legacy", Attribute: p.Attribute, Outcome: p.Outcome, Title: p.Title})
		}
	}
	t.Fatalf("the pipeline does not come to rest: %v", h.told)
	return 0
}

// Whatever happens to reports, things and permissions: after it the pages come to rest at once, no thing is shut that a
// person put back for the same report, nothing is done twice, and what is told is what the ledger says.
func TestThePipelineSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStand(t, rapid.SampledFrom([]string{"on", "on", "dry-run"}).Draw(t, "mode"), strings.Replace(theRules, "    signals:", "    older: 168h\n    signals:", 1)+"ceiling: 3\n")
		things := []responder.Attribute{theInstance(), theAddress(), own(responder.TypeInstance, other, "instance"), own(responder.TypeAccessKey, "AKIAIOSFODNN7EXAMPLE", "key")}
		reports := map[string]*hosted{}
		for _, id := range []string{"A", "B"} {
			reports[id] = &hosted{s: s, report: urgent(id, things[rapid.IntRange(0, 3).Draw(t, "first")]), told: map[[2]string]responder.Page{}}
		}
		one := func(t *rapid.T) *hosted { return reports[rapid.SampledFrom([]string{"A", "B"}).Draw(t, "report")] }
		failing := func(err error) func(string) error {
			return func(call string) error {
				if call == "do" {
					return err
				}
				return nil
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"an alert": func(t *rapid.T) {
				h := one(t)
				more := urgent("X", things[rapid.IntRange(0, 3).Draw(t, "thing")])
				more.Alert.Timestamp = responder.Span(s.now, s.now)
				h.report.Alerts = append(h.report.Alerts, more.Alert)
				h.report.Signals = append(h.report.Signals, more.Signals...)
			},
			"a verdict": func(t *rapid.T) {
				one(t).report.Result.Severity = rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Urgent, responder.Safe, responder.Unclassified}).Draw(t, "verdict")
			},
			"evidence": func(t *rapid.T) {
				h := one(t)
				h.report.Truncated = rapid.Bool().Draw(t, "truncated")
				h.report.Inspections = slices.DeleteFunc(h.report.Inspections, func(i responder.Inspection) bool { return i.Inspector == "late" })
				if rapid.Bool().Draw(t, "missing") {
					h.report.Inspections = append(h.report.Inspections, responder.Inspection{Inspector: "late", Outcome: responder.Missing})
				}
			},
			"time": func(t *rapid.T) {
				s.now = s.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			},
			"trouble": func(t *rapid.T) {
				s.cloud.fail = rapid.SampledFrom([]func(string) error{nil, nil, nil, failing(actions.ErrRefused)}).Draw(t, "trouble")
			},
			"a lost answer": func(t *rapid.T) {
				left := 1
				s.cloud.lose = func(call string) error {
					if left--; left >= 0 {
						return errors.New("lost")
					}
					return nil
				}
			},
			"put back": func(t *rapid.T) {
				list, err := s.ledger.List(t.Context(), 20)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					if a.State != ledger.Undone {
						if _, err := s.ledger.Undoing(t.Context(), a.ID, "carol"); err == nil {
							s.cloud.undo(a.Target)
							_ = s.ledger.Undone(t.Context(), a.ID, actions.Done{})
						}
						return
					}
				}
			},
			"": func(t *rapid.T) {
				for _, id := range []string{"A", "B"} {
					assert.LessOrEqual(t, reports[id].rest(t), 3, "verdicts that follow each other")
				}
				assert.Empty(t, s.cloud.wrong)
				assert.True(t, s.on || s.cloud.count("do") == 0)
				list, err := s.ledger.List(t.Context(), 100)
				if err != nil {
					t.Fatal(err)
				}
				undone := map[string]bool{}
				for _, a := range slices.Backward(list) { // the oldest first
					assert.False(t, undone[a.Report+key(a.Target)], "%s has it again", a.Report)
					switch a.State {
					case ledger.Done:
						assert.Equal(t, a.ID, s.cloud.shut[key(a.Target)])
						title := reports[a.Report].told[[2]string{typeOf(a.Target.Kind), a.Target.Value}].Title
						assert.Contains(t, title, "undo "+a.ID)
					case ledger.Undone:
						for _, report := range a.Reports {
							undone[report+key(a.Target)] = true
						}
					}
				}
			},
		})
	})
}

func typeOf(k actions.Kind) string {
	return map[actions.Kind]string{actions.IsolateInstance: responder.TypeInstance, actions.BlockAddress: responder.TypeIPAddr, actions.DeactivateKey: responder.TypeAccessKey}[k]
}

// Texts of alerts, tags and answers do no more than stand in a line.
func TestHostileTexts(t *testing.T) {
	for _, text := range respondertest.Hostile() {
		s := newStand(t, "on", theRules)
		s.cloud.tags = map[string]string{text: text}
		r := urgent("R1", own(responder.TypeBucket, text, text))
		r.Alert.Name, r.Alerts[0].Name = text, text
		list, _, err := s.Act(t.Context(), r, nil)
		require.NoError(t, err)
		for _, p := range list {
			assert.NotContains(t, p.Title, "\n")
			assert.NotContains(t, p.Title, "\x1b")
			assert.LessOrEqual(t, len(p.Title), maxTitle)
			assert.Contains(t, p.Title[:min(len(p.Title), 300)], "undo: alertresponder quarantine undo ", "what counts stands where it is not cut")
		}
	}
}
