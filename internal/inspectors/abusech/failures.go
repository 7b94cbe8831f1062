package abusech

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// failures are the errors of services, each with its name.
type failures []error

// permanent: to ask again would mend none of them.
func (f failures) permanent() bool {
	for _, err := range f {
		if !responder.IsPermanent(err) {
			return false
		}
	}
	return true
}

// worst is the error that decides when to ask again: the one with the longest wait, else one that is worth another try.
func (f failures) worst() error {
	worst, wait := f[0], time.Duration(-1)
	for _, err := range f {
		switch d, asked := responder.RetryDelay(err); {
		case asked && d > wait:
			worst, wait = err, d
		case wait < 0 && responder.IsPermanent(worst):
			worst = err
		}
	}
	return worst
}

func (f failures) text() string {
	var all []string
	for _, err := range f {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

// The retries of an error last an hour, and those of a wait that was asked for three days (package responder). Before they
// are over, what is known is told.
const (
	patience       = 40 * time.Minute
	patienceAtWait = 24 * time.Hour
)

// waitedLong says whether it is long since a service failed first for this attribute of the report. Where the Memory cannot tell,
// it is not.
func (i *inspector) waitedLong(ctx context.Context, task responder.Task, f failures) bool {
	h := sha256.Sum256([]byte(task.ReportID + "\n" + task.Attribute.Type + "\n" + task.Attribute.Value))
	key := ID + "#failed#" + hex.EncodeToString(h[:16])
	now, since := i.now(), time.Time{}
	e, err := i.memory.Load(ctx, key)
	if err != nil {
		return false
	}
	if e.Ver == 0 || !now.Before(e.Expires) || json.Unmarshal(e.Value, &since) != nil {
		if value, err := json.Marshal(now); err == nil {
			_ = i.memory.Store(ctx, key, value, now.Add(7*24*time.Hour))
		}
		return false
	}
	limit := patience
	if _, asked := responder.RetryDelay(f.worst()); asked {
		limit = patienceAtWait
	}
	return now.Sub(since) >= limit
}
