package main

import (
	"html"
	"regexp"
	"strings"
)

const issueWidth = 760.0

var (
	body    = style{size: 14, color: "#1f2328"}
	heading = style{size: 16, color: "#1f2328", bold: true}
	small   = style{size: 11, color: "#1f2328"}
	label   = style{size: 12, color: "#ffffff", bold: true}
)

// issue draws an issue as GitHub shows it: its title, labels, and what it says in Markdown.
func issue(title string, labels [][2]string, markdown string) string {
	var d drawing
	words, y := flow([]run{{title, style{size: 20, color: "#1f2328"}}, {" #42", style{size: 20, color: "#59636e"}}}, 24, 36, issueWidth-48)
	d.words(words)
	x := 24.0
	for _, l := range labels {
		w := measure(l[0], label) + 18
		d.rect(x, y+6, w, 20, 10, l[1], "none")
		d.words([]word{{x + 9, y + 20, w - 18, run{l[0], label}}})
		x += w + 6
	}
	top := y + 38
	y = top + 6
	for line := range strings.SplitSeq(strings.TrimSpace(markdown), "\n") {
		y = issueLine(&d, line, y)
	}
	d.rect(16, top, issueWidth-32, y-top+12, 6, "none", "#d1d9e0")
	return d.svg(issueWidth, y+28, title)
}

// issueLine draws a line of Markdown, and gives its bottom.
func issueLine(d *drawing, line string, y float64) float64 {
	x, st := 32.0, body
	switch {
	case line == "":
		return y + 8
	case strings.HasPrefix(line, "<!--"), strings.HasPrefix(line, "</details"):
		return y
	case line == "---":
		d.rect(x, y+8, issueWidth-64, 1, 0, "#d1d9e0", "none")
		return y + 12
	case strings.HasPrefix(line, "<sub>"):
		line, st = tag().ReplaceAllString(line, ""), small
	case strings.HasPrefix(line, "### "):
		line, st = line[4:], heading
	case strings.HasPrefix(line, "<details>"):
		line = "▶ " + tag().ReplaceAllString(line, "")
	case strings.HasPrefix(line, "- "):
		d.words([]word{{x + 6, y + 16, 5, run{"•", body}}})
		line, x = line[2:], x+20
	}
	words, bottom := flow(markdown(line, st), x, y+16, issueWidth-x-32)
	d.words(words)
	return bottom
}

func tag() *regexp.Regexp { return regexp.MustCompile(`<[^>]*>`) }

// inline are the parts of a line of Markdown that look different: code, bold, links.
func inline() *regexp.Regexp {
	return regexp.MustCompile("`+[^`]+`+|\\*\\*[^*]+\\*\\*|\\[[^\\]]+\\]\\(<[^>]*>\\)")
}

func markdown(line string, st style) (runs []run) {
	for line != "" {
		at := inline().FindStringIndex(line)
		if at == nil {
			return append(runs, run{unescaped(line), st})
		}
		if at[0] > 0 {
			runs = append(runs, run{unescaped(line[:at[0]]), st})
		}
		runs = append(runs, part(line[at[0]:at[1]], st))
		line = line[at[1]:]
	}
	return runs
}

func part(text string, st style) run {
	switch text[0] {
	case '`':
		st.mono, st.size = true, st.size-1
		return run{strings.Trim(text, "`"), st}
	case '*':
		st.bold = true
		return run{unescaped(strings.Trim(text, "*")), st}
	}
	st.link, st.color = true, "#0969da"
	name, _, _ := strings.Cut(text[1:], "](")
	return run{unescaped(name), st}
}

// unescaped is what a reader sees of an escaped text.
func unescaped(s string) string {
	return html.UnescapeString(regexp.MustCompile(`\\([!-/:-@\[-`+"`"+`{-~])`).ReplaceAllString(s, "$1"))
}
