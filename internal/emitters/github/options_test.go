package github

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

func splitTrim(s, by string) (out []string) {
	for part := range strings.SplitSeq(s, by) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]place{
		"acme/security":                              {"https://api.github.com", "acme/security"},
		"Acme-1/sec.ops_2":                           {"https://api.github.com", "Acme-1/sec.ops_2"},
		"alice_acme/.github":                         {"https://api.github.com", "alice_acme/.github"},
		"https://github.com/acme/security":           {"https://api.github.com", "acme/security"},
		"https://www.github.com/acme/security.git/":  {"https://api.github.com", "acme/security"},
		"https://ghe.example.com/acme/security/":     {"https://ghe.example.com/api/v3", "acme/security"},
		"https://GHE.example.com:8443/acme/security": {"https://ghe.example.com:8443/api/v3", "acme/security"},
		"https://octo.ghe.com/acme/security.git":     {"https://api.octo.ghe.com", "acme/security"},
	} {
		got, err := parsePlace(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "acme", "acme/", "/security", "acme/security/issues", "acme/..", "acme/.", "../security", "acme security/x", "acme/se curity",
		"http://ghe.example.com/acme/security", "https://ghe.example.com", "https://ghe.example.com/acme", "https://ghe.example.com/api/v3/repos/acme/security",
		"https://u:p@ghe.example.com/acme/security", "https://ghe.example.com/acme/security?x=1", "https://ghe.example.com/acme/security#x", "https:///acme/security",
		"git@github.com:acme/security.git", "acme/security%2f", "ftp://x/acme/security", "-acme/security"} {
		_, err := parsePlace(text)
		assert.ErrorContains(t, err, "GITHUB_REPOSITORY: ", text)
		assert.ErrorContains(t, err, "expected ", text)
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions("")
	assert.NoError(t, err)
	assert.Equal(t, options{labels: []string{"alertresponder"}, severity: "severity: ", close: []string{"safe", "resolved"}}, o)
	o, err = parseOptions("labels=a,b%20c,d%2Ce severity=prio- assignees=alice,bob_acme close=resolved;minimum=unclassified public=allow")
	assert.NoError(t, err)
	assert.Equal(t, options{labels: []string{"a", "b c", "d,e"}, severity: "prio-", assignees: []string{"alice", "bob_acme"}, close: []string{"resolved"},
		minimum: responder.Unclassified, public: true}, o)
	o, err = parseOptions("labels=none severity=none close=none")
	assert.NoError(t, err)
	assert.Equal(t, options{}, o)

	_, err = parseOptions("labels=,x severity=% assignees=@alice close=urgent minimum=high public=yes colour=red labels")
	for _, want := range []string{"GITHUB_OPTIONS: ", "labels=,x: ", "severity=%: ", "assignees=@alice: expected names of users, without @", "close=urgent: expected safe",
		"minimum=high: expected urgent", "public=yes: expected allow", `"colour=red"`, `"labels"`} {
		assert.ErrorContains(t, err, want)
	}
	for _, bad := range []string{"labels=" + strings.Repeat("x", 51), "severity=" + strings.Repeat("x", 39), "assignees=" + strings.Repeat("a,", 10) + "a", "close=", "minimum=", "labels=a%0Ab"} {
		_, err := parseOptions(bad)
		assert.Error(t, err, bad)
	}
}

func TestNewTellsAllFaults(t *testing.T) {
	_, err := New(delivery.Settings{Getenv: func(name string) string { return map[string]string{"GITHUB_OPTIONS": "x=y"}[name] }})
	assert.ErrorContains(t, err, "github: GITHUB_REPOSITORY: ")
	assert.ErrorContains(t, err, "GITHUB_OPTIONS: ")
	assert.ErrorContains(t, err, "key: missing")
	_, err = New(delivery.Settings{Key: func(context.Context) (string, error) { return "", nil },
		Getenv: func(name string) string { return map[string]string{"GITHUB_REPOSITORY": " acme/security "}[name] }})
	assert.NoError(t, err)
}
