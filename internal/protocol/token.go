package protocol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Unlisted is the inspector that is awaited where the list of inspectors cannot be read: nobody answers for
// it, so the verdict waits for the deadline and says that it does not know who is missing.
const Unlisted = "unlisted"

// legacy is the origin of pages that were handed in without a task.
const legacy = "legacy"

// maxToken bounds a token, in bytes, so that it fits into a sort key.
const maxToken = 256

// AlertOrigin is the origin of an alert's attributes: wave 0.
func AlertOrigin(alertID string) string { return "0." + alertID }

// Token is what one inspector answers an origin's task with.
func Token(origin, inspector string) string { return origin + "/" + inspector }

// LegacyToken is the token of a page that names no task; nobody awaits it.
func LegacyToken(author string) string {
	if author = strings.Map(tokenRune, entity.Cut(author, 64)); author == "" {
		author = "unknown"
	}
	return Token(legacy, author)
}

func tokenRune(r rune) rune {
	if r == '#' || r == '/' || r < 0x20 || r == 0x7f {
		return '-'
	}
	return r
}

// ParseToken takes a token apart. The wave of a legacy token is 0.
func ParseToken(token string) (wave int, origin, inspector string, err error) {
	origin, inspector, ok := strings.Cut(token, "/")
	switch {
	case !ok || inspector == "" || len(token) > maxToken || strings.ContainsAny(token, "#") || strings.Contains(inspector, "/"):
	case origin == legacy:
		return 0, origin, inspector, nil
	case len(origin) > 2 && origin[0] >= '0' && origin[0] <= '0'+MaxWaves && origin[1] == '.':
		return int(origin[0] - '0'), origin, inspector, nil
	}
	return 0, "", "", fmt.Errorf("token: %.80q, expected <wave>.<id>/<inspector id>", token)
}

// PageOrigin is the origin of the attributes that a submission brings: the next wave, and 128 bits of
// SHA-256 of token and part. It is empty after the last wave.
func PageOrigin(token, part string) string {
	wave, _, _, err := ParseToken(token)
	if err != nil || wave >= MaxWaves {
		return ""
	}
	return fmt.Sprintf("%d.%s", wave+1, entity.ID(entity.JSON(token, part)))
}

// Part tells the submissions of one token apart: 8 bytes of SHA-256, in hex, of what its pages are about, so
// that a repeat overwrites itself and another part stands beside it. A page without an attribute is about
// itself.
func Part(pages []responder.Page, text func(responder.Page) string) string {
	var about []string
	for _, p := range pages {
		if p.Attribute != nil {
			about = append(about, hashString(entity.Normalize(*p.Attribute)))
		} else {
			about = append(about, text(p))
		}
	}
	slices.Sort(about)
	h := sha256.New()
	for _, a := range about {
		fmt.Fprintf(h, "%d:%s", len(a), a)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
