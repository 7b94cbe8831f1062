package defang_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/defang"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"nothing to see":                   "nothing to see",
		"198.51.100.23":                    "198.51.100[.]23",
		"198.51.100.0/24":                  "198.51.100[.]0/24",
		"c2.example.net":                   "c2[.]example[.]net",
		"HTTPS://C2.Example.net/a.b?c=d.e": "HxxPS://C2[.]Example[.]net/a[.]b?c=d[.]e",
		"see http://192.0.2.7:8080/x now":  "see hxxp://192.0.2[.]7:8080/x now",
		"alice@example.com":                "alice@example[.]com",
		"bücher.example":                   "bücher[.]example",
		"xn--bcher-kva.xn--p1ai":           "xn--bcher-kva[.]xn--p1ai",
		"c2\u3002example\uFF0Enet\uFF61":   "c2[.]example[.]net\uFF61",
		"cafe\u0301.example":               "cafe\u0301[.]example",
		"evil.\u034Fexample":               "evil[.]\u034Fexample",
		"The end is 192.0.2.7.":            "The end is 192.0.2[.]7.",
		"1.2.3.4.5 and v1.2.3":             "1.2.3.4.5 and v1.2.3",
		"2001:db8::7":                      "2001:db8::7",
		"it cost 4.2 GB. Then it ended.":   "it cost 4.2 GB. Then it ended.",
		"198.51.100[.]23 and a[.]example":  "198.51.100[.]23 and a[.]example",
	} {
		assert.Equal(t, want, defang.Text(in))
	}
}

func TestTextTwiceIsTextOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`(?i)([a-z0-9@:/.\[\] -]|http://|example\.com|10\.0\.0\.1)*`).Draw(t, "text")
		once := defang.Text(s)
		assert.Equal(t, once, defang.Text(once))
	})
}

func TestAttribute(t *testing.T) {
	for kind, want := range map[string]string{
		"domain": "a[.]example", "ipaddr": "a[.]example", "url": "a[.]example", "email": "a[.]example", "hostname": "a[.]example", "json": "a[.]example",
		"username": "a.example", "filehash": "a.example", "instance": "a.example", "accesskey": "a.example", "bucket": "a.example",
	} {
		assert.Equal(t, want, defang.Attribute(responder.Attribute{Type: kind, Value: "a.example"}), kind)
		assert.Equal(t, "hxxp://a[.]example", defang.Attribute(responder.Attribute{Type: kind, Value: "http://a.example"}), kind)
	}
}
