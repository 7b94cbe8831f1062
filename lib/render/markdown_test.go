package render_test

import (
	"html"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// lengths are those by which a text may be measured: none may be over the limit.
func longest(s string) int {
	crlf := strings.ReplaceAll(html.EscapeString(s), "\n", "\r\n")
	return max(len(crlf), len(utf16.Encode([]rune(crlf))))
}

// What a report brings is text and nothing else in a document, as a parser of GitHub's Markdown reads it.
func TestMarkdownHasNothingOfAReportButText(t *testing.T) {
	for _, c := range rendertest.Cases() {
		v := c.View(rendertest.Options())
		assert.Empty(t, gfmFaults(v.Markdown(github)), c.Name)
		assert.Empty(t, gfmFaults(v.MarkdownChange(github)), c.Name)
	}
}

// Nor does any other report.
func TestMarkdownOfAnyReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, state := rendertest.Options(), ""
		for range rapid.IntRange(1, 3).Draw(t, "notifications") {
			v := o.View(reports().Draw(t, "report"), state)
			n := rapid.IntRange(0, github).Draw(t, "limit")
			for _, doc := range []string{v.Markdown(n), v.MarkdownChange(n)} {
				if longest(doc) > n || !utf8.ValidString(doc) {
					t.Fatalf("%d, expected %d at most: %q", longest(doc), n, doc)
				}
				if faults := gfmFaults(doc); len(faults) > 0 {
					t.Fatalf("%q\n%s", faults, doc)
				}
				if strings.Contains(doc, "<!--") {
					t.Fatalf("a comment: %s", doc)
				}
			}
			state = v.State()
		}
	})
}

// The checks notice what they are for.
func TestGFMFaults(t *testing.T) {
	for _, doc := range []string{
		"@octocat", "see #1", "GH-2", "octo/repo#3", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "# h1", "### What I think", "> quote", "1. one", "- - x", "- 1. x", "| a |\n|---|\n| 1 |",
		"![x](https://attacker.example/x.png)", "[x](https://attacker.example)", "[VirusTotal](https://attacker.example)", "[click](https://www.virustotal.com/)", "<https://attacker.example>",
		"https://attacker.example", "www.attacker.example", "x@attacker.example", "<b>x</b>", "<div>", "<!-- x -->", "<details open>", "*x*", "**URGENT!**", "~~x~~", "- [ ] x", "```\nx\n```", "    code",
		"***", ":smile:", "$x$", "a\n=", "a[^1]\n\n[^1]: b", "[x]: https://attacker.example\n\n[x]", "&lt;", "mailto:x", "GHSA-jfh8-c2jp-5v3q",
	} {
		assert.NotEmpty(t, gfmFaults(doc), doc)
	}
	assert.Empty(t, gfmFaults("**URGENT** – a b `@octocat #1`\n\n- [VirusTotal](<https://www.virustotal.com/x?a=1&amp;b=2>)\n"))
}
