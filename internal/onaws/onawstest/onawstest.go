// Package onawstest checks that a function gets from template.yml what it needs.
//
// in → out: a function of the template, and the handler that it makes → a test.
package onawstest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// values are what the template's functions yield when it is deployed without parameters.
var values = map[string]string{
	"INSPECTION_DELAY": "0", "REVIEW_DELAY": "600", "AGGREGATION_WINDOW": "86400", "RETENTION_DAYS": "90",
	"REVIEWER_LAMBDA_ARN": "", "MAPPINGS": "", "MAPPINGS_BUCKET": "", "MAPPINGS_KEY": "",
}

// Run has the function start with the environment that the template gives it, and with each variable missing:
// then each invocation must fail with an error that names it. The template's path is relative to the test.
func Run(t *testing.T, template, function string, start func() lambda.Handler) {
	names := variables(t, template, function)
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, name := range names {
		t.Setenv(name, value(name))
	}
	assert.NoError(t, fault(t, start()), "as the template has it")
	var required []string
	for _, name := range names {
		if value(name) == "" {
			continue
		}
		t.Run("without "+name, func(t *testing.T) {
			t.Setenv(name, " ")
			assert.ErrorContains(t, fault(t, start()), "configuration: environment variable "+name+": empty")
		})
		required = append(required, name)
	}
	t.Run("without any", func(t *testing.T) {
		for _, name := range names {
			t.Setenv(name, "")
		}
		err := fault(t, start())
		for _, name := range required {
			assert.ErrorContains(t, err, name, "all faults at once")
		}
	})
}

// fault is what the configuration lacks, by an invocation that is no event: a stage that is fit refuses it before it
// calls any service.
func fault(t *testing.T, h lambda.Handler) error {
	t.Helper()
	_, err := h.Invoke(t.Context(), []byte(`{"Records":[]}`))
	require.Error(t, err)
	if strings.HasPrefix(err.Error(), "configuration: ") {
		return err
	}
	return nil
}

func value(name string) string {
	if v, ok := values[name]; ok {
		return v
	}
	return "the-" + name
}

func variables(t *testing.T, path, function string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	template, err := cfn.Read(text)
	require.NoError(t, err)
	v := any(template)
	for _, step := range []string{"Resources", function, "Properties", "Environment", "Variables"} {
		m, ok := v.(map[string]any)
		require.True(t, ok, "%s: no %s", function, step)
		v = m[step]
	}
	for name := range v.(map[string]any) {
		names = append(names, name)
	}
	require.NotEmpty(t, names, fmt.Sprint(function, ": no variables"))
	return names
}
