// Package registry is the list of the inspectors that a report waits for.
//
// in → out: the parameters of the inspectors' stacks → who accepts which types of attributes.
package registry

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

var (
	validID   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	validType = regexp.MustCompile(`^(\*|[a-z0-9._-]{1,64})$`)
)

// Parse reads an inspector's entry: its id, 1 to 32 of a-z, 0-9 and -, and its types, separated by commas, or
// *. The error names all faults.
func Parse(id, types string) (Inspector, error) {
	i := Inspector{ID: id}
	var errs []error
	if !validID.MatchString(id) {
		errs = append(errs, fmt.Errorf("id: %.40q, expected 1 to 32 of a-z, 0-9 and -", id))
	}
	for part := range strings.SplitSeq(types, ",") {
		part = strings.TrimSpace(part)
		if !validType.MatchString(part) {
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
