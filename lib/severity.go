package responder

import "fmt"

// Severity is a verdict on a report. The zero value means that a person has to look; in a notice it means
// that there is no verdict yet.
type Severity string

// The severities.
const (
	// Urgent is damage, or strong evidence of it, possibly going on.
	Urgent Severity = "urgent"
	// Unclassified means that a person has to look.
	Unclassified Severity = "unclassified"
	// Safe means that there is nothing to do.
	Safe Severity = "safe"
)

// ParseSeverity reads a severity; the empty one is Unclassified. Anything else than the three is an error,
// and Unclassified.
func ParseSeverity(s string) (Severity, error) {
	switch v := Severity(s); v {
	case Urgent, Unclassified, Safe:
		return v, nil
	case "":
		return Unclassified, nil
	}
	return Unclassified, fmt.Errorf("severity: %.40q, expected urgent, unclassified or safe", s)
}
