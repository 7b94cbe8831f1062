package bound_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bound"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestCopyOfWhatFitsIsTheSame(t *testing.T) {
	r := respondertest.Report()
	got, cut := bound.Copy(r, 100, 1000)
	assert.False(t, cut)
	assert.Equal(t, r, got)
}

func TestCopyIsBoundedAndItsOwn(t *testing.T) {
	r := respondertest.Report()
	r.Alert.Attrs = append(r.Alert.Attrs, r.Alert.Attrs[0], r.Alert.Attrs[0])
	before, err := json.Marshal(r)
	require.NoError(t, err)
	got, cut := bound.Copy(r, 1, 5)
	assert.True(t, cut)
	assert.Len(t, got.Alert.Attrs, 1)
	assert.Len(t, got.Inspections, 1)
	assert.LessOrEqual(t, len(got.Result.Reason), 5)
	assert.Len(t, got.Content.OpponentHosts, len(r.Content.OpponentHosts), "keys are identities")
	assert.Equal(t, r.OpenedAt, got.OpenedAt)

	got.Alert.Attrs[0].Context[0] = "changed"
	got.Signals[0].Attribute.Value = "changed"
	after, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestCopyMakesValidUTF8(t *testing.T) {
	got, cut := bound.Copy(responder.Page{Title: "é" + strings.Repeat("x", 9), Error: "\xff"}, 1, 1)
	assert.True(t, cut)
	assert.Empty(t, got.Title)
	none, cut := bound.Copy(responder.Page{}, 0, 0)
	assert.False(t, cut)
	assert.Equal(t, responder.Page{}, none)
}
