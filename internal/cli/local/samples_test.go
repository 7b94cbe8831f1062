package local

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// sample is what must be understood of an alert in a file, and what must not.
type sample struct {
	name, rule, source, account, region string
	severity                            float64
	state                               responder.State
	sample                              bool
	attrs                               []string // "type value contexts"
	not                                 []string // stands in no attribute
}

// samples are the alerts of each file, in any order.
var samples = map[string][]sample{
	"alertmanager/webhook-v4.json": {{
		name: "Server High Memory usage", rule: "high_memory_load", source: "alertmanager", severity: 50, state: responder.Firing,
		attrs: []string{"hostname instance-with-hyphen_and_underscore local", "ipaddr 10.80.40.11 local,extracted"},
		not:   []string{"docker.for.mac", "pixid", "domain"},
	}},
	"cloudwatch/sns-message-multiple-metrics.json": {{
		name: "EXAMPLE", rule: "EXAMPLE", source: "cloudwatch", account: "EXAMPLE", region: "REGION", state: responder.Firing,
		attrs: []string{"instance TestInstance local"},
	}},
	"cloudwatch/sns-message-single-metric.json": {{
		name: "EXAMPLE", rule: "EXAMPLE", source: "cloudwatch", account: "123456789012", region: "REGION", state: responder.Firing,
		attrs: []string{"instance TestInstance local"},
	}},
	"envelopes/lambda-sns-event.json": {{name: "EXAMPLE", rule: "unparsed", source: "unknown"}},
	"envelopes/lambda-sqs-event-of-sns.json": {{
		name: "powertools265", rule: "unparsed", source: "unknown",
		attrs: []string{"username lessa local,subject,extracted"},
		not:   []string{"amazonaws", "arn:", "domain"},
	}},
	"envelopes/lambda-sqs-event.json": {{name: "SQSQueue", rule: "unparsed", source: "unknown"}},
	"guardduty/eventbridge-ec2-cnc-dns.json": {{
		name: "Command and Control server domain name queried by EC2 instance i-99999999.", rule: "Backdoor:EC2/C&CActivity.B!DNS",
		source: "guardduty", account: "883606788610", region: "us-east-1", severity: 50, sample: true,
		attrs: []string{"domain example.com remote,object", "instance i-99999999 local,object"},
		not:   []string{"detector"},
	}},
	"guardduty/getfindings-pascalcase.json": {{
		name: "Drop Point domain name queried by EC2 instance i-99999999.", rule: "Trojan:EC2/DropPoint!DNS",
		source: "guardduty", account: "783957204773", region: "ap-northeast-1", severity: 80, sample: true,
		attrs: []string{"instance i-99999999 local,object", "ipaddr 10.0.0.1 local", "ipaddr 198.51.100.0 local",
			"hostname generatedfindingprivatednsname local", "hostname generatedfindingprivatename local",
			"hostname generatedfindingpublicdnsname local", "arn arn:aws:iam::783957204773:example/instance/profile local"},
		not: []string{"remote", "vpc", "domain"},
	}},
	"guardduty/sns-event-finding.json": {{
		name: "SAMPLE Unprotected port on EC2 instance i-123123123 is being probed", rule: "Recon:EC2 PortProbeUnprotectedPort",
		source: "guardduty", account: "123456789", region: "us-gov-east-1", severity: 90,
	}},
	"ocsf/prowler-detection-findings.json": {
		{name: "Check if IAM Access Analyzer is enabled", rule: "accessanalyzer_enabled",
			source: "ocsf", account: "<account_uid>", region: "<region>", severity: 1, state: responder.Firing},
		{name: "Maintain current contact details.", rule: "account_maintain_current_contact_details",
			source: "ocsf", account: "<account_uid>", region: "<region>", severity: 40, state: responder.Firing},
		{name: "Maintain different contact details to security, billing and operations.",
			rule:   "account_maintain_different_contact_details_to_security_billing_and_operations",
			source: "ocsf", account: "<account_uid>", region: "<region>", severity: 40, state: responder.Firing},
		{name: "Ensure security contact information is registered.", rule: "account_security_contact_information_is_registered",
			source: "ocsf", account: "<account_uid>", region: "<region>", severity: 40, state: responder.Firing},
		{name: "Ensure security questions are registered in the AWS account.",
			rule:   "account_security_questions_are_registered_in_the_aws_account",
			source: "ocsf", account: "<account_uid>", region: "<region>", severity: 40, state: responder.Firing},
	},
	"other/sns-event-aws-backup.json": {
		{name: "backup-2sqs-sns-topic", rule: "unparsed", source: "unknown",
			attrs: []string{"arn arn:aws:ec2:us-west-1:123456789012:volume/vol-012f345df6789012d local,extracted",
				"arn arn:aws:ec2:us-west-1:123456789012:volume/vol-012f345df6789012e local,extracted"},
			not: []string{"1b2345b2"}},
		{name: "example-backup-vault-events", rule: "unparsed", source: "unknown", not: []string{"2c3456c3"}},
	},
	"other/sns-event-plain-text.json": {{name: "ExampleTopic", rule: "unparsed", source: "unknown"}},
	"securityhub/eventbridge-asff-iamkey.json": {{
		name: "Unusual console login was seen for principal kapil.", rule: "UnauthorizedAccess:IAMUser/ConsoleLogin",
		source: "securityhub", account: "644160558196", region: "us-east-1", severity: 50, state: responder.Firing,
		attrs: []string{"ipaddr 208.115.85.104 remote,client", "username kapil local,subject"},
		not:   []string{"null", "signin.amazonaws.com", "detector", "action/custom"},
	}},
}

// Messages of real senders, where they are at hand: each gives the alert that an analyst would expect.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("../../../../shared/samples/*/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there are no samples")
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			want := samples[name]
			got := understood(t, file)
			require.NotEmpty(t, want, "no row says what must be understood")
			for i := range want {
				for _, s := range got {
					for _, not := range want[i].not {
						assert.NotContains(t, strings.Join(s.attrs, "\n"), not)
					}
				}
				want[i].not = nil
			}
			assert.ElementsMatch(t, want, got)
		})
	}
}

// understood are the alerts in a file, as the command prints them.
func understood(t *testing.T, file string) (out []sample) {
	t.Helper()
	_, err := os.Stat(file)
	require.NoError(t, err)
	stdout, stderr, err := run(t, Command{Files: []string{file}, Output: "json"}, "")
	require.NoError(t, err, stderr)
	for line := range strings.Lines(stdout) {
		var r responder.Report
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		for _, a := range r.Alerts {
			s := sample{name: a.Name, rule: a.Rule, source: a.Source, account: a.Account, region: a.Region,
				severity: a.Severity, state: a.State, sample: a.Sample}
			for _, at := range a.Attrs {
				s.attrs = append(s.attrs, strings.TrimSpace(at.Type+" "+at.Value+" "+strings.Join(at.Context, ",")))
			}
			out = append(out, s)
		}
	}
	return out
}
