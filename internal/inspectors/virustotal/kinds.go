package virustotal

import (
	"cmp"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// kind is how VirusTotal speaks of a type of attributes.
type kind struct {
	collection string // in paths of the API
	object     string // data.type of an answer
	gui        string // in links for people

	// public are the relationships that everybody may ask for, premium those for "VT Enterprise users only" (in the tables
	// "Relationships" of "IP addresses", "Domains", "URLs" and "Files").
	public, premium []string

	// id is what an attribute is called there, or why it has no name.
	id func(value string) (id, why string)
}

// kinds of attributes. Relationships that are asked for with an object cost nothing, and are descriptors of up to 20
// objects: type, id, and for URLs the URL ("Relationships": "these collections don't contain the whole related objects").
var kinds = map[string]kind{
	responder.TypeIPAddr: {
		collection: "ip_addresses", object: "ip_address", gui: "ip-address", id: addressID,
		public:  []string{"communicating_files", "referrer_files", "resolutions"},
		premium: []string{"downloaded_files", "urls"},
	},
	responder.TypeDomain: {
		collection: "domains", object: "domain", gui: "domain", id: domainID,
		public:  []string{"communicating_files", "referrer_files", "resolutions"},
		premium: []string{"downloaded_files", "urls"},
	},
	responder.TypeURL: {
		collection: "urls", object: "url", gui: "url", id: urlID,
		public:  []string{"last_serving_ip_address", "network_location"},
		premium: []string{"communicating_files", "downloaded_files", "referrer_files"},
	},
	responder.TypeFileHash: {
		collection: "files", object: "file", gui: "file", id: hashID,
		public:  []string{"contacted_domains", "contacted_ips", "contacted_urls"},
		premium: []string{"itw_domains", "itw_urls"},
	},
}

// The levels of relationships.
const (
	none int32 = iota
	public
	premium
)

func (k kind) relations(level int32) []string {
	switch level {
	case none:
		return nil
	case public:
		return k.public
	}
	return slices.Concat(k.public, k.premium)
}

// exact is the id that an answer has to have; empty for URLs, which have another.
func (k kind) exact(id string) string {
	if k.object == "url" {
		return ""
	}
	return id
}

// link is the page for people. URLs and files are named by SHA-256 there, which is the id that VirusTotal answers with.
func (k kind) link(id string, o object) string {
	if k.object == "url" || k.object == "file" {
		id = cmp.Or(sha256(o.ID), id)
	}
	return "https://www.virustotal.com/gui/" + k.gui + "/" + url.PathEscape(id)
}

func addressID(value string) (id, why string) {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" {
		return "", "it is no IP address"
	}
	return addr.Unmap().String(), ""
}

func domainID(value string) (id, why string) {
	if name := domain(value); name != "" {
		return name, ""
	}
	return "", "it is no name of the public DNS"
}

// domain gives a name as it is in the DNS; "" where it cannot be one (RFC 1035, section 2.3.4 "Size limits"; names of
// services have an underscore).
func domain(s string) string {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return ""
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ""
		}
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "" // an address, or nothing
	}
	return s
}

// maxURL is the longest URL that is asked about; a longer one would not fit into the request's path everywhere.
const maxURL = 4096

// urlID is the URL in base64 without padding ("URLs", "URL identifiers"); VirusTotal gives it its canonical form.
// User, password and fragment are left out: they name people and hold secrets.
func urlID(value string) (id, why string) {
	text := intel.SendableURL(value)
	switch scheme, _, _ := strings.Cut(text, ":"); {
	case scheme != "http" && scheme != "https":
		return "", "it is no URL of the web"
	case len(text) > maxURL:
		return "", "it is too long"
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text)), ""
}

// hashID is an MD5, SHA-1 or SHA-256 ("Get a file report": "SHA-256, SHA-1 or MD5 identifying the file").
func hashID(value string) (id, why string) {
	s := strings.ToLower(value)
	if strings.Trim(s, "0123456789abcdef") != "" || len(s) != 32 && len(s) != 40 && len(s) != 64 {
		return "", "it is no MD5, SHA-1 or SHA-256"
	}
	return s, ""
}
