// Minify writes a CloudFormation template without a byte to spare, for deployments without a bucket.
//
// in → out: a template in YAML (argument) → the same with the loops that it has, without comments (standard output).
package main

import (
	"bytes"
	"encoding/json"
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
	expand := len(args) == 2 && args[0] == "-expand"
	if !expand && len(args) != 1 {
		return fmt.Errorf("%d arguments, expected one: the template; or -expand and it, for all that its loops make, as JSON", len(args))
	}
	path := args[len(args)-1]
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	made := minify
	if expand {
		made = expanded
	}
	b, err := made(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = out.Write(b)
	return err
}

// expanded is the template as CloudFormation sees it.
func expanded(text []byte) ([]byte, error) {
	template, err := cfn.Read(text)
	if err != nil {
		return nil, err
	}
	return json.Marshal(template)
}

// minify returns the template in as little as that takes; an error where it is above cfn.Limit, or says something else.
func minify(text []byte) ([]byte, error) {
	template, err := cfn.Parse(text)
	if err != nil {
		return nil, err
	}
	template = lettered(shared(template))
	b := bytes.NewBuffer(nil)
	if err := document(b, template); err != nil {
		return nil, err
	}
	if b.Len() > cfn.Limit {
		return nil, fmt.Errorf("%d bytes, expected at most %d", b.Len(), cfn.Limit)
	}
	if same, err := cfn.Parse(b.Bytes()); err != nil || !reflect.DeepEqual(same, template) {
		return nil, fmt.Errorf("what was written is read as something else (%v)", err)
	}
	return b.Bytes(), nil
}
