package alertresponder

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The patterns of docs/senders.md are patterns, and let through what has in it what they ask for.
func TestPatternsOfTheSendersPage(t *testing.T) {
	t.Parallel()
	d := theStack(t)
	page, err := os.ReadFile("docs/senders.md")
	require.NoError(t, err)
	patterns := regexp.MustCompile(`(?s)'(\{"(?:source|detail-type)".*?\})'`).FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, patterns)
	for _, m := range patterns {
		var pattern map[string]any
		require.NoError(t, json.Unmarshal([]byte(m[1]), &pattern), m[1])
		event := map[string]any{"id": "1", "account": "111122223333", "region": "us-east-1", "time": "2026-01-01T00:00:00Z", "resources": []string{},
			"source": "aws.signin", "detail-type": "Detection", "detail": map[string]any{}}
		for key, of := range pattern {
			event[key] = matching(of)
		}
		text, err := json.Marshal(event)
		require.NoError(t, err)
		bus, sent := eventbridge.NewFromConfig(d.aws), string(text)
		out, err := bus.TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{Event: &sent, EventPattern: &m[1]})
		require.NoError(t, err, m[1])
		assert.True(t, out.Result, "%s: %s", m[1], text)
		other := `{"id":"1","account":"111122223333","region":"us-east-1","time":"2026-01-01T00:00:00Z","resources":[],"source":"other","detail-type":"Other","detail":{}}`
		out, err = bus.TestEventPattern(t.Context(), &eventbridge.TestEventPatternInput{Event: &other, EventPattern: &m[1]})
		require.NoError(t, err)
		assert.False(t, out.Result, m[1])
	}
}

// matching is something that a part of a pattern lets through.
func matching(of any) any {
	switch of := of.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range of {
			out[key] = matching(inner)
		}
		return out
	case []any:
		matcher, ok := of[0].(map[string]any)
		switch {
		case !ok:
			return of[0]
		case matcher["prefix"] != nil:
			return matcher["prefix"].(string) + "1"
		case matcher["numeric"] != nil:
			return matcher["numeric"].([]any)[1]
		}
	}
	return nil
}

// The words that the page begins with do what they say, with the real CLI: a rule of one's own is made, and what is put on the bus
// becomes a report.
func TestCommandsOfTheSendersPage(t *testing.T) {
	t.Parallel()
	d, key := theStack(t), "page-"+rand.Text()
	page, err := os.ReadFile("docs/senders.md")
	require.NoError(t, err)
	words := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(string(page))[1]
	line := func(begins string) string {
		found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(begins) + `.*$`).FindString(string(page))
		require.NotEmpty(t, found, begins)
		return found
	}
	source := "com.example." + strings.ToLower(rand.Text())
	run := func(commands ...string) {
		script := strings.NewReplacer("stack=alertresponder", "stack="+d.StackName, "com.example.detector", source,
			`\"key\": \"1\"`, `\"key\": \"`+key+`\"`, "$stack-", source+"-").Replace("set -eu\n" + strings.Join(commands, "\n"))
		c := exec.CommandContext(t.Context(), "sh", "-c", script)
		c.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+d.Region, "AWS_PAGER=")
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	defer run("aws events remove-targets --rule $stack-detector --ids AlertQueue", "aws events delete-rule --name $stack-detector")
	run(words, line("rule detector"), line("aws events put-events"))
	for round := 1; len(d.told(t, key)) == 0; round++ {
		if round%20 == 0 {
			run(line("aws events put-events")) // a new rule takes its time on AWS
		}
		require.True(t, d.wait(), "the event has arrived")
	}
	verdict := await(t, d, key, "a verdict", published)
	assert.Equal(t, "try", verdict.Alert.Rule)
}
