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

func withoutRaw(r responder.Report) responder.Report {
	r.Alert.Raw = ""
	r.Alerts = slices.Clone(r.Alerts)
	for i := range r.Alerts {
		r.Alerts[i].Raw = ""
	}
	return r
}

// Whole is a report with the raw messages of its alerts, which its stored verdict may lack: they are in the
// bodies. An alert is found by all that is not raw; one whose body is not there stays as it is.
func Whole(r responder.Report, bodies []store.Body) responder.Report {
	if rawSize(r) > 0 || len(r.Alerts) == 0 {
		return r
	}
	evidence, _ := Evidence(bodies, nil) // what cannot be read is not shown
	raws := map[string][]string{}
	for _, a := range evidence.Alerts {
		key := name(a)
		raws[key] = append(raws[key], a.Raw)
	}
	r.Alerts = slices.Clone(r.Alerts)
	for i, a := range r.Alerts {
		key := name(a)
		if list := raws[key]; len(list) > 0 {
			r.Alerts[i].Raw = list[0]
			raws[key] = list[1:]
		}
	}
	if name(r.Alert) == name(r.Alerts[0]) {
		r.Alert.Raw = r.Alerts[0].Raw
	}
	return r
}

// name is all of an alert but its raw message.
func name(a responder.Alert) string {
	a.Raw = ""
	b, _ := json.Marshal(a) // what was decoded from JSON marshals
	return string(b)
}
