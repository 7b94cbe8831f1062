package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestGuardDuty(t *testing.T) {
	for name, want := range guardDutyAlerts {
		list := ingest.Alerts(delivery(read(t, "guardduty/"+name)))
		require.Len(t, list, len(want), name)
		for n, in := range list {
			t.Run(name, func(t *testing.T) { want[n].test(t, in.Alert) })
		}
	}
	for name := range fixtures(t) {
		if file, ok := strings.CutPrefix(name, "guardduty/"); ok {
			assert.Contains(t, guardDutyAlerts, file)
		}
	}
}

func TestGuardDutyIncidents(t *testing.T) {
	body := read(t, "guardduty/inbound.json")
	var event struct{ Detail json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(body), &event))
	incident{
		first: body,
		same: []string{
			body,
			with(t, with(t, body, `"count": 3`, `"count": 30`), "2026-05-04T03:04", "2026-05-06T03:04"),
			with(t, body, `"severity": 8`, `"severity": 9`),
			with(t, body, `"archived": false`, `"archived": true`),
			with(t, body, `"aws.guardduty"`, `null`),
			with(t, body, `"detail-type": "GuardDuty Finding", "source": "aws.guardduty",`, ``),
			with(t, body, "5c1d2f30-0000-4000-8000-000000000001", "another event"),
			string(event.Detail),
			`{"findings":[` + string(event.Detail) + `]}`,
			`{"Findings":[` + pascal(t, event.Detail) + `]}`,
		},
		others: []string{
			with(t, body, "aab1c2d3", "other"), with(t, body, "eu-west-1", "eu-west-2"), with(t, body, "111122223333", "444455556666"),
			with(t, body, "SSHBruteForce", "Other"), read(t, "guardduty/outbound-actor.json"),
		},
	}.test(t)
	incident{
		first: read(t, "guardduty/object-scan.json"),
		same:  []string{with(t, read(t, "guardduty/object-scan.json"), "03:05:00Z", "04:05:00Z")},
		others: []string{
			with(t, read(t, "guardduty/object-scan.json"), "cv.pdf", "cv2.pdf"), with(t, read(t, "guardduty/object-scan.json"), "example-uploads", "other"),
			with(t, read(t, "guardduty/object-scan.json"), `"eTag": "e"`, `"eTag": "f"`), with(t, read(t, "guardduty/object-scan.json"), "111122223333", "444455556666"),
			with(t, read(t, "guardduty/object-scan.json"), "THREATS_FOUND", "NO_THREATS_FOUND"),
		},
	}.test(t)
}

// pascal is a finding as the AWS CLI gives it: with the names of the fields in PascalCase.
func pascal(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	out, err := json.Marshal(pascalNames(v))
	require.NoError(t, err)
	return string(out)
}

func pascalNames(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			out[strings.ToUpper(name[:1])+name[1:]] = pascalNames(inner)
		}
		return out
	case []any:
		for i := range v {
			v[i] = pascalNames(v[i])
		}
	}
	return v
}

// A finding says the same in either spelling.
func TestFindingsInPascalCase(t *testing.T) {
	for name, body := range fixtures(t) {
		if !strings.HasPrefix(name, "guardduty/") || strings.HasSuffix(name, "getfindings.json") || strings.HasSuffix(name, "object-scan.json") || strings.HasSuffix(name, "l") {
			continue
		}
		var event struct{ Detail json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(body), &event), name)
		if event.Detail == nil {
			event.Detail = json.RawMessage(body)
		}
		was, is := ingest.Alerts(delivery(string(event.Detail))), ingest.Alerts(delivery(pascal(t, event.Detail)))
		require.Len(t, is, len(was), name)
		for n := range is {
			a, b := was[n].Alert, is[n].Alert
			b.Raw, a.Description, b.Description = a.Raw, strings.ToLower(a.Description), strings.ToLower(b.Description) // which has names, too
			assert.Equal(t, a, b, name)
		}
	}
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
	const own = `"instanceDetails":{"networkInterfaces":[{"publicIp":"203.0.113.9"}]}`
	const call = `"action":{"awsApiCallAction":{"remoteIpDetails":{"ipAddressV4":"203.0.113.9"}}}`
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
			[]string{"ipaddr 198.51.100.3 remote,client", "ipaddr 198.51.100.4 remote,client", "ipaddr 10.1.1.1 local,client"}, nil},
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
			read(t, "guardduty/sequence.json"),
			[]string{"ipaddr 203.0.113.40", "ipaddr 10.0.0.4 local", "domain drop.example"},
			[]string{"filehash 99", "filehash 75aa", "ipaddr 203.0.113.40 remote", "ipaddr 203.0.113.9 remote"}},
		"one's own address, from outside": {
			finding(call, own), []string{"ipaddr 203.0.113.9 local,client"}, []string{"ipaddr 203.0.113.9 remote"}},
		"a sample, which has one address for both": {
			finding(`"additionalInfo":{"sample":true},`+call, own), []string{"ipaddr 203.0.113.9 remote,client"}, []string{"ipaddr 203.0.113.9 local"}},
		"an account of one's own": {
			finding(strings.Replace(call, `"remoteIpDetails"`, `"remoteAccountDetails":{"accountId":"444455556666","affiliated":true},"remoteIpDetails"`, 1),
				`"accessKeyDetails":{"userName":"ops","userType":"AWSAccount"}`),
			[]string{"username ops local,subject", "arn arn:aws:iam::444455556666:root local,client"}, nil},
		"a stranger's account, of another partition": {
			strings.Replace(finding(strings.Replace(call, `"remoteIpDetails"`, `"remoteAccountDetails":{"accountId":"444455556666"},"remoteIpDetails"`, 1),
				`"accessKeyDetails":{"userName":"ops","userType":"AWSAccount"}`), `"id"`, `"partition":"aws-us-gov","id"`, 1),
			[]string{"username ops remote,subject", "arn arn:aws-us-gov:iam::444455556666:root remote,client"}, nil},
		"a stolen key of one's own, used in a stranger's account": {
			finding(strings.Replace(call, `"remoteIpDetails"`, `"remoteAccountDetails":{"accountId":"444455556666","affiliated":false},"remoteIpDetails"`, 1),
				`"accessKeyDetails":{"accessKeyId":"ASIAEXAMPLE","userName":"web","userType":"AssumedRole","principalId":"AROA:i-0123456789abcdef0"}`),
			[]string{"accesskey ASIAEXAMPLE local,subject", "username web local,subject", "instance i-0123456789abcdef0 local,subject", "arn arn:aws:iam::444455556666:root remote,client"}, nil},
		"no account": {
			finding(strings.Replace(call, `"remoteIpDetails"`, `"remoteAccountDetails":{"accountId":"x:y"},"remoteIpDetails"`, 1), ""), nil, []string{"arn"}},
		"an object that KMS encrypts, whose tag is no hash of it": {
			finding("", `"s3BucketDetails":[{"name":"b","defaultServerSideEncryption":{"encryptionType":"aws:kms"},"s3ObjectDetails":[{"eTag":"44d88612fea8a8f36de82e1278abb02f","key":"k"}]}]`),
			[]string{"filepath k local,file"}, []string{"filehash"}},
		"no pod": {
			finding("", `"kubernetesDetails":{"kubernetesWorkloadDetails":{"name":"web","type":"deployments","namespace":"shop","serviceAccountName":"web"}}`),
			[]string{"username system:serviceaccount:shop:web local"}, []string{"hostname"}},
		"no vulnerability": {
			finding(`"detection":{"sequence":{"sequenceIndicators":[{"key":"VULNERABILITY","values":["something"]}]}}`, ""), nil, []string{""}},
		"words only": {
			strings.Replace(finding("", ""), `"id"`, `"description":"Connected from a Tor exit node: 203.0.113.5.","id"`, 1), []string{"ipaddr 203.0.113.5 extracted"}, nil},
		"what a command line says again": {
			finding(`"action":{"networkConnectionAction":{"connectionDirection":"OUTBOUND","remoteIpDetails":{"ipAddressV4":"198.51.100.9"}}},"runtimeDetails":{"context":{"commandLineExample":"nc 198.51.100.9 4444 # 198.51.100.8"}}`, ""),
			[]string{"ipaddr 198.51.100.9 remote,server", "ipaddr 198.51.100.8 extracted"}, nil},
		"more": {
			finding(`"additionalInfo":{"value":"{\"domain\":\"drop.example\",\"recentCredentials\":[{\"accessKeyId\":\"AKIAEXAMPLE\",\"principalId\":\"AROA:carol\",\"ipAddressV4\":\"198.51.100.6\"},{\"ipAddressV4\":\"10.0.0.6\"}]}"}`, ""),
			[]string{"domain drop.example remote,object", "accesskey AKIAEXAMPLE local,subject", "username carol local,subject", "ipaddr 198.51.100.6", "ipaddr 10.0.0.6 local"}, nil},
		"an address in place of a domain": {
			finding(`"action":{"dnsRequestAction":{"domain":"198.51.100.7"}}`, ""), []string{"ipaddr 198.51.100.7 remote,object"}, []string{"domain"}},
		"no domains": {
			finding(`"action":{"dnsRequestAction":{"domain":"GeneratedFindingDomainName"},"awsApiCallAction":{"domainDetails":{"domain":"logs.eu-west-1.amazonaws.com.cn"}}}`, ""), nil, []string{"domain"}},
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
	for n, want := range map[string]float64{"0.1": 1, "1.1": 11, "8.3": 83, "8": 80, "10": 100, "99": 100, `"8"`: 80, `"HIGH"`: 70, `"Critical"`: 90, `"odd"`: 0, "null": 0, "-1": 0} {
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

// What a person reads first is what GuardDuty wrote.
func TestFindingDescriptionIsBounded(t *testing.T) {
	long := strings.Repeat("x", 20000)
	a := one(t, strings.Replace(finding(`"count":2,"action":{"dnsRequestAction":{"domain":"`+long+`"}}`, ""), `"id"`, `"description":"`+long+`","id"`, 1)).Alert
	assert.Less(t, len(a.Description), 4000)
	assert.True(t, strings.HasSuffix(a.Description, "Seen: 2 times"), a.Description)
}

func TestFindingDescriptionSaysThingsOnce(t *testing.T) {
	assert.Equal(t, 1, strings.Count(one(t, read(t, "guardduty/runtime.json")).Alert.Description, "Container: web"))
	foreign := one(t, read(t, "guardduty/foreign-caller.json")).Alert.Description
	assert.NotContains(t, foreign, "isUnusualUserIdentity", "which is false")
	more := finding(`"additionalInfo":{"inBytes":"1","outBytes":2,"unusualProtocol":"UDP","portsScannedSample":[22,80],"newPolicy":{"minimumPasswordLength":"6"}}`, "")
	assert.Equal(t, "Traffic: in bytes 1, out bytes 2, unusual protocol UDP\nPorts scanned: 22, 80\nNew policy: minimumPasswordLength 6", one(t, more).Alert.Description)
	place := finding(`"action":{"awsApiCallAction":{"api":"x","remoteIpDetails":{"ipAddressV4":"198.51.100.1","city":{"cityName":"UNKNOWN"},"organization":{"asn":"0","asnOrg":"UNKNOWN"}}}}`, "")
	assert.Equal(t, "API call: x, from 198.51.100.1", one(t, place).Alert.Description)
}

// However much there is, the other side comes first, and own resources still come.
func TestLargeSequence(t *testing.T) {
	var endpoints, actors []string
	for i := range 400 {
		endpoints = append(endpoints, fmt.Sprintf(`{"ip":"198.51.100.%d","connection":{"direction":"INBOUND"}}`, i%100))
		actors = append(actors, `{"user":{"name":"deployer","uid":"A:carol","credentialUid":"ASIAEXAMPLE"},"process":{"name":"p"},"session":{"issuer":"arn:aws:iam::1:role/r"}}`)
	}
	list := func(of []string) string { return "[" + strings.Join(of, ",") + "]" }
	got := roles(one(t, finding(`"detection":{"sequence":{"endpoints":`+list(endpoints)+`,"actors":`+list(actors)+
		`,"resources":[{"resourceType":"S3_BUCKET","name":"example-backups"}]}}`, "")).Alert)
	assert.Len(t, got, 100+5+1)
	assert.Contains(t, got, "bucket example-backups local,object")
}

// A scan that found nothing sends nobody to look at a file.
func TestCleanObjectScan(t *testing.T) {
	clean := one(t, with(t, read(t, "guardduty/object-scan.json"), `"THREATS_FOUND"`, `"NO_THREATS_FOUND"`)).Alert
	assert.Equal(t, []any{0.0, []string{"bucket example-uploads local,object"}}, []any{clean.Severity, roles(clean)})
}

// Not all lists of findings are GuardDuty's.
func TestOtherFindings(t *testing.T) {
	for _, body := range []string{`{"findings":[]}`, `{"findings":[{"id":"x","type":"y"},{"id":"z"}]}`, `{"findings":"x"}`} {
		assert.NotEqual(t, "guardduty", one(t, body).Alert.Source, body)
	}
	for _, other := range []string{`"detail-type":"Other","detail"`, `"source":"my.own","detail"`} {
		assert.NotEqual(t, "guardduty", one(t, `{`+other+`:`+finding("", "")+`}`).Alert.Source, other)
	}
	bare := strings.Replace(finding(`"serviceName":"guardduty"`, ""), `"resource":{},`, "", 1)
	assert.Equal(t, "guardduty", one(t, bare).Alert.Source, "without its resource")
	assert.NotEqual(t, "guardduty", one(t, strings.Replace(bare, `"guardduty"`, `"other"`, 1)).Alert.Source)
	for body, want := range map[string]bool{
		`{"id":"7","type":"Recon:EC2/PortProbeUnprotectedPort","accountId":"111122223333","severity":2}`:                              true,
		`{"id":"7","type":"Impact:EC2/BitcoinDomainRequest.Reputation","accountId":"111122223333","resource":{}}`:                     true,
		`{"detail":{"id":"7","type":"Recon:EC2/Portscan","accountId":"111122223333","severity":"LOW"}}`:                               true,
		`{"detail":{"findings":[` + finding("", "") + `]}}`:                                                                           true,
		`{"source":"my.own","detail":{"findings":[` + finding("", "") + `]}}`:                                                         false,
		`{"id":"7","type":"Recon:EC2/Portscan","accountId":"111122223333"}`:                                                           false,
		`{"id":"7","type":"https://example.com/x","accountId":"111122223333","severity":2}`:                                           false,
		`{"id":"7","type":"Policy:IAMUser/S3BucketPublic","accountId":"111122223333","severity":{"score":3},"resourcesAffected":{}}`:  false,
		`{"id":"7","type":"Policy:IAMUser/S3BucketPublic","accountId":"111122223333","severity":3,"category":"POLICY","resource":{}}`: false,
	} {
		assert.Equal(t, want, one(t, body).Alert.Source == "guardduty", body)
	}
	mixed := ingest.Alerts(delivery(`{"findings":[` + finding("", "") + `,{"id":"x"}]}`))
	require.Len(t, mixed, 2)
	assert.Equal(t, []string{"guardduty", "unknown"}, []string{mixed[0].Alert.Source, mixed[1].Alert.Source})
}

// Lines are compared with each other: there are not too many.
func TestManyFacts(t *testing.T) {
	many := func(form string) string {
		var list []string
		for i := range 20000 {
			list = append(list, fmt.Sprintf(form, i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	body := finding(`"action":{"portProbeAction":{"portProbeDetails":`+many(`{"localPortDetails":{"port":%d},"remoteIpDetails":{"ipAddressV4":"198.51.100.1"}}`)+
		`},"rdsLoginAttemptAction":{"loginAttributes":`+many(`{"user":"x%d"}`)+`}}`, `"s3BucketDetails":`+many(`{"name":"b%d"}`))
	assert.LessOrEqual(t, strings.Count(one(t, body).Alert.Description, "\n"), 60)
}

func FuzzGuardDuty(f *testing.F) { fuzzSender(f, "guardduty/") }
