package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
)

// longest is the most that a parameter with the text of a file takes, in characters: all variables of a function have 4 KB.
const longest = 2048

// written is the text of such a parameter, and what it is called: @ and the name of a file, as seen from config.json, or the text
// itself.
func written(value, dir string) (text, file string, err error) {
	if name, ok := strings.CutPrefix(value, "@"); ok {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		b, err := os.ReadFile(name)
		return string(b), name, err
	}
	return value, "the text", nil
}

// mappings are the text of the parameter Mappings. A faulty one is not deployed.
func mappings(value, dir string) (string, error) {
	value, file, err := written(value, dir)
	if value == "" || err != nil {
		return "", err
	}
	if _, err := mapping.Parse([]byte(value)); err != nil {
		var lines []error
		for _, f := range mapping.Faults(err) {
			lines = append(lines, errors.New(f.In(file)))
		}
		return "", fmt.Errorf("faulty:\n%w", errors.Join(lines...))
	}
	if n := utf8.RuneCountInString(value); n > longest {
		return "", fmt.Errorf("%s has %d characters, expected at most %d; MappingsBucket takes a longer one", file, n, longest)
	}
	return value, nil
}

// quarantineRules are the text of the parameter QuarantineRules.
func quarantineRules(value, dir string) (string, error) {
	value, file, err := written(value, dir)
	if n := utf8.RuneCountInString(value); n > longest {
		return "", fmt.Errorf("%s has %d characters, expected at most %d", file, n, longest)
	}
	return value, err
}

// files are the parameters that have the text of a file.
var files = map[string]func(value, dir string) (string, error){"Mappings": mappings, "QuarantineRules": quarantineRules}

// withFiles replaces names of files by what is in them.
func (s *settings) withFiles(dir string) error {
	for i, p := range s.parameters {
		name, value, _ := strings.Cut(p, "=")
		if read := files[name]; read != nil {
			text, err := read(value, dir)
			if err != nil {
				return fmt.Errorf("parameter %s: %w", name, err)
			}
			s.parameters[i] = name + "=" + text
		}
	}
	return nil
}
