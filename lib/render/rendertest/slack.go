package rendertest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
)

// Slack's limits, in characters and entries (docs.slack.dev: "chat.postMessage", text; "Blocks"; "Section block"; "Context
// block"; "Header block"; "Actions block"; "Text object"; "Secondary message attachments"). Of all together no document
// tells: a message of 13,172 characters was refused (slackapi/bolt-js#2509), one of 9,597 in 15,561 bytes of JSON was
// taken, and one of 11,341 in 17,694 refused (#2867).
const (
	maxText        = 40000
	maxBlocks      = 50
	maxHeader      = 150
	maxTextObject  = 3000
	maxFields      = 10
	maxFieldText   = 2000
	maxElements    = 10
	maxActions     = 25
	maxAttachments = 100
	maxAll         = 9000
	maxAllJSON     = 15500
)

type slackBody struct {
	Text        string       `json:"text"`
	Blocks      []slackBlock `json:"blocks"`
	Attachments []struct {
		Color  string       `json:"color"`
		Blocks []slackBlock `json:"blocks"`
	} `json:"attachments"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text"`
	Fields   []slackText `json:"fields"`
	Elements []slackText `json:"elements"`
}

type slackText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji"`
	Verbatim bool   `json:"verbatim"`
}

// SlackFaults is what is wrong with the body of chat.postMessage, chat.update or an incoming webhook: what Slack's
// documentation does not allow, or would be too much together. None: it is taken.
func SlackFaults(body []byte) (faults []string) {
	var m slackBody
	if err := json.Unmarshal(body, &m); err != nil {
		return []string{err.Error()}
	}
	c := slackCheck{all: length(m.Text)}
	c.most("text", length(m.Text), maxText)
	if m.Text == "" {
		c.add("text: empty, notifications show it")
	}
	c.most("attachments", len(m.Attachments), maxAttachments)
	c.blocks("blocks", m.Blocks)
	n := len(m.Blocks)
	for i, a := range m.Attachments {
		if a.Color != "" && !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(a.Color) {
			c.add("attachments[%d]: color %q", i, a.Color)
		}
		if len(a.Blocks) == 0 {
			c.add("attachments[%d]: no blocks", i)
		}
		c.blocks(fmt.Sprintf("attachments[%d].blocks", i), a.Blocks)
		n += len(a.Blocks)
	}
	c.most("blocks in all", n, maxBlocks)
	c.most("characters in all", c.all, maxAll)
	c.most("bytes in all", len(body), maxAllJSON)
	return c.faults
}

type slackCheck struct {
	faults []string
	all    int
}

func (c *slackCheck) add(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *slackCheck) most(what string, n, limit int) {
	if n > limit {
		c.add("%s: %d, expected %d at most", what, n, limit)
	}
}

// length is in UTF-16 units, which are never fewer than characters.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

func (c *slackCheck) blocks(where string, list []slackBlock) {
	for i, b := range list {
		where := fmt.Sprintf("%s[%d]", where, i)
		switch b.Type {
		case "section":
			if b.Text == nil && len(b.Fields) == 0 {
				c.add("%s: neither text nor fields", where)
			}
			c.most(where+".fields", len(b.Fields), maxFields)
			c.texts(where+".fields", b.Fields, maxFieldText)
		case "context":
			if len(b.Elements) == 0 {
				c.add("%s: no elements", where)
			}
			c.most(where+".elements", len(b.Elements), maxElements)
			c.texts(where+".elements", b.Elements, maxTextObject)
		case "header":
			if b.Text == nil || b.Text.Type != "plain_text" {
				c.add("%s: no plain_text", where)
			} else {
				c.most(where+".text", length(b.Text.Text), maxHeader)
			}
		case "actions":
			c.most(where+".elements", len(b.Elements), maxActions)
		case "divider":
		default:
			c.add("%s: type %q", where, b.Type)
		}
		if b.Text != nil {
			c.texts(where+".text", []slackText{*b.Text}, maxTextObject)
		}
	}
}

func (c *slackCheck) texts(where string, list []slackText, limit int) {
	for _, t := range list {
		c.all += length(t.Text)
		c.most(where, length(t.Text), limit)
		switch {
		case t.Text == "":
			c.add("%s: empty", where)
		case t.Type == "plain_text" && t.Verbatim, t.Type == "mrkdwn" && t.Emoji != nil:
			c.add("%s: a field that %s does not have", where, t.Type)
		case t.Type != "plain_text" && t.Type != "mrkdwn":
			c.add("%s: type %q", where, t.Type)
		}
	}
}

// SlackMarkup is all that Slack does more with than show it: what stands between < and > in mrkdwn, and what would become a
// link, a mention, an emoji by itself; what is not escaped is a fault. In mrkdwn it gives also *bold* and the like.
func SlackMarkup(body []byte) (markup, faults []string) {
	var m slackBody
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, []string{err.Error()}
	}
	texts := []slackText{{Type: "mrkdwn", Text: m.Text, Verbatim: true}}
	collect := func(list []slackBlock) {
		for _, b := range list {
			if b.Text != nil {
				texts = append(texts, *b.Text)
			}
			texts = append(append(texts, b.Fields...), b.Elements...)
		}
	}
	collect(m.Blocks)
	for _, a := range m.Attachments {
		collect(a.Blocks)
	}
	for _, t := range texts {
		more, wrong := t.markup()
		markup, faults = append(markup, more...), append(faults, wrong...)
	}
	return markup, faults
}

var (
	slackControl = regexp.MustCompile(`<[^<>]*>`)
	slackFormat  = regexp.MustCompile("(?:^|[^\\pL\\pN])(\\*[^*\n]+\\*|_[^_\n]+_|~[^~\n]+~)(?:[^\\pL\\pN]|$)|`[^`\n]+`|(?m:^&gt;)|(:[a-z0-9_+'-]+:)")
	slackPlain   = regexp.MustCompile(`(?:^|\s)[@#]\pL|\b[a-z]+://|(?:^|\s)www\.`)
	slackEntity  = regexp.MustCompile(`&(?:amp|lt|gt);`)
)

func (t slackText) markup() (markup, faults []string) {
	rest := t.Text
	if t.Type == "mrkdwn" {
		if !t.Verbatim {
			faults = append(faults, fmt.Sprintf("%.80q: names are looked for in it", t.Text))
		}
		markup = slackControl.FindAllString(rest, -1)
		rest = slackControl.ReplaceAllString(rest, "")
		for _, f := range slackFormat.FindAllString(rest, -1) {
			markup = append(markup, strings.TrimSpace(f))
		}
		for _, f := range slackPlain.FindAllString(rest, -1) {
			if strings.HasPrefix(f, "hxxp") { // defanged
				continue
			}
			faults = append(faults, fmt.Sprintf("%.80q: %q", t.Text, f))
		}
	} else if t.Emoji == nil || *t.Emoji {
		faults = append(faults, fmt.Sprintf("%.80q: :smile: becomes one in it", t.Text))
	}
	if strings.ContainsAny(slackEntity.ReplaceAllString(rest, ""), "<>&") {
		faults = append(faults, fmt.Sprintf("%.80q: not escaped", t.Text))
	}
	return markup, faults
}
