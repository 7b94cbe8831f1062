package quarantine

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The example that the documentation has.
func TestTheDocumentedRules(t *testing.T) {
	text, err := os.ReadFile("testdata/rules.yml")
	require.NoError(t, err)
	assert.LessOrEqual(t, len(text), 2048, "the parameter QuarantineRules has room for so many")
	got, err := parseRules(string(text))
	require.NoError(t, err)
	assert.Equal(t, 5, got.ceiling)
	assert.Equal(t, never{
		tags: []tag{{"quarantine", "never"}, {"pci", "*"}}, arns: []string{"arn:aws:iam::*:role/break-glass/*", "arn:aws:iam::*:user/terraform"},
		accounts: []string{"444455556666"}, networks: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")},
	}, got.never)
	require.Len(t, got.list, 4)
	assert.Equal(t, rule{name: "attacked-instance", actions: []actions.Kind{actions.IsolateInstance}, severity: []responder.Severity{responder.Urgent},
		alerts:  []string{"UnauthorizedAccess:EC2/*", "Backdoor:EC2/*", "CryptoCurrency:EC2/*"},
		sources: []string{"guardduty"}, accounts: []string{"111122223333"}, signals: []wanted{{verdict: responder.Malicious, atLeast: 2, alert: true}},
		tags: []tag{{"env", "dev*"}, {"quarantine", "allowed"}}, older: time.Hour, settings: actions.Settings{Snapshot: true}}, got.list[0])
	assert.Equal(t, []any{[]wanted(nil), 24 * time.Hour}, []any{got.list[1].signals, got.list[1].older})
	assert.Equal(t, []wanted{{verdict: responder.Malicious, inspectors: []string{"abusech", "virustotal"}, atLeast: 1, alert: true}}, got.list[2].signals)
	assert.True(t, got.list[3].incomplete)
	assert.Len(t, got.list[3].settings.IPSets, 2)
}

const oneRule = `version: 1
rules:
  - name: one
    actions: [isolate-instance]
    sources: [guardduty]
    accounts: ["111122223333"]
    signals: none
`

// What is wrong is told by line and field, with what was expected; and nothing of it is used.
func TestFaultsOfRules(t *testing.T) {
	with := func(lines ...string) string { return oneRule + "    " + strings.Join(lines, "\n    ") + "\n" }
	for name, c := range map[string]struct{ text, fault string }{
		"no YAML":                {"rules: [", "QUARANTINE_RULES: yaml:"},
		"two documents":          {oneRule + "---\na: 1\n", "more than one document"},
		"a text":                 {"on", `line 1: "on", expected a table of version ceiling never rules`},
		"no version":             {"rules: []", "line 1: version: is missing, expected 1"},
		"another version":        {"version: 2\nrules: []", `line 1: version: "2", expected a number from 1 to 1`},
		"no rules":               {"version: 1", "line 1: rules: is missing"},
		"an unknown field":       {"version: 1\nrule: []", "line 2: rule: unknown, expected one of version ceiling never rules"},
		"twice":                  {oneRule + "version: 1\n", "line 8: version: is there twice"},
		"a value that is gone":   {oneRule + "never:\n", "line 8: never: has no value"},
		"no ceiling":             {oneRule + "ceiling: 0\n", `line 8: ceiling: "0", expected a number from 1 to 100`},
		"much ceiling":           {oneRule + "ceiling: 101\n", `expected a number from 1 to 100`},
		"a ceiling in words":     {oneRule + "ceiling: many\n", `ceiling: "many", expected a number`},
		"an unknown action":      {strings.Replace(oneRule, "isolate-instance", "terminate", 1), `line 4: rules[0].actions[0]: "terminate", expected one of [isolate-instance deactivate-key`},
		"an action as a text":    {strings.Replace(oneRule, "[isolate-instance]", "isolate-instance", 1), `line 4: rules[0].actions: "isolate-instance", expected a list of`},
		"no actions":             {strings.Replace(oneRule, "[isolate-instance]", "[]", 1), `rules[0].actions: an empty list`},
		"a name of two words":    {strings.Replace(oneRule, "name: one", "name: One Two", 1), `rules[0].name: "One Two", expected 1 to 40 of a-z`},
		"a name twice":           {oneRule + strings.TrimPrefix(oneRule, "version: 1\nrules:\n"), `line 8: rules[1].name: "one" is another rule's`},
		"no sources":             {strings.Replace(oneRule, "sources: [guardduty]", "older: 1h", 1), "line 3: rules[0].sources: is missing"},
		"any source":             {strings.Replace(oneRule, "[guardduty]", `["*"]`, 1), `line 5: rules[0].sources[0]: "*"`},
		"no accounts":            {strings.Replace(oneRule, `accounts: ["111122223333"]`, "older: 1h", 1), "rules[0].accounts: is missing"},
		"any account":            {strings.Replace(oneRule, `111122223333`, "*", 1), `line 6: rules[0].accounts[0]: "*", expected an account's 12 digits`},
		"an account as a number": {strings.Replace(oneRule, `"111122223333"`, "111122223333", 1), `the number 111122223333, expected an account's 12 digits in quotation marks`},
		"an octal account":       {strings.Replace(oneRule, `"111122223333"`, "011122223333", 1), `line 6: rules[0].accounts[0]:`},
		"no signals":             {strings.Replace(oneRule, "signals: none", "older: 1h", 1), "rules[0].signals: is missing, expected a list of signals that have to be there, or none"},
		"no signals in a list":   {strings.Replace(oneRule, "signals: none", "signals: []", 1), "line 7: rules[0].signals: an empty list"},
		"an unknown verdict":     {strings.Replace(oneRule, "none", "[{verdict: harmless}]", 1), `rules[0].signals[0].verdict: "harmless", expected malicious or suspicious`},
		"an unknown of":          {strings.Replace(oneRule, "none", "[{of: report}]", 1), `rules[0].signals[0].of: "report", expected target or alert`},
		"our own signals":        {strings.Replace(oneRule, "none", "[{inspectors: [quarantine]}]", 1), `rules[0].signals[0].inspectors[0]: "quarantine"`},
		"a score":                {strings.Replace(oneRule, "none", "[{score: 0}]", 1), `score: "0", expected a number from 1 to 100`},
		"a safe severity":        {with("severity: [safe]"), `line 8: rules[0].severity[0]: "safe", expected urgent or unclassified`},
		"a remote context":       {with("contexts: [remote]"), `rules[0].contexts[0]: "remote", expected one of subject object client server`},
		"a tag without a value":  {with("tags: [env]"), `rules[0].tags[0]: "env", expected tags as key=value`},
		"an age in words":        {with("older: yesterday"), `rules[0].older: "yesterday", expected how old an alert may be`},
		"too old":                {with("older: 200h"), `expected how old an alert may be`},
		"no age":                 {with("older: 0s"), `expected how old an alert may be`},
		"a flag in words":        {with(`incomplete: "yes"`), `rules[0].incomplete: "yes", expected true or false`},
		"settings of another":    {with("all: true"), "rules[0].all: is for deny-role, which is none of this rule's actions"},
		"sets of another":        {with(`ip_sets: ["arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/a/b"]`), "rules[0].ip_sets: is for block-address"},
		"no sets":                {strings.Replace(oneRule, "isolate-instance", "block-address", 1), "line 3: rules[0].ip_sets: is missing"},
		"a set of something else": {strings.Replace(with(`ip_sets: ["arn:aws:s3:::b"]`), "isolate-instance", "block-address", 1),
			`rules[0].ip_sets[0]: "arn:aws:s3:::b", expected ARNs of IP sets`},
		"users of machines": {strings.Replace(strings.Replace(oneRule, "isolate-instance", "deny-user", 1), "guardduty", "falco", 1),
			`line 5: rules[0].sources: "falco" with the action deny-user: users that it names are none of IAM`},
		"never a text":        {oneRule + "never: [tags]\n", "line 8: never: a list, expected a table of tags arns accounts networks"},
		"never an odd ARN":    {oneRule + "never: {arns: [role/x]}\n", `never.arns[0]: "role/x", expected ARNs`},
		"never an odd net":    {oneRule + "never: {networks: [10.0.0.1/8]}\n", `never.networks[0]: "10.0.0.1/8", expected networks and addresses`},
		"never no net at all": {oneRule + "never: {networks: [office]}\n", `never.networks[0]: "office"`},
		"an alias":            {"version: 1\nx: &a [1]\nrules: *a\n", "rules: an alias"},
		"very long":           {strings.Repeat("#", maxRulesText+1), "expected at most 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseRules(c.text)
			assert.ErrorContains(t, err, c.fault)
			assert.ErrorContains(t, err, "QUARANTINE_RULES: ")
			assert.Empty(t, got.list)
			_, err = newEmitter(Options{Memory: responder.NewMemory(), Getenv: func(name string) string {
				return map[string]string{"QUARANTINE_MODE": "on", "QUARANTINE_RULES": c.text}[name]
			}}, newCloud())
			assert.Error(t, err)
		})
	}
	_, err := parseRules(with("older: 2h"))
	require.NoError(t, err)
}

// All faults are told at once, and not more than anybody reads.
func TestAllFaultsAreTold(t *testing.T) {
	_, err := parseRules("ceiling: 0\nrules: [{}, {actions: [x]}]\n")
	for _, part := range []string{"version", "ceiling", "rules[0].name", "rules[0].sources", "rules[1].actions[0]", "rules[1].signals"} {
		assert.ErrorContains(t, err, part)
	}
	_, err = parseRules("version: 1\nrules: [" + strings.Repeat("{},", 190) + "]\n")
	assert.Equal(t, maxFaults-1, strings.Count(err.Error(), "\n"))
}

// Whatever stands there, it is read or refused.
func TestAnyRules(t *testing.T) {
	words := []string{"version: 1", "rules:", "  - name: a", "    actions: [isolate-instance]", "    signals: none", "never:", "  tags: [a=b]", "&a", "*a", "[", "{", "- ", "\t", ": ", "!!binary x", "<<: *a", "? a", "|", "\x00", "é"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(words)).Draw(t, "words"), rapid.SampledFrom([]string{"\n", " ", ""}).Draw(t, "between"))
		got, err := parseRules(text)
		if err != nil {
			assert.Empty(t, got.list)
			assert.LessOrEqual(t, len(err.Error()), 100*1000)
		}
	})
}

// A pattern is for the whole of a text, as a search through all ways to read it finds.
func TestGlob(t *testing.T) {
	var slow func(p, s string) bool
	slow = func(p, s string) bool {
		if p == "" {
			return s == ""
		}
		if p[0] == '*' {
			return slow(p[1:], s) || s != "" && slow(p, s[1:])
		}
		return s != "" && (p[0] == '?' || p[0] == s[0]) && slow(p[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p, s := rapid.StringMatching(`[ab*?]{0,8}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,10}`).Draw(t, "text")
		assert.Equal(t, slow(p, s), glob(p, s))
	})
	assert.True(t, glob("arn:*:role/?é*", "arn:aws:iam::1:role/xé"))
	assert.False(t, glob(strings.Repeat("*a", 500)+"b", strings.Repeat("a", 5000)), "in no time")
}

// A network is the same one however it is spelled.
func TestNetworksOfIPv4InIPv6(t *testing.T) {
	for _, text := range []string{"::ffff:198.51.100.0/120", "::ffff:c633:6400/120", "198.51.100.0/24"} {
		r, err := parseRules(oneRule + "never: {networks: [\"" + text + "\"]}\n")
		require.NoError(t, err, text)
		assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, r.never.networks, text)
	}
}
