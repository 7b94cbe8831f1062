package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// object is a JSON object whose values are decoded when they are asked for, so that one odd value spoils
// nothing else. Names match exactly, and the last of two equal names counts.
type object map[string]json.RawMessage

// parseObject checks JSON, and takes it apart.
func parseObject(b []byte) (object, bool) {
	if !json.Valid(b) {
		return nil, false
	}
	return split(b)
}

// text returns a string, and "" for anything else.
func (o object) text(name string) string {
	raw := o[name]
	if n := len(raw); n >= 2 && raw[0] == '"' {
		if s, ok := simple(raw[1 : n-1]); ok {
			return s // most of them: not worth a decode
		}
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// needText returns a string, or an error that says what stood in its place.
func (o object) needText(name string) (string, error) {
	if kind := kindOf(o[name]); kind != "a string" {
		return "", fmt.Errorf("%s: %s, expected a string", name, kind)
	}
	return o.text(name), nil
}

// needID returns a string that is not empty.
func (o object) needID(name string) (string, error) {
	s, err := o.needText(name)
	if err == nil && s == "" {
		err = fmt.Errorf("%s: empty, expected an id", name)
	}
	return s, err
}

func (o object) object(name string) object {
	inner, _ := split(o[name])
	return inner
}

// number returns an integer that stands there as a string or a number; 0 for anything else.
func (o object) number(name string) int64 {
	n, err := strconv.ParseInt(string(bytes.Trim(o[name], `"`)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

const lastMilli = 253402300799999 // the last one of year 9999

func (o object) millis(name string) time.Time {
	n := o.number(name)
	if n <= 0 || n > lastMilli {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// rfc3339 returns a time, and the zero one for anything else.
func (o object) rfc3339(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, o.text(name))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}

// kindOf names the kind of a JSON value for an error.
func kindOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "missing"
	}
	switch raw[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	}
	return "a number"
}
