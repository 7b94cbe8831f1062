package shipped_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/internal/registry"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

func TestAllCanBeMadeAndFoundByTheirNames(t *testing.T) {
	assert.Equal(t, []string{"virustotal", "abuseipdb", "greynoise", "abusech", "awscontext", "history", "watchlist"}, shipped.IDs())
	for _, i := range shipped.All() {
		found, ok := shipped.Find(i.ID)
		require.True(t, ok)
		assert.Equal(t, i.Name, found.Name)
		assert.NoError(t, registry.CheckID(i.ID))
		assert.NotEmpty(t, i.Types, i.ID)
		assert.True(t, i.Key == shipped.NoKey || i.IsService(), "%s: a key for whom?", i.ID)
		made, err := i.New(shipped.Settings{
			Settings: intel.Settings{Key: responder.EnvSecret("X"), Memory: responder.NewMemory()}, Lists: []string{t.TempDir()},
		})
		require.NoError(t, err, i.ID)
		assert.NotNil(t, made, i.ID)
	}
	_, ok := shipped.Find("nobody")
	assert.False(t, ok)
}

func TestAccepts(t *testing.T) {
	virustotal, _ := shipped.Find("virustotal")
	assert.True(t, virustotal.Accepts(responder.TypeIPAddr))
	assert.False(t, virustotal.Accepts(responder.TypeUsername))
	history, _ := shipped.Find("history")
	assert.True(t, history.Accepts("anything"))
}

func TestAFaultNamesTheInspectorOnce(t *testing.T) {
	for _, id := range []string{"virustotal", "awscontext"} {
		i, _ := shipped.Find(id)
		_, err := i.New(shipped.Settings{Roles: []string{"none"}, Settings: intel.Settings{Memory: responder.NewMemory(), Key: responder.EnvSecret("X"),
			Getenv: func(string) string { return "lots" }}})
		require.Error(t, err, id)
		assert.Equal(t, 1, strings.Count(err.Error(), id+": "), err)
	}
}

func TestTheFaultOfAListNamesTheInspector(t *testing.T) {
	w, _ := shipped.Find("watchlist")
	_, err := w.New(shipped.Settings{Lists: []string{t.TempDir() + "/none.txt"}})
	assert.ErrorContains(t, err, "watchlist: ")
	assert.ErrorContains(t, err, "none.txt")
}
