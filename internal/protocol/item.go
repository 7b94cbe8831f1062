package protocol

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Limits of one report.
const (
	MaxAttributes = 256 // attributes that a report hands out
	MaxBodies     = 200 // alert bodies that a report keeps
	MaxWaves      = 2   // waves after the first
	// HealAfter is how long after its deadline a report that still awaits somebody is taken for orphaned.
	HealAfter = 5 * time.Minute
)

// Item is the row of AlertMap: the current report of a fingerprint. Times are epoch milliseconds.
type Item struct {
	Fingerprint string
	ReportID    string
	OpenedAt    int64
	ClosesAt    int64
	DeadlineAt  int64 // 0: nobody was ever awaited

	Ver     int64              // counts changes of evidence
	Judged  int64              // Ver of the last published verdict, 0 for none
	Verdict responder.Severity // of the last published verdict, empty for none

	Pending Set // tokens awaited
	Late    Set // tokens still awaited when the deadline came
	Seen    Set // hashes of all attributes so far (entity.Hash as 8 bytes)
	Origins Set // hashes of the alerts and pages that brought attributes (8 bytes)

	Severity  float64 // the highest that an alert had
	State     responder.State
	Count     int64 // alerts, repeats included
	Bodies    int64 // alert bodies stored
	LastSeen  int64 // newest timestamp.last of an alert
	ExpiresAt int64 // epoch seconds: time to live
}

// Exists says whether there is a report: the zero Item stands for none.
func (i Item) Exists() bool { return i.ReportID != "" }

// Settled says that all evidence is in a published verdict.
func (i Item) Settled() bool { return i.Judged == i.Ver }

// WantsReview is rule R3: there is evidence that was not judged, and nobody is awaited.
func (i Item) WantsReview() bool { return i.Judged < i.Ver && len(i.Pending) == 0 }

// Overdue says that the deadline has passed so long ago that its message must be lost.
func (i Item) Overdue(now int64) bool {
	return len(i.Pending) > 0 && i.DeadlineAt+HealAfter.Milliseconds() < now
}

// NoticeSeq is the seq of the notice of an update that returned this item.
func (i Item) NoticeSeq() int64 { return 2 * i.Ver }

// VerdictSeq is the seq of the verdict on this item.
func (i Item) VerdictSeq() int64 { return 2*i.Ver + 1 }

// Rules are the settings of the stack that the protocol depends on.
type Rules struct {
	InspectionDelay time.Duration // 0 ≤ InspectionDelay < ReviewDelay
	ReviewDelay     time.Duration // ≤ 900 s, what SQS can delay
	Window          time.Duration // > ReviewDelay
	Retention       time.Duration
}

// Check reports all settings that are out of range.
func (r Rules) Check() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.ReviewDelay <= 0 || r.ReviewDelay > 900*time.Second {
		bad("ReviewDelay: %s, expected more than 0 and at most 900 seconds", r.ReviewDelay)
	}
	if r.InspectionDelay < 0 || r.InspectionDelay >= r.ReviewDelay {
		bad("InspectionDelay: %s, expected 0 or more and less than ReviewDelay (%s)", r.InspectionDelay, r.ReviewDelay)
	}
	if r.Window <= r.ReviewDelay {
		bad("AggregationWindow: %s, expected more than ReviewDelay (%s)", r.Window, r.ReviewDelay)
	}
	if r.Retention <= r.Window {
		bad("RetentionDays: %s, expected more than AggregationWindow (%s)", r.Retention, r.Window)
	}
	return errs
}

// Fresh is an empty report, opened now.
func Fresh(fingerprint string, now int64, r Rules) Item {
	return Item{
		Fingerprint: fingerprint,
		ReportID:    ReportID(fingerprint, now),
		OpenedAt:    now,
		ClosesAt:    now + r.Window.Milliseconds(),
		ExpiresAt:   (now + r.Retention.Milliseconds()) / 1000,
	}
}

// Opens says whether a fresh report takes the place of what stands: there is none, or its window has ended
// and it is settled. An unsettled report is joined whatever its age.
func Opens(stands Item, now int64) bool {
	return !stands.Exists() || stands.ClosesAt < now && stands.Settled()
}

// ReportID names the report of a fingerprint that was opened at a time: <fingerprint>-<opened, base36>.
func ReportID(fingerprint string, opened int64) string {
	return fingerprint + "-" + strconv.FormatInt(opened, 36)
}

// ParseReportID takes a report id apart. Whoever holds it finds the item.
func ParseReportID(id string) (fingerprint string, opened int64, err error) {
	fingerprint, tail, ok := strings.Cut(id, "-")
	if ok && isFingerprint(fingerprint) {
		opened, err = strconv.ParseInt(tail, 36, 64)
		if err == nil && opened >= 0 && ReportID(fingerprint, opened) == id {
			return fingerprint, opened, nil
		}
	}
	return "", 0, fmt.Errorf("report_id: %.80q, expected <fingerprint>-<opened, base36>", id)
}

func isFingerprint(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
