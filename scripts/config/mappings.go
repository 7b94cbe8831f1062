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

// maxMappings is the most that the parameter takes, in characters: all variables of a function have 4 KB.
const maxMappings = 2048

// mappings are the text of the parameter Mappings: @ and the name of a file, as seen from config.json, or the text itself. A
// faulty one is not deployed.
func mappings(value, dir string) (string, error) {
	file := "the text"
	if name, ok := strings.CutPrefix(value, "@"); ok {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		value, file = string(text), name
	}
	if value == "" {
		return "", nil
	}
	if _, err := mapping.Parse([]byte(value)); err != nil {
		var lines []error
		for _, f := range mapping.Faults(err) {
			lines = append(lines, errors.New(f.In(file)))
		}
		return "", fmt.Errorf("faulty:\n%w", errors.Join(lines...))
	}
	if n := utf8.RuneCountInString(value); n > maxMappings {
		return "", fmt.Errorf("%s has %d characters, expected at most %d; MappingsBucket takes a longer one", file, n, maxMappings)
	}
	return value, nil
}

// withMappings replaces the name of a file by what is in it.
func (s *settings) withMappings(dir string) error {
	for i, p := range s.parameters {
		if value, ok := strings.CutPrefix(p, "Mappings="); ok {
			text, err := mappings(value, dir)
			if err != nil {
				return fmt.Errorf("parameter Mappings: %w", err)
			}
			s.parameters[i] = "Mappings=" + text
		}
	}
	return nil
}
