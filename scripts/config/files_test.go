package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMappings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	good := "version: 1\nmappings:\n  - {source: a, match: {v: 'it''s'}, key: id}\n"
	write("good.yml", good)
	write("faulty.yml", "version: 1\nmappings:\n  - {source: a, match: {v: x}, kee: id}\n")
	write("long.yml", good+strings.Repeat("# ä\n", 1024))
	config := func(value string) (string, error) {
		write("config.json", `{"StackName": "ar", "Region": "eu-west-1", "CodeS3Bucket": "code", "Mappings": "`+value+`"}`)
		var out strings.Builder
		err := run([]string{filepath.Join(dir, "config.json")}, template, false, &out)
		return out.String(), err
	}
	for value, want := range map[string]string{
		"": "'Mappings='\n", "@good.yml": "'Mappings=" + strings.ReplaceAll(good, "'", `'\''`) + "'\n", "@" + dir + "/good.yml": "source: a",
		"{version: 1, mappings: [{source: a, match: {v: x}, key: id}]}": "'Mappings={version: 1,",
	} {
		got, err := config(value)
		require.NoError(t, err, value)
		assert.Contains(t, got, want)
	}
	for value, want := range map[string]string{
		"@faulty.yml": "faulty.yml:3:32: mappings[0].kee: unknown field", "@absent.yml": "absent.yml", "@long.yml": "expected at most 2048; MappingsBucket",
		"version: 2": "Mappings: faulty:\nthe text:1:1: mappings: is missing",
	} {
		_, err := config(value)
		require.ErrorContains(t, err, want, value)
	}
}

func TestQuarantineRules(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("rules.yml", "version: 1 # it's\n")
	write("long.yml", strings.Repeat("#", 2049))
	config := func(value string) (string, error) {
		write("config.json", `{"StackName": "ar", "Region": "eu-west-1", "CodeS3Bucket": "code", "QuarantineRules": "`+value+`"}`)
		var out strings.Builder
		err := run([]string{filepath.Join(dir, "config.json")}, template, false, &out)
		return out.String(), err
	}
	for value, want := range map[string]string{
		"": "'QuarantineRules='\n", "@rules.yml": `'QuarantineRules=version: 1 # it'\''s` + "\n'\n", "version: 1": "'QuarantineRules=version: 1'\n",
	} {
		got, err := config(value)
		require.NoError(t, err, value)
		assert.Contains(t, got, want)
	}
	for value, want := range map[string]string{
		"@absent.yml": "parameter QuarantineRules: open ", "@long.yml": "long.yml has 2049 characters, expected at most 2048",
	} {
		_, err := config(value)
		require.ErrorContains(t, err, want, value)
	}
}
