package mappings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/onaws/mappings"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// What is set is read, the text first; what is not set is not called.
func TestGiven(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, c := range []struct {
		text, bucket, key string
		files             int
		fault             string
	}{
		{"", "", "", 0, ""},
		{"", "", "mappings.yml", 0, ""},
		{"version: 1", "", "mappings.yml", 1, ""},
		{"", "own", "mappings.yml", 1, ""},
		{"version: 1", "own", "mappings.yml", 2, ""},
		{"", "own", "", 0, "MAPPINGS_KEY: empty"},
		{"", "own/../x", "k", 0, "MAPPINGS_BUCKET"},
	} {
		t.Setenv("MAPPINGS", c.text)
		t.Setenv("MAPPINGS_BUCKET", c.bucket)
		t.Setenv("MAPPINGS_KEY", c.key)
		var ports pipeline.Ports
		handler := onaws.Stage(func(p pipeline.Ports) host.Handler { ports = p; return nil }, mappings.Given)
		if c.fault != "" {
			require.NotNil(t, handler)
			_, err := handler.Invoke(t.Context(), nil)
			assert.ErrorContains(t, err, c.fault)
			continue
		}
		if c.files == 0 {
			assert.Nil(t, ports.Mappings)
			continue
		}
		assert.Len(t, ports.Mappings, c.files)
		assert.IsType(t, mapping.Several{}, ports.Mappings)
	}
}
