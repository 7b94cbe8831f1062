package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"

	"github.com/m-mizutani/AlertResponder/internal/benchmark"
	"github.com/m-mizutani/AlertResponder/internal/benchmark/progress"
)

const usage = `usage: go run ./scripts/bench [flags]

Measures rates, growth, the starts of the functions and what AWS would bill, and writes docs/benchmarks.md. Run it in the
checkout's folder, on a machine that does nothing else.

  go run ./scripts/bench                    everything, in some minutes
  go run ./scripts/bench -quick -doc ""     a look, and no page
  go run ./scripts/bench -o json > x.json   the results for a program

Exit codes: 0 measured, 1 it could not be, 2 bad usage; with -strict 3 if a target is missed.

`

// How it ends.
const (
	measured = iota
	notMeasured
	badUsage
	missed
)

func run(ctx context.Context, args []string, out, complaints io.Writer, line *progress.Line) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(complaints)
	output := flags.String("o", "text", "what is written to standard output: text or json")
	document := flags.String("doc", "docs/benchmarks.md", "where the page is written to; empty: nowhere")
	quick := flags.Bool("quick", false, "measure little, for a look")
	strict := flags.Bool("strict", false, "fail if a target is missed")
	flags.Usage = func() {
		fmt.Fprint(complaints, usage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return measured
	case err != nil:
		return badUsage
	case *output != "text" && *output != "json" || flags.NArg() > 0:
		fmt.Fprintf(complaints, "bench: -o %q, expected text or json, and no arguments; try -help\n", *output)
		return badUsage
	}
	size := benchmark.Full
	if *quick {
		size = benchmark.Quick
	}
	r, err := benchmark.Run(ctx, ".", size, line.Say)
	line.Done()
	if err == nil {
		err = write(r, *output, *document, out)
	}
	if err != nil {
		fmt.Fprintln(complaints, "bench:", err)
		return notMeasured
	}
	if n := len(r.Missed()); n > 0 {
		fmt.Fprintf(complaints, "bench: %d of %d targets are missed\n", n, len(r.Targets))
		if *strict {
			return missed
		}
	}
	return measured
}

func write(r benchmark.Results, output, document string, out io.Writer) error {
	if document != "" {
		f, err := os.Create(document)
		if err != nil {
			return err
		}
		if err := errors.Join(r.Document(f), f.Close()); err != nil {
			return err
		}
	}
	if output == "json" {
		return r.JSON(out)
	}
	return r.Text(out, colourful(out))
}

// colourful says whether a person reads it on a terminal that has colours.
func colourful(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
