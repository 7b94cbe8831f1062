// Bench measures the project against what it must reach.
//
// in → out: a checkout → the targets that are reached (standard output), and docs/benchmarks.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/progress"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, progress.On(os.Stderr)))
}
