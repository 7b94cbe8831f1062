package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const ruleLink = "https://prometheus.example.com/graph?g0.expr=rate&g0.tab=1"

func TestAlertmanager(t *testing.T) {
	bruteForce := good{
		name: "SSH brute force against bastion-1", rule: "SshBruteForce", severity: 90, link: ruleLink, first: "2026-05-04T03:00:00Z", last: "2026-05-17T12:00:00Z",
		describes: "412 failed logins as root in 5 minutes.\nrunbook_url: https://wiki.example.com/runbooks/ssh\nLabels: alertname=SshBruteForce, instance=bastion-1.example.com:9100",
		all:       []string{"ipaddr 203.0.113.99 remote,client", "hostname bastion-1.example.com local", "username root local,subject"},
	}
	over := good{
		name: "SSH brute force against 10.1.2.3", rule: "SshBruteForce", severity: 50, state: responder.Resolved, link: "http://prometheus-0:9090/graph?g0.expr=rate&g0.tab=1",
		first: "2026-05-04T02:00:00Z", last: "2026-05-04T03:05:00Z", all: []string{"ipaddr 198.51.100.8 remote,client", "ipaddr 10.1.2.3 local"},
	}
	inText, overInText := bruteForce, over
	inText.describes, inText.first = "412 failed logins\nas root in 5 minutes.", "2026-05-17T12:00:00Z"
	overInText.first, overInText.last = "2026-05-17T12:00:00Z", "2026-05-17T12:00:00Z"
	for name, want := range map[string][]good{
		"webhook.json": {bruteForce, over},
		"sns.txt": {inText, {
			name: "SshBruteForce", rule: "SshBruteForce", severity: 90, all: []string{"hostname bastion-2.example.com local"},
		}, overInText},
		"tojson.json": {{
			name: "Pod is crash looping.", rule: "KubePodCrashLooping", severity: 50, link: "http://prometheus-k8s-0:9090/graph?g0.expr=x",
			first: "2026-05-04T04:10:11Z", all: []string{"hostname api-7c9d-abcde local", "container api local"},
		}},
		"v3.json": {{
			name: "Watchdog", rule: "Watchdog", state: responder.Resolved, link: "http://am.example.com:9093",
			first: "2026-05-04T01:00:00Z", last: "2026-05-04T03:00:00Z", describes: "This alert is always firing.",
		}},
		"api.json": {{
			name: "New file hash on web-2", rule: "NewExecutable", severity: 70, account: "111122223333", region: "eu-west-1", link: "https://prometheus.example.com/graph?g0.expr=y",
			all: []string{"hostname web-2 local", "filehash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 file"},
		}, {
			name: "ProbeFailed", rule: "ProbeFailed", severity: 90, state: responder.Resolved, last: "2026-05-17T11:30:00Z",
			all: []string{"url https://shop.example.com/health local,object"},
		}},
		"grafana.json": {{
			name: "Many failed logins", rule: "Failed console logins", severity: 70, account: "111122223333", link: "https://grafana.example.com/alerting/grafana/f1/view?orgId=1",
			first: "2026-05-04T07:51:03Z", describes: "Values: [ var='B' labels={} value=44.2 ]", all: []string{"ipaddr 203.0.113.20 remote,client"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			list := ingest.Alerts(delivery(read(t, "alertmanager/"+name)))
			require.Len(t, list, len(want))
			check(t, list)
			for i, g := range want {
				g.source = "alertmanager"
				g.test(t, list[i].Alert)
				assert.Contains(t, read(t, "alertmanager/"+name), list[i].Alert.Raw, "verbatim")
			}
		})
	}
}

// bare gives the alerts of a group, each alone.
func bare(t *testing.T, body string) (out []string) {
	t.Helper()
	for _, in := range ingest.Alerts(delivery(body)) {
		out = append(out, in.Alert.Raw)
	}
	return out
}

// An alert is its labels: in the group, alone, as text, resolved, and after that again.
func TestAlertmanagerIncidents(t *testing.T) {
	webhook := bare(t, read(t, "alertmanager/webhook.json"))
	text := bare(t, read(t, "alertmanager/sns.txt"))
	first := webhook[0]
	incident{
		first: first,
		same: []string{text[0], with(t, first, `"status":"firing"`, `"status":"resolved"`), first, with(t, first, "9c1f6c2f3a6d7b10", "0"),
			with(t, with(t, first, "2026-05-04T03:00:00Z", "2026-05-05T03:00:00Z"), "412", "900"),
			with(t, first, `"job":"auth"`, `"job":"auth","prometheus_replica":"prometheus-k8s-1"`), `{"version":"4","receiver":"other","status":"firing","alerts":[` + first + `]}`},
		others: []string{webhook[1], text[1], with(t, first, "203.0.113.99", "203.0.113.98"), with(t, first, `"job":"auth"`, `"job":"auth","cluster":"eu"`)},
	}.test(t)
	assert.Equal(t, one(t, webhook[1]).Fingerprint, one(t, text[2]).Fingerprint)
	assert.Equal(t, responder.Resolved, one(t, webhook[1]).Alert.State)
}

// What is wrong in one alert of a group spoils no other, and a group that cannot be parted is kept.
func TestAlertmanagerGroups(t *testing.T) {
	group := func(alerts string) string {
		return `{"version":"4","groupKey":"{}:{}","receiver":"r","status":"firing","groupLabels":{"alertname":"A"},"commonLabels":{"alertname":"A","severity":"critical","instance":"h:1"},"externalURL":"https://am.example.com","alerts":[` + alerts + `]}`
	}
	alert := func(n int) string {
		return fmt.Sprintf(`{"status":"firing","labels":{"alertname":"A","instance":"h%d:9100"},"annotations":{}}`, n)
	}
	assert.Len(t, ingest.Alerts(delivery(group(alert(1)+","+alert(2)))), 2)
	by := ingest.Alerts(delivery(`{"alerts":[` + alert(1) + "," + alert(2) + `]}`))
	require.Len(t, by, 2, "written by hand")
	assert.Equal(t, one(t, alert(1)).Fingerprint, by[0].Fingerprint)
	assert.Equal(t, "unknown", one(t, `{"alerts":[]}`).Alert.Source)
	for odd, more := range map[string]int{`null`: 0, `7`: 1, `"x"`: 1, `{"status":"firing"}`: 1, `{"labels":{"x":"y"}}`: 1, `{"labels":{"alertname":"A"}}`: 1} {
		for n, alerts := range []string{odd + "," + alert(1) + "," + alert(2), alert(1) + "," + alert(2) + "," + odd} {
			list := ingest.Alerts(delivery(group(alerts)))
			require.Len(t, list, 2+more, odd)
			assert.Equal(t, one(t, alert(1)).Fingerprint, list[more*(1-n)].Fingerprint, odd)
			assert.Equal(t, one(t, alert(2)).Fingerprint, list[1+more*(1-n)].Fingerprint, odd)
			source := "unknown"
			if strings.Contains(odd, "alertname") {
				source = "alertmanager"
			}
			if more > 0 {
				assert.Equal(t, []string{source, odd}, []string{list[2*n].Alert.Source, list[2*n].Alert.Raw})
			}
		}
	}
	for name, body := range map[string]string{"none": group(""), "only odd ones": group(`7,{"status":"firing"}`),
		"too many": group(strings.Repeat(alert(1)+",", 1000) + alert(2))} {
		a := one(t, body).Alert
		assert.Equal(t, []any{"alertmanager", "A", "A", 90.0, body}, []any{a.Source, a.Name, a.Rule, a.Severity, a.Raw}, name)
		assert.Contains(t, a.Description, "kept as one", name)
		assert.Equal(t, []string{"hostname h local"}, roles(a))
	}
}

// The SNS receiver cuts at 256 KiB: whole alerts are read, and say that others are missing.
func TestAlertmanagerCut(t *testing.T) {
	var alerts []string
	for i := range 40 {
		alerts = append(alerts, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"A","instance":"h%d:9100"},"annotations":{"x":"%s"},"fingerprint":"%d"}`, i, strings.Repeat("y", 200), i))
	}
	whole := `{"receiver":"sns","status":"firing","alerts":[` + strings.Join(alerts, ",") + `],"groupLabels":{},"commonLabels":{}}`
	for cut, want := range map[int]int{len(whole) - 1: 40, len(whole) - 60: 39, 1000: 3, 700: 2, 400: 1} {
		d := delivery(whole[:cut])
		d.Attributes = map[string]string{"truncated": "true"}
		list := ingest.Alerts(d)
		require.Len(t, list, want)
		for i, in := range list {
			assert.Equal(t, one(t, alerts[i]).Fingerprint, in.Fingerprint)
			assert.Equal(t, in.Fingerprint, ingest.Alerts(delivery(in.Alert.Raw))[0].Fingerprint)
			assert.Contains(t, in.Alert.Description, fmt.Sprintf("[the message was cut off after %d alerts]", want))
		}
	}
	odd := strings.Replace(whole, `"alerts":[`, `"alerts":[null,{"status":"firing"},`, 1)
	list := ingest.Alerts(delivery(odd[:1000]))
	require.Len(t, list, 4, "what is odd spoils no other")
	assert.Equal(t, []string{"unknown", one(t, alerts[0]).Fingerprint}, []string{list[0].Alert.Source, list[1].Fingerprint})
	for _, cut := range []int{40, 200} {
		a := one(t, whole[:cut]).Alert
		assert.Equal(t, []string{"unparsed", whole[:cut]}, []string{a.Rule, a.Raw})
	}
	other := `{"alerts":[{"labels":{"a":"b"},"annotations":{}},`
	assert.Equal(t, "unparsed", one(t, other).Alert.Rule, "no group of Alertmanager's")
}

// A cut text, one with words of others in it, and one that only looks like it.
func TestAlertmanagerText(t *testing.T) {
	text := read(t, "alertmanager/sns.txt")
	list := ingest.Alerts(delivery(text[:strings.Index(text, " - src_ip = 198.51.100.8")+10]))
	require.Len(t, list, 2, "labels that are cut are others")
	assert.Contains(t, list[0].Alert.Description, "[1 further alerts of the message cannot be read]")
	list = ingest.Alerts(delivery(text[:strings.Index(text, "against 10.1.2.3")]))
	require.Len(t, list, 3)
	assert.Equal(t, one(t, bare(t, text)[2]).Fingerprint, list[2].Fingerprint)

	list = ingest.Alerts(delivery(with(t, text, "something is wrong", "well\nLabels:\n - alertname = none\nAnnotations:\nSource: x\nfoo")))
	assert.Len(t, list, 3, "what stands before the alerts is none")
	list = ingest.Alerts(delivery(with(t, text, "as root in", "Labels:\n - alertname = none\nAlerts Resolved:\nas root in")))
	require.Len(t, list, 3, "what stands in an alert is none")
	assert.Contains(t, list[0].Alert.Description, "Alerts Resolved: as root in")
	for _, body := range []string{"Alerts Firing:\nnone", "Labels:\n - a = b\n", "Alerts Firing:\nLabels:\n - x\nAnnotations:\n"} {
		a := one(t, body).Alert
		assert.Equal(t, []string{"unparsed", body}, []string{a.Rule, a.Raw})
	}
}

func TestAlertmanagerSeverity(t *testing.T) {
	for label, want := range map[string]float64{
		`"severity":"critical"`: 90, `"severity":"CRITICAL"`: 90, `"severity":"page"`: 90, `"priority":"P1"`: 90, `"severity":"sev-2"`: 70, `"level":"error"`: 70,
		`"severity":"warning"`: 50, `"severity":"Medium"`: 50, `"severity":"low"`: 30, `"severity":"info"`: 10, `"severity":"none"`: 0, `"severity":"3"`: 0, `"x":"critical"`: 0,
		`"severity":"none","priority":"P2"`: 70,
	} {
		assert.Equal(t, want, one(t, `{"labels":{"alertname":"A",`+label+`},"annotations":{}}`).Alert.Severity, label)
	}
}

// What labels name is on one's own side, but for who is said to have come from elsewhere. Who measured is not what was measured.
func TestAlertmanagerLabels(t *testing.T) {
	for labels, want := range map[string][]string{
		`"instance":"localhost:9090"`:                                                                      nil,
		`"instance":"127.0.0.1:9090"`:                                                                      nil,
		`"instance":"[2001:db8::7]:9100"`:                                                                  {"ipaddr 2001:db8::7 local"},
		`"instance":"203.0.113.5:9100"`:                                                                    {"ipaddr 203.0.113.5 local"},
		`"instance":"i-0123456789abcdef0"`:                                                                 {"instance i-0123456789abcdef0 local"},
		`"instance":"10.0.0.1:9091","exported_instance":"db-1:5432"`:                                       {"hostname db-1 local"},
		`"job":"kube-state-metrics","instance":"10.0.0.1:8080","node":"n1"`:                                {"hostname n1 local"},
		`"job":"node-exporter","instance":"10.0.0.1:9100","pod":"node-exporter-x"`:                         {"ipaddr 10.0.0.1 local"},
		`"src_ip":"10.0.0.9","dst_ip":"203.0.113.7"`:                                                       {"ipaddr 10.0.0.9 local,client", "ipaddr 203.0.113.7 remote,server"},
		`"src_ip":"203.0.113.7","dst_ip":"10.0.0.9"`:                                                       {"ipaddr 10.0.0.9 local,server", "ipaddr 203.0.113.7 remote,client"},
		`"remote_ip":"203.0.113.7:443"`:                                                                    {"ipaddr 203.0.113.7 remote"},
		`"src_ip":"unknown","user":""`:                                                                     nil,
		`"domain":"Evil.example.","url":"https://evil.example/x"`:                                          {"domain evil.example", "url https://evil.example/x"},
		`"name":"arn:aws:s3:::example-backups","dimension_InstanceId":"i-0aa"`:                             {"bucket example-backups local", "instance i-0aa local"},
		`"image":"docker.io/library/nginx:1.27","container_id":"containerd://4c1b7e90d2aa"`:                {"image docker.io/library/nginx:1.27 local", "container 4c1b7e90d2aa local"},
		`"vuln_id":"cve-2026-0001","process":"/usr/bin/nc","fd_name":"/etc/shadow","fd_sip":"203.0.113.8"`: {"cve CVE-2026-0001", "process /usr/bin/nc local,subject", "filepath /etc/shadow file,object", "ipaddr 203.0.113.8 remote,server"},
		`"bucket":"example-logs","access_key_id":"AKIAIOSFODNN7EXAMPLE"`:                                   {"bucket example-logs local,object", "accesskey AKIAIOSFODNN7EXAMPLE local,subject"},
	} {
		assert.ElementsMatch(t, want, roles(one(t, `{"labels":{"alertname":"A",`+labels+`},"annotations":{"summary":"s"}}`).Alert), labels)
	}
}

// People call one thing by many names.
func TestAlertmanagerNames(t *testing.T) {
	for _, c := range []struct{ names, value, want string }{
		{"src_ip source_ip srcip sourceip source_address src_addr client_ip clientip client_address attacker_ip fd_cip", "203.0.113.7", "ipaddr 203.0.113.7 remote,client"},
		{"dst_ip dest_ip destination_ip dstip destination_address dst_addr server_ip fd_sip", "10.0.0.7", "ipaddr 10.0.0.7 local,server"},
		{"remote_ip remote_addr remote_address peer_ip fd_rip", "203.0.113.7", "ipaddr 203.0.113.7 remote"},
		{"instance target exported_instance node host hostname nodename node_name kubernetes_node k8s_node_name server machine vm", "db-1", "hostname db-1 local"},
		{"pod pod_name kubernetes_pod_name k8s_pod_name", "api-1", "hostname api-1 local"},
		{"container container_name container_id", "4c1b7e90d2aa", "container 4c1b7e90d2aa local"},
		{"image container_image image_spec container_image_repository", "nginx:1.27", "image nginx:1.27 local"},
		{"user username user_name src_user account_name", "alice", "username alice local,subject"},
		{"domain fqdn query_name dns_query", "evil.example.com", "domain evil.example.com"},
		{"process process_name proc_name exe proc_exepath", "/usr/bin/nc", "process /usr/bin/nc local,subject"},
		{"file_path filepath fd_name", "/etc/shadow", "filepath /etc/shadow file,object"},
		{"sha256 file_hash hash", testSHA256, "filehash " + testSHA256 + " file"},
		{"sha1", testSHA1, "filehash " + testSHA1 + " file"},
		{"md5", testMD5, "filehash " + testMD5 + " file"},
		{"cve cve_id vuln_id vulnerability_id", "CVE-2026-0001", "cve CVE-2026-0001"},
		{"instance_id dimension_InstanceId dimension_instance_id", "i-0123456789abcdef0", "instance i-0123456789abcdef0 local"},
		{"bucket bucket_name dimension_BucketName dimension_bucket_name", "example-logs", "bucket example-logs local,object"},
	} {
		for name := range strings.FieldsSeq(c.names) {
			a := one(t, `{"labels":{"alertname":"A","`+name+`":"`+c.value+`"},"annotations":{"summary":"s"}}`).Alert
			assert.Equal(t, []string{c.want}, roles(a), name)
		}
	}
}

// What people wrote in annotations of the usual names is looked through, and in no others.
func TestAlertmanagerAnnotations(t *testing.T) {
	for _, name := range []string{"summary", "description", "message", "info"} {
		a := one(t, `{"labels":{"alertname":"A"},"annotations":{"`+name+`":"Beacon to 203.0.113.7","runbook_url":"https://wiki.example.com/203.0.113.8"}}`).Alert
		assert.Equal(t, []string{"ipaddr 203.0.113.7 extracted"}, roles(a), name)
	}
}

func TestGrafanaTest(t *testing.T) {
	test := `{"receiver":"r","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"TestAlert","instance":"Grafana"},"annotations":{"summary":"Notification test"},"startsAt":"2026-05-04T03:00:00Z"}],"groupLabels":{}}`
	assert.True(t, one(t, test).Alert.Sample)
	assert.False(t, one(t, with(t, test, "Grafana", "db-1")).Alert.Sample)
}

func FuzzAlertmanager(f *testing.F) { fuzzSender(f, "alertmanager/") }
