package onaws

import (
	"os"
	"runtime/debug"
	"strconv"
)

// limitMemory tells the garbage collector how much memory the function has (AWS Lambda Developer Guide, "Defined runtime
// environment variables"), less a quarter for what is not its own. Without it, it would let garbage double what is in use.
func limitMemory() {
	if mib, err := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 32); err == nil && mib > 0 {
		debug.SetMemoryLimit(mib << 20 / 4 * 3)
	}
}
