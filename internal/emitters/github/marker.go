package github

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// marker stands in the text of an issue and of a comment, where people do not see it: whose it is, and what was told by it.
// Since it is written with the text, by one request, it is never older or newer than that. What comes from outside cannot
// have it: < is escaped there.
type marker struct {
	report   string
	seq      int64              // of the notification that was shown
	opened   int64              // of the notification that opened the issue
	severity responder.Severity // that was shown, empty: none
	closed   bool               // it was to be closed
	count    int64              // alerts that were shown
}

var markerForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`<!-- alertresponder report=([A-Za-z0-9-]{1,80}) seq=([0-9]{1,18}) opened=([0-9]{1,18}) severity=([a-z]{0,20}) closed=(true|false) count=([0-9]{1,18}) -->`)
})

// reportKey is a report's id as it can stand in a comment of HTML.
func reportKey(id string) string {
	if len(id) <= 80 && isPlain(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "x-" + hex.EncodeToString(sum[:16])
}

// isPlain says whether an id is of letters, digits and single hyphens between them: two would end a comment.
func isPlain(id string) bool {
	for part := range strings.SplitSeq(id, "-") {
		if part == "" || !all(part, "") {
			return false
		}
	}
	return true
}

func (m marker) String() string {
	return fmt.Sprintf("<!-- alertresponder report=%s seq=%d opened=%d severity=%s closed=%t count=%d -->",
		m.report, m.seq, m.opened, m.severity, m.closed, m.count)
}

// parseMarker finds the first marker in a text.
func parseMarker(text string) (m marker, ok bool) {
	f := markerForm().FindStringSubmatch(text)
	if f == nil {
		return marker{}, false
	}
	number := func(s string) int64 {
		n, _ := strconv.ParseInt(s, 10, 64) // 18 digits always fit
		return n
	}
	return marker{f[1], number(f[2]), number(f[3]), responder.Severity(f[4]), f[5] == "true", number(f[6])}, true
}

// said marks a comment.
func said(report string, seq int64) string {
	return fmt.Sprintf("<!-- alertresponder report=%s said=%d -->", report, seq)
}

func isSaid(text, report string, seq int64) bool { return strings.Contains(text, said(report, seq)) }
