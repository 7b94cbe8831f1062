package virustotal

import (
	"fmt"
	"time"
)

func (t seconds) time() time.Time { return time.Unix(int64(t), 0).UTC() }

// ahead is how much clocks may differ: an analysis that comes later than that is one of nobody knows when.
const ahead = 7 * 24 * time.Hour

// age of a time; 0 where it is none, or has not come yet.
func age(t seconds, now time.Time) time.Duration {
	if t == 0 {
		return 0
	}
	return max(now.Sub(t.time()), 0)
}

// ago says an age for people.
func ago(t seconds, now time.Time) string {
	days := int(age(t, now).Hours() / 24)
	switch {
	case t == 0:
		return "nobody knows when"
	case days == 0:
		return "today"
	case days == 1:
		return "yesterday"
	case days < 60:
		return fmt.Sprintf("%d days ago", days)
	case days < 730:
		return fmt.Sprintf("%d months ago", days/30)
	}
	return fmt.Sprintf("%d years ago", days/365)
}
