// Minify writes a CloudFormation template as JSON without a byte to spare, for deployments without a bucket.
//
// in → out: a template in YAML (argument) → the same as JSON (standard output).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "minify:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, expected one: the template", len(args))
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	small, err := minify(text)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = out.Write(small)
	return err
}

// minify returns the template as JSON; an error where it is above cfn.Limit.
func minify(text []byte) ([]byte, error) {
	template, err := cfn.Read(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(template); err != nil {
		return nil, err
	}
	if b.Len() > cfn.Limit {
		return nil, fmt.Errorf("%d bytes, expected at most %d", b.Len(), cfn.Limit)
	}
	return b.Bytes(), nil
}
