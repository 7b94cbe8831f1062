// Package metricstest reads log lines as CloudWatch does.
//
// in → out: a log line → the values that its metadata makes metrics, or what is wrong with it.
//
// The rules are those of the Amazon CloudWatch User Guide, "Specification: Embedded metric format", of its JSON schema
// there, and of the API Reference for Dimension and MetricDatum. Where the guide's editions differ, the narrower limit holds.
package metricstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Value is one value of a metric.
type Value struct {
	Namespace  string
	Dimensions map[string]string
	Name, Unit string // Unit is empty for none
	Value      float64
	At         int64 // epoch milliseconds
}

const (
	maxLine       = 256 << 10
	maxName       = 255
	maxDimensions = 9
	maxDimension  = 1024 // bytes of a dimension's value
	maxMetrics    = 100
)

type document struct {
	Timestamp         *int64      `json:"Timestamp"`
	CloudWatchMetrics []directive `json:"CloudWatchMetrics"`
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name              string  `json:"Name"`
	Unit              *string `json:"Unit"`
	StorageResolution *int    `json:"StorageResolution"`
}

// Read gives the values of a line. One without metadata has none, and is none the worse for it.
func Read(line []byte) ([]Value, error) {
	if len(line) > maxLine {
		return nil, fmt.Errorf("%d bytes, expected %d at most", len(line), maxLine)
	}
	root, err := members(line)
	if err != nil || root["_aws"] == nil {
		return nil, err
	}
	var d document
	if err := strictly(root["_aws"], &d); err != nil {
		return nil, fmt.Errorf("_aws: %w", err)
	}
	if d.Timestamp == nil || d.CloudWatchMetrics == nil {
		return nil, errors.New("_aws: Timestamp and CloudWatchMetrics are required")
	}
	var out []Value
	for _, m := range d.CloudWatchMetrics {
		values, err := m.values(root, *d.Timestamp)
		if err != nil {
			return nil, err
		}
		out = append(out, values...)
	}
	return out, nil
}

// members are those of an object with nothing around it, and none twice: which of two would count is not said.
func members(line []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no object: %v %w", t, err)
	}
	root := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, twice := root[name]; twice {
			return nil, fmt.Errorf("%q stands there twice", name)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		root[name] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something stands behind the object")
	}
	return root, nil
}

// strictly takes no members that the specification does not have.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (m directive) values(root map[string]json.RawMessage, at int64) (out []Value, err error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	for _, set := range m.Dimensions {
		dimensions, err := targets(set, root)
		if err != nil {
			return nil, err
		}
		for _, def := range m.Metrics {
			unit, numbers, err := def.read(root)
			if err != nil {
				return nil, fmt.Errorf("metric %q: %w", def.Name, err)
			}
			for _, n := range numbers {
				out = append(out, Value{m.Namespace, dimensions, def.Name, unit, n, at})
			}
		}
	}
	return out, nil
}

func (m directive) check() error {
	switch {
	case !isName(m.Namespace) || strings.HasPrefix(m.Namespace, "AWS/"):
		return fmt.Errorf("_aws: Namespace: %q", m.Namespace)
	case len(m.Dimensions) == 0:
		return errors.New("_aws: Dimensions: none, expected at least one set")
	case m.Metrics == nil || len(m.Metrics) > maxMetrics:
		return fmt.Errorf("_aws: Metrics: %d, expected at most %d", len(m.Metrics), maxMetrics)
	}
	return nil
}

// isName says whether a namespace, metric or dimension can have this name.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && !strings.HasPrefix(s, ":") && isASCII(s) && strings.TrimSpace(s) != ""
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// targets are the dimensions that a set names: texts of the root.
func targets(set []string, root map[string]json.RawMessage) (map[string]string, error) {
	if len(set) > maxDimensions {
		return nil, fmt.Errorf("%d dimensions, expected at most %d", len(set), maxDimensions)
	}
	out := map[string]string{}
	for _, name := range set {
		var v *string
		if err := json.Unmarshal(root[name], &v); err != nil || v == nil || !isName(name) {
			return nil, fmt.Errorf("dimension %q: %s, expected a text", name, root[name])
		}
		if len(*v) > maxDimension || !isASCII(*v) || strings.TrimSpace(*v) == "" {
			return nil, fmt.Errorf("dimension %q: %q", name, *v)
		}
		out[name] = *v
	}
	return out, nil
}

// read gives the numbers that a definition points at: one, or a list of up to 100.
func (d definition) read(root map[string]json.RawMessage) (unit string, numbers []float64, err error) {
	if !isName(d.Name) {
		return "", nil, errors.New("this is no name")
	}
	if d.StorageResolution != nil && *d.StorageResolution != 1 && *d.StorageResolution != 60 {
		return "", nil, fmt.Errorf("_aws: StorageResolution: %d", *d.StorageResolution)
	}
	if d.Unit != nil {
		if unit = *d.Unit; !isUnit(unit) {
			return "", nil, fmt.Errorf("_aws: Unit: %q", unit)
		}
	}
	var one *float64
	if err := json.Unmarshal(root[d.Name], &one); err == nil && one != nil {
		return unit, []float64{*one}, nil
	}
	if err := json.Unmarshal(root[d.Name], &numbers); err != nil || numbers == nil || len(numbers) > 100 {
		return "", nil, fmt.Errorf("%s, expected a number or up to 100 of them", root[d.Name])
	}
	return unit, numbers, nil
}

func isUnit(unit string) bool {
	base, rate := strings.CutSuffix(unit, "/Second")
	switch base {
	case "Seconds", "Microseconds", "Milliseconds", "Percent", "None":
		return !rate
	case "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
		"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Count":
		return true
	}
	return false
}
