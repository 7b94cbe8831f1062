package ingest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/ingest/writeback"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestSecurityHubIncidents(t *testing.T) {
	control := read(t, "securityhub/control.json")
	passed := with(t, control, `"Status": "FAILED"`, `"Status": "PASSED"`)
	assert.Equal(t, responder.Resolved, one(t, passed).Alert.State)
	again := with(t, control, "2026-05-04T00:00", "2026-05-06T00:00")
	incident{
		first: control,
		same:  []string{again, passed, control, with(t, control, `"RecordState": "ACTIVE"`, `"RecordState": "ARCHIVED"`), with(t, control, `"Label": "CRITICAL"`, `"Label": "LOW"`)},
		others: []string{
			with(t, control, "finding/0a1b2c3d-1111", "finding/0a1b2c3d-2222"),
			with(t, control, `"AwsAccountId": "111122223333"`, `"AwsAccountId": "444455556666"`),
			with(t, control, `"Region": "eu-west-1",`, `"Region": "us-east-1",`),
			with(t, control, "product/aws/securityhub", "product/111122223333/default"),
		},
	}.test(t)

	partner := read(t, "securityhub/partner.json")
	incident{
		first: partner,
		same: []string{
			`{"detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":"999999999999","region":"us-east-1","detail":{"findings":[` + partner + `]}}`,
			`{"findings":[` + partner + `],"actionName":"x"}`, `{"Findings":[` + partner + `]}`, `[` + partner + `]`,
			with(t, partner, `"Workflow": {`, `"WorkflowState": "RESOLVED", "Workflow": {`), with(t, partner, "2026-05-01T10:2", "2026-06-02T10:2"),
		},
		others: []string{with(t, partner, "edr/4711-08", "edr/4711-10"), with(t, partner, "edr-rule-stringler", "edr-rule-other")},
	}.test(t)
}

// A finding of GuardDuty is one incident, whichever way it comes.
func TestSecurityHubIsGuardDuty(t *testing.T) {
	hub := read(t, "securityhub/guardduty.json")
	incident{
		first: read(t, "guardduty/inbound.json"),
		same:  []string{hub, with(t, hub, `"2026-05-04T03:05:21.007Z"`, `"2026-05-04T09:05:21.007Z"`)},
		others: []string{
			with(t, hub, "finding/aab1c2d3", "finding/bab1c2d3"), with(t, hub, "EC2-SSHBruteForce", "EC2-RDPBruteForce"),
			with(t, hub, "eu-west-1::product/aws/guardduty", "eu-west-1:444455556666:product/444455556666/default"), // of somebody who says that it is GuardDuty's
			with(t, hub, "arn:aws:guardduty:", "arn:aws:gardduty:"),
		},
	}.test(t)
}

// The types of Amazon GuardDuty User Guide, "Interpreting GuardDuty finding names in AWS Security Hub CSPM": one of
// each kind.
func TestSecurityHubTypes(t *testing.T) {
	hub := read(t, "securityhub/guardduty.json")
	for asff, want := range map[string]string{
		"TTPs/Initial Access/UnauthorizedAccess:EC2-RDPBruteForce":                                         "UnauthorizedAccess:EC2/RDPBruteForce",
		"TTPs/Command and Control/Backdoor:EC2-C&CActivity.B!DNS":                                          "Backdoor:EC2/C&CActivity.B!DNS",
		"TTPs/Policy:IAMUser-RootCredentialUsage":                                                          "Policy:IAMUser/RootCredentialUsage",
		"TTPs/PenTest:IAMUser/KaliLinux":                                                                   "PenTest:IAMUser/KaliLinux",
		"TTPs/AttackSequence:S3/CompromisedData":                                                           "AttackSequence:S3/CompromisedData",
		"TTPs//UnauthorizedAccess:IAMUser-ConsoleLoginSuccess.B":                                           "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
		"TTPs/Credential Access/IAMUser-AnomalousBehavior":                                                 "CredentialAccess:IAMUser/AnomalousBehavior",
		"TTPs/Discovery/RDS-MaliciousIPCaller":                                                             "Discovery:RDS/MaliciousIPCaller",
		"TTPs/Credential Access/CredentialAccess:RDS-AnomalousBehavior.FailedLogin":                        "CredentialAccess:RDS/AnomalousBehavior.FailedLogin",
		"TTPs/AnomalousBehavior/CredentialAccess:Kubernetes-SecretsAccessed":                               "CredentialAccess:Kubernetes/AnomalousBehavior.SecretsAccessed",
		"TTPs/AnomalousBehavior/Persistence:Kubernetes-WorkloadDeployed!ContainerWithSensitiveMount":       "Persistence:Kubernetes/AnomalousBehavior.WorkloadDeployed!ContainerWithSensitiveMount",
		"TTPs/DefenseEvasion/EC2:Unusual-DoH-Activity":                                                     "DefenseEvasion:EC2/UnusualDoHActivity",
		"TTPs/Impact/Impact:Runtime-SuspiciousDomainRequest.Reputatio":                                     "Impact:Runtime/SuspiciousDomainRequest.Reputation",
		"Software and Configuration Checks/AWS Security Best Practices/Policy:Kubernetes-ExposedDashboard": "Policy:Kubernetes/ExposedDashboard",
		"Software and Configuration Checks/PrivilegeEscalation:Runtime-SuspiciousCommand":                  "PrivilegeEscalation:Runtime/SuspiciousCommand",
		"Effects/Data Exfiltration/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS":   "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
		"Sensitive Data Identifications/PII/SensitiveData:S3Object-Multiple":                               "SensitiveData:S3Object/Multiple",
		"TTPs/Execution/Execution:EC2-MaliciousFile!Snapshot":                                              "Execution:EC2/MaliciousFile!Snapshot",
		"Unusual Behaviors/VM/Behavior:EC2-NetworkPortUnusual":                                             "Behavior:EC2/NetworkPortUnusual",
		"TTPs/Object/Object:S3-MaliciousFile":                                                              "Object:S3/MaliciousFile",
		"TTPs/Discovery":                                                                                   "arn:aws:guardduty:eu-west-1:111122223333:detector/12abc34d567e8fa901bc2d34e56789f0",
	} {
		a := one(t, with(t, hub, "TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce", asff)).Alert
		assert.Equal(t, want, a.Rule, asff)
		assert.Equal(t, strings.Contains(want, ":detector/"), strings.Contains(a.Key, "product/"), "without the type it is not known to be the same: %s", a.Key)
	}
	changed := strings.Replace(hub, "TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce", "Effects/What a person made of it", 1)
	assert.Equal(t, "UnauthorizedAccess:EC2/SSHBruteForce", one(t, changed).Alert.Rule, "what the provider said counts")
}

func TestSecurityHubRules(t *testing.T) {
	control, partner := read(t, "securityhub/control.json"), read(t, "securityhub/partner.json")
	rule := func(body string) string { return one(t, body).Alert.Rule }
	assert.Equal(t, "security-control/EC2.19", rule(with(t, control, `"GeneratorId": "security-control/EC2.19"`, `"GeneratorId": "pci-dss/v/3.2.1/PCI.EC2.3"`)))
	assert.Equal(t, "example-corp/example-edr: Execution", rule(with(t, partner, "edr-rule-stringler", "edr/4711-08")))
	assert.Equal(t, "example-corp/example-edr: Execution", rule(with(t, partner, "edr-rule-stringler", "")))
	assert.Equal(t, "a b", rule(with(t, partner, "edr-rule-stringler", `a\nb`)))
}

func TestSecurityHubSeverities(t *testing.T) {
	partner := read(t, "securityhub/partner.json")
	for severity, want := range map[string]float64{
		`{"Label":"INFORMATIONAL"}`: 0, `{"Label":"LOW"}`: 1, `{"Label":"MEDIUM"}`: 40, `{"Label":"HIGH"}`: 70, `{"Label":"CRITICAL"}`: 90,
		`{"Label":"LOW","Normalized":40}`: 39, `{"Label":"LOW","Normalized":30}`: 30, `{"Label":"HIGH","Normalized":10}`: 70, `{"Label":"critical","Normalized":99}`: 99,
		`{"Label":"INFORMATIONAL","Normalized":70}`: 0, `{"Normalized":55}`: 55, `{"Normalized":"55","Product":1}`: 55, `{"Product":8.3}`: 83, `{"Product":70}`: 70,
		`{"Product":700}`: 100, `{"Label":"SEVERE"}`: 0, `{}`: 0, `"HIGH"`: 70, `"severe"`: 0,
	} {
		assert.Equal(t, want, one(t, with(t, partner, `"Severity": {
    "Label": "CRITICAL",
    "Original": "9/10"
  }`, `"Severity":`+severity)).Alert.Severity, severity)
	}
}

func TestSecurityHubStates(t *testing.T) {
	control := read(t, "securityhub/control.json")
	const active, fresh, own = `"RecordState": "ACTIVE"`, `"Workflow": {
          "Status": "NEW"
        }`, `"UserDefinedFields":{"` + writeback.Field + `":"RESOLVED"}`
	for name, test := range map[string]struct {
		body  string
		state responder.State
		echo  bool
	}{
		"new":                      {control, responder.Firing, false},
		"archived":                 {with(t, control, active, `"RecordState": "ARCHIVED"`), responder.Resolved, false},
		"notified":                 {with(t, control, fresh, `"Workflow":{"Status":"NOTIFIED"}`), responder.Firing, false},
		"resolved by a person":     {with(t, control, fresh, `"Workflow":{"Status":"RESOLVED"}`), responder.Resolved, false},
		"suppressed by a person":   {with(t, control, fresh, `"Workflow":{"Status":"SUPPRESSED"},`+own), responder.Resolved, false},
		"resolved by us":           {with(t, control, fresh, `"Workflow":{"Status":"RESOLVED"},`+own), responder.Firing, true},
		"resolved by us, archived": {with(t, with(t, control, active, `"RecordState": "ARCHIVED"`), fresh, `"Workflow":{"Status":"RESOLVED"},`+own), responder.Resolved, true},
		"opened again":             {with(t, control, fresh, `"Workflow":{"Status":"NEW"},`+own), responder.Firing, false},
		"the older word":           {with(t, with(t, control, fresh, `"x":1`), `"WorkflowState": "NEW"`, `"WorkflowState":"RESOLVED"`), responder.Resolved, false},
		"the older word is stale":  {with(t, control, `"WorkflowState": "NEW"`, `"WorkflowState":"RESOLVED"`), responder.Firing, false},
		"not applicable":           {with(t, control, `"Status": "FAILED"`, `"Status": "NOT_AVAILABLE"`), responder.Firing, false},
		"sent by a person on purpose": {
			with(t, with(t, control, fresh, `"Workflow":{"Status":"RESOLVED"},`+own), `"findings": [`, `"actionName":"x","findings": [`), responder.Firing, false,
		},
	} {
		in := one(t, test.body)
		assert.Equal(t, test.state, in.Alert.State.OrFiring(), name)
		assert.Equal(t, test.echo, in.Echo, name)
	}
}

// Only AWS's own console is worth a link: any other is in the hand of who sent the finding.
func TestSecurityHubLinks(t *testing.T) {
	partner := read(t, "securityhub/partner.json")
	for source, kept := range map[string]bool{
		"https://console.aws.amazon.com/x": true, "https://eu-west-1.console.aws.amazon.com/guardduty/home#/findings?fId=1": true,
		"https://console.amazonaws.cn/x": true, "https://console.amazonaws-us-gov.com/x": true,
		"https://evil.example.com/console.aws.amazon.com": false, "https://console.aws.amazon.com.example.com/": false, "https://xconsole.aws.amazon.com/": false,
		"http://console.aws.amazon.com/": false, "https://console.aws.amazon.com@example.com/": false, "https://a:b@console.aws.amazon.com/": false, "javascript:alert(1)": false,
	} {
		link := one(t, with(t, partner, "https://edr.example.com/alerts/4711", source)).Alert.Link
		assert.Equal(t, kept, link == source, source)
		if !kept {
			assert.Equal(t, inHub("edr/4711-08"), link, source)
		}
	}
}

// What has no findings, or lists of them, is kept as a whole, and is no finding.
func TestSecurityHubIsNotEverything(t *testing.T) {
	partner := read(t, "securityhub/partner.json")
	for _, findings := range []string{`[]`, `[7]`, `[{"Id":"x"}]`, `[` + partner + `,[` + partner + `]]`, `"x"`} {
		body := `{"id":"e","source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","account":"111122223333","region":"eu-west-1","detail":{"findings":` + findings + `}}`
		list := ingest.Alerts(delivery(body))
		assert.Len(t, list, 1)
		assert.Equal(t, "aws.securityhub", list[0].Alert.Source, findings)
		assert.Equal(t, body, list[0].Alert.Raw)
	}
}

// A connection whose direction is not said has sides only if one end is known for one's own.
func TestSecurityHubNetwork(t *testing.T) {
	for network, want := range map[string][]string{
		`{"Direction":"IN","SourceIpV4":"198.51.100.1","DestinationIpV4":"203.0.113.5"}`:                                {"ipaddr 198.51.100.1 remote,client", "ipaddr 203.0.113.5 local,server"},
		`{"Direction":"OUT","SourceIpV4":"203.0.113.5","DestinationIpV4":"198.51.100.1"}`:                               {"ipaddr 198.51.100.1 remote,server", "ipaddr 203.0.113.5 local,client"},
		`{"SourceIpV4":"198.51.100.1","DestinationIpV4":"203.0.113.77"}`:                                                {"ipaddr 198.51.100.1 remote,client", "ipaddr 203.0.113.77 local,server"},
		`{"SourceIpV4":"10.1.1.1","DestinationIpV4":"198.51.100.1","DestinationDomain":"x.example.net"}`:                {"ipaddr 198.51.100.1 remote,server", "ipaddr 10.1.1.1 local,client", "domain x.example.net remote,server"},
		`{"SourceIpV4":"198.51.100.1","DestinationIpV4":"198.51.100.2"}`:                                                {"ipaddr 198.51.100.1 client", "ipaddr 198.51.100.2 server"},
		`{"Direction":"IN","SourceIpV4":"203.0.113.77","DestinationIpV4":"10.1.1.1"}`:                                   {"ipaddr 203.0.113.77 local,client", "ipaddr 10.1.1.1 local,server"},
		`{"Direction":"IN","SourceIpV4":"10.2.2.2","DestinationIpV4":"10.1.1.1","SourceDomain":"a.example.net","x":[]}`: {"ipaddr 10.2.2.2 local,client", "ipaddr 10.1.1.1 local,server", "domain a.example.net remote,client"},
	} {
		body := `{"SchemaVersion":"2018-10-08","Id":"i","ProductArn":"p","Network":` + network +
			`,"Resources":[{"Type":"AwsEc2Instance","Id":"x","Details":{"AwsEc2Instance":{"IpV4Addresses":["203.0.113.77"]}}}]}`
		got := roles(one(t, body).Alert)
		if !strings.Contains(network, "203.0.113.77") {
			want = append(want, "ipaddr 203.0.113.77 local")
		}
		assert.ElementsMatch(t, want, got, network)
	}
}
