package writeback_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/ingest/writeback"
)

func TestIsOwn(t *testing.T) {
	assert.True(t, writeback.IsOwn("RESOLVED", "RESOLVED"))
	assert.False(t, writeback.IsOwn("RESOLVED", "NEW"), "a person changed it")
	assert.False(t, writeback.IsOwn("", ""), "nobody wrote anything")
}
