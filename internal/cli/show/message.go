package show

import (
	"encoding/json"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/m-mizutani/AlertResponder/internal/mrkdwn"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// issueLines bounds what is shown of an issue's text.
const issueLines = 80

// Message draws what people see of a request to Slack or for an issue of GitHub, with its line end; false where it is
// neither.
func (s Screen) Message(body json.RawMessage) (string, bool) {
	var m struct {
		render.SlackMessage
		Title  string   `json:"title"`
		Body   string   `json:"body"`
		State  string   `json:"state"`
		Labels []string `json:"labels"`
	}
	if json.Unmarshal(body, &m) != nil {
		return "", false
	}
	switch {
	case len(m.Attachments) > 0 || m.SlackMessage.Text != "":
		return s.Slack(m.SlackMessage), true
	case m.Body != "":
		return s.Issue(m.Title, m.Labels, m.State, m.Body, issueLines), true
	}
	return "", false
}

// Slack draws a message as Slack would, with its line end.
func (s Screen) Slack(m render.SlackMessage) string {
	var out []string
	for l := range strings.SplitSeq(s.mrkdwn(m.Text), "\n") {
		out = append(out, "  "+l)
	}
	for _, a := range m.Attachments {
		bar := "┃"
		if s.isColored() {
			bar = lipgloss.NewStyle().Foreground(lipgloss.Color(a.Color)).Render(bar)
		}
		for _, b := range a.Blocks {
			for l := range strings.SplitSeq(s.block(b), "\n") {
				out = append(out, "  "+bar+" "+l)
			}
		}
	}
	return trimmed(out)
}

// trimmed are lines without the spaces that wrapping leaves behind them.
func trimmed(lines []string) string {
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s Screen) block(b render.SlackBlock) string {
	var parts []string
	switch b.Type {
	case "header":
		return s.Bold(wrap(Plain(b.Text.Text, 300), s.width-6))
	case "divider":
		return s.Dim(strings.Repeat("─", min(s.width-6, 60)))
	case "context", "actions":
		for _, e := range b.Elements {
			parts = append(parts, s.text(e))
		}
		return s.Dim(strings.Join(parts, "   "))
	}
	if b.Text != nil {
		parts = append(parts, s.text(*b.Text))
	}
	if len(b.Fields) > 0 {
		parts = append(parts, s.columns(b.Fields))
	}
	return strings.Join(parts, "\n")
}

// columns are names and values, which Slack has in two columns.
func (s Screen) columns(list []render.SlackText) string {
	var out []string
	for _, f := range list {
		name, value, _ := strings.Cut(s.text(f), "\n")
		out = append(out, s.Dim(name)+" "+value)
	}
	return wrap(strings.Join(out, " · "), s.width-6)
}

// text is a text of Block Kit.
func (s Screen) text(t render.SlackText) string {
	if t.Type == "plain_text" {
		return wrap(Plain(t.Text, 4000), s.width-6)
	}
	return s.mrkdwn(t.Text)
}

// mrkdwn is a text of that type in the terminal's own means.
func (s Screen) mrkdwn(text string) string {
	var b strings.Builder
	for _, r := range mrkdwn.Parse(text) {
		style := lipgloss.NewStyle()
		if s.isColored() {
			style = style.Bold(r.Bold).Italic(r.Italic).Underline(r.Link)
		}
		for i, part := range strings.Split(Plain(r.Text, 4000), "\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(style.Render(part))
		}
	}
	return wrap(b.String(), s.width-6)
}

// inBrowser is what a browser does not show of an issue, and what stands in a terminal for what it does.
var inBrowser = strings.NewReplacer("<details><summary>", "▸ ", "</summary>", "", "</details>\n", "", "<sub>", "", "</sub>", "")

// Issue draws an issue or comment as it is written, with its line end, and n lines of its text at most.
func (s Screen) Issue(title string, labels []string, state, body string, n int) string {
	head := ""
	if title != "" {
		head = s.Bold(wrap(Plain(title, 300), s.width-8)) + "\n"
	}
	for _, l := range labels {
		head += s.Blue("["+Plain(l, 60)+"]") + " "
	}
	if state != "" {
		head += s.Dim(Plain(state, 40))
	}
	if head = strings.TrimRight(head, " \n"); head != "" {
		head += "\n\n"
	}
	box := lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).Padding(0, 1).MarginLeft(2)
	return box.Render(head+s.paragraphs(visible(body), n)) + "\n"
}

// visible is a text without what a browser leaves out.
func visible(body string) string {
	var out []string
	for l := range strings.SplitSeq(inBrowser.Replace(Plain(body, 64<<10)), "\n") {
		if comment := strings.HasPrefix(l, "<!--") && strings.HasSuffix(l, "-->"); !comment && (l != "" || len(out) > 0 && out[len(out)-1] != "") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// paragraphs are the first n lines of a text, as the terminal has them.
func (s Screen) paragraphs(text string, n int) string {
	lines := strings.Split(wrap(strings.TrimSpace(text), s.width-8), "\n")
	if more := len(lines) - n; more > 0 {
		lines = append(lines[:n], s.Dim(fmt.Sprintf("… and %d more lines", more)))
	}
	return strings.Join(lines, "\n")
}
