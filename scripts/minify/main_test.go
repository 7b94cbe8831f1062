package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The template as `make publish` uploads it can be deployed without a bucket: its code is in buckets with the
// longest names that there are, under a long prefix.
func TestPackagedTemplateFits(t *testing.T) {
	text, err := os.ReadFile("../../template.yml")
	require.NoError(t, err)
	code := regexp.MustCompile(`CodeUri: \S+`)
	require.NotEmpty(t, code.FindAll(text, -1))
	where := "s3://" + strings.Repeat("b", 63) + "/" + strings.Repeat("p", 40) + "/" + strings.Repeat("0", 32)
	small, err := minify(code.ReplaceAll(text, []byte("CodeUri: "+where)))
	require.NoError(t, err)
	t.Logf("%d bytes", len(small))
	assert.Contains(t, string(small), where)
	assert.True(t, json.Valid(small))
}

func TestMinify(t *testing.T) {
	got, err := minify([]byte("B: !Sub \"<${A}>\" # a comment\nA: [1, 2]\n"))
	require.NoError(t, err)
	assert.Equal(t, `{"A":[1,2],"B":{"Fn::Sub":"<${A}>"}}`+"\n", string(got))
}

func TestMinifyTooLarge(t *testing.T) {
	_, err := minify([]byte("A: " + strings.Repeat("a", 48_000)))
	assert.ErrorContains(t, err, "bytes, expected at most 48000")
}

func TestRunUsage(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, run(nil, &out), "expected one: the template")
	assert.ErrorContains(t, run([]string{"absent.yml"}, &out), "absent.yml")
	assert.Empty(t, out.String())
}
