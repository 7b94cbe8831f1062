package virustotal

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Bounds of what is read.
const (
	maxText    = 200 // characters
	maxAddress = 500 // of a URL
	maxKey     = 60
	maxFew     = 10  // that are shown
	maxEntries = 150 // engines: there are about a hundred
)

// text can be shown; it is empty where there is no string.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = text(intel.Clean(s, maxText))
	return nil
}

// address is a URL: text that may be longer.
type address string

// UnmarshalJSON implements json.Unmarshaler.
func (t *address) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = ""
	}
	*t = address(intel.Clean(s, maxAddress))
	return nil
}

// count is 0 or more; 0 where there is no such number.
type count int64

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) != nil || f < 0 || f > math.MaxInt32 {
		f = 0
	}
	*c = count(f)
	return nil
}

// seconds since 1970; 0 where there is no time between then and the year 9999.
type seconds int64

// UnmarshalJSON implements json.Unmarshaler.
func (t *seconds) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) != nil || f < 0 || f >= 253402300800 {
		f = 0
	}
	*t = seconds(f)
	return nil
}

// loose is nothing where it is not of its type.
type loose[T any] struct{ V T }

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		l.V = v
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (l loose[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.V) }

// few are the first entries of a list, or the only one of what is none.
type few[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (f *few[T]) UnmarshalJSON(b []byte) error {
	*f = nil
	d := json.NewDecoder(bytes.NewReader(b))
	if b[0] == '[' {
		_, _ = d.Token()
	} else if b[0] != '{' {
		return nil
	}
	for d.More() && len(*f) < maxFew {
		var v T
		if d.Decode(&v) == nil {
			*f = append(*f, v)
		}
	}
	return nil
}

// dict are the first entries of an object.
type dict[T any] map[string]T

// UnmarshalJSON implements json.Unmarshaler.
func (m *dict[T]) UnmarshalJSON(b []byte) error {
	*m = nil
	if b[0] != '{' {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	_, _ = d.Token()
	*m = dict[T]{}
	for d.More() && len(*m) < maxEntries {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		var v T
		if name, ok := key.(string); ok && d.Decode(&v) == nil {
			(*m)[intel.Clean(name, maxKey)] = v
		}
	}
	return nil
}
