package mapping

import (
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// values is a copy of a decoded message as JMESPath wants it: its numbers are float64. An integer that a float64 would
// change stays a text, so that ids keep all their digits.
func values(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[name] = values(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = values(inner)
		}
		return out
	case json.Number:
		return number(v.String())
	}
	return v
}

func number(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	if !strings.ContainsAny(text, ".eE") && math.Abs(f) >= 1<<53 {
		return text
	}
	return f
}

// textOf is a text, number or truth value as text; ok is false for anything else, and for nothing.
func textOf(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		text = strings.TrimSpace(v)
	case float64:
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
		case math.Abs(v) < 1e21:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			text = strconv.FormatFloat(v, 'g', -1, 64)
		}
	case bool:
		text = strconv.FormatBool(v)
	}
	return text, text != ""
}

// texts are the texts of a value; those of its elements where it is a list.
func texts(v any) (out []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list[:min(len(list), maxValues)] {
		if s, ok := textOf(e); ok {
			out = append(out, s)
		}
	}
	return out
}

// maxValues bounds what one expression gives of attributes. An alert has fewer.
const maxValues = 1000

func numberOf(v any) (float64, bool) {
	s, _ := textOf(v)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// timeOf reads a time: by the given layouts, by RFC 3339, or as seconds, milliseconds, microseconds or nanoseconds since
// 1970, by the size of the number.
func timeOf(v any, layouts []string) (time.Time, bool) {
	s, ok := textOf(v)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range append(layouts[:len(layouts):len(layouts)], time.RFC3339Nano) {
		if t, err := time.Parse(layout, s); err == nil && inRange(t) {
			return t.UTC(), true
		}
	}
	f, ok := numberOf(v)
	if !ok || f <= 0 {
		return time.Time{}, false
	}
	for f > 1e11 && f < 1e20 { // the seconds of year 5138
		f /= 1000
	}
	if t := time.UnixMilli(int64(math.Round(f * 1000))).UTC(); f < 1e11 && inRange(t) {
		return t, true
	}
	return time.Time{}, false
}

func inRange(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9999 }

// address is an IP address, also one with a port; ok is false for anything else.
func address(s string) (string, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().String(), true
	}
	return "", false
}

// marshal writes what was decoded from JSON, without HTML escaping; ok is false for what JSON has no form for.
func marshal(v any) (string, bool) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", false
	}
	return strings.TrimSuffix(b.String(), "\n"), true
}
