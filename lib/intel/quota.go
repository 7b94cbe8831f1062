package intel

import (
	"context"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Period is the time that a Limit is for.
type Period string

// The periods. Minutes and hours slide: in no 60 seconds, wherever they begin, are more requests than the limit. Days and
// months are those of the calendar in UTC.
const (
	Minute Period = "minute"
	Hour   Period = "hour"
	Day    Period = "day"
	Month  Period = "month"
)

// Limit is the most requests that a key may make in a period.
type Limit struct {
	Per  Period `json:"per"`
	Most int    `json:"most"`
}

// Quota is what a key may ask, one for all functions of a stack that have the same Memory.
type Quota struct {
	// Service is the id that names the quota in the Memory: <service>#quota.
	Service string
	// Name is for people: VirusTotal.
	Name   string
	Limits []Limit
	Memory responder.Memory // nil: one that ends with the process
	Now    func() time.Time // nil: time.Now
}

// Take takes one request out of the quota. Where there is none left, the error is an ErrQuota that says when to come
// again. Where the Memory cannot be reached, the error says so: nobody asks without a quota.
func (q *Quota) Take(ctx context.Context) error { return nil }

// learn has all functions wait where the service said that the quota is used up.
func (q *Quota) learn(ctx context.Context, err error) {}

// Usage is what was used of a quota.
type Usage struct {
	Service, Name string
	Limits        []Used
	// Until is when the service may be asked again, where it said that the quota is used up; else zero.
	Until time.Time
}

// Used is what was used of one limit, in the period that now is of.
type Used struct {
	Limit
	Used int
}

// ReadUsage reads what is remembered of a service's quota; ok is false where there is none.
func ReadUsage(ctx context.Context, m responder.Memory, service string, now time.Time) (u Usage, ok bool, err error) {
	return Usage{}, false, nil
}
