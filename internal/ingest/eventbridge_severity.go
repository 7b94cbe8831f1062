package ingest

import (
	"encoding/json"
	"strings"
)

// words of severity with the least number of their band (AWS Security Hub User Guide, "AWS Security Finding Format
// (ASFF)", Severity: INFORMATIONAL 0, LOW 1–39, MEDIUM 40–69, HIGH 70–89, CRITICAL 90–100). Macie and Inspector use the same
// words, with a capital or all capitals.
var severityBands = []struct {
	word        string
	least, most float64
}{
	{"INFORMATIONAL", 0, 0}, {"LOW", 1, 39}, {"MEDIUM", 40, 69}, {"HIGH", 70, 89}, {"CRITICAL", 90, 100},
}

// severityWord gives the number of a word, moved by a score of 0 to 100 within the word's band; without a score it is the
// least of the band. The word wins: it is what the sender decided.
func severityWord(word string, score float64) float64 {
	for _, b := range severityBands {
		if strings.EqualFold(b.word, word) {
			return min(max(score, b.least), b.most)
		}
	}
	return 0
}

// anySeverity reads a severity of which nothing is known: a word, a number of at most 10, which services of AWS count from
// 0 to 10, or a larger one; or an object with one of these.
func anySeverity(v any) float64 {
	switch v := v.(type) {
	case string:
		if s := severityWord(v, 0); s > 0 {
			return s
		}
		return anySeverity(json.Number(v))
	case json.Number:
		n, _ := object{"n": v}.number("n")
		if n <= 10 {
			n *= 10
		}
		return n
	case map[string]any:
		o := object(v)
		for _, name := range []string{"label", "description", "normalized", "score"} {
			if s := anySeverity(o.get(name)); s > 0 {
				return s
			}
		}
	}
	return 0
}
