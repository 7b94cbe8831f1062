package extract

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// hash takes what can be the hash of a file. Many ids look the same: what stands in front of it has to leave it possible.
func (s *scanner) hash(p part) bool {
	n := len(p.text)
	if n != 32 && n != 40 && n != 64 || !isMixedHex(p.text) {
		return false
	}
	if s.hint.kind != isHash && (p.path || p.before == '/' || p.before == '\\' || p.after == '/' || p.after == '\\' || p.before == '@' || !s.maybeHash(p)) {
		return true // and nothing else either
	}
	if text := strings.ToLower(p.text); !slices.Contains(ofNothing, text) {
		s.add(responder.TypeFileHash, text, s.hint.label("hash"), responder.ContextFile)
	}
	return true
}

// isMixedHex: a hash has digits and letters, of one case; a number has no letters.
func isMixedHex(s string) bool {
	isHex := only(s, hexDigits) || only(s, digits+"ABCDEF")
	return isHex && strings.ContainsAny(s, digits) && strings.Trim(s, digits) != ""
}

// maybeHash judges by the words in front. A digest sha256:… is of an image, unless they speak of files.
func (s *scanner) maybeHash(p part) bool {
	if s.hint.kind == isID {
		return false
	}
	near := s.words(p.start, 4)
	isDigest := p.before == ':' && strings.HasSuffix(s.before(p.start-1), "sha256")
	for _, word := range near {
		switch {
		case slices.Contains(fileWords, word) && (isDigest || word != "hash"):
			return true
		case slices.Contains(idWords, word):
			return false
		case strings.HasPrefix(word, "sha") || strings.HasPrefix(word, "md5"):
			if !isDigest {
				return true
			}
		}
	}
	return !isDigest
}

var (
	fileWords = []string{"file", "files", "malware", "sample", "samples", "binary", "executable", "payload", "ioc", "iocs", "indicator", "indicators", "filehash", "hash", "hashes"}
	idWords   = []string{"id", "ids", "uuid", "guid", "request", "requestid", "trace", "traceid", "span", "session", "sessionid", "commit", "commits",
		"revision", "rev", "ref", "git", "head", "tree", "digest", "image", "container", "containerid", "docker", "layer", "pod", "etag", "token", "nonce", "secret", "key", "apikey",
		"signature", "fingerprint", "ja3", "ja3s", "ja4", "hassh", "imphash", "thumbprint", "serial", "transaction", "txid", "correlation", "event", "alert", "incident",
		"case", "cookie", "password", "passwd", "salt", "machine", "cid", "aid", "version", "checkpoint"}
	// ofNothing are the hashes of the empty file.
	ofNothing = []string{"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
)
