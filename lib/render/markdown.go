package render

import "strings"

// Markdown is the view in GitHub Flavored Markdown, with all that is known: at most n characters (UTF-16 units and bytes
// of UTF-8 count for nothing less).
func (v View) Markdown(n int) string {
	p := page{most: n, cost: markdownCost, end: func(left int) string { return "\n_" + leftOut(left) + "_\n" }}
	if head := "**" + v.word() + "** – " + markdownProse(v.Title) + "\n"; !p.add(head) {
		return shortest(n, "**"+v.word()+"**")
	}
	for _, s := range v.Reason {
		p.add("\n**Why:** " + markdownProse(s) + "\n")
	}
	for _, s := range v.Notes() {
		p.add("\n_" + s + "_\n")
	}
	for _, s := range v.sections() {
		s.markdown(&p)
	}
	return p.String()
}

// shortest is a text that fits or nothing: half of it might mean something else.
func shortest(n int, s string) string {
	if markdownCost(s) > n {
		return ""
	}
	return s
}

const unfolded = 10 // lines of a section that are seen at once

// markdown writes a section: a heading, and its lines as a list, the long ones folded.
func (s section) markdown(p *page) {
	open, folded := s.lines, [][]piece(nil)
	if s.fold {
		open, folded = nil, s.lines
	} else if len(s.lines) > unfolded+2 {
		open, folded = s.lines[:unfolded], s.lines[unfolded:]
	}
	p.begin("\n### " + s.title + "\n\n")
	for _, l := range open {
		p.add("- " + markdownLine(l) + "\n")
	}
	title := s.title + " (" + number(len(s.lines)) + ")"
	if !s.fold {
		title = number(len(folded)) + " more"
	}
	p.fold("\n<details><summary>"+title+"</summary>\n\n", "\n</details>\n")
	for _, l := range folded {
		p.add("- " + markdownLine(l) + "\n")
	}
}

func markdownLine(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.kind {
		case own:
			b.WriteString(p.text)
		case strong:
			b.WriteString("**" + p.text + "**")
		case prose:
			b.WriteString(markdownProse(p.text))
		case value:
			b.WriteString(markdownCode(p.text))
		case follow:
			b.WriteString("[" + p.text + "](<" + markdownURL(p.url) + ">)")
		}
	}
	return b.String()
}

// MarkdownChange is what is new in the view, for a comment: at most n characters. Empty: nothing is.
func (v View) MarkdownChange(n int) string {
	if len(v.Changes) == 0 {
		return ""
	}
	p := page{most: n, cost: markdownCost, end: func(left int) string { return "\n_" + leftOut(left) + "_\n" }}
	if !p.add("**" + v.word() + "**\n\n") {
		return shortest(n, "**"+v.word()+"**")
	}
	for _, s := range v.Changes {
		p.add("- " + markdownProse(s) + "\n")
	}
	if !v.isNotice() {
		for _, s := range v.Reason {
			p.add("\n**Why:** " + markdownProse(s) + "\n")
		}
	}
	return p.String()
}
