package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// settings are what config.json says.
type settings struct {
	stack, testStack, region, bucket, prefix string

	arch       string   // of the functions
	parameters []string // Name=value, by name
}

// field is a setting that is not a parameter of the stack.
type field struct {
	name, expected string
	valid          *regexp.Regexp
	optional       bool
	into           *string
}

func (s *settings) fields(test bool) []field {
	stackName := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	return []field{
		{"StackName", "a stack's name, such as alertresponder", stackName, false, &s.stack},
		{"TestStackName", "a stack's name, such as alertresponder-test", stackName, !test, &s.testStack},
		{"Region", "a region, such as us-east-1", regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`), false, &s.region},
		{"CodeS3Bucket", "the name of a bucket for the functions' code", regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+$`), false, &s.bucket},
		{"CodeS3Prefix", "what the keys in that bucket begin with, such as functions", regexp.MustCompile(`^[\w.!*'()/-]+$`), true, &s.prefix},
	}
}

// parse reads config.json; known are the parameters of the stack. An empty parameter is set to nothing; one that is
// null or not there stays as it is deployed.
func parse(text []byte, known map[string]bool, test bool) (settings, error) {
	values, err := read(text)
	if err != nil {
		return settings{}, err
	}
	var s settings
	var errs []error
	for _, f := range s.fields(test) {
		errs = append(errs, f.take(values))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v, err := literal(values[name])
		switch {
		case !known[name]:
			errs = append(errs, fmt.Errorf("%s: not a setting, expected one of %s", name, strings.Join(names(s.fields(test), known), " ")))
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		case values[name] != nil:
			s.parameters = append(s.parameters, name+"="+v)
		}
	}
	arch, _ := literal(values["Architecture"])
	s.arch = cmp.Or(arch, "arm64")
	return s, errors.Join(errs...)
}

func read(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("%w, expected a JSON object", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON object")
	}
	return values, nil
}

// take moves a field out of the values.
func (f field) take(values map[string]any) error {
	v, err := literal(values[f.name])
	delete(values, f.name)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", f.name, err)
	case v == "" && f.optional:
		return nil
	case v == "":
		return fmt.Errorf("%s: missing, expected %s", f.name, f.expected)
	case !f.valid.MatchString(v):
		return fmt.Errorf("%s: %.80q, expected %s", f.name, v, f.expected)
	}
	*f.into = v
	return nil
}

// literal is a setting as text: numbers may be written with and without quotes.
func literal(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		return "", errors.New("a list, expected a text or a number")
	}
	return "", errors.New("an object, expected a text or a number")
}

func names(fields []field, known map[string]bool) []string {
	var list []string
	for _, f := range fields {
		list = append(list, f.name)
	}
	return append(list, slices.Sorted(maps.Keys(known))...)
}
