// Package registry is the list of the inspectors that a report waits for.
//
// in → out: the parameters of the inspectors' stacks → who accepts which types of attributes.
package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Inspector is one that is awaited.
type Inspector struct {
	ID    string
	Types []string // of the attributes that it accepts; "*" for all
}

// Accepts says whether the inspector is asked about attributes of a type.
func (i Inspector) Accepts(kind string) bool {
	return slices.Contains(i.Types, "*") || slices.Contains(i.Types, kind)
}

// lower are the letters and digits of ids and types. No regular expression: those are compiled at each start of a function.
const lower = "abcdefghijklmnopqrstuvwxyz0123456789"

// CheckID says whether id can name an inspector or another plugin: 1 to 32 of a-z, 0-9 and -.
func CheckID(id string) error {
	if !consists(id, lower+"-", 32) {
		return fmt.Errorf("id: %.40q, expected 1 to 32 of a-z, 0-9 and -", id)
	}
	return nil
}

func consists(s, of string, limit int) bool {
	return s != "" && len(s) <= limit && strings.Trim(s, of) == ""
}

// Parse reads an inspector's entry: its id, 1 to 32 of a-z, 0-9 and -, and its types, separated by commas, or
// *. The error names all faults.
func Parse(id, types string) (Inspector, error) {
	i := Inspector{ID: id}
	var errs []error
	if err := CheckID(id); err != nil {
		errs = append(errs, err)
	}
	for part := range strings.SplitSeq(types, ",") {
		part = strings.TrimSpace(part)
		if part != "*" && !consists(part, lower+"._-", 64) {
			errs = append(errs, fmt.Errorf("types: %.40q, expected attribute types in lower case separated by commas, or *", part))
			continue
		}
		i.Types = append(i.Types, part)
	}
	if err := errors.Join(errs...); err != nil {
		return Inspector{}, fmt.Errorf("inspector %.40q: %w", id, err)
	}
	return i, nil
}

// Static is a list that does not change.
type Static []Inspector

// Inspectors returns the list.
func (s Static) Inspectors(context.Context) ([]Inspector, error) { return s, nil }
