package inprocess

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain makes the property tests the same in each run, unless flags say otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["rapid.seed"] && os.Getenv("RAPID_SEED") == "" {
		_ = flag.Set("rapid.seed", "1")
	}
	debug.SetGCPercent(400) // thousands of short lives
	os.Exit(m.Run())
}
