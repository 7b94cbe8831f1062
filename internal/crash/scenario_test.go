package crash

import (
	"fmt"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// scenario is what happens to an incident; processes are killed from its last step on.
type scenario struct {
	name  string
	steps []step
	burst bool // the steps wait for nothing
}

// step is an alert with these attributes, or the page of the inspector that was missing. Each waits for a verdict on the
// previous one.
type step struct {
	attrs  []responder.Attribute
	late   bool
	repeat bool // the alert says nothing new: it is counted
}

var (
	attacker = responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.7", Context: []string{responder.ContextRemote}}
	another  = responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.8", Context: []string{responder.ContextRemote}}
	unknown  = responder.Attribute{Type: responder.TypeIPAddr, Value: "192.0.2.9", Context: []string{responder.ContextRemote}}
	domain   = responder.Attribute{Type: responder.TypeDomain, Value: "crash.example"} // whose inspector never answers by itself
)

// absent is the inspector of domains.
const absent = "absent"

func first(attrs ...responder.Attribute) step { return step{attrs: attrs} }

var scenarios = []scenario{
	{name: "a new alert", steps: []step{first(attacker, unknown)}},
	{name: "another alert joins, and the emitter updates", steps: []step{first(attacker), first(attacker, another)}},
	{name: "a repeat", steps: []step{first(attacker), {attrs: []responder.Attribute{attacker}, repeat: true}}},
	{name: "an inspector is missing at the deadline", steps: []step{first(attacker, domain)}},
	{name: "a page comes after the deadline", steps: []step{first(attacker, domain), {late: true}}},
}

// delayed has its tasks wait in InspectionQueue, where the settings say so.
var delayed = scenario{name: "an inspection delay", steps: []step{first(attacker)}}

// storm is an incident of so many alerts at once, each with an attribute of its own.
func storm(alerts int) scenario {
	s := scenario{name: "a storm in batches", burst: true, steps: []step{first(attacker)}}
	for n := range alerts - 1 {
		a := unknown
		a.Value = fmt.Sprintf("192.0.2.%d", 10+n)
		s.steps = append(s.steps, first(a))
	}
	return s
}

// alerts is how many of the scenario's alerts are evidence, and how many are repeats.
func (s scenario) alerts() (evidence, repeats int) {
	for _, step := range s.steps {
		switch {
		case step.repeat:
			repeats++
		case !step.late:
			evidence++
		}
	}
	return evidence, repeats
}

// said is what an inspector said of an attribute.
type said struct {
	inspector, value string
	outcome          responder.Outcome
}

// inspected is who must have said what of which attribute in the end.
func (s scenario) inspected() map[said]bool {
	all := map[said]bool{}
	for _, step := range s.steps {
		for _, a := range step.attrs {
			switch {
			case a.Type == domain.Type:
				all[said{absent, "", responder.Missing}] = true
			case strings.HasPrefix(a.Value, "192.0.2."):
				all[said{"tester", a.Value, responder.Nothing}] = true
			default:
				all[said{"tester", a.Value, responder.Found}] = true
			}
		}
		if step.late {
			delete(all, said{absent, "", responder.Missing})
			all[said{absent, domain.Value, responder.Found}] = true
		}
	}
	return all
}
