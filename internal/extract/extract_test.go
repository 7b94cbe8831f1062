package extract_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/extract"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// found are attributes as "type value contexts", of which all have the context extracted.
func found(t testing.TB, list []responder.Attribute) []string {
	t.Helper()
	out := []string{}
	for _, a := range list {
		require.True(t, a.Match(responder.ContextExtracted), a)
		require.NotEmpty(t, a.Key)
		var context []string
		for _, c := range a.Context {
			if c != responder.ContextExtracted {
				context = append(context, c)
			}
		}
		out = append(out, strings.TrimSpace(a.Type+" "+a.Value+" "+strings.Join(context, ",")))
	}
	return out
}

const (
	md5    = "9e107d9d372bb6826bd81d3542a419d6"
	sha1   = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
	sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func texts(t *testing.T, cases map[string][]string) {
	t.Helper()
	for text, want := range cases {
		if want == nil {
			want = []string{}
		}
		assert.Equal(t, want, found(t, extract.Text(text)), text)
	}
}

func TestAddresses(t *testing.T) {
	texts(t, map[string][]string{
		"Failed password for invalid user admin from 203.0.113.5 port 4222 ssh2":                               {"ipaddr 203.0.113.5"},
		"203.0.113.5:443 -> 10.0.0.5:51234, again 203.0.113.5.":                                                {"ipaddr 203.0.113.5", "ipaddr 10.0.0.5 local"},
		"outside/203.0.113.5(1234) -> inside/10.0.0.5(443)":                                                    {"ipaddr 203.0.113.5", "ipaddr 10.0.0.5 local"},
		"src outside:203.0.113.5/22 dst inside:10.0.0.5/443":                                                   {"ipaddr 203.0.113.5", "ipaddr 10.0.0.5 local"},
		"SRC=203.0.113.5 DST=10.0.0.5 LEN=60":                                                                  {"ipaddr 203.0.113.5", "ipaddr 10.0.0.5 local"},
		"from 203.0.113.5/55120 to 10.0.0.5":                                                                   {"ipaddr 203.0.113.5", "ipaddr 10.0.0.5 local"},
		"192.0.2.0/24 is a network, 192.0.2.1/32 is not":                                                       {"ipaddr 192.0.2.1"},
		"[2001:db8::1]:443, 2001:db8::2/128. (2001:DB8:0:0:0:0:0:3)":                                           {"ipaddr 2001:db8::1", "ipaddr 2001:db8::2", "ipaddr 2001:db8::3"},
		"IP:2001:db8::4 IP: 2001:db8::5: IP=203.0.113.5":                                                       {"ipaddr 2001:db8::4", "ipaddr 2001:db8::5", "ipaddr 203.0.113.5"},
		"fe80::1%eth0 and ::ffff:203.0.113.5 and fd00::7":                                                      {"ipaddr fe80::1 local", "ipaddr 203.0.113.5", "ipaddr fd00::7 local"},
		"2001:db8::/32, std::vector, a::b, Face::Cafe, 12:34:56, 2026-05-17T12:34:56Z, aa:bb:cc:dd:ee:ff, ::":  nil,
		"127.0.0.1, ::1, 0.0.0.0, 255.255.255.0, 224.0.0.251, 300.1.2.3, 192.0.2.07":                           nil,
		"version 203.0.113.5, Version: 9.1.2.3, v1.2.3.4, 1.2.3, 1.2.3.4.5, 203.0.113.5-beta, 1.3.6.1.4.1.311": nil,
		"Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120.0.6099.71 Edg/121.0.1.2 Safari/537.36 curl/7.1.2.3":   nil,
		"Chrome/120.0.0.0, upgraded to 10.2.0.0, openssl-1.1.1.1, package-x@1.2.3.4, see section 4.1.2.3":      nil,
		"after version 2 from 203.0.113.5, root@203.0.113.6":                                                   {"ipaddr 203.0.113.5", "ipaddr 203.0.113.6"},
		"inetnum: 203.0.113.0 - 203.0.113.255, CEF:0|Example|Gateway|9.1.2.3|100|x":                            nil,
		"203.0.113.1 - 203.0.113.254 - - [17/May/2026] 10.0.0.0 - alice":                                       {"ipaddr 203.0.113.1", "ipaddr 203.0.113.254"},
		"IP 203.0.113.6.443 > 10.0.0.5.51234: Flags [S], seq 1":                                                {"ipaddr 203.0.113.6", "ipaddr 10.0.0.5 local"},
		"1.2.3.4.5 > 1.2.3.4.4, 1.2.3.4.5: a version":                                                          nil,
		"ip-10-0-0-5.ec2.internal, 5.113.0.203.in-addr.arpa":                                                   nil,
	})
}

func TestDefanged(t *testing.T) {
	texts(t, map[string][]string{
		"hxxps://evil[.]example[.]com/a(1).php?x=1, more":            {"url https://evil.example.com/a(1).php?x=1", "domain evil.example.com"},
		"hXXp[:]//bad[.]example[.]net/a, HXXP[://]203.0.113[.]5/b":   {"url http://bad.example.net/a", "domain bad.example.net", "url http://203.0.113.5/b", "ipaddr 203.0.113.5"},
		"c2(.)example(.)com, c3{.}example{.}com, c4[dot]example.com": {"domain c2.example.com", "domain c3.example.com", "domain c4.example.com"},
		"evil [.] example [.] com, 198.51.100[.]7; 2001[:]db8::1":    {"domain evil.example.com", "ipaddr 198.51.100.7", "ipaddr 2001:db8::1"},
		"alice[at]example[dot]com, bob [at] example [.] com, carol[@]example.com": {
			"email alice@example.com", "email bob@example.com", "email carol@example.com"},
		"invoice[.]zip and setup[.]exe, a[0].b, f(.), (at)":    {"domain invoice.zip"},
		"hxxps[://]bad[.]example[.]org[/]path[/]x":             {"url https://bad.example.org/path/x", "domain bad.example.org"},
		"evil[.example[.com, bad.]example.]net, 203[.0[.113.5": {"domain evil.example.com", "domain bad.example.net", "ipaddr 203.0.113.5"},
		"setup[.com], x[.y]z, [see a.]com, a[.]b.]":            nil,
		"h**p://example[.]com/":                                {"url http://example.com/", "domain example.com"},
	})
}

func TestDomains(t *testing.T) {
	texts(t, map[string][]string{
		"evil.example.com EVIL.EXAMPLE.NET Example.org, a.co.uk. xn--bcher-kva.example.com": {
			"domain evil.example.com", "domain evil.example.net", "domain example.org", "domain a.co.uk", "domain xn--bcher-kva.example.com"},
		"_evil.example.com_ **evil.example.net** `evil.example.org`": {"domain evil.example.com", "domain evil.example.net", "domain evil.example.org"},
		"evil.example.com:8443, Host:www.example.net, evil.example.org/payload.exe, _dmarc.example.com": {
			"domain evil.example.com", "domain www.example.net", "domain evil.example.org", "domain _dmarc.example.com"},
		"name.github.io is somebody's, co.uk is nobody's":                                                    {"domain name.github.io"},
		"report.pdf setup.exe main.py invoice.zip clip.mov archive.sh README.md config.rs x.pl a.cc libc.so": nil,
		"domain invoice.zip, DNS query for main.py, www.archive.sh, login.example.pl":                        {"domain invoice.zip", "domain main.py", "domain www.archive.sh", "domain login.example.pl"},
		"com.example.Foo com.example.app io.example.security java.lang.String foo.Bar System.IO ASP.NET":     nil,
		"node.js, socket.io and engine.io 6.5 were updated":                                                  nil, "cdn.socket.io, the domain socket.io": {"domain cdn.socket.io", "domain socket.io"},
		"kube-system.svc.cluster.local web.default.svc node-1.internal printer.local localhost nas.lan":        nil,
		"metadata.name user.name=alice container.id=x k8s.pod.name proc.name logger.info(x) window.open(y)":    nil,
		"<38>May 17 auth.info sshd, mail.info, but it is evil-mail.info; storage.googleapis.com":               {"domain evil-mail.info"},
		"/var/www/html/shop.example.com/index.php C:\\Users\\bob\\evil.com ./a.com ~/b.com":                    nil,
		"It failed.It did. e.g. i.e. a.m. etc.In 3.5.com":                                                      {"domain 3.5.com"},
		"apps/v1 cert-manager.io/v1 app.kubernetes.io/name=x github.com/example/x docker.io/library/nginx:1.2": nil,
		"ec2.amazonaws.com sts.us-east-1.amazonaws.com 111122223333.dkr.ecr.us-east-1.amazonaws.com":           nil,
		"ec2-203-0-113-5.compute-1.amazonaws.com x.s3.us-east-1.amazonaws.com":                                 {"domain ec2-203-0-113-5.compute-1.amazonaws.com", "domain x.s3.us-east-1.amazonaws.com"},
	})
}

func TestLinksAndMail(t *testing.T) {
	texts(t, map[string][]string{
		"<a href=\"https://www.example.com/x?a=b&c=d#e\">x</a>":                                                 {"url https://www.example.com/x?a=b&c=d#e", "domain www.example.com"},
		"(see http://example.com/a). [x](http://example.net/b)":                                                 {"url http://example.com/a", "domain example.com", "url http://example.net/b", "domain example.net"},
		"http://example.com/a,http://example.com/b;x":                                                           {"url http://example.com/a", "domain example.com", "url http://example.com/b;x"},
		"http://bob:secret@example.com/ and http://10.0.0.5/x":                                                  {"url http://bob@example.com/", "domain example.com", "url http://10.0.0.5/x local", "ipaddr 10.0.0.5 local"},
		"http://example.com:99999/%zz is no URL":                                                                {"domain example.com"},
		"${jndi:ldap://203.0.113.9:1389/a}":                                                                     {"url ldap://203.0.113.9:1389/a", "ipaddr 203.0.113.9"},
		"tcp://203.0.113.5:4444 s3://a-bucket/key":                                                              {"ipaddr 203.0.113.5", "bucket a-bucket"},
		"http://localhost/ http://web-1/ http://x.svc.cluster.local/ file:///etc/passwd containerd://" + sha256: nil,
		"https://console.aws.amazon.com/x https://example.pagerduty.com/y https://attack.mitre.org/z":           nil,
		"Runbook: https://wiki.example.com/x\nDashboard https://grafana.example.com/y":                          nil,
		"alice@example.com, mailto:bob@example.net. Carol <carol+x@mail.example.org>": {
			"email alice@example.com", "email bob@example.net", "email carol+x@mail.example.org"},
		"git@github.com:example/x.git, Message-ID: <1@example.com>, @user, a@b": nil,
	})
}

// Chinese, Japanese and Korean have no spaces between words.
func TestWithoutSpaces(t *testing.T) {
	texts(t, map[string][]string{
		"攻撃元アドレス203.0.113.5から、ドメインevil.example.netへの接続":              {"ipaddr 203.0.113.5", "domain evil.example.net"},
		"サーバー2001:db8::7が検知、http://evil.example.netに接続":              {"ipaddr 2001:db8::7", "url http://evil.example.net", "domain evil.example.net"},
		"https://evil.example.net/a.phpにアクセス。検体の" + md5 + "です":       {"url https://evil.example.net/a.php", "domain evil.example.net", "filehash " + md5 + " file"},
		"服务器203.0.113.5正在连接evil.example.net，공격자는 evil.example.org에서": {"ipaddr 203.0.113.5", "domain evil.example.net", "domain evil.example.org"},
		"日本語.jp と https://ja.example.org/wiki/日本":                    {"domain xn--wgv71a119e.jp", "url https://ja.example.org/wiki/%E6%97%A5%E6%9C%AC", "domain ja.example.org"},
		"送信者はalice@example.comです。v1.2.3.4の更新、攻撃は日本語.jpです":            {"email alice@example.com"},
	})
}

// A link through a redirector, or a filter of mail, is two.
func TestEncodedLinks(t *testing.T) {
	texts(t, map[string][]string{
		"https://safe.example.org/?url=https%3A%2F%2Fevil.example.net%2Flogin%3Fa%3D1&data=05": {
			"url https://safe.example.org/?url=https%3A%2F%2Fevil.example.net%2Flogin%3Fa%3D1&data=05", "domain safe.example.org",
			"url https://evil.example.net/login?a=1", "domain evil.example.net"},
		"GET /redir?u=http%3a%2f%2f203.0.113.9%3A8080%2Fx&b=c HTTP/1.1":                 {"url http://203.0.113.9:8080/x", "ipaddr 203.0.113.9"},
		"http://www.example.net/?to=https%3A%2F%2Fconsole.aws.amazon.com%2F, %3A%2F%2F": {"url http://www.example.net/?to=https%3A%2F%2Fconsole.aws.amazon.com%2F", "domain www.example.net"},
		"<a href='http://www.example.net/?a=1&amp;b=2'>":                                {"url http://www.example.net/?a=1&b=2", "domain www.example.net"},
	})
}

// JSON that was cut off is a text, of which the escapes are known.
func TestCutJSON(t *testing.T) {
	texts(t, map[string][]string{
		`{"a":"x\n203.0.113.5\tlogin","b":"https:\/\/evil.example.com\/x\u003c","c":"\\\\10.0.0.5\\share","d":["\u00e9.exa\u`: {
			"ipaddr 203.0.113.5", "url https://evil.example.com/x", "domain evil.example.com", "ipaddr 10.0.0.5 local"},
		`[{"detail":"{\"src\":\"203.0.113.5\",\"sha256\":\"` + sha256 + `\"`: {"ipaddr 203.0.113.5", "filehash " + sha256 + " file"},
	})
}

func TestHashesAndIDs(t *testing.T) {
	texts(t, map[string][]string{
		"md5 " + md5 + ", " + sha1 + " SHA256=" + strings.ToUpper(sha256):                     {"filehash " + md5 + " file", "filehash " + sha1 + " file", "filehash " + sha256 + " file"},
		"md5:" + md5 + " sha1:" + sha1:                                                        {"filehash " + md5 + " file", "filehash " + sha1 + " file"},
		"malware sample sha256:" + sha256:                                                     {"filehash " + sha256 + " file"},
		"image nginx@sha256:" + sha256 + " sha256:" + sha256:                                  nil,
		"commit " + sha1 + ", request id " + md5 + ", trace_id=" + md5:                        nil,
		"IMPHASH=" + md5 + " ja3: " + md5 + " x" + md5 + " " + md5 + "0":                      nil,
		"/docker/" + sha256 + "/x " + md5 + ".exe " + strings.Repeat("12", 16):                nil,
		"the empty file: d41d8cd98f00b204e9800998ecf8427e":                                    nil,
		"123e4567-e89b-12d3-a456-426614174000":                                                nil,
		"CVE-2021-44228/cve-2021-45046: CVE-21-1":                                             {"cve CVE-2021-44228", "cve CVE-2021-45046"},
		"i-0123456789abcdef0, i-1234abcd i-12345 ami-0123456789abcdef0":                       {"instance i-0123456789abcdef0 local", "instance i-1234abcd local"},
		"AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY XAKIAIOSFODNN7EXAMPLE": {"accesskey AKIAIOSFODNN7EXAMPLE local"},
		"arn:aws:iam::111122223333:user/alice. (arn:aws-cn:s3:::a-bucket/x.com)":              {"arn arn:aws:iam::111122223333:user/alice", "arn arn:aws-cn:s3:::a-bucket/x.com"},
	})
}

// In JSON, names say what a value is, and on which side.
func TestValues(t *testing.T) {
	for text, want := range map[string][]string{
		`{"src_ip":"203.0.113.5","dest_ip":"198.51.100.7"}`:                                 {"ipaddr 198.51.100.7 server", "ipaddr 203.0.113.5 remote,client"},
		`{"source":{"ip":"203.0.113.5"},"destination":{"ip":"10.0.0.5"}}`:                   {"ipaddr 10.0.0.5 local,server", "ipaddr 203.0.113.5 remote,client"},
		`{"sourceIPAddress":"10.0.0.5","client":"203.0.113.5:22","peer_address":"fd00::1"}`: {"ipaddr 203.0.113.5 remote,client", "ipaddr fd00::1 local", "ipaddr 10.0.0.5 local,client"},
		`{"host":"web-1","hostname":"db.example.com","agent":{"name":"agent-7","ip":"203.0.113.7"}}`: {
			"ipaddr 203.0.113.7 local", "hostname agent-7 local", "hostname web-1 local", "hostname db.example.com local"},
		`{"http":{"hostname":"evil.example.com","url":"/index.php","http_user_agent":"x/1 evil.example.net"}}`: {"domain evil.example.com"},
		`{"user":"alice","dstuser":"root","user_id":"u-1","userName":"-"}`:                                     {"username root local,object", "username alice local,subject"},
		`{"user":{"name":"alice","email":"alice@example.com"}}`:                                                {"email alice@example.com", "username alice local,subject"},
		`{"file":{"name":"invoice.zip","path":"/tmp/x.sh","md5":"` + md5 + `"},"ja3":{"hash":"` + md5 + `"}}`: {
			"filehash " + md5 + " file", "filepath invoice.zip file", "filepath /tmp/x.sh file"},
		`{"commit":"` + sha1 + `","id":"` + md5 + `","imageDigest":"sha256:` + sha256 + `"}`: {},
		`{"app_version":"203.0.113.5","image":"registry.example.com/x:1","path":"/a/b.com"}`: {},
		`{"url":"http://evil.example.com/x","link":"https://siem.example.com/1","runbook_url":"https://wiki.example.com/2","logo":"https://cdn.example.com/3","$schema":"https://s.example.com"}`: {
			"url http://evil.example.com/x", "domain evil.example.com"},
		`{"password":"203.0.113.5","api_token":"203.0.113.6"}`:                                                                                     {},
		`{"bucket":{"name":"a-bucket"},"bucketName":"b-bucket"}`:                                                                                   {"bucket a-bucket local,object", "bucket b-bucket local,object"},
		`{"message":"login from 203.0.113.5","detail":"{\"src\":\"203.0.113.5\"}"}`:                                                                {"ipaddr 203.0.113.5 remote,client"},
		`{"messageID":"<1@example.com>","head_sha":"` + sha1 + `","IncidentHash":"` + md5 + `","sha":"` + sha1 + `"}`:                              {},
		`{"user":{"name":"****","actor":{"name":"bob"}},"cloud":{"account":{"name":"prod"}},"cloud_account_name":"prod-aws","usernameAccess":"x"}`: {"username bob local,subject"},
		`{"clientConfig":{"url":"https://hook.example.com/m"},"siem_portal_url":"https://siem.example.com/1"}`:                                     {"url https://hook.example.com/m", "domain hook.example.com"},
		`{"account_id":1,"account_name":"Production","AccountName":"alice","agent":{"accountId":"7","accountName":"tenant","externalIp":"203.0.113.5","externalSessionId":"198.51.100.1"}}`: {
			"username alice local,subject", "ipaddr 203.0.113.5 local"},
		`{"dtHash":"` + md5 + `","urlHash":"` + md5 + `","alert":{"source":"admin@example.com"},"external_ip":"203.0.113.5"}`: {"email admin@example.com", "ipaddr 203.0.113.5"},
		`["203.0.113.5",{"ips":["198.51.100.7","10.0.0.5"]}]`:                                                                 {"ipaddr 203.0.113.5", "ipaddr 198.51.100.7", "ipaddr 10.0.0.5 local"},
		`{"metadata.name":"web.name","ns":"kube-system.svc.cluster.local","n":1,"b":true,"z":null}`:                           {},
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(text), &v), text)
		assert.Equal(t, want, found(t, extract.Value(v)), text)
	}
}

func TestBounds(t *testing.T) {
	at := func(n int) string { return strings.Repeat("x ", n/2) + "203.0.113.5 " + strings.Repeat("y ", 1<<18) }
	assert.Len(t, extract.Text(at(0)), 1, "a text may be longer than what is looked at")
	assert.Len(t, extract.Text(at(255<<10)), 1)
	assert.Empty(t, extract.Text(at(257<<10)))
	var many []any
	for n := range 400 {
		many = append(many, fmt.Sprintf("h%d.example.com and h%d.example.net", n, n))
	}
	assert.Len(t, extract.Value(many), 257)
	deep := any("203.0.113.5")
	for range 100 {
		deep = []any{deep}
	}
	assert.Empty(t, extract.Value(deep))
	assert.Len(t, extract.Value(map[string]any{"a": nil, "b": 1.5, "c": true, "d": []any{nil, "203.0.113.5"}}), 1)
}

func TestAnyText(t *testing.T) {
	piece := rapid.SampledFrom([]string{"http://", "hxxp", "://", "[.]", "(dot)", "[", "]", "@", ".", ":", "::", "/", "\\", "%", "=", "com", "example", "203.0.113.5", "2001:db8::", "a", "ü", "\xff",
		" ", "\n", "\"", "'", "arn:aws:s3:::", "i-0123456789abcdef0", "CVE-2021-44228", "sha256:", strings.Repeat("ab", 32), "AKIAIOSFODNN7EXAMPLE", "_", "-", "{", "\\u00", "x", "X*"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 20).Draw(t, "text"), "")
		got := extract.Text(text)
		require.Equal(t, got, extract.Text(text))
		for _, a := range append(got, extract.Value(map[string]any{"user": text, "host": []any{text}, "file": map[string]any{"name": text}, text: text})...) {
			require.NotEmpty(t, a.Type)
			require.NotEmpty(t, a.Value)
			require.NotEmpty(t, a.Key)
			require.True(t, a.Match(responder.ContextExtracted))
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"hxxps://evil[.]example[.]com/a?b", "203.0.113.5:443 [2001:db8::1]:443", `{"src_ip":"203.0.113.5","user":"alice","m":"{\"a\":[1]}"}`, "alice[at]example[dot]com",
		"md5 " + md5, "arn:aws:iam::111122223333:user/alice", "/a/b.com C:\\x.com a@b.example.com:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		extract.Text(text)
		var v any
		if json.Unmarshal([]byte(text), &v) == nil {
			extract.Value(v)
		}
	})
}
