package dynamo

import (
	"math"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// row is an item in AlertMap. Every update is billed on all of it, so hashes are kept as 8 bytes.
type row struct {
	V           int      `dynamo:"v"`
	Fingerprint string   `dynamo:"fingerprint,hash"`
	ReportID    string   `dynamo:"report_id"`
	OpenedAt    int64    `dynamo:"opened_at"`
	ClosesAt    int64    `dynamo:"closes_at"`
	DeadlineAt  int64    `dynamo:"deadline_at"`
	Ver         int64    `dynamo:"ver"`
	Judged      int64    `dynamo:"judged"`
	Verdict     string   `dynamo:"verdict,omitempty"`
	Pending     []string `dynamo:"pending,set,omitempty"`
	Late        []string `dynamo:"late,set,omitempty"`
	Seen        [][]byte `dynamo:"seen,set,omitempty"`
	Origins     [][]byte `dynamo:"origins,set,omitempty"`
	Severity    float64  `dynamo:"severity"`
	State       string   `dynamo:"state,omitempty"`
	Count       int64    `dynamo:"count"`
	Bodies      int64    `dynamo:"bodies"`
	LastSeen    int64    `dynamo:"last_seen"`
	ExpiresAt   int64    `dynamo:"expires_at"`
}

func rowOf(i protocol.Item) row {
	return row{
		V: responder.SchemaVersion, Fingerprint: i.Fingerprint, ReportID: i.ReportID,
		OpenedAt: i.OpenedAt, ClosesAt: i.ClosesAt, DeadlineAt: i.DeadlineAt,
		Ver: i.Ver, Judged: i.Judged, Verdict: string(i.Verdict),
		Pending: i.Pending, Late: i.Late, Seen: binaries(i.Seen), Origins: binaries(i.Origins),
		Severity: number(i.Severity), State: string(i.State), Count: i.Count, Bodies: i.Bodies,
		LastSeen: i.LastSeen, ExpiresAt: i.ExpiresAt,
	}
}

func (r row) item() protocol.Item {
	return protocol.Item{
		Fingerprint: r.Fingerprint, ReportID: r.ReportID,
		OpenedAt: r.OpenedAt, ClosesAt: r.ClosesAt, DeadlineAt: r.DeadlineAt,
		Ver: r.Ver, Judged: r.Judged, Verdict: responder.Severity(r.Verdict),
		Pending: protocol.SetOf(r.Pending...), Late: protocol.SetOf(r.Late...),
		Seen: setOf(r.Seen), Origins: setOf(r.Origins),
		Severity: r.Severity, State: responder.State(r.State), Count: r.Count, Bodies: r.Bodies,
		LastSeen: r.LastSeen, ExpiresAt: r.ExpiresAt,
	}
}

// number brings what a sender wrote into the range of a Number, so that it cannot make every write of its report
// fail (Amazon DynamoDB Developer Guide, Naming rules and data types: magnitude 1E-130 to 9.99E+125).
func number(f float64) float64 {
	switch {
	case math.IsNaN(f) || math.Abs(f) < 1e-100:
		return 0
	default:
		return max(-1e100, min(f, 1e100))
	}
}

func binaries(s protocol.Set) [][]byte {
	var out [][]byte
	for _, x := range s {
		out = append(out, []byte(x))
	}
	return out
}

func setOf(binaries [][]byte) protocol.Set {
	members := make([]string, len(binaries))
	for n, b := range binaries {
		members[n] = string(b)
	}
	return protocol.SetOf(members...)
}
