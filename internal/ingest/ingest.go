// Package ingest understands messages: what a sender wrote becomes alerts, whatever it is.
//
// in → out: a delivery from AlertQueue → its alerts, normalized and bounded, each with its id and fingerprint.
// What no parser knows is kept as an unparsed alert. A new sender is a file and a line in parsers.go.
package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Incoming is one alert of a delivery.
type Incoming struct {
	// ID names the alert: that of a redelivered or redriven one is the same.
	ID string
	// Fingerprint names the incident: alerts with the same one are one report.
	Fingerprint string
	Alert       responder.Alert
	// Echo says that the alert may come only of what AlertResponder wrote to its source (see internal/ingest/writeback). Who
	// knows all that it says leaves it out. It is in the sender's hand: it alone must make no alert vanish.
	Echo bool
	// SentAt is when the alert was first sent; zero where nothing says so.
	SentAt time.Time
	// Mapped says that a mapping read the alert, and no parser that ships.
	Mapped bool
}

// maxObjects bounds the objects and lists in an event that was sent as a message, which has some dozens: one with more is
// a message of its own.
const maxObjects = 20_000

func (r Reader) alerts(d envelope.Delivery) []Incoming {
	list := whole(d).split()
	id := deliveryID(d, list)
	var out []Incoming
	for _, m := range list {
		for _, one := range r.read(m) {
			in := incoming(one.message, one.alert, id, len(out))
			in.Mapped = one.mapped
			out = append(out, in)
		}
	}
	return out
}

// incoming completes the n-th alert of a delivery.
func incoming(m message, a responder.Alert, delivery string, n int) Incoming {
	a = finish(a, m)
	if a.Key == "" {
		a.Key = ownKey(a, delivery, n)
	}
	return Incoming{
		ID:          entity.ID([]byte("[" + quoted(delivery) + "," + strconv.Itoa(n) + "]")),
		Fingerprint: Fingerprint(a.Rule, a.Key),
		Alert:       a,
		Echo:        m.isEcho(),
		SentAt:      m.sentAt,
	}
}

// nested gives the alerts of an event that was sent as a message: what a function once got, to be tried again.
// Records that cannot be read spoil no other: they are one alert together, which keeps the event.
func (r Reader) nested(d envelope.Delivery, body []byte) (out []Incoming) {
	m, id := whole(d), deliveryID(d, nil)
	ds, _ := envelope.Read(body)
	odd, why := 0, ""
	for n, inner := range ds {
		if inner.Err != nil {
			odd, why = odd+1, or(why, line(inner.Err.Error(), 200))
			continue
		}
		if inner.ID == "" {
			inner.ID = id + "/" + strconv.Itoa(n)
		}
		if inner.FirstSent().IsZero() {
			inner.SentAt = m.sentAt
		}
		out = append(out, r.alerts(inner)...)
	}
	if odd > 0 || len(out) == 0 {
		why = fmt.Sprintf("%d of %d records cannot be read: %s", odd, len(ds), why)
		out = append(out, incoming(m, unparsed(m, why), id, 0))
	}
	return out
}

// Fingerprint names the incident of a rule and a key: the first 128 bits, in base32, of SHA-256 of the compact
// JSON array [rule, key].
func Fingerprint(rule, key string) string { return entity.ID(entity.JSON(rule, key)) }

// ownKey is the key of an alert that has none: what it is about, or else itself. An empty key never lumps
// alerts together.
func ownKey(a responder.Alert, delivery string, n int) string {
	own := "delivery " + delivery + " " + strconv.Itoa(n)
	if len(a.Attrs) > 0 {
		own = "attributes " + pairs(a.Attrs)
	}
	return identity(own, maxKey)
}

// keyOf makes a key of several parts, of which none can be taken for another.
func keyOf(parts ...string) string {
	if strings.Join(parts, "") == "" {
		return ""
	}
	return string(entity.JSON(parts...))
}

func quoted(s string) string {
	text := string(entity.JSON(s))
	return text[1 : len(text)-1]
}
