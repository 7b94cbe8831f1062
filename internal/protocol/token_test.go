package protocol_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestParseToken(t *testing.T) {
	for token, want := range map[string][3]any{
		"0.ALERT/watchlist": {0, "0.ALERT", "watchlist"},
		"1.PAGE/x":          {1, "1.PAGE", "x"},
		"2.PAGE/x":          {2, "2.PAGE", "x"},
		"0.a.b/x":           {0, "0.a.b", "x"},
		"legacy/somebody":   {0, "legacy", "somebody"},
	} {
		wave, origin, inspector, err := protocol.ParseToken(token)
		require.NoError(t, err, token)
		assert.Equal(t, want, [3]any{wave, origin, inspector})
		assert.Equal(t, token, protocol.Token(origin, inspector))
	}
	for _, bad := range []string{
		"", "/", "x", "0.a", "0.a/", "/x", "0./x", "0a/x", ".a/x", "3.a/x", "9.a/x", "-1.a/x", "00.a/x", "0.a/x/y", "0.a#/x", "0.a/x#",
		"legacy", "legacy/", "legacy/a/b", "Legacy/a", "0.a/" + strings.Repeat("x", 253),
	} {
		_, _, _, err := protocol.ParseToken(bad)
		require.Error(t, err, bad)
		assert.ErrorContains(t, err, "token: ")
		assert.Less(t, len(err.Error()), 200)
	}
	_, _, _, err := protocol.ParseToken("0.a/" + strings.Repeat("x", 252))
	assert.NoError(t, err, "256 bytes")
}

// Whatever is taken for a token can be put together again from its parts, and can stand in a sort key.
func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{
		"0.ALERT/watchlist", "1.a/b", "2.a/b", "3.a/b", "legacy/x", "legacy/", "0./b", "0.a/b/c", "0.a#b/c", "", "/", "0.\xff/x", "0.a/\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		wave, origin, inspector, err := protocol.ParseToken(token)
		if err != nil {
			assert.Equal(t, [3]any{0, "", ""}, [3]any{wave, origin, inspector})
			return
		}
		assert.Equal(t, token, protocol.Token(origin, inspector))
		assert.NotEmpty(t, inspector)
		assert.NotContains(t, token, "#")
		assert.LessOrEqual(t, len(token), 256)
		assert.True(t, wave >= 0 && wave <= protocol.MaxWaves)
		next := protocol.PageOrigin(token, "part")
		assert.Equal(t, wave < protocol.MaxWaves, next != "")
		if next != "" {
			got, _, _, err := protocol.ParseToken(protocol.Token(next, "inspector"))
			require.NoError(t, err)
			assert.Equal(t, wave+1, got)
		}
	})
}

func TestLegacyTokenIsAlwaysAToken(t *testing.T) {
	for author, want := range map[string]string{
		"":                         "legacy/unknown",
		"Some One":                 "legacy/Some One",
		"a/b#c\n\x00\x7f":          "legacy/a-b-c---",
		strings.Repeat("é", 100):   "legacy/" + strings.Repeat("é", 32),
		"\xff":                     "legacy/\uFFFD",
		strings.Repeat("#", 1<<20): "legacy/" + strings.Repeat("-", 64),
	} {
		token := protocol.LegacyToken(author)
		assert.Equal(t, want, token)
		wave, origin, _, err := protocol.ParseToken(token)
		require.NoError(t, err)
		assert.Equal(t, 0, wave)
		assert.Equal(t, "legacy", origin)
		assert.True(t, utf8.ValidString(token))
	}
}

func TestOriginsSayTheirWave(t *testing.T) {
	assert.Equal(t, "0.A", protocol.AlertOrigin("A"))
	first := protocol.PageOrigin("0.A/x", "p")
	second := protocol.PageOrigin(protocol.Token(first, "x"), "p")
	assert.Regexp(t, `^1\.[A-Z2-7]{26}$`, first)
	assert.Regexp(t, `^2\.[A-Z2-7]{26}$`, second)
	assert.Empty(t, protocol.PageOrigin(protocol.Token(second, "x"), "p"), "two further waves at most")
	assert.Empty(t, protocol.PageOrigin("nonsense", "p"))
	assert.Regexp(t, `^1\.`, protocol.PageOrigin("legacy/x", "p"))

	origins := map[string]string{}
	for _, token := range []string{"0.A/x", "0.A/y", "0.B/x", "1.A/x"} {
		for _, part := range []string{"p", "q"} {
			origin := protocol.PageOrigin(token, part)
			assert.Equal(t, origin, protocol.PageOrigin(token, part))
			assert.Empty(t, origins[origin], "%s %s", token, part)
			origins[origin] = token + part
			assert.Len(t, protocol.OriginHash(origin), 8)
		}
	}
}

func page(a *responder.Attribute, title string) responder.Page {
	return responder.Page{Attribute: a, Title: title}
}

func ip(value string) *responder.Attribute {
	return &responder.Attribute{Type: "ipaddr", Value: value}
}

func TestPartIsWhatThePagesAreAbout(t *testing.T) {
	part := func(pages ...responder.Page) string {
		return protocol.Part(pages, func(p responder.Page) string { return "text of " + p.Title })
	}
	one := part(page(ip("192.0.2.1"), "a"))
	assert.Regexp(t, `^[0-9a-f]{16}$`, one)
	for name, same := range map[string]string{
		"other words":         part(page(ip("192.0.2.1"), "b")),
		"other spelling":      part(page(&responder.Attribute{Type: " IPADDR ", Value: "::ffff:192.0.2.1"}, "a")),
		"other key, contexts": part(page(&responder.Attribute{Type: "ipaddr", Value: "192.0.2.1", Key: "k", Context: []string{"remote"}}, "a")),
	} {
		assert.Equal(t, one, same, name)
	}
	two := part(page(ip("192.0.2.1"), "a"), page(ip("192.0.2.2"), "b"))
	assert.Equal(t, two, part(page(ip("192.0.2.2"), "b"), page(ip("192.0.2.1"), "a")), "the order does not count")

	distinct := map[string]string{"none": part(), "one": one, "two": two}
	distinct["other attribute"] = part(page(ip("192.0.2.2"), "a"))
	distinct["other type"] = part(page(&responder.Attribute{Type: "domain", Value: "192.0.2.1"}, "a"))
	distinct["twice"] = part(page(ip("192.0.2.1"), "a"), page(ip("192.0.2.1"), "b"))
	distinct["about itself"] = part(page(nil, "a"))
	distinct["about something else"] = part(page(nil, "b"))
	distinct["two about themselves"] = part(page(nil, "a"), page(nil, "b"))
	seen := map[string]string{}
	for name, p := range distinct {
		assert.Empty(t, seen[p], name)
		seen[p] = name
	}
}

// Pages whose texts run together are not the same as one page with both texts.
func TestPartKeepsTextsApart(t *testing.T) {
	part := func(texts ...string) string {
		pages := make([]responder.Page, len(texts))
		for n, text := range texts {
			pages[n].Title = text
		}
		return protocol.Part(pages, func(p responder.Page) string { return p.Title })
	}
	seen := map[string][]string{}
	for _, texts := range [][]string{{"ab"}, {"a", "b"}, {"a1:b"}, {"1:a", "b"}, {"", "ab"}, {"ab", "", ""}, {"1:a1:b"}} {
		p := part(texts...)
		assert.Nil(t, seen[p], fmt.Sprint(texts))
		seen[p] = texts
	}
}
