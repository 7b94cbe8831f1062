package demo

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var update = flag.Bool("update", false, "write the golden file")

func told(t *testing.T) (*teller, string) {
	t.Helper()
	var out bytes.Buffer
	s := &teller{out: &out, screen: show.NewScreen(0, false)}
	require.NoError(t, tell(t.Context(), s))
	return s, out.String()
}

// TestStory is what one reads; what happens in it is in TestFacts.
func TestStory(t *testing.T) {
	_, got := told(t)
	if *update {
		require.NoError(t, os.WriteFile("testdata/story.txt", []byte(got), 0o644))
	}
	want, err := os.ReadFile("testdata/story.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestFacts(t *testing.T) {
	s, text := told(t)
	require.Empty(t, s.pipeline.DeadLetters())
	reports, err := s.pipeline.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 1, "one incident is one report")
	r := reports[0]
	assert.Equal(t, responder.Urgent, r.Result.Severity)
	assert.Equal(t, int64(2), r.AlertCount)
	assert.Equal(t, 3, s.notified, "the notice, the verdict, the corrected verdict; nothing for the repeat")
	assert.Equal(t, 14*time.Minute, r.SettledAt.Sub(start))

	assert.Equal(t, outcomes{
		"watchlist 198.51.100.23": responder.Found, "passive-dns 198.51.100.23": responder.Found,
		"reputation 198.51.100.23": responder.Failed, "flow-logs 198.51.100.23": responder.Found,
	}, outcomesOf(r, stranger))
	for _, line := range []string{"T+0s", "T+1s", "T+4m", "T+10m", "T+14m"} {
		assert.Contains(t, text, "\n"+line+" ")
	}
	assert.Contains(t, text, "flow-logs has not answered")
	assert.Contains(t, text, "the verdict is corrected: urgent, it was unclassified")
	assert.Contains(t, text, "2 alerts, one report; nobody is bothered")
}

// TestWhatSlackAndGithubShow: one message and one issue, with the last verdict on them; the channel hears of the rise alone.
func TestWhatSlackAndGithubShow(t *testing.T) {
	s, text := told(t)
	for line, times := range map[string]int{
		"a message is posted": 1, "the message of this incident is updated": 2, "which the channel sees too": 1,
		"an issue is opened": 1, "the issue of this incident is updated": 2, "a comment says what has changed": 2,
	} {
		assert.Equal(t, times, strings.Count(text, line), line)
	}
	assert.Contains(t, string(s.slack), "URGENT (was UNCLASSIFIED)")
	assert.Contains(t, s.issue.Title, "URGENT")
	assert.Contains(t, s.issue.Body, "flow-logs")
	assert.Contains(t, s.issue.Labels, "severity: urgent")
	_, shown, ok := strings.Cut(text, "In Slack, one message:")
	require.True(t, ok)
	assert.Contains(t, shown, "flow-logs on 198.51.100[.]23: malicious")
	assert.Contains(t, shown, "On GitHub, one issue:")
	assert.Contains(t, shown, "[severity: urgent]")
}

type outcomes map[string]responder.Outcome

func outcomesOf(r responder.Report, value string) outcomes {
	out := outcomes{}
	for _, i := range r.Inspections {
		if i.Attribute != nil && i.Attribute.Value == value {
			out[i.Inspector+" "+value] = i.Outcome
		}
	}
	return out
}

func TestTheFindingRepeatsAndIsTheSame(t *testing.T) {
	assert.NotEqual(t, finding, again)
	for _, changed := range []string{"1f0c7d2e0001", `"count": 7,`, "02:20:41", "02:20:02"} {
		assert.Contains(t, again, changed)
		assert.NotContains(t, finding, changed)
	}
}

func TestStamp(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "T+0s", 4 * time.Second: "T+4s", 4 * time.Minute: "T+4m", 4*time.Minute + time.Second: "T+4m1s",
	} {
		p, err := inprocess.New(inprocess.Config{Start: start.Add(after)})
		require.NoError(t, err)
		assert.Equal(t, want, (&teller{pipeline: p}).stamp())
	}
}

func TestPaceIsOnlyForPeople(t *testing.T) {
	began := time.Now()
	_, text := told(t)
	assert.Less(t, time.Since(began), 5*time.Second)
	assert.Less(t, strings.Count(text, "\n"), 130, "one can read it at a glance or two")
}
