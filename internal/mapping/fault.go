package mapping

import (
	"fmt"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
)

// Fault is what is wrong at a place of a file.
type Fault = yamlfile.Fault

// Faults gives all faults that an error of Parse holds.
func Faults(err error) []Fault { return yamlfile.Faults(err) }

// nearest is the one of some words that a wrong one may have been meant for; empty where none is near.
func nearest(word string, known []string) (best string) {
	least := min(2, len(word)/4) + 1
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < least {
			least, best = d, k
		}
	}
	return best
}

// orNearest is the end of a message about an unknown word.
func orNearest(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return fmt.Sprintf(", did you mean %s?", n)
	}
	return ", expected one of " + strings.Join(known, " ")
}

// distance is how many letters differ, two that changed places counted as one.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
