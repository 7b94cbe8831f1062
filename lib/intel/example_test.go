package intel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// newReputation makes a whole inspector. In its function: s, err := awslambda.Intel("REPUTATION").
func newReputation(s intel.Settings) (responder.Inspector, error) {
	own, err := intel.ParseOwn(s.Env("OWN_DOMAINS"))
	if err != nil {
		return nil, err
	}
	quota, err := s.Quota("reputation", "Reputation", "REPUTATION_LIMITS", intel.Limit{Per: intel.Minute, Most: 4})
	if err != nil {
		return nil, err
	}
	c := &intel.Client{Service: "reputation", BaseURL: "https://api.reputation.example", Header: "X-Api-Key", Settings: s, Quota: quota,
		Keep: func(_ string, found bool) time.Duration { return 6 * time.Hour }}
	return responder.InspectorFunc(func(ctx context.Context, task responder.Task) (responder.Page, error) {
		if why := own.Withhold(task.Attribute); why != "" {
			return responder.Page{Title: "Not asked: " + why, Outcome: responder.Skipped}, nil
		}
		var answer struct {
			Score int    `json:"score"`
			Owner string `json:"owner"`
		}
		found, err := c.Get(ctx, &answer, "/v1/ip/%s", task.Attribute.Value)
		if err != nil || !found {
			return responder.Page{}, err // nothing is known: that does not mean harmless
		}
		verdict := responder.UnknownSignal
		if answer.Score >= 75 {
			verdict = responder.Malicious
		}
		return responder.Page{Title: "Reputation", Signals: []responder.Signal{{
			Kind: "reputation", Verdict: verdict, Score: float64(min(max(answer.Score, 0), 100)), Source: "reputation",
			Summary: "owned by " + intel.Clean(answer.Owner, 80),
		}}}, nil
	}), nil
}

// reputationService knows one address.
func reputationService() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/ip/192.175.48.1" {
			http.Error(w, `{"error":"unknown"}`, http.StatusNotFound)
			return
		}
		fmt.Fprint(w, `{"score":90,"owner":"Example\u0007 Networks"}`)
	}))
}

func Example() {
	service := reputationService()
	defer service.Close()
	i, err := newReputation(intel.Settings{BaseURL: service.URL, Key: func(context.Context) (string, error) { return "key", nil }})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{"192.175.48.1", "192.175.48.6", "10.1.2.3"} {
		page, err := i.Inspect(context.Background(), responder.Task{Attribute: responder.Attribute{Type: responder.TypeIPAddr, Value: address}})
		fmt.Println(address, page.Title, err)
		for _, s := range page.Signals {
			fmt.Println("  ", s.Verdict, s.Score, s.Summary)
		}
	}
	// Output:
	// 192.175.48.1 Reputation <nil>
	//    malicious 90 owned by Example Networks
	// 192.175.48.6  <nil>
	// 10.1.2.3 Not asked: it is no address of the public internet <nil>
}

func ExampleReadUsage() {
	m, now := responder.NewMemory(), func() time.Time { return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) }
	q := &intel.Quota{Service: "virustotal", Name: "VirusTotal", Limits: []intel.Limit{{Per: intel.Day, Most: 500}}, Memory: m, Now: now}
	for range 3 {
		_ = q.Take(context.Background())
	}
	u, _, _ := intel.ReadUsage(context.Background(), m, "virustotal", now())
	fmt.Println(u.Name, u.Limits[0].Used, "of", u.Limits[0].Most, u.Limits[0].Per)
	// Output: VirusTotal 3 of 500 day
}

func TestTheExampleKeepsTheContract(t *testing.T) {
	service := reputationService()
	defer service.Close()
	i, err := newReputation(intel.Settings{BaseURL: service.URL, Getenv: func(name string) string {
		return map[string]string{"REPUTATION_LIMITS": "none"}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	respondertest.TestInspector(t, i, responder.TypeIPAddr)
}
