package responder_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What an error of a service means is for the inspector to say.
func ExampleRetryAfter() {
	explain := func(status int) error {
		err := fmt.Errorf("reputation: status %d", status)
		switch status {
		case http.StatusTooManyRequests:
			return responder.RetryAfter(err, time.Minute)
		case http.StatusUnauthorized:
			return responder.Permanent(err)
		}
		return err // is tried again with back-off
	}
	for _, status := range []int{429, 401, 503} {
		err := explain(status)
		wait, asked := responder.RetryDelay(err)
		fmt.Println(err, wait, asked, responder.IsPermanent(err))
	}
	// Output:
	// reputation: status 429 1m0s true false
	// reputation: status 401 0s false true
	// reputation: status 503 0s false false
}

// An emitter that updates its message instead of posting another.
func ExampleEmitter() {
	posted := 0
	chat := responder.EmitterFunc(func(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
		if id := prev["message"]; id != "" {
			fmt.Printf("update %s: %s, %s\n", id, r.Title(), r.Result.Severity)
			return nil, nil // the receipt stays
		}
		posted++
		fmt.Printf("post: %s, %s\n", r.Title(), r.Status)
		return responder.Receipt{"message": fmt.Sprint(posted)}, nil
	})

	alert := responder.Alert{Name: "SSH brute force"}
	receipt, _ := chat.Emit(context.Background(), responder.Report{Alert: alert, Status: responder.StatusNew, Seq: 2}, nil)
	_, _ = chat.Emit(context.Background(), responder.Report{Alert: alert, Status: responder.StatusPublished, Seq: 5,
		Result: responder.Result{Severity: responder.Urgent}}, receipt)
	// Output:
	// post: SSH brute force, new
	// update 1: SSH brute force, urgent
}

// A policy of one's own: signals decide, and who failed is not taken for clean.
func ExampleReviewer() {
	policy := responder.ReviewerFunc(func(_ context.Context, r responder.Report) (responder.Result, error) {
		for _, s := range r.Signals {
			if s.Verdict == responder.Malicious && s.Attribute.Match(responder.ContextRemote) {
				return responder.Result{Severity: responder.Urgent, Reason: s.Summary, Rules: []string{"malicious-remote"}}, nil
			}
		}
		for _, i := range r.Inspections {
			if i.Outcome == responder.Failed || i.Outcome == responder.Missing {
				return responder.Result{Reason: i.Inspector + " has not looked"}, nil
			}
		}
		return responder.Result{Severity: responder.Safe, Reason: "nothing was found"}, nil
	})
	remote := responder.Attribute{Type: responder.TypeIPAddr, Value: "198.51.100.23", Context: []string{responder.ContextRemote}}
	for _, r := range []responder.Report{
		{Signals: []responder.Signal{{Kind: "botnet", Verdict: responder.Malicious, Summary: "part of a botnet", Attribute: &remote}}},
		{Inspections: []responder.Inspection{{Inspector: "reputation", Outcome: responder.Failed}}},
		{Inspections: []responder.Inspection{{Inspector: "reputation", Outcome: responder.Nothing}}},
	} {
		result, err := policy.Review(context.Background(), r)
		fmt.Printf("%q %s %v\n", result.Severity, result.Reason, err)
	}
	// Output:
	// "urgent" part of a botnet <nil>
	// "" reputation has not looked <nil>
	// "safe" nothing was found <nil>
}

// A secret that the service has refused is read again.
func ExampleRefresh() {
	values := []string{"old", "new"}
	var secret responder.Secret = func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) && len(values) > 1 {
			values = values[1:]
		}
		return values[0], nil
	}
	login := func(key string) error {
		if key != "new" {
			return errors.New("401")
		}
		return nil
	}
	ctx := context.Background()
	key, _ := secret(ctx)
	err := login(key)
	fmt.Println(err)
	key, _ = secret(responder.Refresh(ctx))
	fmt.Println(login(key))
	// Output:
	// 401
	// <nil>
}

// The message that a sender publishes.
func ExampleAlert() {
	seen := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	message, err := json.MarshalIndent(responder.Alert{
		Name: "Login from afar", Rule: "login-from-afar", Key: "alice", Timestamp: responder.Span(seen, seen),
		Attrs: []responder.Attribute{{Type: responder.TypeIPAddr, Value: "198.51.100.23", Key: "client", Context: []string{responder.ContextRemote}}},
	}, "", "  ")
	fmt.Println(string(message), err)
	// Output:
	// {
	//   "name": "Login from afar",
	//   "rule": "login-from-afar",
	//   "key": "alice",
	//   "description": "",
	//   "timestamp": {
	//     "init": 1777863721,
	//     "last": 1777863721
	//   },
	//   "attrs": [
	//     {
	//       "type": "ipaddr",
	//       "value": "198.51.100.23",
	//       "key": "client",
	//       "context": [
	//         "remote"
	//       ]
	//     }
	//   ]
	// } <nil>
}
