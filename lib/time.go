package responder

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Time is a point in time on the wire: RFC 3339 in UTC. It reads other offsets and epoch seconds as well, and null,
// "" and year 1 as the zero time, since older messages have them.
type Time struct{ time.Time }

// At makes a Time of a time.Time.
func At(t time.Time) Time { return Time{t} }

// MarshalJSON implements json.Marshaler: RFC 3339 in UTC, null for the zero time and for what is not of the years 2
// to 9999.
func (t Time) MarshalJSON() ([]byte, error) {
	u := t.UTC()
	if !writable(u) {
		return []byte("null"), nil
	}
	return []byte(`"` + u.Format(time.RFC3339Nano) + `"`), nil
}

// writable says whether a time in UTC can be written, and read back as the same.
func writable(u time.Time) bool { return u.Year() > 1 && u.Year() <= 9999 }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] != '"' {
		s, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return fmt.Errorf("time: %.40q, expected RFC 3339 or epoch seconds", b)
		}
		*t = Time{fromEpoch(s)}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s = strings.TrimSpace(s); s == "" {
		*t = Time{}
		return nil
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time: %.40q, expected RFC 3339 or epoch seconds", s)
	}
	if parsed = parsed.UTC(); !writable(parsed) {
		parsed = time.Time{}
	}
	*t = Time{parsed}
	return nil
}
