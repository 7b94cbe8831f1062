package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/load"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// chance decides what goes wrong. It may be asked by several goroutines at once.
type chance struct {
	mu     sync.Mutex
	source *rand.Rand
}

// upTo is one of 0 … n-1.
func (c *chance) upTo(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source.IntN(n)
}

// recent is how many of the last incidents are repeated.
const recent = 200

// mixed is what senders send: mostly new incidents, repeats of recent ones, and now and then something odd.
type mixed struct {
	*chance
	incidents int
}

// message is the next one.
func (m *mixed) message(now time.Time) []byte {
	switch n := m.upTo(100); {
	case n < 55:
		m.incidents++
		return load.Alert(m.incidents, load.Attributes, now)
	case n < 85:
		return load.Alert(m.incidents-m.upTo(min(recent, m.incidents+1)), load.Attributes, now)
	case n < 90: // more attributes than the incident had
		return load.Alert(m.incidents-m.upTo(min(recent, m.incidents+1)), load.Attributes+m.upTo(8), now)
	case n < 93:
		m.incidents++
		return load.Alert(m.incidents, load.Many, now)
	case n < 95:
		return []byte(fmt.Sprintf("kernel: audit: %d \x00 not JSON <script>alert(1)</script>", m.upTo(50)))
	case n < 97:
		return []byte(fmt.Sprintf("{\"name\":\"line %d\",\"rule\":\"lines\",\"key\":\"%d\"}\n{\"name\":\"b\",\"rule\":\"lines\",\"key\":\"%d\"}", m.upTo(50), m.upTo(50), m.upTo(50)))
	case n < 99:
		return []byte(fmt.Sprintf(`{"name":"over","rule":"unusual-console-login","key":"incident %d","state":"resolved"}`, m.incidents-m.upTo(min(recent, m.incidents+1))))
	}
	return []byte(fmt.Sprintf("{\"name\":\"@everyone \u202e<!channel>\",\"rule\":\"odd\",\"key\":\"%d\",\"attrs\":[{\"type\":\"url\",\"value\":\"http://198.18.0.1/%d\"}]}", m.upTo(50), m.upTo(1000)))
}

var errSome = errors.New("the service is not in the mood")

// inspector answers mostly at once, sometimes later, wrongly, or by falling over.
func (c *chance) inspector(name string) responder.Inspector {
	return responder.InspectorFunc(func(_ context.Context, t responder.Task) (responder.Page, error) {
		switch n := c.upTo(1000); {
		case n < 20:
			return responder.Page{}, responder.RetryAfter(errSome, time.Duration(c.upTo(1200))*time.Second)
		case n < 30:
			return responder.Page{}, errSome
		case n < 35:
			return responder.Page{}, responder.Permanent(errSome)
		case n < 37:
			panic(errSome)
		case n < 60:
			return responder.Page{Title: name, NewAttributes: []responder.Attribute{{Type: responder.TypeDomain, Value: fmt.Sprintf("found-%d.example.net", c.upTo(1e6))}}}, nil
		}
		return responder.Page{Title: name, Signals: []responder.Signal{{
			Kind: "reputation", Verdict: responder.Suspicious, Score: float64(c.upTo(100)), Source: name, Summary: "seen: " + t.Attribute.Value,
		}}}, nil
	})
}

// emitter shows nothing, and fails now and then, also after it has posted.
func (c *chance) emitter() responder.Emitter {
	return responder.EmitterFunc(func(_ context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
		receipt := responder.Receipt{"post": r.ReportID}
		switch n := c.upTo(1000); {
		case n < 20:
			return nil, errSome
		case n < 30:
			return receipt, errSome
		case n < 32:
			panic(errSome)
		}
		return receipt, nil
	})
}
