package protocol

import "slices"

// Set is a set of strings: sorted, distinct. Its methods never change it.
type Set []string

// SetOf makes a set.
func SetOf(members ...string) Set { return Set(nil).With(members...) }

// Has says whether x is in the set.
func (s Set) Has(x string) bool {
	_, ok := slices.BinarySearch(s, x)
	return ok
}

// With returns the set and the members together.
func (s Set) With(members ...string) Set {
	if len(members) == 0 {
		return s
	}
	out := append(slices.Clone(s), members...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Without returns the set without the members, nil if none is left.
func (s Set) Without(members ...string) Set {
	var out Set
	for _, x := range s {
		if !slices.Contains(members, x) {
			out = append(out, x)
		}
	}
	return out
}

// Equal says whether both sets have the same members.
func (s Set) Equal(other Set) bool { return slices.Equal(s, other) }
