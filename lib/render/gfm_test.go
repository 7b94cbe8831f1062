package render_test

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser()

// gfmFaults is all in a document that this package does not write: it must have come from a report.
func gfmFaults(doc string) (faults []string) {
	src := []byte(doc)
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	_ = ast.Walk(gfm.Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.ListItem, *ast.Text:
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Heading:
			if s := spoken(n, src); n.Level != 3 || !ourHeading.MatchString(s) {
				add("heading %q", s)
			}
		case *ast.List:
			if n.IsOrdered() || n.Parent().Kind() != ast.KindDocument {
				add("list in or of %s", n.Parent().Kind())
			}
		case *ast.Emphasis:
			if s := spoken(n, src); !ourWords.MatchString(s) {
				add("emphasis %q", s)
			}
		case *ast.Link:
			if s := spoken(n, src); !ourLink.MatchString(string(n.Destination)) || !ourLinkText.MatchString(s) || len(n.Title) > 0 {
				add("link %q to %q", s, n.Destination)
			}
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				at := n.Lines().At(i)
				if s := strings.TrimSpace(string(at.Value(src))); !ourHTML.MatchString(s) {
					add("HTML %q", s)
				}
			}
		default: // images, tables, quotes, code blocks, automatic links, raw HTML, footnotes, strike-through, tasks…
			add("%s", n.Kind())
		}
		if n.Type() == ast.TypeBlock {
			if s := spoken(n, src); meaning.MatchString(s) {
				add("%q in %q", meaning.FindString(s), s)
			}
		}
		return ast.WalkContinue, nil
	})
	return faults
}

var (
	ourHeading  = regexp.MustCompile(`^(What changed|What was found|Who gave no answer|Who was asked and found nothing|What it is about|The alert|What is known of hosts and users|Not shown here|Links)$`)
	ourWords    = regexp.MustCompile(`^((URGENT|UNCLASSIFIED|SAFE|NEW|ONGOING)( \(was (URGENT|UNCLASSIFIED|SAFE)\))?(, resolved)?(, test)?|Why:|malicious|suspicious|harmless|unknown|new|no answer in time|failed|skipped|Its source says that it is over\.|It is a test finding\.|It came long after it was sent\.|The report is not whole: something did not fit\.|There is no verdict yet\.|More came since this verdict, and will be judged\.|Nobody looked into it\.|\d+ lines? did not fit\.)$`)
	ourLink     = regexp.MustCompile(`^https://(www\.virustotal\.com|www\.abuseipdb\.com|viz\.greynoise\.io|(urlhaus|threatfox|bazaar)\.abuse\.ch|health\.aws\.amazon\.com|([a-z0-9-]+\.)*console\.(aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn|amazonaws-eusc\.eu)|([a-z0-9-]+\.)*grafana\.example\.com|reports\.example\.com/r)(/.*|$|[?#].*)`)
	ourLinkText = regexp.MustCompile(`^(VirusTotal|AbuseIPDB|GreyNoise|URLhaus|ThreatFox|MalwareBazaar|AWS console|Report|grafana\.example\.com)$`)
	ourHTML     = regexp.MustCompile(`^(<details><summary>(\d+ more|What is known of hosts and users \(\d+\))</summary>|</details>)?$`)

	// meaning is what GitHub makes something of in a text that is no code: mentions, references, commits, emoji, addresses, math, and
	// what HTML would read (GitHub Docs, "Autolinked references and URLs", "Basic writing and formatting syntax").
	meaning = regexp.MustCompile(`@|#|(?i:\b[a-z]+-\d)|(?i:ghsa-)|\b[0-9a-fA-F]{7,40}\b|:[a-z0-9_+-]+:|://|(?i:www\.)|(?i:mailto:\S)|[$<>\[\]|&]`)
)

// spoken is the text of a node that is no code.
func spoken(n ast.Node, src []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.CodeSpan:
			b.WriteString(" ")
		case *ast.Text:
			b.Write(c.Value(src))
			if c.SoftLineBreak() {
				b.WriteString("\n")
			}
		default:
			if c.Type() == ast.TypeInline {
				b.WriteString(spoken(c, src))
			}
		}
	}
	return b.String()
}
