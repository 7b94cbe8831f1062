// Soak runs the pipeline for a long time, and fails if it keeps more and more.
//
// in → out: a duration → samples of memory, goroutines and what is stored (standard output), and an exit code.
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
