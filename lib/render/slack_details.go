package render

import "strings"

// details lays all evidence out in messages.
type details struct {
	v    View
	now  slackMessage
	out  []slackMessage
	left int // lines that are in none
}

// section adds a part: its title, and its lines in as few texts as they need.
func (d *details) section(s section) {
	if s.title == titleLinks {
		return // they stand in the message of the incident
	}
	var links []Link
	text, lines := "", 0
	flush := func() {
		if text != "" {
			d.add(s.title, text, links, lines)
		}
		text, lines, links = "", 0, nil
	}
	for _, l := range s.lines {
		entry := slackCut("• "+plain(l), maxSection)
		if text != "" && slackLen(slackEscape(text+"\n"+entry)) > maxSection {
			flush()
		}
		text, lines = strings.TrimPrefix(text+"\n"+entry, "\n"), lines+1
		for _, p := range l {
			if p.kind == follow {
				links = append(links, Link{p.text, p.url})
			}
		}
	}
	flush()
}

// add puts a text into the message, or into the next one if that is full.
func (d *details) add(title, text string, links []Link, lines int) {
	if len(d.out) >= maxMessages {
		d.left += lines
		return
	}
	next := d.now
	next.blocks = append(next.blocks[:len(next.blocks):len(next.blocks)], SlackBlock{Type: "section", Text: pointer(mrkdwn("*" + title + "*"))})
	next.plain(text)
	next.links(links)
	if len(next.blocks) > 45 || !next.draft().fits() {
		if len(d.now.blocks) > 0 {
			d.out, d.now = append(d.out, d.now), slackMessage{}
			d.add(title, text, links, lines)
			return
		}
		next.blocks = next.blocks[:2] // without links it fits
	}
	d.now = next
}

func pointer(t SlackText) *SlackText { return &t }

// draft is the message as it may become.
func (m slackMessage) draft() SlackMessage {
	return SlackMessage{Text: strings.Repeat("-", 200), Attachments: []SlackAttachment{{Color: colors[""], Blocks: m.blocks}}}
}

func (d *details) messages() (out []SlackMessage) {
	if len(d.now.blocks) > 0 {
		d.out = append(d.out, d.now)
	}
	for i, m := range d.out {
		if d.left > 0 && i == len(d.out)-1 {
			m.context([]string{leftOut(d.left)})
		}
		text := "Details"
		if len(d.out) > 1 {
			text += " " + number(i+1) + " of " + number(len(d.out))
		}
		out = append(out, SlackMessage{Text: text, Attachments: []SlackAttachment{{Color: colors[d.v.Severity], Blocks: m.blocks}}})
	}
	return out
}
