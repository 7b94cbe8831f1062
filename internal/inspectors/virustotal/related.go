package virustotal

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// relations are the relationships that are read, and what they say of the object that was asked for.
var relations = map[string]string{
	"communicating_files": "communicates with it", "downloaded_files": "downloaded from it", "referrer_files": "mentions it",
	"resolutions": "resolved", "urls": "below it", "last_serving_ip_address": "served it", "network_location": "where it is",
	"contacted_domains": "contacted", "contacted_ips": "contacted", "contacted_urls": "contacted",
	"itw_domains": "downloaded from there", "itw_urls": "downloaded from there",
}

// relate puts what is related to an object where it belongs, each thing once. What is not what its type says is left out.
func relate(h *responder.OpponentHost, id string, o object) {
	for _, name := range slices.Sorted(maps.Keys(o.Relations)) {
		for _, d := range o.Relations[name].Data {
			how := relations[name]
			switch d.Type {
			case "file":
				if hash := sha256(d.ID); hash != "" {
					h.RelatedMalware = append(h.RelatedMalware, responder.Malware{SHA256: hash, Relation: how})
				}
			case "domain":
				addDomain(h, string(d.ID), how)
			case "ip_address":
				addAddress(h, string(d.ID))
			case "resolution":
				addResolution(h, cmp.Or(string(o.ID), id), string(d.ID), how)
			case "url":
				if u := urlOf(string(d.Context.URL)); u != "" {
					h.RelatedURLs = append(h.RelatedURLs, link(u, how))
				}
			}
		}
	}
}

// addResolution takes apart what is the address and the name without anything between them ("Get a DNS resolution object": the
// id is "made by appending the IP and the domain"). One of the two is what was asked for, as VirusTotal spells it; where it is not
// there, nobody knows where the other begins.
func addResolution(h *responder.OpponentHost, id, resolution, how string) {
	if name, ok := strings.CutPrefix(resolution, id); ok {
		addDomain(h, name, how)
	} else if addr, ok := strings.CutSuffix(resolution, id); ok {
		addAddress(h, addr)
	}
}

func addDomain(h *responder.OpponentHost, name, how string) {
	if name = domain(name); name != "" && !slices.ContainsFunc(h.RelatedDomains, func(d responder.Domain) bool { return d.Name == name }) {
		h.RelatedDomains = append(h.RelatedDomains, responder.Domain{Name: name, Source: source(how)})
	}
}

func addAddress(h *responder.OpponentHost, addr string) {
	if a, err := netip.ParseAddr(addr); err == nil && a.Zone() == "" && !slices.Contains(h.IPAddr, a.String()) {
		h.IPAddr = append(h.IPAddr, a.String())
	}
}

func link(u, how string) responder.URL { return responder.URL{URL: u, Source: source(how)} }

func source(how string) string { return Name + " (" + how + ")" }

// urlOf is a URL of the web, without user and password; "" for what is none.
func urlOf(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.User, u.Path = nil, cmp.Or(u.Path, "/")
	return u.String()
}

// asked is the URL that an id stands for.
func asked(id string) string {
	b, _ := base64.RawURLEncoding.DecodeString(id)
	return string(b)
}

func sha256(id text) string {
	if s, why := hashID(string(id)); why == "" && len(s) == 64 {
		return s
	}
	return ""
}
