// Config reads the settings of a deployment.
//
// in → out: config.json (argument) → lines for a shell to evaluate: STACK, TEST_STACK, REGION, BUCKET, PREFIX, ARCH, and
// the stack's parameters as $1, $2… in the form Name=value. Faults are told all at once, by the names of the fields.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

func main() {
	flags := flag.NewFlagSet("config", flag.ContinueOnError)
	template := flags.String("template", "template.yml", "the template whose parameters may be set")
	test := flags.Bool("test", false, "TestStackName is needed")
	if err := flags.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	if err := run(flags.Args(), *template, *test, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, template string, test bool, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("config: %d arguments, expected one: the path of config.json", len(args))
	}
	known, err := parameters(template)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("config: %w (begin with a copy of config.json.example)", err)
	}
	s, err := parse(text, known, test)
	if err != nil {
		return fmt.Errorf("config: %s:\n%w", args[0], err)
	}
	if err := s.withFiles(filepath.Dir(args[0])); err != nil {
		return fmt.Errorf("config: %s:\n%w", args[0], err)
	}
	_, err = io.WriteString(out, s.shell())
	return err
}

// parameters are the names of a template's parameters.
func parameters(path string) (map[string]bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	template, err := cfn.Read(text)
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w", path, err)
	}
	names := map[string]bool{}
	list, _ := template["Parameters"].(map[string]any)
	for name := range list {
		names[name] = true
	}
	return names, nil
}

// shell is the settings as the text of a POSIX shell.
func (s settings) shell() string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"STACK", s.stack}, {"TEST_STACK", s.testStack}, {"REGION", s.region},
		{"BUCKET", s.bucket}, {"PREFIX", s.prefix}, {"ARCH", s.arch},
	} {
		fmt.Fprintf(&b, "%s=%s\n", v[0], quote(v[1]))
	}
	b.WriteString("set --")
	for _, p := range s.parameters {
		b.WriteString(" " + quote(p))
	}
	b.WriteString("\n")
	return b.String()
}

// quote makes one word of a text, whatever is in it.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
