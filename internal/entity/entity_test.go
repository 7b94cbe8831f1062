package entity_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestNormalize(t *testing.T) {
	for _, c := range [][3]string{
		{"ipaddr", " 192.0.2.7 ", "192.0.2.7"},
		{"IPAddr", "::ffff:192.0.2.7", "192.0.2.7"},
		{"ipaddr", "2001:DB8:0:0:0:0:0:7", "2001:db8::7"},
		{"ipaddr", "fe80::1%eth0", "fe80::1"},
		{"ipaddr", "Not An Address", "not an address"},
		{"ipaddr", "::ffff:c000:0207", "192.0.2.7"},
		{"ipaddr", "192.0.2.07", "192.0.2.07"}, // no address to everybody
		{"ipaddr", "192.0.2.7:443", "192.0.2.7:443"},
		{"ipaddr", "", ""},
		{"domain", "Example.COM.", "example.com"},
		{"domain", " a. .\u00a0.", "a"},
		{"domain", "b" + strings.Repeat(" .", 1000), "b"},
		{"domain", "...", ""},
		{"filehash", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"},
		{"email", "Alice@Example.com", "alice@example.com"},
		{"url", "HTTP://Example.com:80/A?b=C#frag", "http://example.com/A?b=C"},
		{"url", "https://example.com:443/", "https://example.com/"},
		{"url", "https://example.com:8443/", "https://example.com:8443/"},
		{"url", "http://[2001:DB8::7]:80/", "http://[2001:db8::7]/"},
		{"url", "https://example.com:80/?q#", "https://example.com:80/?q"},
		{"url", "mailto:A@example.com", "mailto:A@example.com"},
		{"url", "http://example.com/%zz#x", "http://example.com/%zz#x"},
		{"url", "not a url", "not a url"},
		{"username", "Alice", "Alice"},

		{"ipaddr", "192.0.2.7/32", "192.0.2.7"},
		{"ipaddr", "2001:DB8::7/128", "2001:db8::7"},
		{"ipaddr", "[2001:DB8::7]", "2001:db8::7"},
		{"ipaddr", "192.0.2.0/24", "192.0.2.0/24"},
		{"domain", "BÜCHER.Example", "xn--bcher-kva.example"},
		{"domain", "bu\u0308cher.example.", "xn--bcher-kva.example"}, // u and its dots
		{"domain", "XN--BCHER-KVA.example", "xn--bcher-kva.example"},
		{"domain", "faß.example", "xn--fa-hia.example"}, // not fass: non-transitional
		{"domain", "пример\u3002рф\uFF61", "xn--e1afmkfd.xn--p1ai"},
		{"domain", "_dmarc.bücher.example", "_dmarc.xn--bcher-kva.example"},
		{"domain", "bü cher.example", "bü cher.example"},
		{"domain", strings.Repeat("ü", 70) + ".Example", strings.Repeat("ü", 70) + ".example"},
		{"domain", "a.b..ü", "a.b..ü"},
		{"hostname", "WEB-1.Example.com.", "web-1.example.com"},
		{"filehash", "SHA256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"filehash", "md5=d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"},
		{"filehash", "sha256:d41d8cd98f00b204e9800998ecf8427e", "sha256:d41d8cd98f00b204e9800998ecf8427e"},
		{"email", "Alice@BÜCHER.example.", "alice@xn--bcher-kva.example"},
		{"email", "alice", "alice"},
		{"url", "https://BÜCHER.example./Ü", "https://xn--bcher-kva.example/%C3%9C"},
		{"url", "http://example.com", "http://example.com/"},
		{"url", "http://example.com?a", "http://example.com/?a"},
		{"url", "http://example.com/a/../b/./%7Ec", "http://example.com/a/../b/./%7Ec"},
		{"url", "http://alice@Example.com:8080/", "http://alice@example.com:8080/"},
		{"url", "http://[::FFFF:192.0.2.7]:80/", "http://192.0.2.7/"},
		{"url", "http://[FE80::1%25eth0]/", "http://[fe80::1]/"},
		{"url", "ftp://example.com:21/a", "ftp://example.com/a"},
		{"url", "ldap://Example.com:389", "ldap://example.com:389"},
		{"url", "http://example.com:/", "http://example.com/"},
		{"instance", "I-0123456789ABCDEF0", "i-0123456789abcdef0"},
		{"bucket", "A-Bucket", "a-bucket"},
		{"cve", "cve-2021-44228", "CVE-2021-44228"},
		{"arn", "arn:aws:iam::111122223333:user/Alice", "arn:aws:iam::111122223333:user/Alice"},
	} {
		got := entity.Normalize(responder.Attribute{Type: c[0], Value: c[1]})
		assert.Equal(t, c[2], got.Value, c[1])
		assert.Equal(t, strings.ToLower(c[0]), got.Type)
	}
}

func TestNormalizeOnceIsEnough(t *testing.T) {
	values := append(respondertest.Hostile(), "example.com..", "http://example.com:80:80", "HTTP://[::1]:80/#a#b", "http://EXAMPLE.com:080/",
		"bücher.example", "HTTP://BÜCHER.example.:80", "xn--bcher-kva.example", "xn--a.ü", "xn--a\u0308.example", "ß.\u3002", "a\u200Db.example", "א1.example", "ſ.example",
		"http://ü%00/", "alice@bob@Bücher.example", "http://[::ffff:192.0.2.7]:443", "http://a.:80", "ü"+strings.Repeat(".", 500), strings.Repeat("ü.", 200), strings.Repeat("Ⱥ", 400),
		"sha256:"+strings.Repeat("A", 64), "md5:md5:"+strings.Repeat("a", 32), "[[::1]]", "::1/128", "[::1]/128",
		"İ.example", "http://İ.example", "http://a/%zz", "https://u:p@example.com:443", "a.b.", "a"+strings.Repeat(" .", 50),
		strings.Repeat("Ⱥ", 1023)+" .", strings.Repeat("Ⱥ", 500)+strings.Repeat(".", 1000)+"a", "http://a/"+strings.Repeat("é", 2000), strings.Repeat(" ", 3000)+"a", strings.Repeat("\xff", 3000))
	rapid.Check(t, func(t *rapid.T) {
		a := responder.Attribute{
			Type: rapid.SampledFrom([]string{"ipaddr", "domain", "url", "email", "filehash", "username", "hostname", "instance", "bucket", "cve", " URL ", "İ"}).Draw(t, "type"),
			Value: rapid.OneOf(rapid.SampledFrom(values), rapid.String(), rapid.StringMatching(`https?://[a-zA-Z.:0-9]*/?#?.*`),
				rapid.StringMatching(`[a .ȺİS\x{a0}:/%#?2\[\]@]{0,40}`), rapid.StringMatching(`(https?://|a@)?([a-zA-ZüßÄöЖя日本語۰ñİ\x{200d}\x{3002}\x{ff0e}\x{308}-]{1,12}\.){1,4}(:80)?`)).Draw(t, "value"),
			Key:     rapid.String().Draw(t, "key"),
			Context: rapid.SliceOf(rapid.String()).Draw(t, "context"),
		}
		once := entity.Normalize(a)
		assert.Equal(t, once, entity.Normalize(once))
		assert.LessOrEqual(t, len(once.Value), entity.MaxValue)
		assert.LessOrEqual(t, len(once.Key), entity.MaxKey)
		assert.LessOrEqual(t, len(once.Context), entity.MaxContexts)
		assert.True(t, utf8.ValidString(once.Value))
		assert.Equal(t, strings.TrimSpace(once.Value), once.Value)
	})
}

// To cut a text can change its spelling, and its spelling can make it longer.
func TestNormalizeIsBounded(t *testing.T) {
	long := strings.Repeat("x", 5000)
	a := entity.Normalize(responder.Attribute{Type: " " + long, Value: long, Key: " " + long, Context: []string{"", " Remote ", long, "3", "4", " ", "5", "6", "7", "8", "9"}})
	assert.Equal(t, []int{64, 2048, 256}, []int{len(a.Type), len(a.Value), len(a.Key)})
	assert.Equal(t, []string{"remote", long[:64], "3", "4", "5", "6", "7", "8"}, a.Context)
	assert.Nil(t, entity.Normalize(responder.Attribute{Context: []string{" "}}).Context)

	for value, want := range map[string]string{
		strings.Repeat("Ⱥ", 500) + strings.Repeat(".", 1000) + "a": strings.Repeat("ⱥ", 500), // 2 bytes become 3, and dots come to the end
		strings.Repeat("Ⱥ", 1023) + " .":                           strings.Repeat("ⱥ", 682),
		strings.Repeat(" ", 3000) + "a":                            "a",
		strings.Repeat("\xff", 3000):                               "\uFFFD", // one for all that are no text
	} {
		assert.Equal(t, want, entity.Normalize(responder.Attribute{Type: "domain", Value: value}).Value)
	}
}

func TestHash(t *testing.T) {
	h := func(kind, value string) entity.Hash {
		return entity.HashOf(responder.Attribute{Type: kind, Value: value})
	}
	assert.NotEqual(t, h("a", "b"), h("ab", ""))
	assert.NotEqual(t, h(`a","b`, "c"), h("a", `b","c`))
	assert.Equal(t, h("a", "b"), entity.HashOf(responder.Attribute{Type: "a", Value: "b", Key: "k", Context: []string{"remote"}}))
	assert.Equal(t, `["<&>"]`, string(entity.JSON("<&>")), "without HTML escaping")
	assert.Equal(t, "4OYMIQUY7QOBJGX36TEJS35ZEQ", entity.ID(nil), "SHA-256 of nothing, its first 128 bits")
}

func TestCut(t *testing.T) {
	assert.Equal(t, "abc", entity.Cut("abc", 3))
	assert.Equal(t, "ab", entity.Cut("abc", 2))
	assert.Equal(t, "a", entity.Cut("aé", 2))
	assert.Equal(t, "", entity.Cut("💥", 3))
	assert.Equal(t, "a\uFFFDb", entity.Cut("a\xffb", 10))
	rapid.Check(t, func(t *rapid.T) {
		s, n := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), rapid.IntRange(0, 50).Draw(t, "n")
		cut := entity.Cut(s, n)
		assert.True(t, utf8.ValidString(cut))
		assert.LessOrEqual(t, len(cut), n)
		assert.True(t, strings.HasPrefix(strings.ToValidUTF8(s, "\uFFFD"), cut))
	})
}

func TestIsLocal(t *testing.T) {
	for _, local := range []string{"10.1.2.3", "192.168.0.1", "172.16.0.1", "172.31.255.255", "127.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
		"fc00::1", "fd00::1", "fdff::1%0", "100.64.0.1", "100.127.255.255", "169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "ff02::1",
		"::ffff:10.0.0.1", "::ffff:100.64.0.1", "198.18.0.1", "198.19.255.255", "240.0.0.1", "255.255.255.255", "64:ff9b:1::a00:1", "fec0::1",
		"", "example.com", "10.0.0.0/8", " 10.0.0.1 ", "8.8.8.8:53"} {
		assert.True(t, entity.IsLocal(local), local)
	}
	for _, other := range []string{"192.0.2.1", " 192.0.2.1\n", "198.51.100.1", "203.0.113.1", "2001:db8::1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255",
		"100.128.0.1", "198.17.255.255", "198.20.0.0", "1.0.0.0", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111",
		"fbff::1", "fe00::1"} {
		assert.False(t, entity.IsLocal(other), other)
	}
}
