package onaws

import (
	"fmt"
	"time"
)

// Rules is the part of who opens reports: all settings of the protocol. RETENTION_DAYS is read by package
// tables, which comes before it.
func Rules(s *Setup) {
	r := &s.Ports.Rules
	r.InspectionDelay = s.Seconds("INSPECTION_DELAY")
	r.ReviewDelay = s.Seconds("REVIEW_DELAY")
	r.Window = s.Seconds("AGGREGATION_WINDOW")
	if s.Err() != nil {
		return // what is missing would be reported once more
	}
	for _, err := range r.Check() {
		s.Fault(err)
	}
}

// ReviewDelay is the part of who hands out tasks in a report that is there.
func ReviewDelay(s *Setup) {
	d := s.Seconds("REVIEW_DELAY")
	s.Ports.Rules.ReviewDelay = d
	if s.Err() == nil && (d <= 0 || d > 900*time.Second) {
		s.Fault(fmt.Errorf("environment variable REVIEW_DELAY: %s, expected 1 to 900 seconds", d))
	}
}
