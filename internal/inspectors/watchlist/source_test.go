package watchlist

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o700))
	require.NoError(t, os.WriteFile(p, []byte(text), 0o600))
	return p
}

func TestFiles(t *testing.T) {
	dir, now := t.TempDir(), start
	alone := write(t, t.TempDir(), "README", "192.0.2.9\n")
	write(t, dir, "bad.txt", "192.0.2.1\n")
	write(t, dir, "deep/er/allow.csv.gz", packed(t, "value\n192.0.2.2\n"))
	for _, name := range []string{".hidden", "README.md", "readme.txt", ".git/config", "_drafts/x.txt"} {
		write(t, dir, name, "192.0.2.3\n")
	}
	w, err := New(Files(dir, alone), Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	for value, want := range map[string]string{
		"192.0.2.1": "malicious bad", "192.0.2.2": "harmless allow", "192.0.2.3": "", "192.0.2.9": "malicious README",
	} {
		assert.Equal(t, want, says(ask(t, w, "ipaddr", value)), value)
	}

	write(t, dir, "bad.txt", "192.0.2.1\n192.0.2.4\n")
	write(t, dir, "new.txt", "192.0.2.5\n")
	now = now.Add(reloadEvery)
	assert.Equal(t, "malicious bad", says(ask(t, w, "ipaddr", "192.0.2.4")))
	assert.Equal(t, "malicious new", says(ask(t, w, "ipaddr", "192.0.2.5")))
	require.NoError(t, os.RemoveAll(dir))
	now = now.Add(reloadEvery)
	assert.Equal(t, "malicious bad", says(ask(t, w, "ipaddr", "192.0.2.4")), "the lists are gone, but what was loaded stays")

	_, err = New(Files(dir), Options{})
	assert.ErrorIs(t, err, os.ErrNotExist)
}
