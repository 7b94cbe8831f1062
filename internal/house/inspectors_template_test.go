package house_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// What the page names is in the template: parameters with their values, resources, types, variables; and a role in another
// account may do what the one in the stack's own may.
func TestTheInspectorsPageNamesWhatIsThere(t *testing.T) {
	page, s, all := inspectorsPage(t), theStack(t), properties(theTemplate(t))
	var given []string
	for _, line := range found(page, `(?m)^(?:arn=\$\(secret \w+\) && )?deploy ([^#\n]*)`, 1) {
		given = append(given, found(line, `(\w+)=("[^"]*"|\S+)`, 0)...)
	}
	require.GreaterOrEqual(t, len(given), 11)
	for _, pair := range given {
		name, value, _ := strings.Cut(pair, "=")
		p, ok := s.Parameters[name].(map[string]any)
		require.True(t, ok, "%s is no parameter", name)
		if pattern, ok := p["AllowedPattern"].(string); ok && !strings.Contains(value, "$arn") {
			assert.Regexp(t, pattern, value, name)
		}
		if allowed := each(p["AllowedValues"]); allowed != nil {
			assert.Contains(t, allowed, value, name)
		}
	}
	for _, name := range found(page, "`(\\w+(?:Arns?|Limits|On|Bucket|Domains|Delay|Days))`", 1) {
		assert.Contains(t, s.Parameters, name)
	}
	for _, name := range found(page, `--logical-resource-id (\w+)`, 1) {
		assert.Contains(t, s.Resources, name)
	}
	for _, i := range shipped.All() {
		word := strings.ToUpper(i.ID[:1]) + i.ID[1:]
		row := cells(t, page, `\[`+i.ID+`\]`)
		assert.Contains(t, s.Parameters, strings.Trim(row[3], "`"), i.ID)
		var types []string
		for _, v := range each(all.at("Mappings", "Plugins", word, "Types")) {
			types = append(types, v.(string))
		}
		if i.ID != "history" {
			assert.Equal(t, types, found(row[1], "`(\\w+)`", 1), i.ID)
		}
	}
	assert.ElementsMatch(t, allowedActions(t, s.Resources["AwscontextCalls"].Properties["PolicyDocument"]), look(t, page))
}

// look are the actions of the policy for other accounts.
func look(t *testing.T, page string) (out []string) {
	t.Helper()
	for _, text := range blocks(t, page, "json") {
		var doc any
		require.NoError(t, json.Unmarshal([]byte(text), &doc))
		out = append(out, allowedActions(t, doc)...)
	}
	return out
}

// allowedActions are those of a policy, but the one by which the role of another account is taken.
func allowedActions(t *testing.T, doc any) (out []string) {
	t.Helper()
	for _, s := range statements(doc) {
		out = append(out, actions(s)...)
	}
	out = slices.DeleteFunc(out, func(a string) bool { return a == "sts:AssumeRole" })
	require.NotEmpty(t, out)
	slices.Sort(out)
	return slices.Compact(out)
}

// A limit that the function would not take is refused when the stack is deployed, and not at each start of the function.
func TestLimitsAreCheckedAtDeployment(t *testing.T) {
	s := theStack(t)
	for _, name := range []string{"VirustotalLimits", "AbuseipdbLimits", "GreynoiseLimits"} {
		pattern, ok := s.Parameters[name].(map[string]any)["AllowedPattern"].(string)
		require.True(t, ok, name)
		for value, want := range map[string]bool{
			"": true, "none": true, "4/minute": true, "4/minute,500/day,15500/month": true, "1/hour": true,
			"4/min": false, "0/day": false, "500": false, "4/minute,": false, "4/minute 500/day": false, "-1/day": false,
		} {
			assert.Equal(t, want, regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(value), "%s: %q", name, value)
			_, err := intel.ParseLimits(value)
			assert.Equal(t, want, err == nil, "the function: %q", value)
		}
	}
}
