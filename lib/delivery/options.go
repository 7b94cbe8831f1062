package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Bounds of options: all environment variables of a function have 4 KB together (AWS Lambda Developer Guide, "Lambda quotas").
const (
	maxOptions = 4 << 10 // bytes
	maxFaults  = 8       // that are told
)

// ParseOptions reads what stands in one environment variable: name=value separated by white space or semicolons, each
// name at most once. The error tells what cannot be read, and what there is; who calls says of which variable.
func ParseOptions(text string, known ...string) (map[string]string, error) {
	if len(text) > maxOptions {
		return map[string]string{}, fmt.Errorf("%d bytes, expected at most %d", len(text), maxOptions)
	}
	out := map[string]string{}
	var errs []error
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || unicode.IsSpace(r) }) {
		name, value, ok := strings.Cut(part, "=")
		_, twice := out[name]
		switch {
		case !ok || !slices.Contains(known, name):
			errs = append(errs, fmt.Errorf("%.60q, expected %s", part, strings.Join(known, "=… ")+"=…"))
		case twice:
			errs = append(errs, fmt.Errorf("%s: given twice, expected once", name))
		default:
			out[name] = value
		}
	}
	if more := len(errs) - maxFaults; more > 0 {
		errs = append(errs[:maxFaults], fmt.Errorf("and %d more", more))
	}
	return out, errors.Join(errs...)
}
