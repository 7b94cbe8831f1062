//go:build !unix

package speed

import "time"

// processorTime is not known here.
func processorTime() time.Duration { return 0 }
