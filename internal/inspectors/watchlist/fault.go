package watchlist

import (
	"fmt"
)

// maxFaults are shown of a list, the others counted.
const maxFaults = 20

// faults are the lines of a list that were skipped.
type faults struct {
	First []string // <file>:<line>: what, expected what
	Count int
}

func (f *faults) add(file string, line int, err error) {
	if f.Count++; len(f.First) < maxFaults {
		f.First = append(f.First, fmt.Sprintf("%s:%d: %v", file, line, err))
	}
}
