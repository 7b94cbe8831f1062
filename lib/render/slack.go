package render

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// SlackMessage is what Slack takes as a message: chat.postMessage, chat.update and incoming webhooks have these fields.
type SlackMessage struct {
	// Text is the first line of the message, and what notifications and screen readers have of it; escaped.
	Text string `json:"text"`
	// Attachments has one attachment, whose colour is that of the severity and whose blocks are the message.
	Attachments []SlackAttachment `json:"attachments,omitempty"`
}

// SlackAttachment is a bar of colour beside blocks.
type SlackAttachment struct {
	Color  string       `json:"color"`
	Blocks []SlackBlock `json:"blocks"`
}

// SlackBlock is a block of Block Kit: section or context.
type SlackBlock struct {
	Type     string      `json:"type"`
	Text     *SlackText  `json:"text,omitempty"`
	Fields   []SlackText `json:"fields,omitempty"`
	Elements []SlackText `json:"elements,omitempty"`
}

// SlackText is a text of Block Kit. What comes from outside is plain_text, in which nothing means anything, and keeps each
// character: mrkdwn has no way to escape * _ ~ ` and :emoji:. Texts of this package and links are mrkdwn.
//
// Links stand in the text, and are no buttons: a click on a button is also sent to the app, which would have to answer, or
// Slack shows a warning beside it (slackapi/node-slack-sdk#869).
type SlackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Emoji is false in a plain_text: else :smile: becomes one.
	Emoji *bool `json:"emoji,omitempty"`
	// Verbatim is true in a mrkdwn: else Slack looks for names of hosts and channels (docs.slack.dev, "Text object").
	Verbatim bool `json:"verbatim,omitempty"`
}

// The bounds of a message. Slack's own are 3,000 characters of a section's text, 2,000 of a field's, 10 fields or elements, 50
// blocks (docs.slack.dev, "Section block", "Context block", "Blocks"), and one for all together that no document names:
// what has 13,000 characters is refused (slackapi/bolt-js#2509), 9,600 in 15,600 bytes of JSON were taken (#2867).
const (
	maxSection  = 2900 // UTF-16 units of escaped text
	maxField    = 120
	maxMessage  = 8500
	maxJSON     = 13000 // bytes
	maxMessages = 10
	maxSeen     = 5 // findings, gaps, entities that the message of an incident names
)

// colors are those of severities; without one, that of what is not judged.
var colors = map[responder.Severity]string{
	responder.Urgent: "#d1242f", responder.Unclassified: "#d29922", responder.Safe: "#2da44e", "": "#8c959f",
}

// Slack is the message of an incident, which is updated as the report grows: title, verdict, why, what counts most, who is
// missing, links.
func (v View) Slack() SlackMessage {
	for _, most := range []int{maxSeen, 3, 2} {
		if m := v.slack(most); m.fits() {
			return m
		}
	}
	return v.slack(1)
}

// slack is the message with so many entries of each list, the fewer the shorter.
func (v View) slack(most int) SlackMessage {
	var m slackMessage
	m.plain(short(strings.Join(v.Reason, " "), maxReason/maxSeen*most))
	m.plain(slackList("Changed", lines(v.brief()), most))
	m.plain(slackList("Found", each(v.Findings, Finding.pieces), most))
	m.plain(slackList("No answer", each(v.Gaps, Gap.pieces), most))
	m.plain(slackList("About", each(v.Entities, Fact.pieces), most))
	m.fields(v.slackFacts())
	m.context(append(v.Notes(), v.slackQuiet()...))
	m.links(v.allLinks(most))
	return m.message(v)
}

func lines(list []string) [][]piece {
	return each(list, func(s string) []piece { return []piece{{prose, s, ""}} })
}

// slackFacts are those that are told at a glance.
func (v View) slackFacts() (out []Fact) {
	for _, f := range v.Facts {
		switch f.Name {
		case factSource, "Account", "Region", factAlerts, factFirst, factLast:
			out = append(out, f)
		}
	}
	return out
}

func (v View) slackQuiet() []string {
	if n := len(v.Quiet) + v.hidden.quiet; n > 0 {
		return []string{counted(n, "inspector") + " found nothing."}
	}
	return nil
}

// slackList is a list with what it is, as one text; empty where there is none.
func slackList(title string, lines [][]piece, n int) string {
	if len(lines) == 0 {
		return ""
	}
	out := []string{title + ":"}
	for _, l := range lines[:min(len(lines), n)] {
		out = append(out, "• "+short(plain(l), 60*n))
	}
	if more := len(lines) - n; more > 0 {
		out = append(out, "and "+number(more)+" more")
	}
	return strings.Join(out, "\n")
}

// allLinks are those of the view, and of its first n findings.
func (v View) allLinks(n int) (out []Link) {
	seen := map[string]bool{}
	add := func(l Link) {
		if !seen[l.URL] {
			seen[l.URL] = true
			out = append(out, l)
		}
	}
	for _, l := range v.Links {
		add(l)
	}
	for _, f := range v.Findings[:min(len(v.Findings), n)] {
		if f.Link != nil {
			add(*f.Link)
		}
	}
	return out
}

// SlackChange is what has changed, for the thread; false: nothing has.
func (v View) SlackChange() (SlackMessage, bool) {
	if len(v.Changes) == 0 {
		return SlackMessage{}, false
	}
	var m slackMessage
	m.plain(slackList("Changed", lines(v.Changes), maxChanges+1))
	if !v.isNotice() {
		m.plain(strings.Join(v.Reason, "\n"))
	}
	return m.message(v), true
}

// SlackDetails are all findings, gaps and facts, for the thread, in as many messages as it takes, ten at most. A notice
// has none.
func (v View) SlackDetails() []SlackMessage {
	if v.isNotice() {
		return nil
	}
	d := details{v: v}
	for _, s := range v.sections() {
		if s.title != titleChanged {
			d.section(s)
		}
	}
	return d.messages()
}
