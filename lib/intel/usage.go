package intel

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

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
	e, err := m.Load(ctx, quotaKey(service))
	if err != nil {
		return Usage{}, false, fmt.Errorf("quota of %s: %w", service, err)
	}
	if e.Ver == 0 {
		return Usage{}, false, nil
	}
	var s state
	if err := json.Unmarshal(e.Value, &s); err != nil {
		return Usage{}, false, fmt.Errorf("quota of %s: what is remembered cannot be read", service)
	}
	u = Usage{Service: service, Name: s.Name}
	for _, c := range s.Limits {
		u.Limits = append(u.Limits, Used{c.Limit, int(c.used(now.UnixMilli()))})
	}
	if until := milli(s.Until); until.After(now) {
		u.Until = until
	}
	return u, true, nil
}
