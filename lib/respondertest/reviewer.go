package respondertest

import (
	"context"
	"fmt"
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// TestReviewer checks a reviewer against the contract of responder.Reviewer, with all sample reports: it does
// not panic; its severity is one of the three or none, with a reason where it is urgent or safe; its errors
// are marked; the same report gets the same result; it returns when its context is cancelled; it leaves the
// report as it is.
func TestReviewer(t testing.TB, r responder.Reviewer) {
	t.Helper()
	for n := range Reports() {
		what := fmt.Sprintf("Reports()[%d]", n)
		same(t, what+": asked twice, judged differently",
			review(t, what, r, Reports()[n]), review(t, what, r, Reports()[n]))
	}
	cancelled(t, "Report()", func(ctx context.Context) { _, _ = r.Review(ctx, Report()) })
}

func review(t testing.TB, what string, r responder.Reviewer, report responder.Report) string {
	t.Helper()
	was := text(t, what, report)
	var result responder.Result
	var err error
	if !call(t, what, func() { result, err = r.Review(context.Background(), report) }) {
		return ""
	}
	same(t, what+": the reviewer changed the report", was, text(t, what, report))
	checkError(t, what, err)
	if err != nil {
		return "error"
	}
	if _, err := responder.ParseSeverity(string(result.Severity)); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if result.Reason == "" && (result.Severity == responder.Urgent || result.Severity == responder.Safe) {
		t.Errorf("%s: reason: is empty, though the severity is %s", what, result.Severity)
	}
	return text(t, what, result)
}
