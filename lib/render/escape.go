package render

import (
	"strings"
	"unicode/utf8"
)

// markdownProse escapes a text for GitHub Flavored Markdown. Backslashes do not do: GitHub looks for mentions, references
// and commits in what the text says when it is rendered, and only leaves out code (GitHub Docs, "Autolinked references and
// URLs"; html-pipeline, MentionFilter). So each word that is more than a word becomes code, and keeps what it says.
func markdownProse(s string) string {
	var out []string
	for w := range strings.FieldsSeq(s) {
		if name, end := unended(w); !isWord(w) || len(out) == 0 && isMarker(w) {
			w = markdownCode(name) + end
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// unended parts a word from what ends a sentence, and is of no name.
func unended(w string) (name, end string) {
	if n := len(w) - 1; n > 0 && strings.IndexByte(".,;:", w[n]) >= 0 && strings.IndexByte(".,;:", w[n-1]) < 0 {
		return w[:n], w[n:]
	}
	return w, ""
}

// isMarker says whether a word may begin a list or a line where it stands first.
func isMarker(w string) bool {
	number := strings.TrimRight(w, ".)")
	return number != w && strings.Trim(number, "0123456789") == "" || strings.Trim(w, "-") == ""
}

// isWord says whether nothing in a word means anything to Markdown, nor to what GitHub makes of its text.
func isWord(w string) bool {
	hex, colons, letters := 0, 0, false
	for i := 0; i < len(w); i++ {
		c := w[i]
		if c >= utf8.RuneSelf {
			hex = 0
			continue
		}
		if isHex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'; isHex {
			hex++
		} else {
			hex = 0
		}
		switch {
		case hex >= 7: // a commit
			return false
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters = true
		case c >= '0' && c <= '9':
			if letters && i > 0 && w[i-1] == '-' { // GH-1, and what a repository links so by itself
				return false
			}
		case c == ':':
			colons++
		case strings.IndexByte(".,;!?'\"()/%-", c) >= 0:
		default:
			return false
		}
	}
	return colons < 2 && !strings.Contains(w, "://") && !isReference(w)
}

// isReference knows what is linked without any sign in it.
func isReference(w string) bool {
	w = strings.ToLower(w)
	return strings.Contains(w, "ghsa-") || strings.Contains(w, "www.")
}

// markdownCode is a text as code, in which nothing means anything. What begins a comment does not stay: somebody may look
// for one in the text as it is sent.
func markdownCode(s string) string {
	s = strings.ReplaceAll(s, "<!--", "<!- -")
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence, pad := strings.Repeat("`", longestRun(s, '`')+1), ""
	if s[0] == '`' || s[len(s)-1] == '`' {
		pad = " "
	}
	return fence + pad + s + pad + fence
}

// longestRun is how often a character stands behind itself.
func longestRun(s string, c byte) (most int) {
	n := 0
	for i := range len(s) {
		if n++; s[i] != c {
			n = 0
		}
		most = max(most, n)
	}
	return most
}

// markdownURL is a URL between < and > of a link: in it entities are read.
func markdownURL(s string) string { return strings.ReplaceAll(s, "&", "&amp;") }

// markdownCost is how long a text is at most, however it is counted: bytes are never fewer than characters or UTF-16
// units, a line may end with two of them, and what HTML escapes may be counted escaped.
func markdownCost(s string) int {
	n := len(s)
	for _, c := range []byte(s) {
		switch c {
		case '\n':
			n++
		case '<', '>':
			n += len("&lt;") - 1
		case '&', '\'':
			n += len("&amp;") - 1
		case '"':
			n += len("&quot;") - 1
		}
	}
	return n
}

// slackEscape escapes the three characters that mean something to Slack (docs.slack.dev, "Formatting message text",
// "Escaping text").
func slackEscape(s string) string { return slackEscaper.Replace(s) }

var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
