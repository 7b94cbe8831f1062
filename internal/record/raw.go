package record

import (
	"encoding/json"
	"slices"

	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxRaw is how large, in bytes, the raw messages of a stored verdict may be together.
const maxRaw = 64 << 10

func rawSize(r responder.Report) int {
	size := len(r.Alert.Raw)
	for _, a := range r.Alerts {
		size += len(a.Raw)
	}
	return size
}

// Whole is a report for people: with the raw messages of its alerts, which its stored verdict may lack, from the
// bodies of the report. An alert is found by all that is not raw; of those that are alike the oldest body is the first
// one's. One whose body is not there, or was cut in the verdict, stays as it is. The given report is not changed.
func Whole(r responder.Report, bodies []store.Body) responder.Report {
	if rawSize(r) > 0 {
		return r
	}
	evidence, _ := Evidence(bodies, nil) // what cannot be read is not shown
	raws := map[string][]string{}
	for _, a := range evidence.Alerts {
		key := name(a)
		raws[key] = append(raws[key], a.Raw)
	}
	if list := raws[name(r.Alert)]; len(list) > 0 {
		r.Alert.Raw = list[0]
	}
	r.Alerts = slices.Clone(r.Alerts)
	for i, a := range r.Alerts {
		key := name(a)
		if list := raws[key]; len(list) > 0 {
			r.Alerts[i].Raw, raws[key] = list[0], list[1:]
		}
	}
	return r
}

// name is all of an alert but its raw message.
func name(a responder.Alert) string {
	a.Raw = ""
	b, _ := json.Marshal(a) // what was decoded from JSON marshals
	return string(b)
}
