package greynoise

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
)

const (
	attacker = "71.6.135.131"
	resolver = "8.8.8.8"
	stranger = "93.184.216.34"
)

// The answers are those of "Community API" (docs.greynoise.io/reference/getcommunityip), its examples and schemas.
const (
	attacks = `{"ip": "71.6.135.131", "noise": true, "riot": false, "classification": "malicious", "name": "unknown",
		"link": "https://viz.greynoise.io/ip/71.6.135.131", "last_seen": "2026-05-03", "message": "Success"}`
	serves = `{"ip": "8.8.8.8", "noise": false, "riot": true, "classification": "benign", "name": "Google Public DNS",
		"link": "https://viz.greynoise.io/riot/8.8.8.8", "last_seen": "2026-05-04", "message": "Success"}`
	notSeen = `{"ip": "93.184.216.34", "noise": false, "riot": false,
		"message": "IP not observed scanning the internet or contained in RIOT data set."}`
	notRoutable = `{"message": "Request is not a valid routable IPv4 address"}`
	tooMany     = `{"plan": "unauthenticated", "rate-limit": "100-lookups/day", "plan_url": "https://greynoise.io/pricing",
		"message": "You have hit your daily rate limit of 100 requests per day. Please create a free account or upgrade your plan at https://greynoise.io/pricing."}`
	wrongKey = `{"message": "invalid key"}`
)

// fake is the service.
func fake(w http.ResponseWriter, r *http.Request) {
	ip, ok := strings.CutPrefix(r.URL.Path, "/v3/community/")
	addr, err := netip.ParseAddr(ip)
	switch {
	case r.Method != http.MethodGet || !ok || r.Host != "api.greynoise.io":
		inspectorstest.Answer(http.StatusMethodNotAllowed, "")(w, r)
	case err != nil || !addr.Is4() || addr.IsPrivate():
		inspectorstest.Answer(http.StatusBadRequest, notRoutable)(w, r)
	case ip == attacker:
		inspectorstest.Answer(http.StatusOK, attacks)(w, r)
	case ip == resolver:
		inspectorstest.Answer(http.StatusOK, serves)(w, r)
	default:
		inspectorstest.Answer(http.StatusNotFound, strings.ReplaceAll(notSeen, stranger, ip))(w, r)
	}
}

// says is an answer about the attacker's address.
func says(noise, riot bool, classification, day string) string {
	return fmt.Sprintf(`{"ip": %q, "noise": %t, "riot": %t, "classification": %q, "name": "Some Net", "last_seen": %q, "message": "Success"}`,
		attacker, noise, riot, classification, day)
}
