package ingest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestGuardDuty(t *testing.T) {
	in := one(t, read(t, "guardduty-inbound.json"))
	a := in.Alert
	assert.Equal(t, "198.51.100.23 is performing SSH brute force attacks against i-0123456789abcdef0.", a.Name)
	assert.Equal(t, []any{"UnauthorizedAccess:EC2/SSHBruteForce", "guardduty", "111122223333", "eu-west-1", 80.0, false},
		[]any{a.Rule, a.Source, a.Account, a.Region, a.Severity, a.Sample})
	assert.Equal(t, "2026-05-04T02:58:00Z 2026-05-04T03:04:00Z",
		a.Timestamp.InitTime().Format(time.RFC3339)+" "+a.Timestamp.LastTime().Format(time.RFC3339))
	assert.Equal(t, "https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1#/findings?search=id%3Daab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5", a.Link)

	again := one(t, strings.Replace(read(t, "guardduty-inbound.json"), `"count": 3`, `"count": 30`, 1))
	assert.Equal(t, in.Fingerprint, again.Fingerprint, "an update, not a new incident")
	for _, part := range []string{"aab1c2d3", "eu-west-1", "111122223333"} {
		other := one(t, strings.ReplaceAll(read(t, "guardduty-inbound.json"), part, "other"))
		assert.NotEqual(t, in.Fingerprint, other.Fingerprint, part)
	}

	var event struct{ Detail json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(read(t, "guardduty-inbound.json")), &event))
	assert.Equal(t, in.Fingerprint, one(t, string(event.Detail)).Fingerprint, "without its envelope")
}

func TestGuardDutyFindings(t *testing.T) {
	list := ingest.Alerts(delivery(read(t, "guardduty-getfindings.json")))
	require.Len(t, list, 2)
	a, b := list[0].Alert, list[1].Alert
	assert.True(t, a.Sample)
	assert.Equal(t, responder.Resolved, a.State)
	assert.Equal(t, []string{"ipaddr 203.0.113.77 remote,client", "accesskey ASIAEXAMPLE local,subject", "username deployer local,subject",
		"bucket example-backups local,object"}, roles(a))
	assert.Equal(t, []string{"ipaddr 203.0.113.1 remote,client", "ipaddr 203.0.113.2 remote,client", "ipaddr 10.9.9.9 local,client",
		"instance i-0aa local,object"}, roles(b))
	assert.NotEqual(t, list[0].ID, list[1].ID)
	assert.True(t, strings.HasPrefix(a.Raw, "{\n      \"AccountId\""), "verbatim")
}

// finding is one with this action and this resource.
func finding(service, resource string) string {
	return `{"type":"t","id":"i","accountId":"1","region":"eu-west-1","severity":8.3,"resource":{` + resource + `},"service":{` + service + `}}`
}

// Attacker and own side are never confused: what must be there, and what must not.
func TestFindingEntities(t *testing.T) {
	const sha = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	connection := func(direction string) string {
		return `"action":{"networkConnectionAction":{"connectionDirection":"` + direction + `","localIpDetails":{"ipAddressV4":"10.0.0.7"},"remoteIpDetails":{"ipAddressV4":"198.51.100.9"}}}`
	}
	for name, c := range map[string]struct {
		body      string
		must, not []string
	}{
		"inbound":  {finding(connection("INBOUND"), ""), []string{"ipaddr 198.51.100.9 remote,client", "ipaddr 10.0.0.7 local,server"}, nil},
		"outbound": {finding(connection("OUTBOUND"), ""), []string{"ipaddr 198.51.100.9 remote,server", "ipaddr 10.0.0.7 local,client"}, nil},
		"unknown":  {finding(connection("UNKNOWN"), ""), []string{"ipaddr 198.51.100.9 remote", "ipaddr 10.0.0.7 local"}, nil},
		"a private remote address": {
			finding(`"action":{"networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"172.16.0.9"}}}`, ""),
			[]string{"ipaddr 172.16.0.9 local,client"}, nil},
		"no address": {
			finding(`"action":{"networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"GeneratedFindingRemoteIp"},"localIpDetails":{"ipAddressV4":""}}}`, ""),
			nil, []string{"ipaddr"}},
		"IPv6": {
			finding(`"action":{"awsApiCallAction":{"remoteIpDetails":{"ipAddressV4":"","ipAddressV6":"2001:DB8::9"}}}`,
				`"instanceDetails":{"networkInterfaces":[{"ipv6Addresses":["2001:db8::1"]}]}`),
			[]string{"ipaddr 2001:db8::9 remote,client", "ipaddr 2001:db8::1 local"}, nil},
		"DNS": {
			finding(`"action":{"dnsRequestAction":{"domain":"Evil.example."}}`, `"instanceDetails":{"instanceId":"i-0aa"}`),
			[]string{"domain evil.example remote,object", "instance i-0aa local,object"}, []string{"ipaddr"}},
		"a call from a service": {
			finding(`"action":{"awsApiCallAction":{"domainDetails":{"domain":"evil.example"}}}`, ""), []string{"domain evil.example remote,client"}, nil},
		"ports": {
			finding(`"action":{"portProbeAction":{"portProbeDetails":[{"localIpDetails":{"ipAddressV4":"10.0.0.7"},"remoteIpDetails":{"ipAddressV4":"198.51.100.1"}},
				{"remoteIpDetails":{"ipAddressV4":"198.51.100.2"}}]}}`, ""),
			[]string{"ipaddr 198.51.100.1 remote,client", "ipaddr 198.51.100.2 remote,client", "ipaddr 10.0.0.7 local,server"}, nil},
		"Kubernetes": {
			finding(`"action":{"kubernetesApiCallAction":{"sourceIPs":["198.51.100.3","10.1.1.1"],"remoteIpDetails":{"ipAddressV4":"198.51.100.4"}}}`,
				`"kubernetesDetails":{"kubernetesUserDetails":{"username":"system:anonymous"}}`),
			[]string{"ipaddr 198.51.100.3 remote,client", "ipaddr 198.51.100.4 remote,client", "ipaddr 10.1.1.1 local,client", "username system:anonymous local,subject"}, nil},
		"Kubernetes in PascalCase": {
			finding(`"Action":{"KubernetesApiCallAction":{"SourceIps":["198.51.100.3"]}}`, ""), []string{"ipaddr 198.51.100.3 remote,client"}, nil},
		"a database": {
			finding(`"action":{"rdsLoginAttemptAction":{"remoteIpDetails":{"ipAddressV4":"198.51.100.5"}}}`, `"rdsDbUserDetails":{"user":"admin"}`),
			[]string{"ipaddr 198.51.100.5 remote,client", "username admin local,subject"}, nil},
		"an actor of one's own": {
			finding(`"resourceRole":"ACTOR","action":{}`, `"instanceDetails":{"instanceId":"i-0aa"},"accessKeyDetails":{"accessKeyId":"AKIAEXAMPLE","userName":"deployer"},"s3BucketDetails":[{"name":"a"},{"name":"b"}]`),
			[]string{"instance i-0aa local,subject", "accesskey AKIAEXAMPLE local,subject", "username deployer local,subject", "bucket a local,object", "bucket b local,object"}, nil},
		"a process": {
			finding(`"action":{},"evidence":null,"runtimeDetails":{"process":{"name":"x","executableSha256":"`+strings.ToUpper(sha)+`"}}`, ""),
			[]string{"filehash " + sha + " file"}, nil},
		"a malware scan": {
			finding(`"ebsVolumeScanDetails":{"scanDetections":{"threatDetectedByName":{"threatNames":[{"filePaths":[{"filePath":"/tmp/x","hash":"`+sha+`"},{"hash":"GeneratedFindingHash"},{"hash":"abc123"}]}]}}}`, ""),
			[]string{"filehash " + sha + " file"}, []string{"filehash generated", "filehash abc123"}},
		"a sequence": {
			read(t, "guardduty-sequence.json"),
			[]string{"ipaddr 203.0.113.40", "ipaddr 10.0.0.4", "domain drop.example", "username deployer local,subject", "bucket example-backups local,object", "accesskey ASIAEXAMPLE local,subject"},
			[]string{"filehash", "ipaddr 203.0.113.40 remote"}},
		"nothing": {finding(`"action":null`, `"instanceDetails":null`), nil, []string{""}},
	} {
		got := roles(one(t, c.body).Alert)
		for _, want := range c.must {
			assert.Contains(t, got, want, name)
		}
		for _, has := range got {
			for _, not := range c.not {
				assert.False(t, strings.HasPrefix(has, not), "%s: %s", name, has)
			}
			private := strings.Contains(has, " 10.") || strings.Contains(has, " 172.16.")
			assert.False(t, private && strings.Contains(has, "remote"), "%s: %s", name, has)
		}
	}
}

func TestFindingSeverityAndMarks(t *testing.T) {
	for n, want := range map[string]float64{"0.1": 1, "1.1": 11, "8.3": 83, "8": 80, "10": 100, "99": 100, `"8"`: 80, "null": 0, "-1": 0} {
		got := one(t, strings.Replace(finding("", ""), "8.3", n, 1)).Alert.Severity
		assert.Equal(t, want, got, n)
	}
	for info, want := range map[string]bool{
		`{"sample":true}`: true, `{"sample":false}`: false, `{}`: false, `null`: false, `{"value":"{\"sample\":true}"}`: true,
		`{"value":"{}"}`: false, `{"value":"sample"}`: false, `{"Value":"{\"sample\":true}"}`: true,
	} {
		assert.Equal(t, want, one(t, finding(`"additionalInfo":`+info, "")).Alert.Sample, info)
	}
	assert.Equal(t, responder.Resolved, one(t, finding(`"archived":true`, "")).Alert.State)
	assert.Equal(t, responder.Firing, one(t, finding(`"archived":false`, "")).Alert.State.OrFiring())
}

// A scan of an object is no finding, though the same service sends it.
func TestObjectScanIsNoFinding(t *testing.T) {
	a := one(t, read(t, "guardduty-object-scan.json")).Alert
	assert.Equal(t, []string{"aws.guardduty", "GuardDuty Malware Protection Object Scan Result", "111122223333", "eu-west-1"},
		[]string{a.Source, a.Name, a.Account, a.Region})
	assert.Contains(t, a.Description, "THREATS_FOUND")
}
