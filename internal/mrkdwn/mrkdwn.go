// Package mrkdwn reads text as Slack shows it.
//
// in → out: a text of Block Kit of type mrkdwn → runs of one look each.
//
// It is for pictures of messages, in documents and in a terminal. (Slack developer documentation, "Formatting message text".)
package mrkdwn

import "strings"

// Run is a text that looks the same from its beginning to its end.
type Run struct {
	Text         string
	Bold, Italic bool
	Code, Link   bool
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Parse reads *bold*, _italic_, `code`, <link|text> and <!here>. In code nothing else is one.
func Parse(text string) []Run { return parse(text, Run{}) }

func parse(text string, look Run) (runs []Run) {
	plain := ""
	flush := func() {
		if plain != "" {
			r := look
			r.Text, plain = unescape.Replace(plain), ""
			runs = append(runs, r)
		}
	}
	for text != "" {
		end := closing(text)
		if end < 0 {
			plain, text = plain+text[:1], text[1:]
			continue
		}
		flush()
		runs = append(runs, marked(text[0], text[1:end], look)...)
		text = text[end+1:]
	}
	flush()
	return runs
}

// marked is what stands between two marks.
func marked(mark byte, inner string, look Run) []Run {
	switch mark {
	case '`':
		look.Code, look.Text = true, unescape.Replace(inner)
	case '<':
		if _, name, ok := strings.Cut(inner, "|"); ok {
			inner = name
		} else if name, ok := strings.CutPrefix(inner, "!"); ok {
			inner = "@" + name // <!here>
		}
		look.Link, look.Text = true, unescape.Replace(inner)
	case '*':
		look.Bold = true
		return parse(inner, look)
	default:
		look.Italic = true
		return parse(inner, look)
	}
	return []Run{look}
}

// closing is where ends what the first character begins; -1: it begins nothing.
func closing(text string) int {
	mark := text[0]
	switch mark {
	case '<':
		mark = '>'
	case '`', '*', '_':
	default:
		return -1
	}
	end := strings.IndexByte(text[1:], mark) + 1
	if end < 2 || strings.Contains(text[:end], "\n") || text[1] == ' ' || text[end-1] == ' ' {
		return -1
	}
	return end
}
