package envelope

import (
	"strconv"
	"time"
)

// FirstSent is when a delivery was first sent, in UTC: a redrive notes it in the attribute first_sent. Zero where nothing
// says it; some write the epoch for no time.
func (d Delivery) FirstSent() time.Time {
	for _, t := range []time.Time{firstSent(d.Attributes["first_sent"]), d.NotifiedAt, d.SentAt} {
		if t = t.UTC(); t.Year() > 1970 && t.Year() <= 9999 {
			return t
		}
	}
	return time.Time{}
}

// firstSent reads RFC 3339 or epoch milliseconds.
func firstSent(s string) time.Time {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > 0 && ms <= lastMilli {
		return time.UnixMilli(ms)
	}
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}
