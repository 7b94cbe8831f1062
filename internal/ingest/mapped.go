package ingest

import (
	"github.com/m-mizutani/AlertResponder/internal/bound"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Message is a message as mappings see it.
type Message struct {
	Doc   map[string]any // as decoded, with json.Number; nil where the message is no JSON object. It is not to be changed
	Topic string         // ARN of the topic, else of the queue; empty where neither is known
}

// Mappings read messages of senders that no parser knows.
//
// Alerts gives the alerts of a message, or none where no mapping knows it. Their Raw is the part of the message that they are
// of, or empty for all of it.
//
// Fault says why there are no mappings to be asked, for people; empty where all is well.
type Mappings interface {
	Alerts(m Message) []responder.Alert
	Fault() string
}

// Reader understands messages. The zero value has the parsers that ship, and nothing else.
type Reader struct {
	// Mappings are asked before those parsers: what somebody wrote down for a message is meant. May be nil.
	Mappings Mappings
}

// Alerts gives the alerts of a delivery, at least one. It never fails: what cannot be understood is kept.
func (r Reader) Alerts(d envelope.Delivery) []Incoming {
	if body := []byte(d.Body); bound.Objects(d.Body) <= maxObjects && envelope.IsEvent(body) {
		return r.nested(d, body)
	}
	return r.alerts(d)
}

// Alerts gives the alerts of a delivery by the parsers that ship.
func Alerts(d envelope.Delivery) []Incoming { return Reader{}.Alerts(d) }

// understood is an alert with the message that it is of.
type understood struct {
	message
	alert  responder.Alert
	mapped bool // by a mapping, and no parser that ships
}

// read gives the alerts of a message, at least one. Mappings see it before anything takes it apart, and the parts of an answer
// of GetFindings too.
func (r Reader) read(m message) []understood {
	out := r.mapped(m)
	if len(out) > 0 {
		return out
	}
	if list := m.findings(); len(list) > 0 && list[0].outer != nil {
		for _, part := range list {
			out = append(out, r.read(part)...)
		}
		return out
	}
	for _, part := range m.parts() {
		out = append(out, understood{message: part, alert: r.parse(part)})
	}
	return out
}

func (r Reader) mapped(m message) (out []understood) {
	if r.Mappings == nil || m.doc == nil {
		return nil
	}
	for _, a := range r.Mappings.Alerts(Message{Doc: m.doc, Topic: m.topic}) {
		part := m
		part.text = or(a.Raw, m.text)
		out = append(out, understood{message: part, alert: a, mapped: true})
	}
	return out
}

// parse gives the alert of one message by the parsers that ship. Where none knows the sender and the mappings are at fault, that
// is said: perhaps one of them would.
func (r Reader) parse(m message) responder.Alert {
	a := m.parse()
	if a.Source == "unknown" && r.Mappings != nil && r.Mappings.Fault() != "" {
		a.Description = line(r.Mappings.Fault(), 500) + ": " + a.Description
	}
	return a
}
