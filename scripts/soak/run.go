package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/progress"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/soak"
)

const usage = `usage: go run ./scripts/soak [flags]

Runs the whole pipeline in this process under a mixed load, on a bus that is rude and with plugins that fail, and looks at
memory, goroutines and what is stored. Hours pass on the pipeline's clock for each minute here.

  go run ./scripts/soak                  ten minutes
  go run ./scripts/soak -for 1h -seed 7  longer, with another load
  go run ./scripts/soak -o json          all samples for a program

Exit codes: 0 nothing grew, 1 something did or the soak could not be done, 2 bad usage.

`

// How it ends.
const (
	flat = iota
	grew
	badUsage
)

func run(ctx context.Context, args []string, out, complaints io.Writer, line *progress.Line) int {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(complaints)
	o := soak.Options{Now: time.Now, Lot: 10, Pause: 10 * time.Second}
	flags.DurationVar(&o.For, "for", 10*time.Minute, "how long, after warming up")
	flags.IntVar(&o.Samples, "samples", 60, "how many samples are taken, 6 at least")
	flags.Uint64Var(&o.Seed, "seed", 1, "decides the load and what goes wrong")
	output := flags.String("o", "text", "what is written to standard output: text or json")
	flags.Usage = func() {
		fmt.Fprint(complaints, usage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return flat
	case err != nil:
		return badUsage
	case *output != "text" && *output != "json" || flags.NArg() > 0 || o.For <= 0 || o.Samples < 6:
		fmt.Fprintln(complaints, "soak: expected -o text or json, -for above 0, -samples of 6 at least, and no arguments; try -help")
		return badUsage
	}
	r, err := soak.Run(ctx, o, line.Say)
	line.Done()
	if len(r.Samples) > 0 {
		err = errors.Join(err, write(r, *output, out))
	}
	if err = errors.Join(err, r.Err()); err != nil {
		fmt.Fprintln(complaints, "soak:", err)
		return grew
	}
	return flat
}

func write(r soak.Result, output string, out io.Writer) error {
	if output == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.Text(out, 20)
}
