package main

import (
	"strings"
	"unicode"
)

// style is how a word looks.
type style struct {
	size         float64
	color        string
	bold, italic bool
	mono, link   bool
}

// run is a text of one style; a line end in it breaks the line.
type run struct {
	text string
	style
}

// word is a run that has its place.
type word struct {
	x, y, width float64 // y is that of the base line
	run
}

// flow breaks runs into lines of a width, the first base line at y, and gives the bottom as well.
func flow(runs []run, x, y, width float64) (words []word, bottom float64) {
	at, line := x, y
	height := 0.0
	for _, r := range runs {
		height = max(height, r.size*1.47)
		for i, part := range strings.Split(r.text, "\n") {
			if i > 0 {
				at, line = x, line+height
			}
			for _, piece := range pieces(part) {
				w := measure(piece, r.style)
				if at+w > x+width && at > x && strings.TrimSpace(piece) != "" {
					at, line = x, line+height
				}
				for at+w > x+width && len(piece) > 1 { // a word that no line can take
					n := fitting(piece, r.style, x+width-at)
					words = append(words, word{at, line, measure(piece[:n], r.style), run{piece[:n], r.style}})
					piece, at, line = piece[n:], x, line+height
					w = measure(piece, r.style)
				}
				if at > x || strings.TrimSpace(piece) != "" {
					words = append(words, word{at, line, w, run{piece, r.style}})
					at += w
				}
			}
		}
	}
	return words, line + height*0.35
}

// joined are the words of a line and of one style as one, so that letters stand as the font has them.
func joined(words []word) (lines []word) {
	for _, w := range words {
		if n := len(lines) - 1; n >= 0 && lines[n].y == w.y && lines[n].style == w.style {
			lines[n].text += w.text
			lines[n].width += w.width
		} else {
			lines = append(lines, w)
		}
	}
	return lines
}

// pieces are the words of a text, and the spaces between them.
func pieces(s string) (list []string) {
	start, space := 0, false
	for i, r := range s {
		if is := r == ' '; is != space && i > start {
			list, start = append(list, s[start:i]), i
		}
		space = r == ' '
	}
	if start < len(s) {
		list = append(list, s[start:])
	}
	return list
}

// fitting is how many bytes of a text have place, one character at least.
func fitting(s string, st style, width float64) int {
	n := 0
	for i, r := range s {
		end := i + len(string(r))
		if measure(s[:end], st) > width && n > 0 {
			return n
		}
		n = end
	}
	return n
}

// measure estimates a width by what letters have in Helvetica; pictures set it, whatever the font.
func measure(s string, st style) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case st.mono:
			em += 0.6
		case strings.ContainsRune("ijl.,:;'|!()[]tfrI ·/-", r):
			em += 0.31
		case strings.ContainsRune("mwMW@%—…", r):
			em += 0.86
		case unicode.IsUpper(r):
			em += 0.68
		case r > 0x2000:
			em += 1.1
		default:
			em += 0.57
		}
	}
	if st.bold {
		em *= 1.12
	}
	return em * st.size
}
