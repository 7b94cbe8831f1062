package render

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// slackMessage collects the blocks of one message. Empty texts are left out: Slack refuses them.
type slackMessage struct{ blocks []SlackBlock }

func plainText(s string) SlackText {
	no := false
	return SlackText{Type: "plain_text", Text: slackEscape(s), Emoji: &no}
}

func mrkdwn(s string) SlackText { return SlackText{Type: "mrkdwn", Text: s, Verbatim: true} }

// plain adds a text from outside.
func (m *slackMessage) plain(s string) {
	if s != "" {
		t := plainText(slackCut(s, maxSection))
		m.blocks = append(m.blocks, SlackBlock{Type: "section", Text: &t})
	}
}

// fields adds facts in two columns.
func (m *slackMessage) fields(list []Fact) {
	var fields []SlackText
	for _, f := range list[:min(len(list), 10)] {
		fields = append(fields, plainText(slackCut(f.Name+"\n"+f.Value, maxField)))
	}
	if len(fields) > 0 {
		m.blocks = append(m.blocks, SlackBlock{Type: "section", Fields: fields})
	}
}

// context adds sentences of this package, in small letters.
func (m *slackMessage) context(list []string) {
	if len(list) > 0 {
		m.blocks = append(m.blocks, SlackBlock{Type: "context", Elements: []SlackText{mrkdwn(slackEscape(strings.Join(list, " ")))}})
	}
}

// links adds links, as many as fit.
func (m *slackMessage) links(list []Link) {
	text := ""
	for _, l := range list {
		next := text
		if next != "" {
			next += "  ·  "
		}
		if next += slackLink(l); slackLen(next) <= maxSection {
			text = next
		}
	}
	if text != "" {
		m.blocks = append(m.blocks, SlackBlock{Type: "context", Elements: []SlackText{mrkdwn(text)}})
	}
}

// slackLink is a link. Its URL has been escaped so that it ends where it should.
func slackLink(l Link) string { return "<" + slackEscape(l.URL) + "|" + slackEscape(l.Text) + ">" }

// message gives what was collected.
func (m *slackMessage) message(v View) SlackMessage {
	out := SlackMessage{Text: v.slackText()}
	if len(m.blocks) > 0 {
		out.Attachments = []SlackAttachment{{Color: colors[v.Severity], Blocks: m.blocks}}
	}
	return out
}

// slackText is the headline in mrkdwn, which is what Slack takes the text of a message for.
func (v View) slackText() string { return "*" + v.word() + "* " + slackProse(v.Title) }

// fits says whether Slack takes a message as a whole.
func (m SlackMessage) fits() bool {
	n := slackLen(m.Text)
	for _, a := range m.Attachments {
		for _, b := range a.Blocks {
			if b.Text != nil {
				n += slackLen(b.Text.Text)
			}
			for _, t := range append(b.Fields, b.Elements...) {
				n += slackLen(t.Text)
			}
		}
	}
	text, _ := json.Marshal(m) // strings always marshal
	return n <= maxMessage && len(text) <= maxJSON
}

func slackLen(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// slackCut bounds a text to so many UTF-16 units, when it is escaped.
func slackCut(s string, most int) string {
	n := 0
	for i, r := range s {
		size := slackLen(slackEscape(string(r)))
		if n+size > most-1 && i+len(string(r)) < len(s) || n+size > most {
			return s[:i] + "…"
		}
		n += size
	}
	return s
}

// slackProse is a text from outside in mrkdwn, which knows no escaping: what would mean something becomes a character that
// looks alike. Names keep the underscores within them, which mean nothing there.
func slackProse(s string) string {
	var out []string
	for w := range strings.FieldsSeq(s) {
		if strings.Count(w, ":") > 1 || isAddress(w) { // :smile:
			w = strings.ReplaceAll(w, ":", "꞉")
		}
		out = append(out, slackWord([]rune(w)))
	}
	return slackEscape(strings.Join(out, " "))
}

// isAddress says whether a word may be taken for a link. Defanged ones are not.
func isAddress(w string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(w), "://")
	return ok && !strings.HasSuffix(scheme, "hxxp") && !strings.HasSuffix(scheme, "hxxps") || strings.Contains(strings.ToLower(w), "mailto:")
}

// slackWord looks at the word as it was: some of the characters that look alike are letters.
func slackWord(was []rune) string {
	w := slices.Clone(was)
	for i, r := range was {
		bound := i == 0 || i == len(w)-1 || !isAlnum(was[i-1]) || !isAlnum(was[i+1])
		switch {
		case r == '*':
			w[i] = '∗'
		case r == '`':
			w[i] = 'ˋ'
		case r == '~':
			w[i] = '∼'
		case r == '_' && bound:
			w[i] = 'ˍ'
		case r == '@' && bound:
			w[i] = '＠'
		case r == '#' && bound:
			w[i] = '＃'
		}
	}
	return string(w)
}

func isAlnum(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
