package intel_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

func FuzzParseLimits(f *testing.F) {
	for _, s := range []string{"", "none", "4/minute,500/day", " 1 / hour ,2/month", "0/day", "1/minute,1/minute", "9999999999/day", "/", ","} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		limits, err := intel.ParseLimits(s)
		if err != nil && (limits != nil || len(err.Error()) > 400*(strings.Count(s, ",")+1)) {
			t.Fatalf("%v with %.300v", limits, err)
		}
		seen := map[intel.Period]bool{}
		for _, l := range limits {
			if l.Most < 1 || seen[l.Per] {
				t.Fatalf("%v", limits)
			}
			seen[l.Per] = true
		}
	})
}

// never are addresses of which no spelling is sent, and public ones of one's own.
var never = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("224.0.0.0/3"), netip.MustParsePrefix("8.8.4.0/24"),
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("ff00::/8"),
}

func isNever(addr netip.Addr) bool {
	if addr.Is4In6() || netip.MustParsePrefix("64:ff9b::/96").Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, p := range never {
		if p.Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}

// What is let through is a public address or name, however it is spelled, and a URL is sent without what it hides.
func FuzzWithhold(f *testing.F) {
	for _, seed := range [][2]string{
		{"ipaddr", "8.8.8.8"}, {"ipaddr", "::ffff:10.0.0.1"}, {"ipaddr", "64:ff9b::a00:1"}, {"ipaddr", "fe80::1%eth0"}, {"domain", "WWW.Own.Example."}, {"domain", "a.local"},
		{"domain", "bücher.example"}, {"url", "http://u:p@10.0.0.1:80/"}, {"url", "http://[::ffff:a00:1]/x#y"}, {"url", "https://own.example@evil.com/?q=own.example"},
		{"url", "http://0x7f.1/"}, {"url", "http://evil.com\\@10.0.0.1/"}, {"email", "a@b@own.example"}, {"email", "x@[10.0.0.1]"}, {"filehash", "00"}, {"username", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	own, err := intel.ParseOwn("own.example 8.8.4.0/24 own.com")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind, value string) {
		a := responder.Attribute{Type: kind, Value: value}
		if own.Withhold(a) != "" {
			return
		}
		a.Context = []string{responder.ContextLocal}
		if own.Withhold(a) == "" {
			t.Fatal("what is local is sent")
		}
		host := strings.TrimSpace(value)
		switch kind {
		case responder.TypeFileHash, responder.TypeCVE:
			return
		case responder.TypeURL:
			sent := intel.SendableURL(value)
			u, err := url.Parse(sent)
			if err != nil || u.User != nil || u.Fragment != "" || u.Hostname() == "" {
				t.Fatalf("%q is sent as %q", value, sent)
			}
			if intel.SendableURL(sent) != sent {
				t.Fatalf("%q is sent as %q", sent, intel.SendableURL(sent))
			}
			host = u.Hostname()
		case responder.TypeEmail:
			host = strings.Trim(host[strings.LastIndexByte(host, '@')+1:], "[]")
		case responder.TypeIPAddr, responder.TypeDomain:
		default:
			t.Fatalf("type %q is sent", kind)
		}
		if addr, err := netip.ParseAddr(host); err == nil {
			if isNever(addr) {
				t.Fatalf("%s is sent", addr)
			}
			return
		}
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
		for _, end := range []string{"own.example", "own.com", "local", "internal", "localhost", "test", "arpa"} {
			if name == end || strings.HasSuffix(name, "."+end) {
				t.Fatalf("%q is sent", name)
			}
		}
		if !strings.Contains(name, ".") || strings.ContainsFunc(name, func(r rune) bool { return r > '~' || r <= ' ' }) {
			t.Fatalf("%q is sent", name)
		}
	})
}

func FuzzParseOwn(f *testing.F) {
	for _, s := range []string{"", "example.com, *.a.b", "10.0.0.0/8 ::1", "é", "1.2.3", "x;y\nz", "::ffff:10.0.0.0/104"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		own, err := intel.ParseOwn(s)
		if err != nil {
			if len(own.Domains)+len(own.Networks) > 0 {
				t.Fatalf("%v with %v", own, err)
			}
			return
		}
		for _, d := range own.Domains {
			for _, name := range []string{d, "www." + d, strings.ToUpper(d) + "."} {
				if own.Withhold(responder.Attribute{Type: responder.TypeDomain, Value: name}) == "" {
					t.Fatalf("%q is sent", name)
				}
			}
		}
		for _, p := range own.Networks {
			if own.Withhold(responder.Attribute{Type: responder.TypeIPAddr, Value: p.Addr().String()}) == "" {
				t.Fatalf("%s is sent", p)
			}
		}
	})
}
