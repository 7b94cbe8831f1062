package respondertest

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// patience is how long a plugin may take to return after its context was cancelled.
const patience = 5 * time.Second

// call calls f, and makes a failure of a panic; not ok then.
func call(t testing.TB, what string, f func()) (ok bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v\n%s", what, r, debug.Stack())
			ok = false
		}
	}()
	f()
	return true
}

// cancelled checks that f comes back when its context has ended: before the call, and during it.
func cancelled(t testing.TB, what string, f func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	begun := make(chan struct{})
	go func() { <-begun; cancel() }()
	returns(t, what+", whose context was cancelled during the call", func() { close(begun); f(ctx) })
	cancel()
	returns(t, what+", whose context was cancelled before the call", func() { f(ctx) })
}

// returns checks that f returns soon.
func returns(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case r := <-done:
		if r != nil {
			t.Errorf("%s: panic: %v", what, r)
		}
	case <-limit.C:
		t.Errorf("%s: has not returned after %s", what, patience)
	}
}

// checkError refuses errors that would be retried though they come from the value or the code.
func checkError(t testing.TB, what string, err error) {
	t.Helper()
	if _, waits := responder.RetryDelay(err); err != nil && !waits && !responder.IsPermanent(err) {
		t.Errorf("%s: the error would be retried for an hour: %v\n"+
			"Mark it by responder.Permanent or responder.RetryAfter, or return the zero value where there is nothing to say.", what, err)
	}
}

func text(t testing.TB, what string, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Errorf("%s: cannot be written as JSON: %v", what, err)
	}
	return string(b)
}

// same checks that two texts are equal.
func same(t testing.TB, what, first, second string) {
	t.Helper()
	if first != second {
		t.Errorf("%s:\n  %s\n  %s", what, short(first), short(second))
	}
}

func short(s string) string {
	const n = 400
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// NoSecret checks that a secret stands in none of the values: pages, receipts, results, errors, log output as
// a string. A secret that is empty is not looked for.
func NoSecret(t testing.TB, secret string, values ...any) {
	t.Helper()
	if secret == "" {
		return
	}
	quoted, _ := json.Marshal(secret)
	inner := strings.Trim(string(quoted), `"`)
	for i, v := range values {
		b, _ := json.Marshal(v)
		all := string(b) + fmt.Sprintf("%+v", v)
		if err, ok := v.(error); ok && err != nil {
			all += err.Error()
		}
		if strings.Contains(all, secret) || strings.Contains(all, inner) {
			t.Errorf("value %d (%T) contains the secret", i+1, v)
		}
	}
}
