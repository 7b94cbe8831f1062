package virustotal_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// What is the organization's own, and what VirusTotal has no name for, is not sent; the page says why.
func TestNothingIsSent(t *testing.T) {
	f := newFake(t)
	i := f.inspector(map[string]string{"OWN_DOMAINS": "corp.example.com, 203.0.113.0/24, 8.8.8.0/24"})
	for _, c := range [][2]string{
		{"ipaddr", "10.1.2.3"}, {"ipaddr", "fe80::1"}, {"ipaddr", "127.0.0.1"}, {"ipaddr", "8.8.8.8"}, {"ipaddr", "not an address"},
		{"ipaddr", ""}, {"ipaddr", "1.2.3.4/24"}, {"domain", "localhost"}, {"domain", "printer.local"}, {"domain", "vpn.corp.example.com"},
		{"domain", "a b.example.org"}, {"domain", "..%2f..%2fusers.example.org"}, {"domain", ""}, {"domain", "bücher.org"},
		{"url", "https://vpn.corp.example.com/login"}, {"url", "http://10.1.2.3/"}, {"url", "http://8.8.8.8/"}, {"url", "file:///etc/passwd"},
		{"url", "ftp://files.example.org/a"}, {"url", "javascript:alert(1)"}, {"url", "https://evil.org/" + strings.Repeat("a", 5000)}, {"url", ""},
		{"filehash", "not a hash"}, {"filehash", strings.Repeat("a", 128)}, {"filehash", ""}, {"username", "alice"}, {"cve", "CVE-2021-44228"},
	} {
		p := ask(t, i, c[0], c[1])
		assert.Equal(t, responder.Skipped, p.Outcome, c)
		assert.True(t, strings.HasPrefix(p.Title, "not sent to VirusTotal: it"), "%s: %s", c, p.Title)
		assert.Empty(t, p.Signals, c)
	}
	task := taskOf("ipaddr", "9.9.9.9")
	task.Attribute.Context = []string{responder.ContextLocal}
	p, err := i.Inspect(t.Context(), task)
	require.NoError(t, err)
	assert.Equal(t, responder.Skipped, p.Outcome)
	assert.Empty(t, f.requests())
}

// A URL goes without those who are in it.
func TestURLsAreSentWithoutPeople(t *testing.T) {
	f := newFake(t)
	i := f.inspector(unlimited)
	for value, want := range map[string]string{
		"https://alice:hush@evil.org/a?b=c&d=%2F#alice@corp.example.com": "https://evil.org/a?b=c&d=%2F",
		"http://evil.org":           "http://evil.org",
		"http://evil.org:8080/ä/?+": "http://evil.org:8080/%C3%A4/?+",
	} {
		f.queries = nil
		ask(t, i, "url", value)
		require.Len(t, f.queries, 1)
		id, _, _ := strings.Cut(strings.TrimPrefix(f.queries[0], "/api/v3/urls/"), "?")
		got, err := base64.RawURLEncoding.DecodeString(id)
		require.NoError(t, err, "unpadded base64, as the reference has it")
		assert.Equal(t, want, string(got))
	}
}

// The key is in the header only: not in a URL, and not in what is remembered.
func TestTheKeyStaysInItsHeader(t *testing.T) {
	f := newFake(t)
	f.put("ipaddr", "8.8.8.8", [4]int{9, 0, 50, 20}, day)
	m := &listening{Memory: responder.NewMemory()}
	p := ask(t, f.inspectorWith(m, unlimited), "ipaddr", "8.8.8.8")
	require.NotEmpty(t, m.stored)
	respondertest.NoSecret(t, key, p, strings.Join(f.requests(), " "), strings.Join(m.stored, " "))
}
