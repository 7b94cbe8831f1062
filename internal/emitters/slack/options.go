package slack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// options say for which severities people are told at once, and how.
type options struct {
	mention   map[responder.Severity][]string // what is written: <!here>
	broadcast map[responder.Severity]bool     // a reply is shown in the channel too
}

const (
	none        = "none"
	maxMentions = 10 // of one severity
)

// parseOptions reads SLACK_OPTIONS.
func parseOptions(text string) (options, error) {
	values, err := delivery.ParseOptions(text, "mention", "broadcast")
	o := options{mention: map[responder.Severity][]string{responder.Urgent: {"<!here>"}}, broadcast: map[responder.Severity]bool{responder.Urgent: true}}
	errs := []error{err}
	if v, ok := values["mention"]; ok {
		o.mention, err = parseMentions(v)
		errs = append(errs, err)
	}
	if v, ok := values["broadcast"]; ok {
		o.broadcast, err = parseBroadcast(v)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return options{}, fmt.Errorf("SLACK_OPTIONS: %w", err)
	}
	return o, nil
}

// parseMentions reads severity:who, several separated by commas; the same severity may stand there more than once.
func parseMentions(text string) (map[responder.Severity][]string, error) {
	out := map[responder.Severity][]string{}
	if text == none {
		return out, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, who, _ := strings.Cut(part, ":")
		severity, err := parseSeverity(name)
		markup := mention(who)
		if err != nil || markup == "" || len(out[severity]) == maxMentions {
			return nil, fmt.Errorf("mention=%.200s: %.60q, expected none, or severity:who separated by commas, who being here, channel, "+
				"the id of a user (U…, W…) or of a user group (S…), %d of a severity at most", text, part, maxMentions)
		}
		out[severity] = append(out[severity], markup)
	}
	return out, nil
}

// mention is how somebody is mentioned (docs.slack.dev, "Formatting message text", "Mentioning users", "Mentioning groups",
// "Special mentions"); empty: nobody has this name.
func mention(who string) string {
	switch {
	case who == "here", who == "channel":
		return "<!" + who + ">"
	case isID(who, "UW"):
		return "<@" + who + ">"
	case isID(who, "S"):
		return "<!subteam^" + who + ">"
	}
	return ""
}

func parseBroadcast(text string) (map[responder.Severity]bool, error) {
	out := map[responder.Severity]bool{}
	if text == none {
		return out, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		severity, err := parseSeverity(name)
		if err != nil {
			return nil, fmt.Errorf("broadcast=%.100s: expected none, or severities separated by commas", text)
		}
		out[severity] = true
	}
	return out, nil
}

func parseSeverity(name string) (responder.Severity, error) {
	if name == "" {
		return "", errors.New("severity: empty")
	}
	return responder.ParseSeverity(name)
}

// isID says whether a text is an id of Slack that begins with one of the letters.
func isID(s, letters string) bool {
	return len(s) >= 7 && len(s) <= 30 && strings.ContainsRune(letters, rune(s[0])) &&
		!strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
}

// conversations are the letters that their ids begin with: channels, private ones, direct messages.
const conversations = "CGD"

// parseChannel reads the id or the name of a channel. Names have 80 characters at most, and no capitals and spaces.
func parseChannel(s string) (string, error) {
	name := []rune(strings.TrimPrefix(s, "#"))
	switch {
	case s == "", isID(s, conversations):
		return s, nil
	case len(name) > 0 && len(name) <= 80 && !slices.ContainsFunc(name, func(r rune) bool {
		return unicode.IsUpper(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
	}):
		return "#" + string(name), nil
	}
	return "", fmt.Errorf("SLACK_CHANNEL: %.100q, expected the id of a channel (C…), or its name", s)
}
