package watchlist

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestIndicators(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "net 192.0.2.1", "192.0.2.9/24": "net 192.0.2.0/24", "0.0.0.0/0": "net 0.0.0.0/0",
		"::FFFF:192.0.2.1": "net 192.0.2.1", "::ffff:192.0.2.0/120": "net 192.0.2.0/24", "2001:DB8::1%eth0": "net 2001:db8::1",
		"192[.]0(.)2{.}1": "net 192.0.2.1", "2001[:]db8[:]:1": "net 2001:db8::1",
		"192.0.2.0 - 192.0.2.255": "net 192.0.2.0-192.0.2.255", "192.0.2.1/33": "error an address",
		"192.0.2.9-192.0.2.1": "error an address", "192.0.2.1-2001:db8::": "error an address", "300.1.1.1": "error an address",
		"192.0.2.1:443": "error an address", "2001:db8:::1": "error an address", "010.0.0.1": "error an address",
		"00:11:22:33:44:55": "text 00:11:22:33:44:55",
		"Example.COM.":      "domain example.com", "*.example.com": "domain example.com", ".example.com": "domain example.com",
		"example[.]com": "domain example.com", "evil[dot]example": "domain evil.example", "bücher.example": "domain xn--bcher-kva.example",
		"_dmarc.a-b.example": "domain _dmarc.a-b.example", "a..b": "text a..b", "localhost": "text localhost",
		strings.Repeat("a.", 126) + "a": "domain " + strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a": "text " + strings.Repeat("a.", 127) + "a",
		"hxxp://Evil.example:80": "url http://evil.example/", "HXXPS[:]//evil[.]example/A#b": "url https://evil.example/A",
		"ftp://u:p@evil.example./x?y": "url ftp://evil.example/x?y", "http://": "error a URL", "http://%": "error a URL",
		"Mallory[@]evil[.]example": "email mallory@evil.example", "a@b@c.example": "email a@b@c.example", "@example.com": "text @example.com",
		strings.Repeat("AB", 16): "hash " + strings.Repeat("ab", 16), strings.Repeat("0", 64): "hash " + strings.Repeat("0", 64),
		strings.Repeat("f", 128): "hash " + strings.Repeat("f", 128), strings.Repeat("f", 33): "text " + strings.Repeat("f", 33),
		"": "error empty", "a\x00b": "error text without control characters", strings.Repeat("a", 2049): "error 2048 bytes at most",
	} {
		assert.Equal(t, want, short(readIndicators(in, "")), "%.100q", in)
	}
	for in, want := range map[[2]string]string{
		{"ipaddr", "example.com"}: "error an address", {"domain", "localhost"}: "domain localhost", {"domain", "a b"}: "error a domain",
		{"domain", "192.0.2.1"}: "domain 192.0.2.1", {"url", "evil.example"}: "error a URL", {"email", "x"}: "error an e-mail",
		{"filehash", "abc"}: "error an MD5", {"username", "192.0.2.1"}: "text 192.0.2.1", {"username", "a b"}: "text a b",
		{"username", "svc[.]x"}: "text svc[.]x", {"c2", "192.0.2.1"}: "net 192.0.2.1", {"version", "1.2.3"}: "text 1.2.3",
	} {
		assert.Equal(t, want, short(readIndicators(in[1], in[0])), "%q", in)
	}
	for in, want := range map[string]string{"IPv4": "ipaddr", "SHA-256": "filehash", "domain-name": "domain", "Any": "", "c2": "c2", "username": "username"} {
		assert.Equal(t, want, attributeType(in), in)
	}
}

// short is the first indicator, or what was expected.
func short(is []indicator, err error) string {
	if err != nil {
		text := err.Error()
		if _, after, ok := strings.Cut(text, "expected "); ok {
			text = after
		}
		for _, w := range []string{"an address", "a domain", "a URL", "an e-mail", "an MD5", "empty"} {
			if strings.Contains(text, w) {
				text = w
			}
		}
		return "error " + text
	}
	names := map[class]string{classOther: "text", classNetwork: "net", classDomain: "domain", classURL: "url", classEmail: "email", classHash: "hash"}
	return names[is[0].class] + " " + is[0].String()
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		file, text string
		want       string // value, kind, verdict, score, source, note
		faults     string
	}{
		{"a.txt", "", "", ""},
		{"a.txt", "\ufeff\r\n # x\r\n\t192.0.2.1\t#  y # z\r\n", "192.0.2.1||malicious|90|a|y # z", ""},
		{"a.txt", "http://e.example/#x", "http://e.example/||malicious|90|a|", ""},
		{"a.txt", "one two\n192.0.2.1", "192.0.2.1||malicious|90|a|", `a.txt:1: "one two", expected one indicator per line`},
		{"a.txt", "value\nindicator", "value||malicious|90|a| indicator||malicious|90|a|", ""},
		{"a.txt", "# x\nValue,Type\nroot,username\n", "root|username|malicious|90|a|", ""},
		{"a.tsv", "comment\tioc\n\troot\nx y\t192.0.2.1\n", "root||malicious|90|a| 192.0.2.1||malicious|90|a|x y", ""},
		{"a.CSV", "VALUE\nroot\n", "root||malicious|90|a|", ""},
		{"a.csv", "value;verdict\nroot;allow\n", "root||harmless|90|a|", ""},
		{"a.csv", "ioc,value,indicator\n1,2,3\n", "3||malicious|90|a|", ""},
		{"a.csv", "value,score,source\nroot,0,ISAC\n", "root||malicious|0|ISAC|", ""},
		{"a.csv", " \"value\" , verdict\n\"root\" ,suspicious\n#x,malicious\n", "root||suspicious|50|a|", ""},
		{"a.csv", "value,score\nroot,101\nx,NaN\ny,1", "y||malicious|1|a|", `a.csv:2: score: "101", expected 0 to 100` + "\n" + `a.csv:3: score: "NaN", expected 0 to 100`},
		{"a.csv", "value,verdict\nx,evil\ny,", "y||malicious|90|a|", `a.csv:2: verdict: "evil", expected malicious, suspicious, harmless or unknown`},
		{"a.csv", "value,expires\nx,tomorrow\ny,", "y||malicious|90|a|", `a.csv:2: expires: "tomorrow", expected RFC 3339 or a date`},
		{"a.csv", "value,first_seen\nx,1.5.2026\ny,", "y||malicious|90|a|", `a.csv:2: seen_at: "1.5.2026", expected RFC 3339 or a date`},
		{"a.csv", "value,comment\nx,\"a\nb\"\ny,\"b\" c\nz,", "b\"||malicious|90|a| z||malicious|90|a|",
			"a.csv:2: a quote is not closed, expected a record on one line\n" + `a.csv:4: "c", expected a separator behind a quoted field`},
		{"allow-list.txt", "x", "x||harmless|90|allow-list|", ""},
		{"Benign_2026.txt", "x", "x||harmless|90|Benign_2026|", ""},
		{"my.whitelist", "x", "x||malicious|90|my|", ""},
		{"shallow.txt", "x", "x||malicious|90|shallow|", ""},
		{"suspicious.hosts.txt", "x", "x||suspicious|50|suspicious.hosts|", ""},
		{"a.txt", strings.Repeat("x", maxLine+5) + "\n192.0.2.1", "192.0.2.1||malicious|90|a|", "a.txt:1: expected a line of 65535 bytes at most"},
		{"a.txt", "192.0.2.1\n" + strings.Repeat("x", maxLine), "192.0.2.1||malicious|90|a|", "a.txt:2: expected a line of 65535 bytes at most"},
		{"a.txt", "bad\xff.example\n", "bad\uFFFD.example||malicious|90|a|", ""},
	} {
		l := read(t, c.file, c.text)
		var got []string
		for _, i := range l.items {
			got = append(got, fmt.Sprintf("%s|%s|%s|%v|%s|%s", i.indicator, i.kind, i.verdict, i.score, i.source, i.note))
		}
		assert.Equal(t, c.want, strings.Join(got, " "), "%.100q", c.text)
		assert.Equal(t, c.faults, strings.Join(l.faults.First, "\n"), "%.100q", c.text)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	l := read(t, strings.Repeat("n", 300)+".txt", "192.0.2.1\n"+strings.Repeat("x y\n", 1000))
	assert.Equal(t, 1000, l.faults.Count)
	assert.Len(t, l.faults.First, maxFaults)
	for _, f := range l.faults.First {
		assert.Less(t, len(f), 200)
	}
	_, err := parse("a.txt", strings.NewReader(strings.Repeat("x y\n", 1000)), 10)
	assert.EqualError(t, err, `1000 lines and none of them an indicator: a.txt:1: "x y", expected one indicator per line`)
	assert.True(t, responder.IsPermanent(err))
}

func TestAReaderThatFailsIsNoFaultOfTheList(t *testing.T) {
	_, err := parse("a.txt", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("192.0.2.1\n"))), 10)
	assert.ErrorIs(t, err, iotest.ErrTimeout)
	assert.False(t, responder.IsPermanent(err))
	l, err := parse("a.txt", iotest.DataErrReader(strings.NewReader("192.0.2.1\n192.0.2.2")), 10)
	require.NoError(t, err)
	assert.Len(t, l.items, 2)
}

func FuzzParse(f *testing.F) {
	for _, content := range lists() {
		f.Add("a.txt", []byte(content))
		f.Add("a.csv", []byte(content))
	}
	f.Add("a.txt", []byte("\xef\xbb\xbf192.0.2.1-192.0.2.255 # x\r\n\"\x00\"\n*.*\n..\nhxxp://[\n@\n"))
	f.Add("allow.csv", []byte("\"value\",type\n\"\"\"\",ip\n,,\n\"a\"b,\n"))
	f.Fuzz(func(t *testing.T, file string, data []byte) {
		l, err := parse(file, strings.NewReader(string(data)), 1000)
		if err != nil {
			require.True(t, responder.IsPermanent(err), "the text is at fault: %v", err)
			return
		}
		x := newIndex([]*list{l})
		for _, i := range l.items {
			require.True(t, utf8.ValidString(i.indicator.String()+i.note+i.source))
			require.True(t, i.class == classNetwork || i.text != "")
			require.True(t, i.class != classNetwork || i.prefix == i.prefix.Masked())
			require.LessOrEqual(t, len(i.note), maxNote)
			require.True(t, i.score >= 0 && i.score <= 100)
			if i.class == classNetwork {
				require.NotEmpty(t, x.find(responder.Attribute{Type: "ipaddr", Value: i.prefix.Addr().String()}, start.AddDate(-10000, 0, 0)))
			}
		}
		require.LessOrEqual(t, len(l.faults.First), maxFaults)
		for _, a := range []string{"ipaddr", "domain", "url", "email", "username"} {
			pageOf(responder.Attribute{Type: a, Value: string(data)}, x.find(responder.Attribute{Type: a, Value: string(data)}, start))
		}
	})
}
