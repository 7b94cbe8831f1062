package host

import (
	"context"
	"encoding/json"
	"fmt"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Reviewer makes a handler of a reviewer of one's own, which the reviewer stage invokes synchronously: a
// report as JSON in, its result out. An error fails the invocation; one that trying again will not mend has
// the error type PermanentError. It panics at once where the reviewer is nil.
func Reviewer(r responder.Reviewer) Handler {
	must("reviewer", given("the reviewer", r))
	return reviewer{r}
}

type reviewer struct{ responder.Reviewer }

// Invoke implements Handler.
func (h reviewer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	answer, err := h.review(ctx, payload)
	if err != nil {
		return nil, boundary(err)
	}
	return answer, nil
}

func (h reviewer) review(ctx context.Context, payload []byte) ([]byte, error) {
	report, err := readReport(payload)
	if err != nil {
		return nil, err
	}
	var result responder.Result
	err = guard(func() (err error) { result, err = h.Review(ctx, report); return err })
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

func readReport(payload []byte) (responder.Report, error) {
	var r responder.Report
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, responder.Permanent(fmt.Errorf("report: %w", err))
	}
	if err := responder.CheckVersion(r.V); err != nil {
		return r, responder.Permanent(fmt.Errorf("report: %w", err))
	}
	if r.ReportID == "" {
		return r, responder.Permanent(fmt.Errorf("report: report_id: missing"))
	}
	return r, nil
}
