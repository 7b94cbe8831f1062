package github

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// Whatever a report holds, GitHub takes what is written of it, our marks stand in it once and first, and nobody is mentioned,
// nothing is referred to, and nothing is loaded by it.
func TestAnyReport(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		severity := rapid.SampledFrom([]responder.Severity{responder.Urgent, responder.Unclassified, responder.Safe})
		notices := rapid.Bool()
		for seq := int64(2); seq < 6; seq++ {
			r := told(seq, severity.Draw(rt, "severity"))
			if notices.Draw(rt, "of anything") {
				r = anything(rt, r)
			}
			if seq == 2 || seq%2 == 1 {
				require.NoError(rt, d.emit(r))
			}
		}
		i := d.only()
		assert.LessOrEqual(rt, len([]rune(i.title)), 256)
		assert.NotContains(rt, i.title, "\n")
		m, ok := parseMarker(i.body)
		assert.True(rt, ok && m.seq == 5 && strings.HasPrefix(i.body, m.String()))
		checkText(rt, i.body)
		assert.True(rt, strings.HasSuffix(i.body, footer))
		for _, c := range i.comments {
			assert.True(rt, strings.HasPrefix(c.body, "<!-- alertresponder report="))
			checkText(rt, c.body)
		}
	})
}

// anything puts what means something to GitHub into all texts of a report, and much of it into some.
func anything(t *rapid.T, r responder.Report) responder.Report {
	attacks := append(rendertest.Attacks(), marker{report: reportID, seq: 99, closed: true}.String(), said(reportID, 5), "fixes #1", "closes acme/security#1", "- [x] done",
		"<img src=https://attacker.example/x.png>", "-->", "💥💥💥")
	some := func() string {
		one := strings.Join(rapid.SliceOfN(rapid.SampledFrom(attacks), 1, 3).Draw(t, "text"), rapid.SampledFrom([]string{"", " ", "\n", "\r\n\r\n"}).Draw(t, "between"))
		return strings.Repeat(one, rapid.SampledFrom([]int{1, 1, 1, 3, 2000}).Draw(t, "times"))
	}
	r.Alert.Name, r.Alert.Description, r.Alert.Rule, r.Result.Reason = some(), some(), some(), some()
	values := rapid.SliceOfN(rapid.SampledFrom(attacks), 1, 8).Draw(t, "values")
	for k := range rapid.SampledFrom([]int{1, 5, 20, 3000}).Draw(t, "signals") {
		value := fmt.Sprint(values[k%len(values)], k)
		a := responder.Attribute{Type: responder.TypeDomain, Value: value, Key: value}
		r.Signals = append(r.Signals, responder.Signal{Kind: value, Verdict: responder.Malicious, Score: 90, Summary: strings.Repeat(value+" ", 9), Attribute: &a, Inspector: value, URL: "https://" + value})
	}
	return r
}

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

func checkText(t *rapid.T, doc string) {
	assert.Less(t, len(doc), 65536, "bytes")
	assert.Less(t, len(utf16.Encode([]rune(doc))), 65536)
	assert.Equal(t, 1, strings.Count(doc, "<!--"), "nobody else's marks")
	src := []byte(doc)
	_ = ast.Walk(gfm.Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			assert.NotRegexp(t, `[@#]|://|[0-9a-f]{7}`, string(n.Value(src)))
		case *ast.Image, *ast.AutoLink, *ast.FencedCodeBlock, *ast.CodeBlock, *ast.Blockquote:
			assert.Fail(t, "there is more than text", "%s in %q", n.Kind(), doc)
		}
		return ast.WalkContinue, nil
	})
}
