package respondertest

import (
	"context"
	"fmt"
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// MaxReceipt is the size in bytes of JSON above which the host does not keep a receipt.
const MaxReceipt = 4 << 10

// TestEmitter checks an emitter against the contract of responder.Emitter, with all sample reports, once as
// the notifications of one report, each with the receipt of the one before, and once each as the first one:
// it does not panic; its errors are marked; its receipts are of at most MaxReceipt bytes; it returns when its
// context is cancelled; it leaves the report and the receipt as they are.
func TestEmitter(t testing.TB, e responder.Emitter) {
	t.Helper()
	var last responder.Receipt
	for n, report := range Reports() {
		what := fmt.Sprintf("Reports()[%d]", n)
		if receipt := emit(t, what, e, report, last); receipt != nil {
			last = receipt
		}
		emit(t, what+" sent again", e, report, last)
		emit(t, what+" as the first one", e, report, nil)
	}
	cancelled(t, "Report()", func(ctx context.Context) { _, _ = e.Emit(ctx, Report(), nil) })
}

func emit(t testing.TB, what string, e responder.Emitter, report responder.Report, prev responder.Receipt) responder.Receipt {
	t.Helper()
	was, before := text(t, what, report), text(t, what, prev)
	var receipt responder.Receipt
	var err error
	if !call(t, what, func() { receipt, err = e.Emit(context.Background(), report, prev) }) {
		return nil
	}
	same(t, what+": the emitter changed the report", was, text(t, what, report))
	same(t, what+": the emitter changed the previous receipt", before, text(t, what, prev))
	checkError(t, what, err)
	if size := len(text(t, what, receipt)); size > MaxReceipt {
		t.Errorf("%s: receipt: %d bytes, expected %d at most", what, size, MaxReceipt)
	}
	return receipt
}
