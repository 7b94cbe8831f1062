package render_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// ourMarkup is what this package writes in mrkdwn: links to where links may lead, titles.
var ourMarkup = regexp.MustCompile(`^(<https://[^<>|]+\|(VirusTotal|AbuseIPDB|GreyNoise|URLhaus|ThreatFox|MalwareBazaar|AWS console|Report|grafana\.example\.com)>|` +
	`\*(URGENT|UNCLASSIFIED|SAFE|NEW|ONGOING)( \(was (URGENT|UNCLASSIFIED|SAFE)\))?(, resolved)?(, test)?\*|\*(` +
	strings.Trim(ourHeading.String(), "^$") + `)\*)$`)

// slackMessages are all that a view has for Slack.
func slackMessages(v render.View) []render.SlackMessage {
	list := append(v.SlackDetails(), v.Slack())
	if m, ok := v.SlackChange(); ok {
		list = append(list, m)
	}
	return list
}

// slackFaults is what Slack would not take, or make something of, in all messages of a view.
func slackFaults(v render.View) (faults []string) {
	for _, m := range slackMessages(v) {
		body, err := json.Marshal(m)
		if err != nil {
			return []string{err.Error()}
		}
		faults = append(faults, rendertest.SlackFaults(body)...)
		markup, wrong := rendertest.SlackMarkup(body)
		faults = append(faults, wrong...)
		for _, s := range markup {
			if link := strings.ReplaceAll(strings.TrimPrefix(s, "<"), "&amp;", "&"); !ourMarkup.MatchString(s) || s[0] == '<' && !ourLink.MatchString(strings.SplitN(link, "|", 2)[0]) {
				faults = append(faults, "markup: "+s)
			}
		}
	}
	return faults
}

// What a report brings is text and nothing else in Slack, and Slack takes all of it.
func TestSlackHasNothingOfAReportButText(t *testing.T) {
	for _, c := range rendertest.Cases() {
		assert.Empty(t, slackFaults(c.View(rendertest.Options())), c.Name)
	}
}

func TestSlackOfAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, state := rendertest.Options(), ""
		for range rapid.IntRange(1, 3).Draw(t, "notifications") {
			v := o.View(reports().Draw(t, "report"), state)
			if faults := slackFaults(v); len(faults) > 0 {
				t.Fatalf("%q", faults)
			}
			state = v.State()
		}
	})
}

// However much there is, ten messages are all, and the last one says what is not in them.
func TestSlackDetailsHaveAnEnd(t *testing.T) {
	details := rendertest.Named("huge").View(rendertest.Options()).SlackDetails()
	require.Len(t, details, 10)
	assert.Equal(t, "Details 10 of 10", details[9].Text)
	blocks := details[9].Attachments[0].Blocks
	assert.Regexp(t, `^\d+ lines did not fit\.$`, blocks[len(blocks)-1].Elements[0].Text)
	assert.Empty(t, rendertest.Named("ongoing").View(rendertest.Options()).SlackDetails(), "a notice has no evidence")
}

// The colour is that of the verdict.
func TestSlackColors(t *testing.T) {
	seen := map[string]string{}
	for name, word := range map[string]string{"new": "NEW", "urgent": "URGENT", "nothing-known": "UNCLASSIFIED", "safe": "SAFE"} {
		m := rendertest.Named(name).View(rendertest.Options()).Slack()
		assert.True(t, strings.HasPrefix(m.Text, "*"+word+"* "), m.Text)
		assert.Empty(t, seen[m.Attachments[0].Color], name)
		seen[m.Attachments[0].Color] = name
	}
	urgent := rendertest.Named("urgent").View(rendertest.Options()).Slack()
	assert.Equal(t, urgent.Attachments[0].Color, rendertest.Named("ongoing").View(rendertest.Options()).Slack().Attachments[0].Color)
}

func body(blocks string) string { return `{"text":"x","attachments":[{"blocks":[` + blocks + `]}]}` }

// The validator notices what it is for.
func TestSlackFaults(t *testing.T) {
	section := func(n int) string {
		return `{"type":"section","text":{"type":"plain_text","text":"` + strings.Repeat("a", n) + `"}}`
	}
	assert.Empty(t, rendertest.SlackFaults([]byte(body(section(3000)))))
	for what, m := range map[string]string{
		"a long text":      body(section(3001)),
		"an empty text":    body(section(0)),
		"no text":          `{"attachments":[]}`,
		"many blocks":      body(strings.Repeat(section(1)+",", 50) + section(1)),
		"much in all":      body(section(3000) + "," + section(3000) + "," + section(3000) + "," + section(1)),
		"a long field":     body(`{"type":"section","fields":[{"type":"mrkdwn","text":"` + strings.Repeat("a", 2001) + `"}]}`),
		"many fields":      body(`{"type":"section","fields":[` + strings.Repeat(`{"type":"mrkdwn","text":"a"},`, 10) + `{"type":"mrkdwn","text":"a"}]}`),
		"nothing":          body(`{"type":"section"}`),
		"many elements":    body(`{"type":"context","elements":[` + strings.Repeat(`{"type":"mrkdwn","text":"a"},`, 10) + `{"type":"mrkdwn","text":"a"}]}`),
		"no elements":      body(`{"type":"context"}`),
		"a long header":    body(`{"type":"header","text":{"type":"plain_text","text":"` + strings.Repeat("a", 151) + `"}}`),
		"a header in bold": body(`{"type":"header","text":{"type":"mrkdwn","text":"a"}}`),
		"a type":           body(`{"type":"image"}`),
		"a text's type":    body(`{"type":"section","text":{"type":"html","text":"a"}}`),
		"verbatim":         body(`{"type":"section","text":{"type":"plain_text","text":"a","verbatim":true}}`),
		"a colour":         `{"text":"x","attachments":[{"color":"reddish","blocks":[` + section(1) + `]}]}`,
		"no blocks":        `{"text":"x","attachments":[{"color":"#d1242f"}]}`,
		"no JSON":          `{`,
	} {
		assert.NotEmpty(t, rendertest.SlackFaults([]byte(m)), what)
	}
}

func TestSlackMarkup(t *testing.T) {
	for text, want := range map[string][]string{
		"<!channel> a": {"<!channel>"}, "a <https://a.example|b>": {"<https://a.example|b>"}, "*bold* a": {"*bold*"}, "a _i_": {"_i_"}, "~s~": {"~s~"}, "`c`": {"`c`"},
		"&gt; quote": {"&gt;"}, "a :smile: b": {":smile:"}, "a_b_c 2*3": nil, "a: b": nil,
	} {
		text, err := json.Marshal(text)
		require.NoError(t, err)
		markup, faults := rendertest.SlackMarkup([]byte(`{"text":` + string(text) + `}`))
		assert.Equal(t, want, markup, string(text))
		assert.Empty(t, faults, string(text))
	}
	for _, m := range []string{
		`{"text":"a & b"}`, `{"text":"a < b"}`, `{"text":"@here"}`, `{"text":"see #general"}`, `{"text":"http://a.example"}`,
		body(`{"type":"section","text":{"type":"plain_text","text":":smile:"}}`), body(`{"type":"section","text":{"type":"plain_text","emoji":false,"text":"<!channel>"}}`),
		body(`{"type":"section","text":{"type":"mrkdwn","text":"a"}}`), "{",
	} {
		_, faults := rendertest.SlackMarkup([]byte(m))
		assert.NotEmpty(t, faults, m)
	}
}

// What stands for a character does not hide what stands beside it.
func TestSlackTitleOfMarkupInMarkup(t *testing.T) {
	for title, want := range map[string]string{
		"`@here`": "ˋ＠hereˋ", "x_@here_": "xˍ＠hereˍ", "_#general_": "ˍ＃generalˍ", "`_a_`": "ˋˍaˍˋ", "a_b x@example": "a_b x@example",
	} {
		v := render.Options{}.View(responder.Report{ReportID: "r", Status: responder.StatusPublished, Alert: responder.Alert{Name: title}}, "")
		assert.Equal(t, "*UNCLASSIFIED* "+want, v.Slack().Text)
	}
}
