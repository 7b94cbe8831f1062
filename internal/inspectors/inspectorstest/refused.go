package inspectorstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Refused checks what an inspector makes of a fault of its service: an error of a kind, which is permanent or says how long
// to wait (0: nothing), no page, and none of the service's own words.
func Refused(t *testing.T, name string, page responder.Page, err, kind error, permanent bool, wait time.Duration, words string) {
	t.Helper()
	assert.ErrorIs(t, err, kind, name)
	assert.Zero(t, page, name)
	assert.Equal(t, permanent, responder.IsPermanent(err), name)
	told, _ := responder.RetryDelay(err)
	assert.Equal(t, wait, told, name)
	assert.NotContains(t, err.Error(), words, "%s: the service's words are not passed on", name)
}
