package ingest

import (
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ends adds the two ends of a connection, one of which may be missing. Own is the role of one's own end, client or server;
// where it is empty, the private one of a private and a public address is one's own, and of one public address the other end
// is. Of two public ones nobody can tell: they have no side then.
func (e *entities) ends(client, server, own string) {
	client, server = address(client), address(server)
	if own == "" {
		own = ownEnd(client, server)
	}
	switch own {
	case responder.ContextClient:
		e.localAddr(client, own)
		e.remoteAddr(server, responder.ContextServer)
	case responder.ContextServer:
		e.remoteAddr(client, responder.ContextClient)
		e.localAddr(server, own)
	default:
		e.end(client, responder.ContextClient)
		e.end(server, responder.ContextServer)
	}
}

func ownEnd(client, server string) string {
	switch near, far := entity.IsLocal(client), entity.IsLocal(server); {
	case near && !far:
		return responder.ContextClient
	case far && !near:
		return responder.ContextServer
	}
	return ""
}

// end adds an address of which nobody says whose it is, but for what is private.
func (e *entities) end(ip, role string) {
	if entity.IsLocal(ip) {
		e.localAddr(ip, role)
		return
	}
	e.addr(ip, role+" IP address", role)
}

// address gives the address in a text that may have a port, brackets or a zone. What is none is empty, and so is what tells
// nobody anything: the unspecified one and loopback.
func address(s string) string {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		pair, err := netip.ParseAddrPort(s)
		if err != nil {
			return ""
		}
		addr = pair.Addr()
	}
	if addr = addr.Unmap().WithZone(""); addr.IsUnspecified() || addr.IsLoopback() {
		return ""
	}
	return addr.String()
}

// host adds what a machine of one's own is called: its address, its id at AWS, or its name. There may be a port behind it.
func (e *entities) host(s, key, part string) {
	s = strings.TrimSpace(s)
	if ip := address(s); ip != "" {
		e.own(responder.TypeIPAddr, ip, "local IP address", part)
		return
	}
	name := s
	if i := strings.LastIndexByte(s, ':'); i > 0 && strings.Trim(s[i+1:], "0123456789") == "" {
		name = s[:i]
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil || name == "localhost" || strings.ContainsAny(name, " /\t\r\n") {
		return // loopback, or no name
	}
	if strings.HasPrefix(name, "i-") && len(name) > 9 && strings.Trim(name[2:], "0123456789abcdef") == "" {
		e.own(responder.TypeInstance, name, "instance", part)
		return
	}
	e.own(responder.TypeHostname, name, key, part)
}
