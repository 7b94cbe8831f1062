package render

import (
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// services are the hosts that inspectors which ship lead to, and what they are called.
var services = map[string]string{
	"www.virustotal.com":    "VirusTotal",
	"www.abuseipdb.com":     "AbuseIPDB",
	"viz.greynoise.io":      "GreyNoise",
	"urlhaus.abuse.ch":      "URLhaus",
	"threatfox.abuse.ch":    "ThreatFox",
	"bazaar.abuse.ch":       "MalwareBazaar",
	"health.aws.amazon.com": awsConsole,
}

// consoles are the hosts of the AWS console, by partition; its services, regions and sessions are below them.
var consoles = []string{"console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn", "console.amazonaws-eusc.eu"}

const awsConsole = "AWS console"

const maxURL = 1000 // bytes of a URL that is a link

// links are those to the source and to the report; where the source's may not be followed, it is a fact.
func (o Options) links(v *View, r responder.Report, s state) []Fact {
	var plain []Fact
	was, now := o.link(s.Link), o.link(r.Alert.Link)
	if now == nil && v.isNotice() {
		now = was
	}
	switch {
	case now != nil:
		v.Links, v.source = append(v.Links, *now), now.URL
	case r.Alert.Link != "" && !slices.ContainsFunc(v.Facts, func(f Fact) bool { return f.Name == factLink }):
		plain = filled([]Fact{{factLink, line(r.Alert.Link, maxValue)}})
	}
	if url := o.report(r.ReportID); url != "" {
		v.Links = append(v.Links, Link{"Report", url})
	}
	return plain
}

// link makes a link of a URL from outside, if it leads to a host that is known. What it is called is never said by who
// brings it.
func (o Options) link(raw string) *Link {
	host, rest, ok := split(raw)
	if !ok {
		return nil
	}
	text := o.called(host)
	if text == "" || text == awsConsole && isTool(rest) {
		return nil
	}
	url := "https://" + host + escapeURL(rest)
	if len(url) > maxURL {
		return nil
	}
	return &Link{text, url}
}

// isTool says whether a page of the AWS console is there to do something, filled in by who made the link: to create a stack of
// somebody's template (AWS CloudFormation User Guide, "Create quick-create links for stacks"), or another resource; to open a
// shell; to sign out. It might be taken for the finding.
func isTool(rest string) bool {
	plain, err := url.PathUnescape(rest)
	plain = strings.ToLower(plain)
	service, _, _ := strings.Cut(strings.TrimLeft(plain, "/"), "/")
	does := func(what string) bool { return strings.Contains(plain, what) }
	return err != nil || slices.Contains([]string{"cloudformation", "cloudshell", "console"}, service) ||
		slices.ContainsFunc([]string{"/create", "#create", "quickcreate", "launchinstance"}, does)
}

// called is the name for a host, empty where no link may lead there.
func (o Options) called(host string) string {
	if text := services[host]; text != "" {
		return text
	}
	for _, c := range consoles {
		if isBelow(host, c) {
			return awsConsole
		}
	}
	for _, h := range o.LinkHosts {
		if h = strings.ToLower(h); isHost(h) && isBelow(host, h) {
			return h
		}
	}
	return ""
}

func isBelow(host, name string) bool { return host == name || strings.HasSuffix(host, "."+name) }

// split takes an https URL apart: its host, in lower case, and what follows. Nothing but a name may stand for the host: no
// user, no port, nothing that one program reads otherwise than another.
func split(raw string) (host, rest string, ok bool) {
	const scheme = "https://"
	if len(raw) > maxURL || len(raw) < len(scheme) || !strings.EqualFold(raw[:len(scheme)], scheme) {
		return "", "", false
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return "", "", false
		}
	}
	host = raw[len(scheme):]
	if end := strings.IndexAny(host, "/?#"); end >= 0 {
		host, rest = host[:end], host[end:]
	}
	host = strings.ToLower(host)
	return host, rest, isHost(host)
}

// isHost says whether a text is the name of a host: labels of letters, digits and hyphens, two at least, the last not of
// digits only, as an address has.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return len(labels) > 1 && len(s) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// escapeURL replaces what could end a URL where it stands: in <url|text>, in [text](<url>), in a sentence.
func escapeURL(s string) string { return escapeBytes(s, unsafeInURL) }

func unsafeInURL(c byte) bool {
	return c <= ' ' || c >= 0x7f || strings.IndexByte("<>|\"`\\^{}", c) >= 0
}

func escapeBytes(s string, unsafe func(byte) bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if unsafe(c) {
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// placeholder stands in ReportURL for the report's id.
const placeholder = "{report_id}"

// report is the page of a report; empty where there is none.
func (o Options) report(id string) string {
	if strings.Trim(id, ".") == "" || !isReportURL(o.ReportURL) {
		return ""
	}
	before, after, _ := strings.Cut(o.ReportURL, placeholder)
	after = strings.ReplaceAll(after, placeholder, escapeID(id))
	url := escapeURL(before) + escapeID(id) + escapeURL(after)
	if len(url) > maxURL {
		return ""
	}
	return url
}

func escapeID(id string) string {
	return escapeBytes(id, func(c byte) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	})
}
