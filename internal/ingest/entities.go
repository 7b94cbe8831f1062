package ingest

import (
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// entities collects the attributes of an alert.
type entities struct{ list []responder.Attribute }

func (e *entities) add(kind, value, key string, context ...string) {
	if kind == responder.TypeUsername && isNobody(value) {
		return
	}
	if value = strings.TrimSpace(value); value != "" && len(e.list) < 4*maxAttributes {
		e.list = append(e.list, responder.Attribute{Type: kind, Value: value, Key: key, Context: context})
	}
}

// isNobody knows names that stand for all who have not logged in: there is nobody to look into (Kubernetes documentation,
// "Authenticating", "Anonymous requests"; Amazon S3 User Guide, "CloudTrail log file entries", accountId).
func isNobody(name string) bool {
	return oneOf(name, "system:anonymous", "system:unauthenticated", "ANONYMOUS_PRINCIPAL")
}

// remoteAddr adds an address of the other side. A private one is on one's own, whatever the sender calls it.
func (e *entities) remoteAddr(ip, role string) {
	if entity.IsLocal(ip) {
		e.localAddr(ip, role)
		return
	}
	e.addr(ip, "remote IP address", responder.ContextRemote, role)
}

func (e *entities) localAddr(ip, role string) {
	e.addr(ip, "local IP address", responder.ContextLocal, role)
}

// addr leaves out what is no address: no inspector could look into it.
func (e *entities) addr(ip, key string, context ...string) {
	if _, err := netip.ParseAddr(strings.TrimSpace(ip)); err == nil {
		e.add(responder.TypeIPAddr, ip, key, context...)
	}
}

// hash adds what can be the hash of a file: sample findings have other things in its place.
func (e *entities) hash(value, key string) {
	if n := len(value); n != 32 && n != 40 && n != 64 || strings.Trim(strings.ToLower(value), "0123456789abcdef") != "" {
		return
	}
	e.add(responder.TypeFileHash, value, key, responder.ContextFile)
}

func (e *entities) user(name, key string) {
	e.add(responder.TypeUsername, name, key, responder.ContextLocal, responder.ContextSubject)
}

func (e *entities) accessKey(id string) {
	e.add(responder.TypeAccessKey, id, "access key", responder.ContextLocal, responder.ContextSubject)
}

// own adds what is on one's own side, with its part in what happened: subject, object, or none.
func (e *entities) own(kind, value, key, part string) {
	e.add(kind, value, key, responder.ContextLocal, part)
}

func (e *entities) bucket(name string) {
	e.add(responder.TypeBucket, name, "bucket", responder.ContextLocal, responder.ContextObject)
}
