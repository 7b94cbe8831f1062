package settings

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
)

const example = `
inspectors:
  virustotal: {key_env: MY_VT_KEY, limits: "4/minute,500/day"}
  abuseipdb:
    key_file: keys/abuseipdb
    url: https://abuse.example/
    limits: [10/minute, 1000/day]
  greynoise:
  awscontext: {profile: security, region: eu-west-1, roles: ["arn:aws:iam::111122223333:role/look"]}
  history: {}
  watchlist: {files: [lists/, /bad.txt]}
own_domains: [example.com, 203.0.113.0/24]
review_delay: 90s
`

func TestParse(t *testing.T) {
	f, err := Parse([]byte(example), "dir")
	require.NoError(t, err)
	assert.Equal(t, "example.com,203.0.113.0/24", f.Own)
	assert.Equal(t, 90*time.Second, f.ReviewDelay)
	var ids []string
	for i := range f.Inspectors {
		ids = append(ids, f.Inspectors[i].ID)
		f.Inspectors[i].Inspector = shipped.Inspector{}
	}
	assert.Equal(t, []string{"virustotal", "abuseipdb", "greynoise", "awscontext", "history", "watchlist"}, ids)
	assert.Equal(t, []Entry{
		{KeyEnv: "MY_VT_KEY", Limits: "4/minute,500/day"},
		{KeyFile: filepath.Join("dir", "keys", "abuseipdb"), URL: "https://abuse.example", Limits: "10/minute,1000/day"},
		{},
		{Profile: "security", Region: "eu-west-1", Roles: []string{"arn:aws:iam::111122223333:role/look"}},
		{},
		{Files: []string{filepath.Join("dir", "lists"), "/bad.txt"}},
	}, f.Inspectors)
}

func TestAnEmptyFileSaysNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "{}", "inspectors:\n", "null"} {
		f, err := Parse([]byte(text), "")
		assert.NoError(t, err, text)
		assert.Zero(t, f, text)
	}
}

func TestJSONIsReadToo(t *testing.T) {
	f, err := Parse([]byte(`{"inspectors": {"greynoise": {"limits": "none"}}, "review_delay": 30}`), "")
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, f.ReviewDelay)
	assert.Equal(t, "none", f.Inspectors[0].Limits)
}

// Each fault is told where it is, all of them at once, and none has what may be a key.
func TestFaults(t *testing.T) {
	for text, want := range map[string][]string{
		"a: b: c":                  {"1:1: YAML: mapping values are not allowed in this context"},
		"[]":                       {"1:1: a list, expected a table with inspectors own_domains review_delay"},
		"{}\n---\n{}":              {"2:1: a second document, expected one"},
		"inspector: {}":            {"1:1: inspector: unknown field, expected inspectors own_domains review_delay"},
		"inspectors: {nobody: {}}": {"1:14: inspectors.nobody: no inspector of this name ships, expected virustotal abuseipdb greynoise abusech awscontext history watchlist"},
		"inspectors: {[a]: {}}":    {"1:14: inspectors: a list as a name, expected one of virustotal abuseipdb greynoise abusech awscontext history watchlist"},
		"inspectors:\n  greynoise: {key: s3cr3t}":            {"2:15: inspectors.greynoise.key: a key in this file would be seen by whoever sees the file; put it into a variable and write key_env: NAME (without it: GREYNOISE_API_KEY), or alone into a file and write key_file: PATH"},
		"inspectors:\n  greynoise: {key_env: s3cr3t-0123}":   {"2:24: inspectors.greynoise.key_env: no name of a variable; the key itself has no place here"},
		"inspectors: {greynoise: {key_env: A, key_file: b}}": {"1:14: inspectors.greynoise: key_env and key_file, expected one of them"},
		"inspectors: {history: {keep: 1}}":                   {"1:24: inspectors.history.keep: unknown field, there is nothing to set"},
		"inspectors: {watchlist: {}}":                        {"1:14: inspectors.watchlist: files: missing, expected lists or directories of lists"},
		"inspectors: {greynoise: {}, greynoise: {}}":         {"1:29: inspectors.greynoise: is there twice"},
		"inspectors: {greynoise: {url: ftp://x}}":            {`1:31: inspectors.greynoise.url: "ftp://x", expected https://…`},
		"review_delay: 16m":                                  {`1:15: review_delay: "16m", expected 1s to 15m`},
		"review_delay: soon\nown_domains: {}":                {`1:15: review_delay: "soon", expected 1s to 15m`, "2:14: own_domains: a table, expected domains and networks"},
	} {
		_, err := Parse([]byte(text), "")
		var got []string
		for _, f := range yamlfile.Faults(err) {
			got = append(got, f.Error())
			assert.NotContains(t, f.Error(), "s3cr3t")
		}
		assert.Equal(t, want, got, text)
	}
}

func TestFaultsOfLimitsAndDomainsAreTheirParsers(t *testing.T) {
	_, err := Parse([]byte("inspectors: {greynoise: {limits: 4/fortnight}}\nown_domains: [a/b]\n"), "")
	list := yamlfile.Faults(err)
	require.Len(t, list, 2)
	assert.Contains(t, list[0].Error(), "1:34: inspectors.greynoise.limits: ")
	assert.Contains(t, list[0].Error(), "fortnight")
	assert.Contains(t, list[1].Error(), "2:14: own_domains: ")
}

// Whatever stands in a file, it is read or refused with a place.
func TestAnyFileIsReadOrRefused(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"inspectors", "virustotal", "watchlist", ":", " ", "\n  ", "\n", "{", "}", "[", "]", ",", "key_env", "files",
		"limits", "'", "\"", "&a", "*a", "null", "4/minute", "- ", "<<", "own_domains", "example.com", "review_delay", "10m", "\t", "#", "!!x"})
	rapid.Check(t, func(t *rapid.T) {
		var text bytes.Buffer
		for _, p := range rapid.SliceOfN(pieces, 0, 30).Draw(t, "pieces") {
			text.WriteString(p)
		}
		if _, err := Parse(text.Bytes(), ""); err != nil {
			list := yamlfile.Faults(err)
			require.NotEmpty(t, list, "%q: %v", text.String(), err)
			for _, f := range list {
				require.Positive(t, f.Line)
				require.Positive(t, f.Column)
			}
		}
	})
}

func entry(t *testing.T, id string) Entry {
	t.Helper()
	i, ok := shipped.Find(id)
	require.True(t, ok)
	return Entry{Inspector: i}
}

func TestSettingsComeFromTheFileAndThenFromTheEnvironment(t *testing.T) {
	for name, v := range map[string]string{"VIRUSTOTAL_API_KEY": "k1", "MY_KEY": "k2", "VIRUSTOTAL_LIMITS": "9/day", "OWN_DOMAINS": "env.example", "VIRUSTOTAL_URL": "https://env.example/"} {
		t.Setenv(name, v)
	}
	e := entry(t, "virustotal")
	s, err := File{}.Settings(e, nil, nil)
	require.NoError(t, err)
	key, err := s.Key(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"k1", "https://env.example", "9/day", "env.example"}, []string{key, s.BaseURL, s.Env("VIRUSTOTAL_LIMITS"), s.Env("OWN_DOMAINS")})

	e.KeyEnv, e.Limits, e.URL = "MY_KEY", "1/day", "https://file.example"
	s, err = File{Own: "file.example"}.Settings(e, nil, slog.Default())
	require.NoError(t, err)
	key, err = s.Key(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"k2", "https://file.example", "1/day", "file.example"}, []string{key, s.BaseURL, s.Env("VIRUSTOTAL_LIMITS"), s.Env("OWN_DOMAINS")})
}

func TestAKeyThatIsMissing(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", "")
	t.Setenv("GREYNOISE_API_KEY", "")
	_, err := File{}.Settings(entry(t, "virustotal"), nil, nil)
	assert.EqualError(t, err, "virustotal: environment variable VIRUSTOTAL_API_KEY: empty, expected your key of VirusTotal")
	s, err := File{}.Settings(entry(t, "greynoise"), nil, nil)
	require.NoError(t, err, "it can do without")
	assert.Nil(t, s.Key)
	e := entry(t, "greynoise")
	e.KeyEnv = "MY_MISSING_KEY"
	_, err = File{}.Settings(e, nil, nil)
	assert.ErrorContains(t, err, "MY_MISSING_KEY", "who names a variable wants it to be there")
}

func TestAKeyInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	e := entry(t, "virustotal")
	e.KeyFile = path
	_, err := File{}.Settings(e, nil, nil)
	assert.ErrorContains(t, err, "virustotal: key_file: open "+path)

	require.NoError(t, os.WriteFile(path, []byte("  k3\n"), 0o600))
	s, err := File{}.Settings(e, nil, nil)
	require.NoError(t, err)
	key, err := s.Key(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "k3", key)
	assert.Empty(t, e.Warning())
	require.NoError(t, os.Chmod(path, 0o644))
	assert.Contains(t, e.Warning(), "others can read this key")

	for _, text := range []string{"", "\n", "hush-1\nhush-2\n", string(bytes.Repeat([]byte("x"), 5000))} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err = File{}.Settings(e, nil, nil)
		assert.ErrorContains(t, err, "expected one line, the key")
		assert.NotContains(t, err.Error(), "hush")
	}
}

func TestLoadSaysEachFaultWithTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yml")
	require.NoError(t, os.WriteFile(path, []byte("a: 1\nb: 2\n"), 0o600))
	var stderr bytes.Buffer
	_, err := Load(&console.Console{Err: &stderr, Screen: show.NewScreen(0, false)}, path)
	code, say := console.Code(err)
	assert.Equal(t, console.BadUsage, code)
	assert.False(t, say)
	assert.Contains(t, stderr.String(), "mine.yml:1:1: a: unknown field")
	assert.Contains(t, stderr.String(), "mine.yml:2:1: b: unknown field")
}
