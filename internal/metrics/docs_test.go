package metrics_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/metrics"
)

// docs/metrics.md has all metrics, and none that is not there.
func TestTheDocumentationNamesAllMetrics(t *testing.T) {
	doc, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	var named []string
	_, table, _ := strings.Cut(string(doc), "| metric |")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		first := strings.Split(row, "|")[1]
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(first, -1) {
			named = append(named, m[1])
		}
	}
	all := []string{metrics.Urgent, metrics.Unclassified, metrics.Safe, metrics.Alerts, metrics.Time, metrics.Late, metrics.HandedBack, metrics.GivenUp}
	assert.Equal(t, all, named)
	assert.Contains(t, string(doc), "namespace `"+metrics.Namespace+"`")
	assert.Contains(t, string(doc), "`"+metrics.Dimension+"`, the stack's name")

	known := map[string]bool{}
	for _, name := range all {
		known[name] = true
	}
	used := regexp.MustCompile(`--metric-name (\w+)|"MetricName": "(\w+)"|\["AlertResponder", "(\w+)"|\[".", "(\w+)"|(?:sum|count|pct|ispresent)\((\w+)`)
	for _, m := range used.FindAllStringSubmatch(string(doc), -1) {
		assert.True(t, known[strings.Join(m[1:], "")], "an example uses %s", m[0])
	}
}
