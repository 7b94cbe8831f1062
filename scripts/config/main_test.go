package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const template = "../../template.yml"

// evaluate runs the tool on a config, and has a shell print what it makes of it.
func evaluate(t *testing.T, config string, test bool) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	var out strings.Builder
	if err := run([]string{path}, template, test, &out); err != nil {
		return "", err
	}
	printed, err := exec.Command("sh", "-c", out.String()+`
printf '%s|' "$STACK" "$TEST_STACK" "$REGION" "$BUCKET" "$PREFIX" "$ARCH" "$@"`).Output()
	require.NoError(t, err)
	return string(printed), nil
}

func TestExample(t *testing.T) {
	example, err := os.ReadFile("../../config.json.example")
	require.NoError(t, err)
	got, err := evaluate(t, string(example), true)
	require.NoError(t, err)
	assert.Equal(t, "alertresponder|alertresponder-test|us-east-1|my-code-bucket|alertresponder|arm64|"+
		"AbusechSecretArn=|AbuseipdbLimits=|AbuseipdbSecretArn=|AccessAnalyzerFindings=none|AggregationWindow=86400|"+
		"AlertNotificationName=|Architecture=arm64|AwscontextOn=|AwscontextRoleArns=|GithubOptions=|GithubRepository=|GithubSecretArn=|GreynoiseLimits=|GreynoiseSecretArn=|"+
		"GuardDutySeverity=none|HistoryOn=|InspectionDelay=0|InspectorSeverity=none|KmsKeyArn=|LambdaRoleArn=|LinkHosts=|LogRetentionDays=30|"+
		"MacieSeverity=none|Mappings=|MappingsBucket=|MappingsKey=mappings.yml|OrganizationId=|OwnDomains=|PagerdutyOptions=|PagerdutySecretArn=|"+
		"QuarantineMode=|QuarantineRules=|ReportNotificationName=|ReportUrl=|RetentionDays=90|ReviewDelay=600|ReviewerLambdaArn=|SecurityHubSeverity=none|"+
		"SecurityHubV2Severity=none|SecurityhubOn=|SlackChannel=|SlackOptions=|SlackSecretArn=|TaskNotificationName=|TrustedAccounts=|VirustotalLimits=|VirustotalSecretArn=|"+
		"WatchlistBucket=|WatchlistPrefix=watchlist/|WebhookSecretArn=|WebhookUrl=|", got)
}

// Numbers in config.json crashed the predecessors' tool, and a missing Region produced a nonsense command line.
func TestRegression20NumbersAndMissingRegion(t *testing.T) {
	got, err := evaluate(t, `{"StackName": "ar", "Region": "eu-west-1", "CodeS3Bucket": "code", "ReviewDelay": 300, "InspectionDelay": "10"}`, false)
	require.NoError(t, err)
	assert.Equal(t, "ar||eu-west-1|code||arm64|InspectionDelay=10|ReviewDelay=300|", got)

	_, err = evaluate(t, `{"StackName": "ar", "CodeS3Bucket": "code"}`, false)
	assert.ErrorContains(t, err, "Region: missing, expected a region, such as us-east-1")
}

func TestFaultsAllAtOnce(t *testing.T) {
	_, err := evaluate(t, `{"StackName": "1", "Region": "Ireland", "ReviewDelays": 1, "ReviewDelay": [1], "KmsKeyArn": {}}`, true)
	require.Error(t, err)
	for _, want := range []string{
		`StackName: "1", expected a stack's name`, "TestStackName: missing", `Region: "Ireland", expected a region`,
		"CodeS3Bucket: missing", "ReviewDelays: not a setting, expected one of StackName", "ReviewDelay: a list", "KmsKeyArn: an object",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestShellTakesAnything(t *testing.T) {
	got, err := evaluate(t, `{"StackName": "ar", "Region": "eu-west-1", "CodeS3Bucket": "code",
		"WebhookUrl": "https://example.com/'; echo $HOME \"x y\" \\ `+"`id`"+`", "Architecture": "x86_64", "OrganizationId": null}`, false)
	require.NoError(t, err)
	assert.Equal(t, "ar||eu-west-1|code||x86_64|Architecture=x86_64|"+
		"WebhookUrl=https://example.com/'; echo $HOME \"x y\" \\ `id`|", got)
}

func TestNotAConfig(t *testing.T) {
	for config, want := range map[string]string{
		"": "expected a JSON object", "[]": "expected a JSON object", `{"StackName": "a"} x`: "more after", `{"a":`: "expected a JSON object",
	} {
		_, err := evaluate(t, config, false)
		assert.ErrorContains(t, err, want, "%q", config)
	}
	assert.ErrorContains(t, run([]string{"absent.json"}, template, false, nil), "config.json.example")
	assert.ErrorContains(t, run(nil, template, false, nil), "expected one: the path")
}
