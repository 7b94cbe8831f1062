package intel_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

func attr(kind, value string, context ...string) responder.Attribute {
	return responder.Attribute{Type: kind, Value: value, Context: context}
}

func own(t *testing.T, list string) intel.Own {
	t.Helper()
	o, err := intel.ParseOwn(list)
	require.NoError(t, err)
	return o
}

func TestWithhold(t *testing.T) {
	o := own(t, "Corp.Example.COM., *.own.org xn--bcher-kva.net\n8.8.4.0/24;2620:fe::/48,9.9.9.9")
	for _, c := range []struct{ kind, values, want string }{
		{"ipaddr", "8.8.8.8 1.1.1.1 192.175.48.1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1 9.9.9.8", ""},
		{"ipaddr", "8.8.4.4 ::ffff:8.8.4.4 64:ff9b::808:404 2002:808:404::1 2620:fe::fe 9.9.9.9", "own network"},
		{"ipaddr", "10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 127.0.0.1 0.0.0.0 169.254.169.254 100.64.0.1 100.127.255.255 192.0.2.7 198.51.100.1 203.0.113.9 198.19.0.1 224.0.0.1 239.1.2.3 255.255.255.255 240.0.0.1", "no address of the public internet"},
		{"ipaddr", "::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12:3456::1 ff02::1 2001:db8::7 3fff::1 ::ffff:10.0.0.1 ::10.0.0.1 64:ff9b::a00:1 64:ff9b:1::808:808 2002:a00:1::1 2001::1 100::1 4000::1 fec0::1", "no address of the public internet"},
		{"ipaddr", "x 10.0.0 0x7f.1 8.8.8.8/24 [2606:4700::1]", "cannot be read as an address"},
		{"domain", "evil.com example.com EVIL.com. a.b.c.evil.co.uk xn--80ak6aa92e.com _dmarc.evil.com notcorp.example.com corp.example.com.evil.com facebookcorewwwi.onion", ""},
		{"domain", "corp.example.com CORP.example.com. a.b.corp.example.com own.org x.own.org xn--bcher-kva.net www.XN--BCHER-KVA.net.", "own domain"},
		{"domain", "localhost intranet router", "a local network"},
		{"domain", "a.local ip-10-0-0-1.ec2.internal db.lan x.home.arpa 1.0.0.10.in-addr.arpa x.corp x.test y.localhost z.example q.invalid a.intranet a.private a.home a.mail a.alt A.LOCAL. a.localdomain", "no name of the public DNS"},
		{"domain", "bücher.net ｅvil.com a..b evil.com.. .evil.com a/b.com a:80.com user@evil.com a\x00.com", "cannot be read as a name"},
		{"domain", "0x7f.1 127.1 1.2.3.4.5 0x7f000001 a.0x7f", "spelling of its own"},
		{"url", "https://evil.com/a?b=c http://8.8.8.8:8080/x http://[2606:4700::1]/ ftp://evil.com/x HTTPS://EVIL.com/ http://u:p@evil.com/ http://evil.com./ https://evil.com/corp.example.comx https://evil.com/?token=", ""},
		{"url", "http://10.0.0.1/ http://[::1]:8080/ http://[::ffff:10.0.0.1]/ http://u@192.168.0.1:1/ http://169.254.169.254/latest/ http://[fe80::1%25eth0]/", "no address of the public internet"},
		{"url", "http://2130706433/ http://0x7f.1/ http://127.1/ http://0177.0.0.1/", "spelling of its own"},
		{"url", "https://corp.example.com/ https://x.OWN.org:8443/ https://u:p@own.org./x", "its host: it is of the organization's own domain"},
		{"url", "https://evil.com/?m=bob@own.org https://evil.com/?m=bob%40own.org https://evil.com/x%252fwww.own.org/ https://evil.com/own.org", "speaks of the organization's own domain"},
		{"url", "https://b.s3.amazonaws.com/x?X-Amz-Signature=ab https://evil.com/?a=b&Access_Token=x https://evil.com/?a;sig=1 https://evil.com/?%74oken=1", "may be a secret"},
		{"url", "javascript:alert(1) file:///etc/passwd /a //evil.com/x http:///x http://a\\@evil.com/ mailto:a@b.com http://%zz/ ws://evil.com/", "cannot be read as a URL"},
		{"url", "http://intranet/x http://localhost:8080/", "its host: it is a name of a local network"},
		{"email", "bob@evil.com bob@[8.8.8.8]", ""},
		{"email", "bob@own.org \"a@b\"@corp.example.com", "own domain"},
		{"email", "bob @own.org bob@", "cannot be read"},
		{"email", "bob@printer", "a local network"},
		{"email", "bob@[10.0.0.1]", "no address of the public internet"},
		{"filehash", "d41d8cd98f00b204e9800998ecf8427e not-a-hash", ""},
		{"cve", "CVE-2021-44228", ""},
		{"username", "alice", `type "username" are not sent`},
		{"hostname", "evil.com", `type "hostname" are not sent`},
		{"json", "{}", "are not sent"},
		{"", "x", "are not sent"},
	} {
		for _, v := range fields(c.values) {
			got := o.Withhold(attr(c.kind, v))
			if c.want == "" {
				assert.Empty(t, got, "%s %q", c.kind, v)
			} else {
				assert.Contains(t, got, c.want, "%s %q", c.kind, v)
			}
		}
	}
	assert.Contains(t, o.Withhold(attr("filehash", "d41d8cd98f00b204e9800998ecf8427e", "file", " Local")), "local side")
	assert.Empty(t, intel.Own{}.Withhold(attr("ipaddr", "8.8.8.8", "remote")))
	assert.NotEmpty(t, intel.Own{}.Withhold(attr("ipaddr", "10.0.0.1", "remote")), "the zero value knows what is private")
}

// fields splits at single spaces.
func fields(s string) []string { return strings.Split(s, " ") }

func TestParseOwn(t *testing.T) {
	assert.Equal(t, intel.Own{}, own(t, " ,\n; "))
	assert.Equal(t, intel.Own{Domains: []string{"a.example", "b.example", "c.example", "corp"}, Networks: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::1/128"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.7/32"),
	}}, own(t, "A.example., *.b.example .c.example corp 10.1.2.3/8 192.0.2.1 2001:db8::1 ::ffff:192.0.2.0/120 ::ffff:198.51.100.7"))
	_, err := intel.ParseOwn("ok.example 10.0.0.0/33 bücher.example a_b@c https://x.example/ 1.2.3 a..b * é")
	for _, want := range []string{`"10.0.0.0/33"`, `"bücher.example"`, `"a_b@c"`, `"https://x.example/"`, `"1.2.3"`, `"a..b"`, `"*"`, `"é"`} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "ok.example")
}

func TestSendableURL(t *testing.T) {
	for value, want := range map[string]string{
		"https://user:pw@evil.com:8443/a%2Fb?c=%2F#frag": "https://evil.com:8443/a%2Fb?c=%2F",
		" http://evil.com ":       "http://evil.com",
		"http://[2606:4700::1]/x": "http://[2606:4700::1]/x",
		"javascript:alert(1)":     "",
		"http:///x":               "",
		"%":                       "",
	} {
		assert.Equal(t, want, intel.SendableURL(value), value)
	}
}
