package slack

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions("")
	require.NoError(t, err)
	assert.Equal(t, options{map[responder.Severity][]string{"urgent": {"<!here>"}}, map[responder.Severity]bool{"urgent": true}}, o)
	o, err = parseOptions("mention=urgent:channel,unclassified:U0ALICE1,urgent:S0TEAM123;broadcast=urgent,safe")
	require.NoError(t, err)
	assert.Equal(t, []string{"<!channel>", "<!subteam^S0TEAM123>"}, o.mention["urgent"])
	assert.Equal(t, []string{"<@U0ALICE1>"}, o.mention["unclassified"])
	assert.True(t, o.broadcast["safe"])
	o, err = parseOptions("mention=none broadcast=none")
	require.NoError(t, err)
	assert.Empty(t, o.mention)
	assert.Empty(t, o.broadcast)
	for text, what := range map[string]string{
		"mention=here": "mention=here", "mention=urgent:": "urgent:", "mention=urgent:everyone": "everyone", "mention=:here": ":here", "mention=odd:here": "odd",
		"mention=urgent:<!here>": "here", "mention=urgent:S0>x<!channel": "expected", "mention=urgent:u0alice": "u0alice", "mention=urgent:@alice": "@alice", "mention=": "expected none",
		"mention=" + strings.Repeat("urgent:here,", 10) + "urgent:here": "10 of a severity", "broadcast=": "broadcast=", "broadcast=odd": "odd", "broadcast=yes,urgent": "yes",
		"color=red": "color", "broadcast=odd mention=x": "mention=x",
	} {
		_, err := parseOptions(text)
		assert.ErrorContains(t, err, what, text)
		assert.ErrorContains(t, err, "SLACK_OPTIONS")
	}
}

func TestChannels(t *testing.T) {
	for text, want := range map[string]string{"": "", "C0SECURITY": "C0SECURITY", "G0123456": "G0123456", "#sec-urity_1": "#sec-urity_1", "security": "#security", "セキュリティ": "#セキュリティ"} {
		got, err := parseChannel(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"#", "Security", "two words", "C0", "c1,c2", "<#C0SECURITY>", "U0ALICE123", "https://acme.slack.com/archives/C0SECURITY", strings.Repeat("a", 81)} {
		_, err := parseChannel(text)
		assert.ErrorContains(t, err, "SLACK_CHANNEL", text)
	}
}

// All faults are one error.
func TestNew(t *testing.T) {
	env := map[string]string{"SLACK_CHANNEL": "Two Words", "SLACK_OPTIONS": "x=y", "REPORT_URL": "ftp://x"}
	_, err := New(delivery.Settings{Getenv: func(n string) string { return env[n] }})
	for _, what := range []string{"slack: ", "SLACK_CHANNEL", "SLACK_OPTIONS", "REPORT_URL", "key"} {
		assert.ErrorContains(t, err, what)
	}
}
