// Package store is the port to the core tables, AlertMap and ReportData.
//
// in → out: a conditional change of a report's item → the item that stands; bodies in → bodies out. The
// drivers are memory and dynamo; storetest is the conformance suite that both pass. Stages do not use the
// whole interface: each declares the methods that it calls.
package store

import (
	"context"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Store is what the stages need of the core tables. All reads are strongly consistent. An error means that
// the change may or may not have been made (the answer can be lost); trying again is always safe.
type Store interface {
	// Get returns the item of a fingerprint, the zero Item if there is none.
	Get(ctx context.Context, fingerprint string) (protocol.Item, error)

	// Open puts fresh if protocol.Opens says so of what stands, and returns what stands then.
	Open(ctx context.Context, fresh protocol.Item, now int64) (protocol.Item, error)

	// Swap makes next of the item if report and ver are still those of was: it sets Pending, Late, Seen, Origins,
	// Severity, State, DeadlineAt, LastSeen of next, and adds next.Count-was.Count, next.Bodies-was.Bodies, and 1 to
	// Ver. It returns the item as it stands, and whether the change was made. An item that CheckItem refuses is an
	// error, and nothing is changed.
	Swap(ctx context.Context, was, next protocol.Item) (protocol.Item, bool, error)

	// CrossOff adds 1 to Ver and, if done, takes the token out of Pending and Late (an absent one is no error), if
	// the item is still that of the report. It returns the item as it stands (the zero Item if there is
	// none), and whether the change was made.
	CrossOff(ctx context.Context, reportID, token string, done bool) (protocol.Item, bool, error)

	// Count adds n to Count and sets LastSeen, if the item is still that of the report. It returns what CrossOff
	// returns.
	Count(ctx context.Context, reportID string, n, lastSeen int64) (protocol.Item, bool, error)

	// Settle sets Judged and Verdict, if the item is still that of the report and Judged is less than ver.
	// Otherwise nothing is to be done, and that is no error. It returns whether the change was made, and if it was, the
	// Judged that stood before.
	Settle(ctx context.Context, reportID string, ver int64, verdict responder.Severity) (before int64, made bool, err error)

	// PutBody stores a body, replacing what has the same key: all of it or nothing, also for who reads meanwhile. What
	// Body.Check refuses is an error.
	PutBody(ctx context.Context, reportID string, b Body) error

	// Bodies returns the alerts and submissions of a report, in the order of their keys.
	Bodies(ctx context.Context, reportID string) ([]Body, error)

	// PutVerdict stores a verdict if there is none for its Ver, and returns the one that stands. What Verdict.Check
	// refuses is an error.
	PutVerdict(ctx context.Context, reportID string, v Verdict) (Verdict, error)
}

// Body is one alert (key A#<alert>) or submission (F#<token>#<part>), as JSON of up to some MiB.
type Body struct {
	Key  string
	Data []byte
}

// Verdict is one verdict of a report (key V#<ver>): the published report as JSON, and what lists show of it.
type Verdict struct {
	Ver      int64
	OpenedAt int64 // epoch milliseconds; its UTC day is the partition of the index ByDay
	Severity responder.Severity
	Title    string // at most 256 bytes
	Data     []byte
}

// Reader is what people need of the tables.
type Reader interface {
	// Latest returns the verdict of a report with the highest Ver, and false if there is none.
	Latest(ctx context.Context, reportID string) (Verdict, bool, error)
	// Since lists the reports that were opened at or after a time and have a verdict, newest first, each once with
	// its latest verdict.
	Since(ctx context.Context, from, now time.Time) ([]Summary, error)
	// Forget deletes all bodies and verdicts of a report, and its item if it is still that of the report.
	Forget(ctx context.Context, reportID string) error
}

// Summary is a report in a list.
type Summary struct {
	ReportID string
	Ver      int64
	OpenedAt int64
	Severity responder.Severity
	Title    string
}
