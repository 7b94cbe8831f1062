package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// domain takes the name of a host of the internet.
func (s *scanner) domain(p part) {
	if p.before == '/' || p.before == '\\' || p.path || s.hint.kind == noDomain || s.hint.kind == isVersion || p.after == '=' ||
		p.before == '@' && p.after == ':' || p.after == '(' && !s.meant(p) {
		return
	}
	name, ok := domainOf(p.text, s.meant(p))
	if !ok || isAPI(name, s.text[p.end:min(len(s.text), p.end+3)]) {
		return
	}
	s.name(name)
}

// name adds the name of a host.
func (s *scanner) name(name string) {
	if isReference(name) {
		return
	}
	s.add(responder.TypeDomain, name, s.hint.label("domain"), s.hint.side(false)...)
}

// meant says that a name is meant as one of a host, whatever else it could be: it was defanged, or the words in front say so.
func (s *scanner) meant(p part) bool {
	if s.defanged(p.start, p.end) || s.hint.kind == isDomain {
		return true
	}
	return slices.ContainsFunc(s.words(p.start, 2), func(word string) bool { return slices.Contains(domainWords, word) })
}

var domainWords = []string{"domain", "domains", "hostname", "fqdn", "dns", "query", "queried", "resolve", "resolved", "resolving", "resolves", "lookup", "c2", "callback",
	"beacon", "beaconing", "site", "website", "sni", "visited", "rrname", "qname"}

// domainOf judges a text by its form and the public suffix list, of which the part of ICANN decides (publicsuffix.org,
// "Format"). What could as well be the name of a file, a field or a package is a domain only where it is meant as one.
func domainOf(text string, meant bool) (string, bool) {
	if len(text) > 253 {
		return "", false
	}
	labels := strings.Split(strings.TrimSuffix(text, "."), ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || !meant && isOddCase(text, last) || slices.ContainsFunc(labels, isNoLabel) || !isTop(last) {
		return "", false
	}
	name := normalDomain(strings.Join(labels, "."))
	suffix, icann := publicsuffix.PublicSuffix(name)
	if icann && suffix == name {
		return "", false
	}
	if !icann { // a provider's own, perhaps, of which each one is somebody's
		suffix, icann = publicsuffix.PublicSuffix("x." + name[strings.LastIndexByte(name, '.')+1:])
	}
	if !icann || strings.HasSuffix(name, ".arpa") {
		return "", false
	}
	return name, meant || strings.Contains(suffix, ".") || !isDoubtful(labels, strings.ToLower(last))
}

func isNoLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return true
	}
	return strings.IndexFunc(label, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) >= 0
}

// isTop: a top-level domain has letters only, or is an A-label.
func isTop(label string) bool {
	return strings.HasPrefix(strings.ToLower(label), "xn--") || utf8.RuneCountInString(label) > 1 && strings.IndexFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) < 0
}

// isOddCase: System.IO, foo.Bar and the end of a sentence.It are written so, names of hosts are not.
func isOddCase(text, last string) bool {
	switch {
	case strings.ToLower(last) == last:
		first, _, _ := strings.Cut(text, ".")
		return strings.IndexFunc(first[1:], unicode.IsUpper) > 0 && strings.ToUpper(first) != first // camelCase
	case strings.ToUpper(last) == last:
		return strings.ToUpper(text) != text
	}
	return true
}

// isDoubtful: names that end so are more often those of files, fields, methods and packages.
func isDoubtful(labels []string, last string) bool {
	switch {
	case len(labels) > 2 && slices.Contains(packages, labels[0]) && !slices.Contains(common, last):
		return true
	case slices.Contains(never, last):
		return labels[0] != "www"
	case slices.Contains(seldom, last):
		return len(labels) < 3
	}
	if last == "info" && len(labels) == 2 && slices.Contains(facilities, labels[0]) {
		return true
	}
	if last == "io" && len(labels) == 2 && slices.Contains([]string{"socket", "engine"}, strings.ToLower(labels[0])) { // packages
		return true
	}
	return len(labels) == 2 && slices.Contains([]string{"asp", "vb", "ado", "this", "self", "logger", "log", "console", "document", "window", "string", "java", "e"}, strings.ToLower(labels[0]))
}

var (
	packages = []string{"com", "org", "net", "io", "edu", "gov", "dev", "java", "javax", "jakarta", "android", "kotlin", "scala"}
	// facilities stand in front of a severity: auth.info (RFC 5424, "PRI").
	facilities = []string{"auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp", "local0", "local1", "local2", "local3",
		"local4", "local5", "local6", "local7"}
	common = []string{"com", "net", "org", "edu", "gov", "mil", "ru", "cn", "info", "biz", "uk", "de", "jp", "fr"}
	// never are endings of files, and of fields.
	never = []string{"zip", "mov", "sh", "so", "py", "md", "cab", "pub", "ps", "name", "id", "email", "target", "call", "run", "date", "post", "open", "get", "cat", "map", "play", "next", "now"}
	// seldom likewise; with three labels, they are hosts.
	seldom = []string{"pl", "rs", "cc", "ml", "mk", "tf", "ai", "bz", "br", "st", "vi", "mm", "app", "host", "group", "network", "city", "country", "zone", "page",
		"in", "as", "is", "it", "at", "by", "am", "la", "ms", "pm", "tc", "sc", "gd", "cd", "nc", "events", "services", "systems", "security", "bar", "foo", "tools", "works", "prof", "box",
		"actor", "report", "support", "center", "style", "case", "new", "how", "here", "ink", "tel", "ing"}
)

// isAPI knows services of Google, the groups of interfaces and the labels of Kubernetes (Kubernetes, "Labels and Selectors", "API Overview"), and
// where packages and images come from, without a scheme: these are names, nobody speaks to the host.
func isAPI(name, behind string) bool {
	if slices.ContainsFunc([]string{"k8s.io", "kubernetes.io", "googleapis.com"}, func(s string) bool { return within(name, s) }) {
		return true
	}
	if !strings.HasPrefix(behind, "/") {
		return false
	}
	return len(behind) > 2 && behind[1] == 'v' && isDigit(behind[2]) ||
		slices.ContainsFunc(registries, func(s string) bool { return within(name, s) })
}

var registries = []string{"docker.io", "quay.io", "gcr.io", "ghcr.io", "pkg.dev", "public.ecr.aws", "github.com", "golang.org", "gopkg.in", "go.uber.org", "azurecr.io", "registry.gitlab.com", "mcr.microsoft.com"}

// within says whether a name is a domain or stands under it.
func within(name, domain string) bool {
	rest, ok := strings.CutSuffix(name, domain)
	return ok && (rest == "" || rest[len(rest)-1] == '.')
}
