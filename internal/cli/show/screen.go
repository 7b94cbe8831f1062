package show

import (
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/charmbracelet/x/ansi"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	defaultWidth = 100 // columns, where there is no terminal
	minWidth     = 40
	maxWidth     = 140 // longer lines are hard to read
)

// Screen is how text for people looks: its width, and its colours, which are those that the person has set in
// the terminal (the basic sixteen).
type Screen struct {
	width                                int
	bold, dim, red, yellow, green, blue  lipgloss.Style
	urgent, unclassified, safe, unjudged lipgloss.Style
}

// NewScreen makes a screen so many columns wide; 0 where there is no terminal.
func NewScreen(width int, color bool) Screen {
	if width <= 0 {
		width = defaultWidth
	}
	s := Screen{width: min(max(width, minWidth), maxWidth)}
	if !color {
		return s
	}
	plain := lipgloss.NewStyle()
	s.bold, s.dim = plain.Bold(true), plain.Faint(true)
	s.red, s.yellow = plain.Foreground(lipgloss.Red), plain.Foreground(lipgloss.Yellow)
	s.green, s.blue = plain.Foreground(lipgloss.Green), plain.Foreground(lipgloss.Cyan)
	badge := plain.Bold(true).Foreground(lipgloss.Black)
	s.urgent = badge.Background(lipgloss.Red).Foreground(lipgloss.BrightWhite)
	s.unclassified, s.safe = badge.Background(lipgloss.Yellow), badge.Background(lipgloss.Green)
	s.unjudged = badge.Background(lipgloss.Cyan)
	return s
}

// Width is the number of columns.
func (s Screen) Width() int { return s.width }

// Bold, Dim, Red, Yellow, Green and Blue paint a text that is safe already.
func (s Screen) Bold(text string) string   { return s.bold.Render(text) }
func (s Screen) Dim(text string) string    { return s.dim.Render(text) }
func (s Screen) Red(text string) string    { return s.red.Render(text) }
func (s Screen) Yellow(text string) string { return s.yellow.Render(text) }
func (s Screen) Green(text string) string  { return s.green.Render(text) }
func (s Screen) Blue(text string) string   { return s.blue.Render(text) }

// Severity is a verdict as a badge; the empty one says that there is none yet.
func (s Screen) Severity(v responder.Severity) string {
	switch v {
	case responder.Urgent:
		return s.urgent.Render(" URGENT ")
	case responder.Safe:
		return s.safe.Render(" SAFE ")
	case "":
		return s.unjudged.Render(" NO VERDICT YET ")
	}
	return s.unclassified.Render(" UNCLASSIFIED ")
}

// Wrap breaks a text at the screen's width, each line after so many columns.
func (s Screen) Wrap(text string, indent int) string {
	return strings.ReplaceAll(wrap(text, max(s.width-indent, minWidth/2)), "\n", "\n"+strings.Repeat(" ", indent))
}

// wrap breaks a text between its words. It is cut where that leaves a line too wide, as after a word with -- behind it;
// the last pass sees to it that no colour goes on into the next line's indent.
func wrap(text string, width int) string {
	return lipgloss.Wrap(ansi.Hardwrap(ansi.Wrap(text, width, ""), width, false), width, "")
}

// Table draws rows of safe text, not wider than the screen, where there is one. The style is by row and
// column; row -1 is the header.
func (s Screen) Table(headers []string, rows [][]string, style func(row, col int) lipgloss.Style) string {
	text := s.draw(headers, rows, style, 0)
	natural := lipgloss.Width(text)
	if natural <= s.width {
		return text
	}
	// One that is too wide by no more than its borders would not be drawn narrower, but cut off.
	borders := len(headers) + 1
	columns := columnsOf(s.draw(headers, rows, style, min(s.width, natural-borders-1)))
	// Nor are all cells broken where their columns end; in a table of cells that are, there is nothing to cut off.
	broken := make([][]string, len(rows))
	for i, row := range rows {
		broken[i] = fitted(row, columns, wrap)
	}
	short := func(text string, width int) string { return ansi.Truncate(text, width, "…") } // a header is one line
	return s.draw(fitted(headers, columns, short), broken, style, 0)
}

// draw draws a table so many columns wide; 0 for as wide as it is.
func (s Screen) draw(headers []string, rows [][]string, style func(row, col int) lipgloss.Style, width int) string {
	t := table.New().Border(lipgloss.RoundedBorder()).BorderStyle(s.dim).
		Headers(headers...).Rows(rows...).Wrap(true).
		StyleFunc(func(row, col int) lipgloss.Style {
			if row == table.HeaderRow {
				return s.bold.Padding(0, 1)
			}
			return style(row, col).Padding(0, 1)
		})
	if width > 0 {
		t = t.Width(width)
	}
	return t.Render()
}

// columnsOf are the widths of what stands in the columns of a table, by its upper edge.
func columnsOf(text string) (widths []int) {
	edge, _, _ := strings.Cut(ansi.Strip(text), "\n")
	for part := range strings.SplitSeq(strings.Trim(edge, "╭╮"), "┬") {
		widths = append(widths, max(lipgloss.Width(part)-2, 1))
	}
	return widths
}

// fitted are cells that a function fits to the widths of their columns.
func fitted(cells []string, widths []int, fit func(text string, width int) string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = fit(c, widths[min(i, len(widths)-1)])
	}
	return out
}
