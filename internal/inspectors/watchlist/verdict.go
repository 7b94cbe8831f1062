package watchlist

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// verdictWords are the values of the column verdict.
var verdictWords = map[string]responder.SignalVerdict{
	"malicious": responder.Malicious, "block": responder.Malicious, "blocklist": responder.Malicious,
	"blacklist": responder.Malicious, "deny": responder.Malicious, "bad": responder.Malicious,
	"suspicious": responder.Suspicious, "unknown": responder.UnknownSignal,
	"harmless": responder.Harmless, "benign": responder.Harmless, "allow": responder.Harmless,
	"allowlist": responder.Harmless, "whitelist": responder.Harmless, "good": responder.Harmless, "safe": responder.Harmless,
}

func verdictOf(s string) (responder.SignalVerdict, error) {
	if v, ok := verdictWords[strings.ToLower(s)]; ok {
		return v, nil
	}
	return "", fmt.Errorf("verdict: %.40q, expected malicious, suspicious, harmless or unknown", s)
}

// harmlessWords in a file's name.
var harmlessWords = []string{"allow", "allowlist", "whitelist", "harmless", "benign"}

// verdictOfName is what a list says of all its indicators, by the words of its name.
func verdictOfName(stem string) responder.SignalVerdict {
	words := strings.FieldsFunc(strings.ToLower(stem), func(r rune) bool { return !unicode.IsLetter(r) })
	switch {
	case slices.ContainsFunc(words, func(w string) bool { return slices.Contains(harmlessWords, w) }):
		return responder.Harmless
	case slices.Contains(words, "suspicious"):
		return responder.Suspicious
	}
	return responder.Malicious
}

func defaultScore(v responder.SignalVerdict) float64 {
	switch v {
	case responder.Malicious, responder.Harmless:
		return 90
	case responder.Suspicious:
		return 50
	}
	return 0
}
