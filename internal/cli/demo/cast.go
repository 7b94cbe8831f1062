package demo

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The entities of the story that inspectors know something about.
const (
	stranger = "198.51.100.23"
	itsName  = "c2.example.net"
)

// inspectors are the cast: one that is real, and three that play what such inspectors find.
func inspectors(t *teller) ([]inprocess.Inspector, error) {
	w, err := watchlistInspector()
	if err != nil {
		return nil, err
	}
	cast := []struct {
		id    string
		types []string
		after time.Duration
		responder.Inspector
	}{
		{"watchlist", []string{"ipaddr", "domain"}, time.Second, w},
		{"passive-dns", []string{"ipaddr"}, 2 * time.Second, responder.InspectorFunc(passiveDNS)},
		{"reputation", []string{"ipaddr", "domain"}, 3 * time.Second, responder.InspectorFunc(reputation)},
		{"flow-logs", []string{"ipaddr"}, 14 * time.Minute, responder.InspectorFunc(flowLogs)},
	}
	var list []inprocess.Inspector
	for _, c := range cast {
		list = append(list, inprocess.Inspector{
			ID: c.id, Types: c.types, Options: host.InspectorOptions{Concurrency: 1},
			Inspector: &slow{Inspector: c.Inspector, after: c.after, now: func() time.Time { return t.pipeline.Now() }},
		})
	}
	return list, nil
}

// slow is an inspector that needs time: it asks to be called again, as for a busy service or a long query.
type slow struct {
	responder.Inspector
	after time.Duration
	now   func() time.Time

	mu    sync.Mutex
	first map[string]time.Time // when each task was asked for the first time
}

var errBusy = errors.New("the answer is not there yet")

// Inspect implements responder.Inspector.
func (s *slow) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	if left := s.after - s.now().Sub(s.since(task.Origin)); left > 0 {
		return responder.Page{}, responder.RetryAfter(errBusy, left)
	}
	return s.Inspector.Inspect(ctx, task)
}

func (s *slow) since(origin string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		s.first = map[string]time.Time{}
	}
	if _, ok := s.first[origin]; !ok {
		s.first[origin] = s.now()
	}
	return s.first[origin]
}

// passiveDNS knows which names an address had.
func passiveDNS(_ context.Context, task responder.Task) (responder.Page, error) {
	if task.Attribute.Value != stranger {
		return responder.Page{}, nil
	}
	return responder.Page{
		Title: "one name in the last 30 days",
		OpponentHosts: []responder.OpponentHost{{
			IPAddr: []string{stranger}, Country: []string{"Netherlands"}, ASOwner: []string{"AS64496 Example Hosting"},
			RelatedDomains: []responder.Domain{{Name: itsName, Source: "passive-dns"}},
		}},
		NewAttributes: []responder.Attribute{{Type: responder.TypeDomain, Value: itsName, Key: "name of the remote address"}},
	}, nil
}

// reputation has a key that its service does not take.
func reputation(context.Context, responder.Task) (responder.Page, error) {
	return responder.Page{}, responder.Permanent(errors.New("the service answered 401: the key is not valid"))
}

// flowLogs searches the network's logs, which takes its time.
func flowLogs(_ context.Context, task responder.Task) (responder.Page, error) {
	if task.Attribute.Value != stranger {
		return responder.Page{}, nil
	}
	return responder.Page{
		Title: "traffic of the last 24 hours",
		Signals: []responder.Signal{{
			Kind: "exfiltration", Verdict: responder.Malicious, Score: 95, Source: "VPC flow logs",
			Summary: "10.0.3.17 has sent 4.2 GB to " + stranger + " since 02:14, no other host has",
		}},
		AlliedHosts: []responder.AlliedHost{{
			ID: "10.0.3.17", IPAddr: []string{"10.0.3.17"}, HostName: []string{"web-2"}, Owner: []string{"shop team"},
		}},
	}, nil
}
