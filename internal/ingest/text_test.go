package ingest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What is found in messages that nobody can parse, as an analyst would: no more, no less. All of it is marked as extracted.
func TestExtracted(t *testing.T) {
	const md5, sha1, sha256 = "9e107d9d372bb6826bd81d3542a419d6", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	for name, want := range map[string]struct {
		describes string
		all       []string
	}{
		"text/fail2ban.txt": {"Hi, The IP 203.0.113.5 has just been banned", []string{"ipaddr 203.0.113.5", "email abuse@isp.example.net", "domain host-5.dynamic.example.net"}},
		"text/ossec.txt": {"OSSEC HIDS Notification.", []string{"ipaddr 10.0.0.12 local", "filehash " + md5 + " file", "filehash e4d909c290d0fb1ca068ffaddf22cbd0 file",
			"filehash " + sha1 + " file", "filehash de9f2c7fd25e1b3afad3e85a0bd17d9b100db4b3 file"}},
		"text/abuse.txt": {"we received a report", []string{"ipaddr 198.51.100.20", "domain ec2-198-51-100-20.eu-west-1.compute.amazonaws.com", "instance i-0123456789abcdef0 local",
			"url https://cdn.evil-updates.example.com:8443/gate.php", "domain cdn.evil-updates.example.com", "ipaddr 203.0.113.77", "ipaddr 2001:db8:bad::77", "filehash " + sha256 + " file",
			"cve CVE-2021-44228", "url ldap://203.0.113.78:1389/Exploit", "ipaddr 203.0.113.78", "email analyst@cert.example.org"}},
		"text/backup.txt": {"An AWS Backup job failed.", []string{"arn arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0 local"}},
		"text/budget.txt": {"AWS Budget Notification", nil},
		"text/zabbix.txt": {"Problem: Unavailable", []string{"ipaddr 10.0.0.12 local"}},
		"text/firewall.txt": {"Deny tcp", []string{"ipaddr 203.0.113.5", "ipaddr 10.0.0.12 local", "ipaddr 203.0.113.6", "ipaddr 198.51.100.20", "ipaddr 203.0.113.7", "ipaddr 10.0.0.13 local",
			"ipaddr 203.0.113.8", "url http://evil.example.com/setup.exe", "domain evil.example.com", "filehash " + md5 + " file"}},
		"text/truncated.json": {`{"receiver"`, []string{"ipaddr 203.0.113.5", "url https://evil.example.com/a", "domain evil.example.com", "ipaddr 198.51.100.7"}},
		"unknown/suricata.json": {`"event_type":"alert"`, []string{"ipaddr 10.0.0.13 local,client", "ipaddr 203.0.113.9 server", "domain dl.evil.example.com", "domain c2.example.org",
			"filepath /setup.exe file", "filehash " + sha256 + " file", "hostname sensor-1 local"}},
		"unknown/osquery.json": {"pack_incident-response", []string{"url http://203.0.113.10/x.sh", "ipaddr 203.0.113.10", "filehash " + sha1 + " file", "username www-data local,subject",
			"hostname web-2.internal local"}},
		"unknown/edr.json": {"DetectionSummaryEvent", []string{"hostname ws-0042 local", "username alice local,subject", "ipaddr 10.20.0.42 local", "ipaddr 203.0.113.11 remote",
			"filepath invoice.zip file", `filepath \Device\HarddiskVolume2\Users\alice\Downloads file`, "filehash " + sha256 + " file", "filehash e4d909c290d0fb1ca068ffaddf22cbd1 file",
			"url http://files.evil.example.com/a.zip", "domain files.evil.example.com", "domain c2.evil.example.net"}},
		"unknown/kubernetes.json": {"cert-manager.io/v1", nil},
		"unknown/siem.json": {"Impossible travel", []string{"ipaddr 203.0.113.12 remote,client", "ipaddr 198.51.100.20 server,local", "ipaddr 10.0.0.5 local", "domain vpn.example.com server",
			"hostname vpn-1 local", "username alice local,subject", "email alice@example.com", "instance i-0123456789abcdef0 local", "accesskey AKIAIOSFODNN7EXAMPLE local",
			"email ceo@evil.example.org", "domain c2.example.net", "filehash " + md5 + " file", "url http://phish.example.net/login remote", "domain phish.example.net remote"}},
	} {
		a := one(t, read(t, name)).Alert
		assert.Equal(t, []string{"alerts", "unparsed", "unknown", `["` + topic + `",""]`}, []string{a.Name, a.Rule, a.Source, a.Key}, name)
		assert.Contains(t, a.Description, want.describes, name)
		var got []string
		for i := range a.Attrs {
			at := &a.Attrs[i]
			assert.True(t, at.Match(responder.ContextExtracted), "%s: %v", name, at)
			context := strings.ReplaceAll(","+strings.Join(at.Context, ",")+",", ",extracted,", ",")
			got = append(got, strings.TrimSpace(at.Type+" "+at.Value+" "+strings.Trim(context, ",")))
		}
		assert.ElementsMatch(t, want.all, got, name)
	}
}

// The subject is a part of the text, and no part of what the incident is about but its key.
func TestExtractedFromTheSubject(t *testing.T) {
	d := delivery("see the subject")
	d.Subject = "login from 203.0.113.5"
	in := ingest.Alerts(d)[0]
	assert.Equal(t, []string{"ipaddr 203.0.113.5 extracted"}, roles(in.Alert))
	d.Body = "again from 203.0.113.6"
	assert.Equal(t, in.Fingerprint, ingest.Alerts(d)[0].Fingerprint)
}

func FuzzUnknown(f *testing.F) { fuzzSender(f, "unknown/") }
func FuzzPlain(f *testing.F)   { fuzzSender(f, "text/") }
