package ingest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// A finding of GuardDuty is one incident, whichever way it comes: directly, by Security Hub, by Security Lake.
func TestOCSFOfGuardDutyIsItsOwnFinding(t *testing.T) {
	direct := `{"detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"111122223333","region":"us-east-1","detail":{
		"accountId":"111122223333","region":"us-east-1","id":"16afba5c5c43e07c9e3e5e2e544e95df","type":"Stealth:IAMUser/CloudTrailLoggingDisabled",
		"resource":{"resourceType":"AccessKey"},"service":{"count":7},"severity":2}}`
	hub := read(t, "ocsf/guardduty-call.json")
	incident{
		first: direct,
		same: []string{
			hub,
			with(t, hub, `"Threats", "Stealth:IAMUser/CloudTrailLoggingDisabled"`, `"TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled"`),
			with(t, hub, "productv2/aws/guardduty", "product/aws/guardduty"),
		},
		others: []string{
			with(t, hub, "16afba5c5c43e07c9e3e5e2e544e95df", "26afba5c5c43e07c9e3e5e2e544e95d0"),
			with(t, hub, "111122223333", "444455556666"),
			with(t, hub, "productv2/aws/guardduty", "productv2/example/other"), // nobody can speak of GuardDuty's findings
		},
	}.test(t)
}

// A finding that both kinds of Security Hub pass on is one incident.
func TestOCSFAndASFFAreOneIncident(t *testing.T) {
	asff := `{"SchemaVersion":"2018-10-08","Id":"ID","ProductArn":"arn:aws:securityhub:us-east-2::product/aws/PRODUCT","GeneratorId":"GENERATOR",
		"AwsAccountId":"111122223333","Region":"us-east-2","Types":["TYPE"],"Title":"t","Severity":{"Label":"HIGH"},"Compliance":{"SecurityControlId":"CONTROL"}}`
	for file, of := range map[string]*strings.Replacer{
		"controls.json": strings.NewReplacer(`"ID"`, `"arn:aws:securityhub:us-east-2:111122223333:security-control/SQS.3/finding/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"`,
			"PRODUCT", "securityhub", "GENERATOR", "security-control/SQS.3", "CONTROL", "SQS.3", "TYPE", "Software and Configuration Checks/Industry and Regulatory Standards"),
		"inspector.json": strings.NewReplacer(`"ID"`, `"arn:aws:inspector2:us-east-2:111122223333:finding/0f1e2d3c4b5a69788796a5b4c3d2e1f0"`,
			"PRODUCT", "inspector", "GENERATOR", "AWSInspector", "CONTROL", "", "TYPE", "Software and Configuration Checks/Vulnerabilities/CVE"),
		"macie.json": strings.NewReplacer(`"ID"`, `"5be50fce24526e670df77bc00example"`, "us-east-2", "ap-northeast-1",
			"PRODUCT", "macie", "GENERATOR", "aws/macie", "CONTROL", "", "TYPE", "Sensitive Data Identifications/PII/SensitiveData:S3Object-Multiple"),
		"guardduty-call.json": strings.NewReplacer(`"ID"`, `"arn:aws:guardduty:us-east-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0/finding/16afba5c5c43e07c9e3e5e2e544e95df"`,
			"us-east-2", "us-east-1", "PRODUCT", "guardduty", "GENERATOR", "arn:aws:guardduty:us-east-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0",
			"CONTROL", "", "TYPE", "TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled"),
	} {
		old, list := one(t, of.Replace(asff)).Alert, ingest.Alerts(delivery(read(t, "ocsf/"+file)))
		assert.Equal(t, "securityhub", old.Source)
		assert.Equal(t, []string{old.Rule, old.Key}, []string{list[0].Alert.Rule, list[0].Alert.Key}, file)
	}
}

// What is sent again, goes on, is closed and comes back is one incident; another finding of the same rule is another.
func TestOCSFIncidents(t *testing.T) {
	endpoint, macie := read(t, "ocsf/endpoint.json"), read(t, "ocsf/macie.json")
	xdr, dns, mail := read(t, "ocsf/incident.json"), read(t, "ocsf/dns-activity.json"), read(t, "ocsf/phishing.json")
	control := read(t, "ocsf/inspector.json")
	for name, i := range map[string]incident{
		"finding": {
			first: endpoint,
			same: []string{
				endpoint, with(t, with(t, endpoint, `"status_id": 1`, `"status_id": 4`), `"activity_id": 1`, `"activity_id": 3`),
				with(t, with(t, endpoint, `"uid": "9e107d9d372bb6826bd81d3542a419d6"`, `"uid": "ff"`), `"time": 1772619060000`, `"time": 1772629060000`),
				with(t, endpoint, `"severity": "High"`, `"severity": "Low"`),
			},
			others: []string{
				with(t, endpoint, ":77309415372", ":77309415373"), with(t, endpoint, `"vendor_name": "Example"`, `"vendor_name": "Other"`),
			},
		},
		"vulnerability": {
			first: control, same: []string{with(t, control, `"severity_id": 4`, `"severity_id": 5`)},
			others: []string{with(t, control, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0f1e2d3c4b5a69788796a5b4c3d2e1f1")},
		},
		"without account in its id": {
			first: macie, same: []string{with(t, macie, `"activity_id": 1`, `"activity_id": 2`)},
			others: []string{with(t, macie, "111122223333", "444455556666"), with(t, macie, `"region": "ap-northeast-1"`, `"region": "eu-west-1"`)},
		},
		"several findings": {
			first: xdr,
			same:  []string{with(t, xdr, `"status_id": 3`, `"status_id": 5`), with(t, xdr, `"uid": "alert-2"`, `"uid": "alert-3"`), with(t, xdr, `"anonymousIPAddress"`, `"other"`)},
			others: []string{
				with(t, xdr, "incidents/77", "incidents/78"),
			},
		},
		"activity": {
			first: dns, same: []string{with(t, dns, "1772618500000", "1772618600000")},
			others: []string{with(t, dns, "c2.example.net", "c3.example.net"), with(t, dns, "111122223333", "444455556666"), with(t, dns, "BotnetCommand", "Malware")},
		},
		"called by its rule": {
			first: mail, same: []string{with(t, mail, "1772619060000", "1772619070000")},
			others: []string{with(t, mail, "billing@attacker", "office@attacker")},
		},
	} {
		t.Run(name, i.test)
	}
}

// A finding that says little is called by what it says; two that say different things are two.
func TestOCSFWithoutFindingInfo(t *testing.T) {
	body := `{"class_uid":2004,"message":"Suspicious PowerShell","metadata":{"product":{"name":"EDR"}},"device":{"hostname":"ws-1"},"severity_id":4}`
	assert.Equal(t, "Suspicious PowerShell", one(t, body).Alert.Rule)
	incident{
		first: body, same: []string{with(t, body, `"severity_id":4`, `"severity_id":5`)},
		others: []string{
			with(t, body, "PowerShell", "script"), with(t, body, "ws-1", "ws-2"), with(t, body, `"EDR"`, `"XDR"`),
			with(t, body, `"product"`, `"original_event_uid":"7","product"`), with(t, body, `"product"`, `"original_event_uid":"8","product"`),
		},
	}.test(t)
}

func TestOCSFState(t *testing.T) {
	for body, over := range map[string]bool{
		`"class_uid":2004,"status_id":1`: false, `"class_uid":2004,"status_id":2`: false, `"class_uid":2004,"status_id":3`: true,
		`"class_uid":2004,"status_id":4`: true, `"class_uid":2004,"status_id":5`: true, `"class_uid":2004,"status_id":6`: true,
		`"class_uid":2004,"status_id":99,"status":"Resolved"`: true, `"class_uid":2004,"status_id":1,"status":"Resolved"`: false,
		`"class_uid":2004,"activity_id":3,"status_id":1`: true, `"class_uid":2004,"status_code":"PASS"`: true, `"class_uid":2004,"status_code":"MANUAL"`: false,
		`"class_uid":2005,"status_id":3`: false, `"class_uid":2005,"status_id":5`: true, `"class_uid":2001,"state_id":4`: true,
		`"class_uid":2001,"state_id":1`: false, `"class_uid":2003,"compliance":{"status":"PASSED"}`: true,
		`"class_uid":2003,"compliance":{"status":"Warning","status_id":2}`: false, `"class_uid":3002,"activity_id":3,"status_id":4`: false,
		`"class_uid":2004,"status_id":null,"status":null`: false,
	} {
		a := one(t, `{"metadata":{},"finding_info":{"uid":"7","title":"t"},`+body+`}`).Alert
		assert.Equal(t, over, a.State.OrFiring() == responder.Resolved, body)
	}
}

func TestOCSFSeverity(t *testing.T) {
	for body, score := range map[string]float64{
		`"severity_id":0`: 0, `"severity_id":1`: 0, `"severity_id":2`: 1, `"severity_id":3`: 40, `"severity_id":4`: 70, `"severity_id":5`: 90,
		`"severity_id":6`: 100, `"severity_id":99,"severity":"high"`: 70, `"severity":" Critical "`: 90, `"severity_id":"5"`: 90,
		`"severity_id":7,"severity":"odd","risk_score":99,"confidence_score":90`: 0, `"severity_id":2.5`: 1, `"severity_id":-1`: 0,
	} {
		a := one(t, `{"metadata":{},"class_uid":2004,"finding_info":{"uid":"7","title":"t"},`+body+`}`).Alert
		assert.Equal(t, score, a.Severity, body)
	}
}

func TestOCSFSample(t *testing.T) {
	for body, sample := range map[string]bool{
		`"finding_info":{"title":"[SAMPLE] x"}`: true, `"finding_info":{"title":"x [SAMPLE]"}`: false, `"verdict_id":6`: true,
		`"metadata":{"labels":["dev","Sample"]}`: true, `"metadata":{"labels":["test"]}`: false, `"unmapped":{"Sample":"true"}`: true,
		`"unmapped":{"Sample":"false"}`: false,
	} {
		assert.Equal(t, sample, one(t, `{"class_uid":2004,"category_uid":2,`+body+`}`).Alert.Sample, body)
	}
}

// Who is the other side follows from the direction, and else from what is one's own.
func TestOCSFSides(t *testing.T) {
	const local, remote = "local", "remote"
	for name, c := range map[string]struct {
		class, rest  string
		src, dst     string
		srcIP, dstIP string
	}{
		"inbound":               {"2004", `"connection_info":{"direction_id":1}`, remote, local, "203.0.113.1", "198.51.100.1"},
		"outbound":              {"2004", `"connection_info":{"direction_id":2}`, local, remote, "203.0.113.1", "198.51.100.1"},
		"lateral":               {"2004", `"connection_info":{"direction":"Lateral"}`, local, local, "203.0.113.1", "198.51.100.1"},
		"nobody knows":          {"2004", `"connection_info":{"direction_id":0}`, "", "", "203.0.113.1", "198.51.100.1"},
		"from a private one":    {"2004", `"x":1`, local, remote, "10.0.0.1", "198.51.100.1"},
		"to a private one":      {"4001", `"x":1`, remote, local, "203.0.113.1", "10.0.0.1"},
		"private both":          {"4001", `"x":1`, local, local, "10.0.0.2", "10.0.0.1"},
		"a private other side":  {"2004", `"connection_info":{"direction_id":1}`, local, local, "10.0.0.2", "198.51.100.1"},
		"from one's own":        {"2004", `"device":{"ip":"203.0.113.1"}`, local, remote, "203.0.113.1", "198.51.100.1"},
		"called":                {"2004", `"api":{"operation":"x"}`, remote, local, "203.0.113.1", "198.51.100.1"},
		"logged on to":          {"3002", `"x":1`, remote, local, "203.0.113.1", "198.51.100.1"},
		"a caller alone":        {"6003", `"x":1`, remote, "", "203.0.113.1", ""},
		"a destination alone":   {"2004", `"x":1`, "", remote, "", "198.51.100.1"},
		"an odd source":         {"2004", `"connection_info":{"direction_id":2}`, "", "", "203.0.113.1", ""},
		"an odd destination":    {"2004", `"connection_info":{"direction_id":1}`, "", "", "", "198.51.100.1"},
		"an empty source":       {"2004", `"src_endpoint":{"ip":null,"domain":"-"}`, "", remote, "", "198.51.100.1"},
		"a resource's device":   {"2004", `"resources":[{"uid":"x","device":{"ip":"203.0.113.1"}}]`, local, remote, "203.0.113.1", "198.51.100.1"},
		"a resource's address":  {"2004", `"resources":[{"data":{"network_interfaces":[{"public_ip":"203.0.113.1"}]}}]`, local, remote, "203.0.113.1", "198.51.100.1"},
		"a place in a VPC":      {"2004", `"src_endpoint":{"ip":"203.0.113.1","vpc_uid":"vpc-1"}`, local, remote, "203.0.113.1", "198.51.100.1"},
		"one that acted":        {"2004", `"resources":[{"uid":"203.0.113.1","role_id":2}]`, "", "", "203.0.113.1", "198.51.100.1"},
		"one that was affected": {"2004", `"resources":[{"uid":"198.51.100.1","role_id":3}]`, remote, local, "203.0.113.1", "198.51.100.1"},
		"no address":            {"2004", `"x":1`, "", remote, "unknown", "198.51.100.1"},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"metadata":{},"class_uid":` + c.class + `,` + c.rest
			for end, ip := range map[string]string{"src_endpoint": c.srcIP, "dst_endpoint": c.dstIP} {
				if ip != "" && ip != "unknown" && !strings.Contains(c.rest, end) {
					body += `,"` + end + `":{"ip":"` + ip + `"}`
				}
			}
			sides := map[string]string{}
			for _, a := range one(t, body+`}`).Alert.Attrs {
				for _, side := range []string{local, remote} {
					if a.Match(side) {
						sides[a.Value] += side
					}
				}
			}
			assert.Equal(t, c.src, sides[c.srcIP])
			assert.Equal(t, c.dst, sides[c.dstIP])
		})
	}
}

// Times are milliseconds, and in practice seconds, microseconds, and texts of several forms.
func TestOCSFTime(t *testing.T) {
	for _, s := range []string{
		`"time":1772618500`, `"time":1772618500000`, `"time_dt":1772618500000000`, `"time":1772618500000000000`, `"time":"1772618500000"`,
		`"time":null,"time_dt":"2026-03-04T10:01:40Z"`, `"time_dt":"2026-03-04T11:01:40+01:00"`, `"time_dt":"2026-03-04 10:01:40+00:00"`,
		`"time_dt":"2026-03-04 10:01:40.000 UTC"`, `"time_dt":"2026-03-04T10:01:40.000000"`,
	} {
		a := one(t, `{"metadata":{},"class_uid":2004,"finding_info":{"uid":"7"},`+s+`}`).Alert
		assert.Equal(t, "2026-03-04T10:01:40Z", a.Timestamp.LastTime().Format("2006-01-02T15:04:05Z07:00"), s)
	}
}

// What is none is read by another: an event without a finding, and what has but the number.
func TestNotOCSF(t *testing.T) {
	for _, body := range []string{
		`{"class_uid":2004}`, `{"class_uid":7,"metadata":{}}`, `{"class_uid":"x","category_uid":2}`, `{"category_uid":2,"metadata":{}}`,
		`{"detail-type":"Findings Imported V2","source":"aws.securityhub","detail":{"findings":[]}}`,
		`{"detail-type":"Findings Imported V2","source":"aws.securityhub","detail":{"findings":[7]}}`,
	} {
		assert.NotEqual(t, "ocsf", one(t, body).Alert.Source, body)
	}
	assert.Equal(t, "ocsf", one(t, `{"class_uid":0,"category_uid":0,"metadata":{},"message":"x"}`).Alert.Source)
	event := `{"detail-type":"Detection","source":"example.siem","account":"111122223333","detail":{"class_uid":2004,"severity_id":3,"finding_info":{"uid":"7"}}}`
	assert.Equal(t, "ocsf", one(t, event).Alert.Source)
	assert.Equal(t, "111122223333", one(t, event).Alert.Account)
}

// Many findings in one event cost what they are, and keep apart.
func TestOCSFManyFindings(t *testing.T) {
	finding := `{"class_uid":2004,"category_uid":2,"finding_info":{"uid":"N","title":"t"},"observables":[{"type_id":2,"value":"192.0.2.7"}]}`
	var list []string
	for n := range 100 {
		list = append(list, strings.Replace(finding, "N", strings.Repeat("x", n+1), 1))
	}
	got := ingest.Alerts(delivery(`{"detail-type":"Findings Imported V2","source":"aws.securityhub","detail":{"findings":[` + strings.Join(list, ",") + `]}}`))
	require.Len(t, got, 100)
	seen := map[string]bool{}
	for n, in := range got {
		seen[in.Fingerprint] = true
		assert.Equal(t, list[n], in.Alert.Raw)
	}
	assert.Len(t, seen, 100)
	for _, form := range []string{`{"detail-type":"Findings Imported V2","source":"aws.securityhub","detail":{"findings":[%s]}}`, `{"findings":[%s]}`, `{"Findings":[%s]}`} {
		odd := ingest.Alerts(delivery(strings.Replace(form, "%s", `{"x":1},`+list[0]+`,null,7`, 1)))
		require.Len(t, odd, 3, form)
		assert.Equal(t, []string{"unknown", "ocsf", got[0].Alert.Key}, []string{odd[0].Alert.Source, odd[1].Alert.Source, odd[1].Alert.Key}, form)
	}
}

func FuzzOCSF(f *testing.F) { fuzzSender(f, "ocsf/") }
