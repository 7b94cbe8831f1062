package ingest

import "strings"

// severityOf gives the severity that people mean by a word: critical and P1 are 90 and so on, in the bands of GuardDuty's
// (low below 40, medium below 70, high below 90). A word of another language, or a number of an unknown scale, is 0.
func severityOf(word string) float64 {
	word = strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(line(word, 32)))
	switch word {
	case "emergency", "fatal", "disaster", "p0", "sev0", "blocker":
		return 100
	case "critical", "crit", "page", "p1", "sev1", "s1", "urgent", "alert", "highest", "veryhigh":
		return 90
	case "high", "error", "err", "major", "p2", "sev2", "s2":
		return 70
	case "medium", "moderate", "warning", "warn", "average", "p3", "sev3", "s3":
		return 50
	case "low", "minor", "notice", "ticket", "p4", "sev4", "s4":
		return 30
	case "info", "informational", "information", "p5", "sev5", "s5", "verylow", "lowest":
		return 10
	}
	return 0
}
