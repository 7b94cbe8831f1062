// Command alertresponder runs the pipeline on a laptop, and talks to a stack.
//
// in → out: alerts → reports, for people and for scripts.
package main

import (
	"os"

	"github.com/m-mizutani/AlertResponder/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], commands()...))
}
