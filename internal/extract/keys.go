package extract

import (
	"slices"
	"strings"
	"unicode"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// kind is what the name of a field says of its value.
type kind int

const (
	isFree    kind = iota // nothing: it is a text
	isNoise               // nothing in it is an entity
	isUser                // the name of a user
	isHost                // the name of a machine, or its address
	isHash                // the hash of a file
	isFile                // the path of a file
	isBucket              // a bucket of S3
	isDomain              // a domain, or a URL
	isAddress             // an address
	isID                  // an id, which may look like a hash
	isVersion             // a version, which may look like an address
	noDomain              // what may look like a domain: a path, an image, a program
)

// hint is what the names on the way to a value say of it.
type hint struct {
	kind kind
	name string   // as an entity's key
	role []string // of an address, a domain, a URL
}

func (h hint) label(otherwise string) string {
	switch {
	case h.name == "":
		return otherwise
	case h.kind == isFree:
		return otherwise + " in " + h.name
	}
	return h.name
}

// side gives the contexts of an entity. A private one is on one's own, whatever the sender calls it.
func (h hint) side(private bool) []string {
	if !private {
		return slices.Clone(h.role)
	}
	out := []string{responder.ContextLocal}
	for _, c := range h.role {
		if c != responder.ContextRemote && c != responder.ContextLocal {
			out = append(out, c)
		}
	}
	return out
}

// hintOf reads the names on the way to a value, the outermost first.
func hintOf(path []string) hint {
	if len(path) == 0 {
		return hint{}
	}
	name := path[len(path)-1]
	words := wordsOf(name)
	var parent []string
	if len(path) > 1 {
		parent = wordsOf(path[len(path)-2])
	}
	h := hint{kind: kindOf(words, parent, len(path)), name: entity.Cut(strings.TrimSpace(name), 64)}
	for n := len(path) - 1; n >= max(0, len(path)-4) && h.role == nil; n-- {
		if h.kind == isDomain && n == len(path)-1 && has(words, "host", "hostname") {
			continue // of a request: the other's
		}
		h.role = roleOf(wordsOf(path[n]))
	}
	if h.kind == isHost {
		h.role = []string{responder.ContextLocal}
	}
	return h
}

// wordsOf parts a name as programs write it: sourceIPAddress, source_ip, source.ip, Source IP.
func wordsOf(name string) (words []string) {
	name = entity.Cut(name, 128)
	start, was := 0, ' '
	add := func(end int) {
		if word := strings.ToLower(strings.TrimFunc(name[start:end], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })); word != "" && len(words) < 12 {
			words = append(words, word)
		}
		start = end
	}
	for i, r := range name {
		next := rune(0)
		if i+1 < len(name) {
			next = rune(name[i+1])
		}
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r),
			unicode.IsUpper(r) && unicode.IsLower(was),
			unicode.IsUpper(r) && unicode.IsUpper(was) && unicode.IsLower(next) && next != 's':
			add(i)
		}
		was = r
	}
	add(len(name))
	return words
}

func has(words []string, any ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
}

// kindOf says what a value is by its name, and the name of the object that it is in.
func kindOf(words, parent []string, depth int) kind {
	if len(words) == 0 {
		return isFree
	}
	last := words[len(words)-1]
	isName := len(words) == 1 && has(words, "name", "username")
	switch {
	case isNoiseName(words, parent, depth):
		return isNoise
	case has(words, "md5", "sha1", "sha256", "hash", "hashes", "filehash", "checksum") && !isOtherHash(words) && !isOtherHash(parent) &&
		!(last == "hash" && has(words, "dt", "device", "email", "user", "url", "cert", "certificate")):
		return isHash
	case has(words, "version", "versions", "build", "release", "oid"):
		return isVersion
	case has(words, "id", "ids", "sha", "hash", "uuid", "guid", "uid", "request", "trace", "span", "commit", "revision", "digest", "etag", "session", "transaction",
		"correlation", "fingerprint", "container", "ja3", "ja3s", "ja4", "imphash", "thumbprint", "serial", "hassh"):
		return isID
	case isUserName(words) || isName && has(parent, "user", "actor"):
		return isUser
	case has(words, "bucket") && (len(words) == 1 || last == "name") || isName && has(parent, "bucket"):
		return isBucket
	case has(words, "ip", "ips", "ipv4", "ipv6", "addr", "address", "srcip", "dstip", "clientip", "remoteip", "sourceip", "destip"):
		return isAddress
	case has(words, "domain", "domains", "fqdn", "dns", "rrname", "query", "qname", "question", "sni", "url", "urls", "uri") ||
		has(words, "hostname", "host") && has(parent, "http", "tls", "dns", "request", "url"):
		return isDomain
	case isHostName(words) || isName && has(parent, "host", "agent", "device", "computer", "machine", "node"):
		return isHost
	case has(words, "file", "filename", "filepath") && (len(words) == 1 || has(words, "name", "path", "filename", "filepath")) || has(words, "name", "path") && len(words) == 1 && has(parent, "file", "syscheck"):
		return isFile
	case has(words, "path", "image", "exe", "executable", "process", "command", "cmdline", "module", "class", "package", "type", "logger", "function", "field", "category", "file"):
		return noDomain
	}
	return isFree
}

// isNoiseName knows what is written for people, for machines, or for nobody: links of an alert into consoles and documents,
// programs' names of themselves, secrets.
func isNoiseName(words, parent []string, depth int) bool {
	switch {
	case has(words, "password", "passwd", "secret", "token", "authorization", "cookie", "apikey", "credential", "credentials", "signature"):
		return true
	case has(words, "schema", "logo", "avatar", "icon", "documentation", "docs", "runbook", "playbook", "reference", "references", "help", "dashboard", "console",
		"permalink", "generator", "silence", "panel", "unsubscribe", "signing", "xmlns", "license", "telemetry", "portal"):
		return true
	case has(words, "external") && !has(words, "ip", "ips", "ipv4", "ipv6", "address", "addr"):
		return true
	case has(words, "message") && has(words, "id"): // of an e-mail: it looks like an address
		return true
	case has(words, "agent") && has(words, "user") || has(words, "useragent"):
		return true
	case has(words, "link", "links", "href", "self"):
		return depth < 3 || has(parent, "link", "links")
	case has(words, "url", "uri"):
		return has(words, "html", "api", "web", "alert", "incident", "event", "ticket", "case", "detail", "details", "callback", "feedback", "image", "rule", "monitor", "graph", "snapshot")
	}
	return false
}

// isOtherHash: commits, images, passwords and incidents have hashes too.
func isOtherHash(words []string) bool {
	return has(words, "id", "image", "commit", "git", "password", "head", "base", "repo", "repository", "merge", "tree", "ja3", "ja3s", "ja4", "hassh", "imphash", "ssdeep", "request",
		"incident", "alert", "event", "query", "config", "row", "record", "message", "session", "template", "block", "tx", "transaction")
}

// isUserName knows the fields of users. Their ids, groups and agents are something else.
func isUserName(words []string) bool {
	if has(words, "id", "ids", "agent", "type", "group", "domain", "count", "home", "data", "url", "email", "mail", "arn", "uid", "sid", "display", "time", "context", "role", "key", "ip", "address", "pool", "access", "cloud", "project", "org") {
		return false
	}
	return has(words, "user", "username", "srcuser", "dstuser", "samaccountname", "loginname") || has(words, "account", "principal") && has(words, "name") ||
		len(words) == 1 && has(words, "accountname", "login")
}

func isHostName(words []string) bool {
	return len(words) == 1 && has(words, "host", "hostname", "computer", "computername", "hostnames", "instancename", "node", "nodename") ||
		len(words) > 1 && has(words[len(words)-1:], "name", "hostname") && has(words, "host", "hostname", "device", "computer", "agent", "node", "machine", "workstation")
}

// roleOf reads a role from a name. Who sends is the other side, until its address says something else.
func roleOf(words []string) []string {
	switch {
	case has(words, "config", "settings"):
		return nil
	case has(words, "local", "internal", "host", "agent", "device", "sensor", "observer", "manager", "computer", "node", "machine", "workstation", "asset", "victim", "private", "hostname"):
		return []string{responder.ContextLocal}
	case has(words, "src", "source", "client", "attacker", "caller", "srcip", "sourceip", "clientip", "callerip", "srchost"):
		return []string{responder.ContextRemote, responder.ContextClient}
	case has(words, "remote", "peer", "remoteip", "threat", "adversary"): // who opened the connection is not said
		return []string{responder.ContextRemote}
	case has(words, "dst", "dest", "destination", "server", "dstip", "destip"):
		return []string{responder.ContextServer}
	}
	return nil
}
