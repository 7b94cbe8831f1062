package house_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

// sendersPage is docs/senders.md.
func sendersPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "docs/senders.md")
	require.NoError(t, err)
	return string(text)
}

// blocks are those of a language in a document.
func blocks(t *testing.T, page, language string) (out []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	require.NotEmpty(t, out, language)
	return out
}

// found is the nth group of each match.
func found(page, pattern string, n int) (out []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
		out = append(out, m[n])
	}
	return out
}

// What the page names is in the template: parameters with their values, outputs and resources; and it leaves out no rule, and
// nothing else that senders need.
func TestTheSendersPageNamesWhatIsThere(t *testing.T) {
	page, s := sendersPage(t), theStack(t)
	given := found(page, `(?m)^deploy (.*)$`, 1)
	require.NotEmpty(t, given)
	for _, pair := range strings.Fields(strings.Join(given, " ")) {
		name, value, _ := strings.Cut(pair, "=")
		p, ok := s.Parameters[name].(map[string]any)
		require.True(t, ok, "%s is no parameter", name)
		if allowed := each(p["AllowedValues"]); allowed != nil {
			assert.Contains(t, allowed, value, name)
		}
		if pattern, ok := p["AllowedPattern"].(string); ok {
			assert.Regexp(t, pattern, value, name)
		}
	}
	for _, name := range found(page, `\(output (\w+)\)`, 1) {
		assert.Contains(t, s.Outputs, name)
	}
	for _, name := range found(page, `--logical-resource-id (\w+)`, 1) {
		assert.Contains(t, s.Resources, name)
	}
	for _, name := range []string{"OrganizationId", "TrustedAccounts", "KmsKeyArn", "AggregationWindow"} {
		assert.Contains(t, s.Parameters, name)
		assert.Contains(t, page, "`"+name+"`")
	}
}

// The table of rules says which events and values there are.
func TestTheSendersPageHasAllRules(t *testing.T) {
	page, all := sendersPage(t), theTemplate(t)
	for _, r := range rules() {
		row := found(page, `(?m)^\| .`+r.Parameter+`. \| ([^|]*) \| ([^|]*) \|`, 0)
		require.Len(t, row, 1, r.Parameter)
		cells := strings.Split(row[0], "|")
		allowed := each(properties(all).at("Parameters", r.Parameter, "AllowedValues"))
		var said []any
		for _, value := range found(cells[3], "`(\\w+)`", 1) {
			said = append(said, value)
		}
		assert.Equal(t, slices.DeleteFunc(slices.Clone(allowed), func(v any) bool { return v == "none" }), said, r.Parameter)
		event := strings.TrimSpace(found(cells[2], `^([^(]*)`, 1)[0])
		assert.Contains(t, filled(all, r, allowed[1].(string)), `"`+event+`"`, r.Parameter)
	}
}

// What is to be copied is what it looks like: JSON, event patterns in it, and commands of a shell.
func TestTheSendersPageCanBeCopied(t *testing.T) {
	page := sendersPage(t)
	for _, text := range blocks(t, page, "json") {
		assert.True(t, json.Valid([]byte(text)), text)
	}
	patterns := found(page, `(?s)'(\{"(?:source|detail-type)".*?\})'`, 1)
	require.Greater(t, len(patterns), 8)
	for _, text := range patterns {
		var pattern map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &pattern), text)
		for _, key := range []string{"source", "detail-type"} {
			if pattern[key] != nil {
				assert.NotEmpty(t, each(pattern[key])[0], text)
			}
		}
	}
	for _, script := range blocks(t, page, "sh") {
		c := exec.Command("sh", "-n")
		c.Stdin = strings.NewReader(script)
		out, err := c.CombinedOutput()
		assert.NoError(t, err, "%s: %s", script, out)
	}
	for _, text := range found(page, `(?s)(?:policy|policy-document)[ \\\n]+'(\{.*?\})'`, 1) {
		assert.True(t, json.Valid([]byte(text)), text)
	}
}

// The messages on the page are understood.
func TestTheSendersPageIsUnderstood(t *testing.T) {
	about := map[string][]string{}
	for _, text := range blocks(t, sendersPage(t), "json") {
		for _, in := range ingest.Alerts(envelope.Delivery{ID: "d", Body: text}) {
			of := in.Alert.Rule + " of " + in.Alert.Source
			for _, a := range in.Alert.Attrs {
				about[of] = append(about[of], a.Type+" "+a.Value)
			}
		}
	}
	assert.ElementsMatch(t, []string{"ipaddr 198.51.100.7", "username alice"}, about["login of native"], "%v", about)
	assert.ElementsMatch(t, []string{"ipaddr 198.51.100.7", "ipaddr 10.0.0.7", "instance i-1234567890abcdef0"}, about["test of securityhub"], "%v", about)
}
