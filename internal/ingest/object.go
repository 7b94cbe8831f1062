package ingest

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// object is a JSON object that is read with patience: an odd value is an absent one. A name is looked for as it
// is, and with its first letter in upper case: APIs of AWS write both.
type object map[string]any

func (o object) get(name string) any {
	v, _ := pick(o, name)
	return v
}

func pick[T any](o map[string]T, name string) (v T, ok bool) {
	var upper [64]byte // on the stack: most fields that are asked for are missing
	if v, ok = o[name]; ok || name == "" || len(name) > len(upper) || name[0] < 'a' || name[0] > 'z' {
		return v, ok
	}
	n := copy(upper[:], name)
	upper[0] -= 'a' - 'A'
	v, ok = o[string(upper[:n])]
	return v, ok
}

func (o object) has(name string) bool { return o.get(name) != nil }

// at follows a path of objects; the empty object where there is none.
func (o object) at(path ...string) object {
	for _, name := range path {
		inner, _ := o.get(name).(map[string]any)
		o = inner
	}
	return o
}

// text gives a string, or a number or boolean as its text.
func (o object) text(name string) string { return textOf(o.get(name)) }

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (o object) isText(name string) bool {
	s, ok := o.get(name).(string)
	return ok && s != ""
}

// number gives a number, also one that is written as a string. Infinities, NaN and what is out of the range of
// a float64 are no numbers.
func (o object) number(name string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(o.text(name)), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// is says whether a value is true, also as a string.
func (o object) is(name string) bool { return strings.EqualFold(o.text(name), "true") }

// objects gives the objects of a list; a single object is a list of one.
func (o object) objects(name string) (out []object) {
	switch v := o.get(name).(type) {
	case map[string]any:
		return []object{v}
	case []any:
		for _, e := range v {
			if inner, ok := e.(map[string]any); ok {
				out = append(out, inner)
			}
		}
	}
	return out
}

// texts gives the strings of a list; a single string is a list of one.
func (o object) texts(name string) (out []string) {
	switch v := o.get(name).(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s := textOf(e); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// layouts of times, besides RFC 3339.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05"}

// time gives a time: of a text, or of epoch seconds, or of milliseconds where the number is too large for those.
func (o object) time(name string) time.Time {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, o.text(name)); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
			return t.UTC()
		}
	}
	n, ok := o.number(name)
	if !ok {
		return time.Time{}
	}
	if n > 1e11 { // seconds of year 5138
		n /= 1000
	}
	return responder.Timestamp{Init: n}.InitTime()
}

// marshal writes what was decoded from JSON, without HTML escaping.
func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // what was decoded can be written
	return strings.TrimSuffix(b.String(), "\n")
}
