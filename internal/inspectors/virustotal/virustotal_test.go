package virustotal_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

type ctx = context.Context

const day = 24 * time.Hour

func taskOf(kind, value string) responder.Task {
	return responder.Task{ReportID: "r", Attribute: responder.Attribute{Type: kind, Value: value, Context: []string{"remote"}}}
}

func ask(t testing.TB, i responder.Inspector, kind, value string) responder.Page {
	t.Helper()
	task := taskOf(kind, value)
	p, err := i.Inspect(t.Context(), task)
	require.NoError(t, err)
	require.NoError(t, respondertest.CheckPage(task, p))
	return p
}

func TestTheContract(t *testing.T) {
	f := newFake(t)
	for _, task := range respondertest.Tasks(virustotal.Types...) {
		if a := task.Attribute; len(a.Value) > 3 {
			f.put(a.Type, a.Value, [4]int{7, 1, 50, 20}, day)
		}
	}
	respondertest.TestInspector(t, f.inspector(unlimited), virustotal.Types...)
	assert.NotZero(t, f.total())
}

// What nobody knows is no reason to call it harmless.
func TestUnknown(t *testing.T) {
	f := newFake(t)
	p := ask(t, f.inspector(unlimited), "ipaddr", "8.8.8.8")
	assert.Equal(t, responder.Page{Title: "unknown to VirusTotal", Outcome: responder.Nothing}, p)
}

// One attribute is one request, and is not asked for again while the answer holds.
func TestOneRequestEach(t *testing.T) {
	f := newFake(t)
	now := start
	f.now = func() time.Time { return now }
	f.put("ipaddr", "8.8.8.8", [4]int{9, 0, 50, 20}, day)
	i := f.inspector(unlimited)
	known := ask(t, i, "ipaddr", "8.8.8.8")
	nothing := ask(t, i, "domain", "new.example.org")
	require.Equal(t, 2, f.total())
	assert.Equal(t, []string{
		"/api/v3/ip_addresses/8.8.8.8?relationships=communicating_files%2Creferrer_files%2Cresolutions",
		"/api/v3/domains/new.example.org?relationships=communicating_files%2Creferrer_files%2Cresolutions"}, f.requests())
	now = now.Add(2*time.Hour - time.Second)
	assert.Equal(t, known, ask(t, i, "ipaddr", "8.8.8.8"), "it is what it was")
	assert.Equal(t, nothing, ask(t, i, "domain", "new.example.org"))
	assert.Equal(t, 2, f.total())
	now = now.Add(time.Second)
	ask(t, i, "domain", "new.example.org")
	assert.Equal(t, 3, f.total(), "what nobody knew may be known two hours later")
	now = start.Add(12 * time.Hour)
	ask(t, i, "ipaddr", "8.8.8.8")
	assert.Equal(t, 4, f.total())
}

func TestSettings(t *testing.T) {
	f := newFake(t)
	bad := f.settings(map[string]string{"VIRUSTOTAL_LIMITS": "x", "VIRUSTOTAL_RELATIONS": "all", "OWN_DOMAINS": "10.0.0.0/99"})
	bad.Key = nil
	_, err := virustotal.New(bad)
	for _, want := range []string{"key", `"x"`, "VIRUSTOTAL_RELATIONS"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = virustotal.New(intel.Settings{Key: responder.EnvSecret("K")})
	assert.NoError(t, err)
}
