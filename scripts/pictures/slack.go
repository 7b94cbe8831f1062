package main

import (
	"github.com/m-mizutani/AlertResponder/internal/mrkdwn"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

const (
	slackWidth = 680.0
	left       = 62.0 // of what is said, beside the picture of who says it
)

var (
	ink  = style{size: 15, color: "#1d1c1d"}
	dim  = style{size: 12.5, color: "#616061"}
	head = style{size: 18, color: "#1d1c1d", bold: true}
)

// slack draws messages as a channel or a thread shows them, each with the time that stands beside it.
func slack(title string, times []string, messages ...render.SlackMessage) string {
	var d drawing
	y := 14.0
	for i, m := range messages {
		d.rect(16, y, 36, 36, 5, "#1f3a5f", "none")
		d.words([]word{{25, y + 24, 18, run{"AR", style{size: 15, color: "#ffffff", bold: true}}}})
		words, _ := flow([]run{{"AlertResponder ", with(ink, true)}, {" APP ", style{size: 10, color: "#616061"}}, {"  " + times[i], dim}}, left, y+13, slackWidth)
		d.words(words)
		y = drawn(&d, m, y+24) + 16
	}
	return d.svg(slackWidth, y, title)
}

func with(s style, bold bool) style { s.bold = bold; return s }

// drawn draws what is said, and gives its bottom.
func drawn(d *drawing, m render.SlackMessage, y float64) float64 {
	words, y := flow(styled(m.Text, ink), left, y+14, slackWidth-left-20)
	d.words(words)
	for _, a := range m.Attachments {
		top := y
		for _, b := range a.Blocks {
			y = block(d, b, y)
		}
		d.rect(left, top+4, 4, y-top-2, 2, a.Color, "none")
	}
	return y
}

// block draws a block of an attachment, and gives its bottom.
func block(d *drawing, b render.SlackBlock, y float64) float64 {
	x, width := left+16, slackWidth-left-40
	switch b.Type {
	case "header":
		words, bottom := flow(read(*b.Text, head), x, y+24, width)
		d.words(words)
		return bottom + 2
	case "divider":
		d.rect(x, y+8, width, 1, 0, "#dddddd", "none")
		return y + 12
	case "context", "actions":
		var runs []run
		for i, e := range b.Elements {
			if i > 0 {
				runs = append(runs, run{"   ", dim})
			}
			runs = append(runs, read(e, dim)...)
		}
		words, bottom := flow(runs, x, y+18, width)
		d.words(words)
		return bottom + 2
	}
	if b.Text != nil {
		words, bottom := flow(read(*b.Text, ink), x, y+20, width)
		d.words(words)
		y = bottom + 2
	}
	return fields(d, b.Fields, x, y, width)
}

// fields stand in two columns.
func fields(d *drawing, list []render.SlackText, x, y, width float64) float64 {
	for i := 0; i < len(list); i += 2 {
		bottom := y
		for k, f := range list[i:min(i+2, len(list))] {
			words, b := flow(read(f, ink), x+float64(k)*width/2, y+20, width/2-16)
			d.words(words)
			bottom = max(bottom, b)
		}
		y = bottom + 2
	}
	return y
}

// read is a text of Block Kit in the style of its block.
func read(t render.SlackText, st style) []run {
	if t.Type == "plain_text" {
		return []run{{t.Text, st}}
	}
	return styled(t.Text, st)
}

// styled is a text of mrkdwn.
func styled(text string, st style) (runs []run) {
	for _, r := range mrkdwn.Parse(text) {
		s := st
		s.bold, s.italic, s.mono, s.link = st.bold || r.Bold, r.Italic, r.Code, r.Link
		switch {
		case r.Link:
			s.color = "#1264a3"
		case r.Code:
			s.color = "#c01343"
		}
		runs = append(runs, run{r.Text, s})
	}
	return runs
}
