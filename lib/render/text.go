package render

import "strings"

// Text is the view as plain text, for a mail or a terminal: at most n bytes.
func (v View) Text(n int) string {
	p := page{most: n, cost: func(s string) int { return len(s) }, end: func(left int) string { return "\n" + leftOut(left) + "\n" }}
	if !p.add(v.Headline() + "\n") {
		return cutBytes(v.Headline(), n)
	}
	for _, s := range append(v.Reason, v.Notes()...) {
		p.add("\n" + s + "\n")
	}
	for _, s := range v.sections() {
		p.begin("\n" + s.title + "\n")
		for _, l := range s.lines {
			p.add("- " + textLine(l) + "\n")
		}
	}
	return p.String()
}

func textLine(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
		if p.kind == follow {
			b.WriteString(": " + p.url)
		}
	}
	return b.String()
}

func leftOut(n int) string { return counted(n, "line") + " did not fit." }

// page collects lines up to a size. What does not fit is counted, and what is smaller may fit behind it.
type page struct {
	most  int
	cost  func(string) int
	end   func(left int) string // what stands at the end if something was left out
	b     strings.Builder
	used  int
	left  int
	title string // of the section, which is written with its first line
	tail  string // what closes the section
	after string // what closes it, once it is open
}

// begin opens a section.
func (p *page) begin(title string) { p.fold(title, "") }

// fold opens a section that has to be closed.
func (p *page) fold(title, closing string) {
	p.close()
	p.title, p.tail = title, closing
}

func (p *page) close() {
	p.b.WriteString(p.after) // its cost is in that of the first line
	p.title, p.tail, p.after = "", "", ""
}

// add writes a line where it fits.
func (p *page) add(s string) bool {
	cost := p.cost(p.title) + p.cost(p.tail) + p.cost(s)
	if p.used+cost+p.cost(p.end(1<<20)) > p.most {
		p.left++
		return false
	}
	p.used += cost
	p.b.WriteString(p.title + s)
	p.after += p.tail
	p.title, p.tail = "", ""
	return true
}

func (p *page) String() string {
	p.close()
	if p.left > 0 {
		return p.b.String() + p.end(p.left)
	}
	return p.b.String()
}
