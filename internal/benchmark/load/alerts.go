// Package load is what the benchmarks put on the pipeline: alerts, plugins that answer at once, and the stack around them.
//
// in → out: what is to be measured → messages as senders publish them, and a pipeline that takes them.
package load

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Start is what the clocks of all benchmarks say at first.
var Start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// Alert is the message of one alert: alerts of one incident differ in nothing but their time.
func Alert(incident, attributes int, at time.Time) []byte {
	a := responder.Alert{
		Name: "Credentials used from an unusual place", Rule: "unusual-console-login", Key: fmt.Sprint("incident ", incident),
		Description: "A user signed in from a country in which nobody of the organization was seen before.",
		Source:      "native", Account: "123456789012", Region: "eu-west-1", Severity: 50, Timestamp: responder.Span(at, at),
	}
	for n := range attributes {
		a.Attrs = append(a.Attrs, attribute(incident, n))
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // it has nothing that JSON has not
	}
	return text
}

// attribute is the nth entity of an incident; the four kinds take turns.
func attribute(incident, n int) responder.Attribute {
	id := incident*97 + n
	switch n % 4 {
	case 0:
		return responder.Attribute{Type: responder.TypeIPAddr, Key: "remote address", Context: []string{responder.ContextRemote, responder.ContextClient},
			Value: fmt.Sprintf("198.18.%d.%d", id>>8&255, id&255)}
	case 1:
		return responder.Attribute{Type: responder.TypeUsername, Key: "user", Context: []string{responder.ContextSubject},
			Value: fmt.Sprintf("user-%d@example.com", id)}
	case 2:
		return responder.Attribute{Type: responder.TypeDomain, Key: "its name", Context: []string{responder.ContextRemote},
			Value: fmt.Sprintf("host-%d.example.net", id)}
	}
	return responder.Attribute{Type: responder.TypeAccessKey, Key: "access key", Context: []string{responder.ContextSubject},
		Value: fmt.Sprintf("AKIAEXAMPLE%09d", id)}
}

// Config is a pipeline with two inspectors that look into everything, and an emitter. All answer at once.
func Config() inprocess.Config {
	return inprocess.Config{
		Start: Start,
		Inspectors: []inprocess.Inspector{
			{ID: "reputation", Types: []string{"*"}, Inspector: responder.InspectorFunc(reputation)},
			{ID: "inventory", Types: []string{"*"}, Inspector: responder.InspectorFunc(inventory)},
		},
		Emitters: []inprocess.Emitter{{ID: "chat", Emitter: responder.EmitterFunc(chat)}},
	}
}

// reputation says what is known of a remote entity, and nothing of others.
func reputation(_ context.Context, t responder.Task) (responder.Page, error) {
	if !t.Attribute.Match(responder.ContextRemote) {
		return responder.Page{}, nil
	}
	return responder.Page{
		Title: "Reputation",
		OpponentHosts: []responder.OpponentHost{{
			ID: t.Attribute.Value, Country: []string{"Example Islands"}, ASOwner: []string{"Example Networks Ltd."},
		}},
		Signals: []responder.Signal{{
			Kind: "reputation", Verdict: responder.Suspicious, Score: 60, Source: "Example Intelligence",
			Summary: "Seen in 12 reports of brute force in the last 30 days.", URL: "https://intelligence.example/" + t.Attribute.Value,
		}},
	}, nil
}

// inventory says what is known of one's own users, and nothing of others.
func inventory(_ context.Context, t responder.Task) (responder.Page, error) {
	if t.Attribute.Type != responder.TypeUsername {
		return responder.Page{}, nil
	}
	return responder.Page{
		Title: "Inventory",
		SubjectUsers: []responder.SubjectUser{{UserName: t.Attribute.Value, Activities: []responder.Activity{{
			ServiceName: "console", Action: "sign-in", RemoteAddr: "198.18.0.1", LastSeen: responder.At(Start),
		}}}},
	}, nil
}

// chat posts nowhere, and gives what a chat would give back.
func chat(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	if prev != nil {
		return prev, nil
	}
	return responder.Receipt{"channel": "C0123456789", "ts": "1772600767.000100", "link": "https://chat.example/archives/C0123456789/p1772600767000100"}, nil
}
