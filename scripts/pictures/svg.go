package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// drawing is an SVG in the making.
type drawing struct{ strings.Builder }

func (d *drawing) rect(x, y, w, h, radius float64, fill, stroke string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f" fill="%s" stroke="%s"/>`+"\n", x, y, w, h, radius, fill, stroke)
}

func (d *drawing) words(words []word) {
	for _, w := range joined(words) {
		w = w.trimmed()
		if strings.TrimSpace(w.text) == "" {
			continue
		}
		if w.mono {
			d.rect(w.x-1, w.y-w.size*0.95, w.width+2, w.size*1.25, 2, "#f4f4f5", "#e3e3e6")
		}
		fmt.Fprintf(d, `<text x="%.1f" y="%.1f" font-size="%.4g" fill="%s" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
			w.x, w.y, w.size, w.color, w.width, w.attributes(), escaped(w.text))
	}
}

// trimmed has no space around it: a picture may not keep it.
func (w word) trimmed() word {
	text := strings.TrimLeft(w.text, " ")
	left := measure(w.text[:len(w.text)-len(text)], w.style)
	right := strings.TrimRight(text, " ")
	w.x, w.width, w.text = w.x+left, w.width-left-measure(text[len(right):], w.style), right
	return w
}

func (s style) attributes() string {
	text := ""
	if s.bold {
		text += ` font-weight="700"`
	}
	if s.italic {
		text += ` font-style="italic"`
	}
	if s.mono {
		text += ` font-family="Menlo,Consolas,monospace"`
	}
	return text
}

// svg is the whole picture; what it shows is said for those who cannot see it.
func (d *drawing) svg(width, height float64, title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="Lato,Helvetica Neue,Helvetica,Arial,sans-serif" role="img">`+
		"\n<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"#ffffff\" stroke=\"#dddddd\"/>\n%s</svg>\n",
		width, height, width, height, escaped(title), d.String())
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
