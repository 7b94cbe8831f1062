package securityhub

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// After any verdicts the finding has the status of the last one, and is archived if and only if that is safe. Where calls
// fail before or after they were done, functions die without a receipt, and updates take their time, it may be NEW instead, or
// not be put away; but never is what is not safe. Where a person has set a status, that stands; what a person archived stays
// archived.
func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(t, "archive")
		d.late = rapid.Bool().Draw(t, "late")
		rude := rapid.Bool().Draw(t, "rude")
		theirs, archivedByPerson := "", false
		last := responder.Severity("")
		for k := range rapid.IntRange(1, 6).Draw(t, "verdicts") {
			last = rapid.SampledFrom([]responder.Severity{responder.Safe, responder.Urgent, responder.Unclassified}).Draw(t, "severity")
			if rapid.IntRange(0, 5).Draw(t, "person") == 0 && !archivedByPerson {
				d.apply()
				if rapid.Bool().Draw(t, "archives") {
					archivedByPerson = !d.archived[gdID]
					d.archive(gdID, true)
				} else {
					theirs = "SUPPRESSED"
					d.by("alice", theirs)
				}
			}
			for {
				fault, dies := 0, false
				if rude {
					fault, dies = rapid.IntRange(0, 6).Draw(t, "fault"), rapid.IntRange(0, 3).Draw(t, "dies") == 0
				}
				d.calls = nil
				d.before = func(n int, _ string) (int, string) {
					if fault == n {
						return rapid.SampledFrom([]int{500, 429, -1}).Draw(t, "status"), "InternalException"
					}
					return 0, ""
				}
				d.lose = func(n int, _ string) bool { return fault == n+2 }
				was := d.receipt
				err := d.emit(told(int64(2*k+3), last))
				if dies {
					d.receipt = was
				}
				if err == nil && !dies {
					break
				}
			}
			if rapid.Bool().Draw(t, "applied") {
				d.apply()
			}
		}
		d.apply()
		status := statusOf(last)
		switch got := d.only()["Workflow"].(map[string]any)["Status"]; {
		case theirs != "":
			if got != theirs {
				t.Fatalf("%s, a person had set %s", got, theirs)
			}
		case archivedByPerson:
			if !d.archived[gdID] {
				t.Fatal("a person had archived it")
			}
		case got != status && (got != statusNew && last != responder.Safe || !d.late && !rude):
			t.Fatalf("%s, expected %s", d.status(), status)
		case d.archived[gdID] != (last == responder.Safe) && (last != responder.Safe || !d.late && !rude):
			t.Fatalf("archived: %t, after %s", d.archived[gdID], last)
		}
	})
}

// Whatever stands in an alert, nothing is called but the two services, for what its key names; and the receipt fits.
func TestAnyAlert(t *testing.T) {
	hostile := respondertest.Hostile()
	rapid.Check(t, func(t *rapid.T) {
		text := func(what string, usual ...string) string {
			return rapid.OneOf(rapid.SampledFrom(usual), rapid.SampledFrom(hostile), rapid.String()).Draw(t, what)
		}
		id := text("id", arn, gdID, "edr/4711")
		m := map[string]any{"Id": id, "ProductArn": text("product", product, "arn:aws:securityhub:eu-west-1:444455556666:product/a/b"),
			"AwsAccountId": text("account", account), "Region": text("region", region, "us-gov-west-1"), "accountId": account, "arn": text("arn", arn),
			"service": map[string]any{"detectorId": text("detector", detector, "../../x")}}
		if rapid.Bool().Draw(t, "guardduty") {
			delete(m, "ProductArn")
		}
		var raw any = m
		for range rapid.IntRange(0, 2).Draw(t, "depth") {
			raw = map[string]any{"detail": raw}
			if rapid.Bool().Draw(t, "list") {
				raw = map[string]any{"findings": []any{raw, 7, nil, m}}
			}
		}
		b, _ := json.Marshal(raw)
		key, _ := json.Marshal([]string{text("key account", account), text("key region", region), text("key", gdID, id)})
		a := responder.Alert{Name: text("name", "x"), Source: rapid.SampledFrom([]string{"guardduty", "securityhub"}).Draw(t, "source"), Key: string(key), Raw: string(b)}
		d := newDesk(t, "archive")
		_ = d.emit(told(3, responder.Safe, func(r *responder.Report) { r.Alert, r.Alerts = a, []responder.Alert{a} }))
		for _, call := range d.calls {
			if call == "" {
				t.Fatal("a call that is none of the two services'")
			}
		}
		if n := len(fmt.Sprintf("%q", d.receipt)); n > respondertest.MaxReceipt {
			t.Fatalf("receipt of %d bytes", n)
		}
	})
}
