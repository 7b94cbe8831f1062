// Minify writes a CloudFormation template without a byte to spare, for deployments without a bucket.
//
// in → out: a template in YAML (argument) → the same with the loops that it has, without comments (standard output).
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"

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

// depth is how deep each member stands in a line of its own, to be looked for: sections, resources.
const depth = 2

// minify returns the template in as little as that takes; an error where it is above cfn.Limit, or says something else.
func minify(text []byte) ([]byte, error) {
	template, err := cfn.Parse(text)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(nil)
	if err := write(b, template, depth); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	if b.Len() > cfn.Limit {
		return nil, fmt.Errorf("%d bytes, expected at most %d", b.Len(), cfn.Limit)
	}
	if same, err := cfn.Parse(b.Bytes()); err != nil || !reflect.DeepEqual(same, template) {
		return nil, fmt.Errorf("what was written is read as something else (%v)", err)
	}
	return b.Bytes(), nil
}
