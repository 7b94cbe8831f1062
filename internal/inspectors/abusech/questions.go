package abusech

import (
	"context"
	"encoding/hex"
	"net/netip"
	"net/url"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// The services, as people know them.
const (
	urlhaus   = "URLhaus"
	threatfox = "ThreatFox"
	bazaar    = "MalwareBazaar"
)

// question is one request.
type question struct {
	service string
	ask     func(ctx context.Context) (finding, error)
}

// questions are those for an attribute; why says why there are none.
func (i *inspector) questions(a responder.Attribute) (list []question, why string) {
	switch a.Type {
	case responder.TypeIPAddr:
		addr, err := netip.ParseAddr(a.Value)
		if err != nil {
			return nil, "it is not one address"
		}
		if addr = addr.Unmap().WithZone(""); addr.Is6() { // URLhaus: "IPv4 address, hostname or domain name"
			return []question{i.ioc(addr.String(), false)}, ""
		}
		return []question{i.host(addr.String()), i.ioc(addr.String(), false)}, ""
	case responder.TypeDomain:
		return []question{i.host(a.Value), i.ioc(a.Value, true)}, ""
	case responder.TypeURL:
		u := intel.SendableURL(a.Value)
		if u == "" {
			return nil, "it is no URL"
		}
		return []question{i.url(u), i.ioc(u, true)}, ""
	case responder.TypeFileHash:
		return i.hashed(strings.ToLower(a.Value))
	}
	return nil, "it knows no such attributes"
}

// hashed: MalwareBazaar takes MD5, SHA-1 and SHA-256, the others no SHA-1.
func (i *inspector) hashed(hash string) ([]question, string) {
	if _, err := hex.DecodeString(hash); err != nil {
		return nil, "it is no hash"
	}
	switch len(hash) {
	case 32:
		return []question{i.sample(hash), i.hash(hash), i.payload("md5_hash", hash)}, ""
	case 40:
		return []question{i.sample(hash)}, ""
	case 64:
		return []question{i.sample(hash), i.hash(hash), i.payload("sha256_hash", hash)}, ""
	}
	return nil, "it knows MD5, SHA-1 and SHA-256 only"
}

func (i *inspector) host(host string) question {
	return question{urlhaus, func(ctx context.Context) (finding, error) {
		a := hostAnswer{asked: host}
		ok, err := i.urlhaus.PostForm(ctx, &a, "/v1/host/", url.Values{"host": {host}})
		return when(ok, err, a.finding)
	}}
}

func (i *inspector) url(u string) question {
	return question{urlhaus, func(ctx context.Context) (finding, error) {
		var a urlAnswer
		ok, err := i.urlhaus.PostForm(ctx, &a, "/v1/url/", url.Values{"url": {u}})
		return when(ok, err, a.finding)
	}}
}

func (i *inspector) payload(kind, hash string) question {
	return question{urlhaus, func(ctx context.Context) (finding, error) {
		a := payloadAnswer{asked: hash}
		ok, err := i.urlhaus.PostForm(ctx, &a, "/v1/payload/", url.Values{kind: {hash}})
		return when(ok, err, a.finding)
	}}
}

// ioc: an address stands there with a port, so that it is found only by a part of the text.
func (i *inspector) ioc(value string, exact bool) question {
	return question{threatfox, func(ctx context.Context) (finding, error) {
		a := iocAnswer{asked: value}
		ok, err := i.threatfox.PostJSON(ctx, &a, "/api/v1/", map[string]any{"query": "search_ioc", "search_term": value, "exact_match": exact})
		return when(ok, err, func() finding { return a.finding(i.now()) })
	}}
}

func (i *inspector) hash(hash string) question {
	return question{threatfox, func(ctx context.Context) (finding, error) {
		a := iocAnswer{} // the rows are those of what the file was seen with
		ok, err := i.threatfox.PostJSON(ctx, &a, "/api/v1/", map[string]any{"query": "search_hash", "hash": hash})
		return when(ok, err, func() finding { return a.finding(i.now()) })
	}}
}

func (i *inspector) sample(hash string) question {
	return question{bazaar, func(ctx context.Context) (finding, error) {
		a := sampleAnswer{asked: hash}
		ok, err := i.bazaar.PostForm(ctx, &a, "/api/v1/", url.Values{"query": {"get_info"}, "hash": {hash}})
		return when(ok, err, a.finding)
	}}
}

func when(ok bool, err error, f func() finding) (finding, error) {
	if err != nil || !ok {
		return finding{}, err
	}
	return f(), nil
}
