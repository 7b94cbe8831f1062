package house_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// source is the queue behind a function, and the size of its batches: a stage's in an event of SAM, a plugin's in a mapping of
// its own, which has the name that SAM would give it.
func (s stack) source(t *testing.T, function string) (queue string, batch float64) {
	t.Helper()
	if m, ok := s.Resources[function+"Source"]; ok {
		require.Equal(t, "AWS::Lambda::EventSourceMapping", m.Type)
		assert.Nil(t, s.Resources[function].Properties["Events"], "%s: event source mappings", function)
		assert.Equal(t, function, refers(m.Properties["FunctionName"]))
		assert.Equal(t, s.Resources[function].Condition, m.Condition)
		assert.Equal(t, []any{"ReportBatchItemFailures"}, m.Properties["FunctionResponseTypes"], function)
		assert.Nil(t, m.Properties["MaximumBatchingWindowInSeconds"], "%s: people wait for it", function)
		batch, _ = m.Properties["BatchSize"].(float64)
		return refers(m.Properties["EventSourceArn"]), batch
	}
	events, _ := s.Resources[function].Properties["Events"].(map[string]any)
	require.Len(t, events, 1, "%s: event source mappings", function)
	for id, e := range events {
		assert.NotContains(t, s.Resources, function+id, "the mapping would take the name of a resource")
		event := properties(e.(map[string]any))
		require.Equal(t, "SQS", event["Type"], function)
		assert.Equal(t, []any{"ReportBatchItemFailures"}, event.at("Properties", "FunctionResponseTypes"), function)
		assert.Nil(t, event.at("Properties", "MaximumBatchingWindowInSeconds"), "%s: people wait for it", function)
		queue = refers(event.at("Properties", "Queue"))
		batch, _ = event.at("Properties", "BatchSize").(float64)
	}
	return queue, batch
}

// Without plugins, four mappings poll while nothing happens. Each keeps five long polls of 20 s going, 0.65
// million requests a month: about a dollar for four at $0.40 a million, less where the free million is left.
func TestTemplateIdleCost(t *testing.T) {
	const perMapping = 5 * 30 * 24 * 3600 / 20
	s := theStack(t)
	always := 0
	for _, f := range s.of("AWS::Serverless::Function") {
		s.source(t, f)
		if s.Resources[f].Condition == "" {
			always++
		}
	}
	assert.Equal(t, 4, always, "event source mappings")
	for _, mapping := range s.of("AWS::Lambda::EventSourceMapping") {
		assert.NotEmpty(t, s.Resources[mapping].Condition, "%s: it is a plugin's", mapping)
	}
	assert.Less(t, float64(always)*perMapping*0.40/1e6, 1.10, "dollars a month")
}

// The predecessors' error handler ran another function's binary: one word names folder, binary and resource.
func TestRegression10FolderBinaryResource(t *testing.T) {
	want := map[string]string{} // resource → code
	require.NoError(t, fs.WalkDir(os.DirFS(root), "functions", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "main.go" {
			word := path.Base(path.Dir(p))
			want[camel(word)] = "build/" + word
		}
		return err
	}))
	for _, stage := range []string{"Receptor", "Dispatcher", "Submitter", "Reviewer"} {
		assert.Contains(t, want, stage)
	}
	s := theStack(t)
	got := map[string]string{}
	for _, name := range s.of("AWS::Serverless::Function") {
		got[name] = fmt.Sprint(s.Resources[name].Properties["CodeUri"])
	}
	assert.Equal(t, want, got)
	assert.Equal(t, "bootstrap", s.Globals.Function["Handler"])
}

func camel(word string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(word, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func TestTemplateFunctions(t *testing.T) {
	s := theStack(t)
	assert.Equal(t, "provided.al2023", s.Globals.Function["Runtime"])
	assert.Equal(t, []any{map[string]any{"Ref": "Architecture"}}, s.Globals.Function["Architectures"])
	for _, name := range s.of("AWS::Serverless::Function") {
		t.Run(name, func(t *testing.T) {
			r := s.Resources[name]
			own := map[string]any{"Fn::GetAtt": []any{name + "Role", "Arn"}}
			assert.Equal(t, []any{"MakeRoles", own, map[string]any{"Ref": "LambdaRoleArn"}}, r.Properties.at("Role", "Fn::If"))
			assert.Equal(t, "AWS::IAM::Role", s.Resources[name+"Role"].Type)
			assert.Equal(t, name+"Logs", refers(r.Properties.at("LoggingConfig", "LogGroup")))
			logs := s.Resources[name+"Logs"]
			assert.Equal(t, "AWS::Logs::LogGroup", logs.Type)
			assert.Equal(t, "LogRetentionDays", refers(logs.Properties["RetentionInDays"]))
			assert.Equal(t, r.Condition, logs.Condition)
			assert.NotContains(t, r.Properties, "VpcConfig")
			assert.NotContains(t, r.Properties, "ReservedConcurrentExecutions")
		})
	}
	assert.Len(t, s.of("AWS::IAM::Role"), len(s.of("AWS::Serverless::Function")))
}

// grants are the actions that a role allows, by resource, as "action resource".
func (s stack) grants(role string) (out []string) {
	for _, document := range s.policies(role) {
		for _, st := range statements(document) {
			for _, a := range actions(st) {
				for _, r := range each(st["Resource"]) {
					name := refers(r)
					if name == "" {
						name = text(r)
					}
					out = append(out, a+" "+name)
				}
			}
		}
	}
	return out
}

// policies are the documents of a role's policies: its own, and those that are put on it.
func (s stack) policies(role string) (documents []any) {
	for _, p := range each(s.Resources[role].Properties["Policies"]) {
		documents = append(documents, properties(p.(map[string]any))["PolicyDocument"])
	}
	for _, name := range s.of("AWS::IAM::Policy") {
		p := s.Resources[name].Properties
		if slices.ContainsFunc(each(p["Roles"]), func(v any) bool { return refers(v) == role }) {
			documents = append(documents, p["PolicyDocument"])
		}
	}
	return documents
}

// A policy beside a role is there where its roles are, and is the only one of its name on each.
func TestTemplatePoliciesBesideRoles(t *testing.T) {
	s, all := theStack(t), theTemplate(t)
	seen := map[string]bool{}
	for _, name := range s.of("AWS::IAM::Policy") {
		p := s.Resources[name].Properties
		where := text(properties(all).at("Conditions", deployed(s.Resources[name].Condition)))
		require.NotEqual(t, "null", where, name)
		require.NotEmpty(t, each(p["Roles"]), name)
		for _, r := range each(p["Roles"]) {
			role := s.Resources[refers(r)]
			require.Equal(t, "AWS::IAM::Role", role.Type, name)
			assert.Equal(t, where, text(properties(all).at("Conditions", deployed(role.Condition))), name)
			on := fmt.Sprint(refers(r), " ", p["PolicyName"])
			assert.False(t, seen[on], "%s: the second policy of this name", on)
			assert.NotEqual(t, "calls", p["PolicyName"], "that of the role itself")
			seen[on] = true
		}
	}
}

// deployed is the condition under which there is a plugin whose role, or policy of actions, is made.
func deployed(made string) string {
	name := strings.TrimPrefix(made, "Make")
	for _, what := range []string{"Role", "Actions"} {
		name = strings.TrimSuffix(name, what)
	}
	return "With" + name
}

func TestTemplateLeastPrivilege(t *testing.T) {
	s := theStack(t)
	for _, role := range s.of("AWS::IAM::Role") {
		for _, g := range s.grants(role) {
			action, on, _ := strings.Cut(g, " ")
			assert.NotContains(t, action, "*", "%s: %s", role, g)
			assert.True(t, on != `"*"` || onawstest.WithoutResource(action), "%s: %s", role, g)
		}
	}
	core := func(g string) bool { return strings.HasSuffix(g, " AlertMap") || strings.HasSuffix(g, " ReportData") }
	for _, function := range s.of("AWS::Serverless::Function") {
		_, isStage := works[function]
		assert.Equal(t, isStage && function != "Dispatcher", slices.ContainsFunc(s.grants(function+"Role"), core),
			"%s: only stages touch the core tables", function)
	}
}

// Each function may do what its environment names: nothing is more, and nothing is missing.
func TestTemplateEnvironmentAndRole(t *testing.T) {
	s := theStack(t)
	for name, c := range map[string]struct{ env, may string }{
		"Receptor": {
			"AGGREGATION_WINDOW ALERT_MAP ALERT_QUEUE_URL INSPECTION_DELAY INSPECTION_QUEUE_URL INSPECTORS_PATH MAPPINGS MAPPINGS_BUCKET MAPPINGS_KEY REPORT_DATA REPORT_TOPIC_ARN RETENTION_DAYS REVIEW_DELAY REVIEW_QUEUE_URL TASK_TOPIC_ARN",
			"AlertMap: GetItem PutItem UpdateItem; AlertQueue: SendMessage; InspectionQueue: SendMessage; ReportData: PutItem; ReportNotification: Publish; ReviewQueue: SendMessage; TaskNotification: Publish",
		},
		"Dispatcher": {"TASK_TOPIC_ARN", "TaskNotification: Publish"},
		"Submitter": {
			"ALERT_MAP INSPECTORS_PATH REPORT_DATA RETENTION_DAYS REVIEW_DELAY REVIEW_QUEUE_URL TASK_TOPIC_ARN",
			"AlertMap: GetItem UpdateItem; ReportData: PutItem Query; ReviewQueue: SendMessage; TaskNotification: Publish",
		},
		"Reviewer": {
			"ALERT_MAP REPORT_DATA REPORT_TOPIC_ARN RETENTION_DAYS REVIEWER_LAMBDA_ARN REVIEW_QUEUE_URL",
			"AlertMap: GetItem UpdateItem; ReportData: PutItem Query; ReportNotification: Publish; ReviewQueue: SendMessage; ReviewerLambdaArn: InvokeFunction",
		},
		"Watchlist": {
			"INSPECTOR_ID INSPECTOR_TYPES SUBMISSION_QUEUE_URL WATCHLIST_BUCKET WATCHLIST_PREFIX",
			"SubmissionQueue: SendMessage",
		},
		"Virustotal": {
			"INSPECTOR_ID INSPECTOR_TYPES OWN_DOMAINS PLUGIN_DATA SUBMISSION_QUEUE_URL VIRUSTOTAL_LIMITS VIRUSTOTAL_SECRET_ARN",
			"PluginData: GetItem UpdateItem; SubmissionQueue: SendMessage; VirustotalSecretArn: GetSecretValue",
		},
		"Abuseipdb": {
			"ABUSEIPDB_LIMITS ABUSEIPDB_SECRET_ARN INSPECTOR_ID INSPECTOR_TYPES OWN_DOMAINS PLUGIN_DATA SUBMISSION_QUEUE_URL",
			"AbuseipdbSecretArn: GetSecretValue; PluginData: GetItem UpdateItem; SubmissionQueue: SendMessage",
		},
		"Greynoise": {
			"GREYNOISE_LIMITS GREYNOISE_SECRET_ARN INSPECTOR_ID INSPECTOR_TYPES OWN_DOMAINS PLUGIN_DATA SUBMISSION_QUEUE_URL",
			"GreynoiseSecretArn: GetSecretValue; PluginData: GetItem UpdateItem; SubmissionQueue: SendMessage",
		},
		"Abusech": {
			"ABUSECH_SECRET_ARN INSPECTOR_ID INSPECTOR_TYPES OWN_DOMAINS PLUGIN_DATA SUBMISSION_QUEUE_URL",
			"AbusechSecretArn: GetSecretValue; PluginData: GetItem UpdateItem; SubmissionQueue: SendMessage",
		},
		"Awscontext": {
			"AWSCONTEXT_ROLE_ARNS INSPECTOR_ID INSPECTOR_TYPES SUBMISSION_QUEUE_URL",
			"SubmissionQueue: SendMessage",
		},
		"History": {
			"INSPECTOR_ID INSPECTOR_TYPES PLUGIN_DATA RETENTION_DAYS SUBMISSION_QUEUE_URL",
			"PluginData: GetItem; SubmissionQueue: SendMessage",
		},
		"Historian": {"EMITTER_ID PLUGIN_DATA RETENTION_DAYS", "PluginData: GetItem UpdateItem"},
		"Slack": {
			"EMITTER_ID LINK_HOSTS PLUGIN_DATA REPORT_URL RETENTION_DAYS SLACK_CHANNEL SLACK_OPTIONS SLACK_SECRET_ARN",
			"PluginData: UpdateItem; SlackSecretArn: GetSecretValue",
		},
		"Pagerduty": {
			"EMITTER_ID LINK_HOSTS PAGERDUTY_OPTIONS PAGERDUTY_SECRET_ARN PLUGIN_DATA REPORT_URL RETENTION_DAYS",
			"PagerdutySecretArn: GetSecretValue; PluginData: UpdateItem",
		},
		"Github": {
			"EMITTER_ID GITHUB_OPTIONS GITHUB_REPOSITORY GITHUB_SECRET_ARN LINK_HOSTS PLUGIN_DATA REPORT_URL RETENTION_DAYS",
			"GithubSecretArn: GetSecretValue; PluginData: UpdateItem",
		},
		"Securityhub": {"EMITTER_ID PLUGIN_DATA REPORT_URL RETENTION_DAYS SECURITYHUB_ON", "PluginData: GetItem UpdateItem"},
		"Quarantine": {
			"EMITTER_ID PLUGIN_DATA QUARANTINE_MODE QUARANTINE_RULES RETENTION_DAYS SUBMISSION_QUEUE_URL",
			"PluginData: GetItem UpdateItem; SubmissionQueue: SendMessage",
		},
		"Webhook": {
			"EMITTER_ID PLUGIN_DATA RETENTION_DAYS WEBHOOK_SECRET_ARN WEBHOOK_URL",
			"PluginData: UpdateItem; WebhookSecretArn: GetSecretValue",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.env, strings.Join(s.environment(name), " "))
			assert.Equal(t, c.may, s.calls(t, name))
		})
	}
}

func (s stack) environment(function string) (names []string) {
	variables, _ := s.Resources[function].Properties.at("Environment", "Variables").(map[string]any)
	for name := range variables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// calls are what a function's role allows on resources and parameters by name, but for its own logs, the key, and its own
// queue, which are the same for all.
func (s stack) calls(t *testing.T, function string) string {
	queue, _ := s.source(t, function)
	of := map[string][]string{}
	for _, g := range s.grants(function + "Role") {
		action, on, _ := strings.Cut(g, " ")
		if strings.HasPrefix(on, "{") || on == `"*"` || ofAll(action, on, function, queue) {
			continue
		}
		_, action, _ = strings.Cut(action, ":")
		of[on] = append(of[on], action)
	}
	for _, needed := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"} {
		assert.Contains(t, s.grants(function+"Role"), "sqs:"+needed+" "+queue)
	}
	var lines []string
	for on, list := range of {
		slices.Sort(list)
		lines = append(lines, on+": "+strings.Join(list, " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func ofAll(action, on, function, queue string) bool {
	of := map[string][]string{
		function + "Logs": {"logs:CreateLogStream", "logs:PutLogEvents"}, "KmsKeyArn": {"kms:GenerateDataKey", "kms:Decrypt"},
		queue: {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"},
	}
	return slices.Contains(of[on], action)
}

// The role of the predecessors' feedback function lacked sns:Publish: the feature was dead, silently.
func TestRegression12WhoHasATopicMayPublish(t *testing.T) {
	s := theStack(t)
	found := 0
	for _, f := range s.of("AWS::Serverless::Function") {
		variables, _ := s.Resources[f].Properties.at("Environment", "Variables").(map[string]any)
		for name, v := range variables {
			grant := ""
			switch {
			case strings.HasSuffix(name, "_TOPIC_ARN"):
				grant = "sns:Publish " + refers(v)
			case strings.HasSuffix(name, "_QUEUE_URL"):
				grant = "sqs:SendMessage " + refers(v)
			default:
				continue
			}
			found++
			assert.Contains(t, s.grants(f+"Role"), grant, "%s: %s", f, name)
		}
	}
	assert.Equal(t, 18, found, "topics and queues that functions are told of")
}

// Topics with a key take messages only from who may use the key.
func TestTemplateKeyForPublishers(t *testing.T) {
	s := theStack(t)
	for _, role := range s.of("AWS::IAM::Role") {
		grants := s.grants(role)
		publishes := slices.ContainsFunc(grants, func(g string) bool { return strings.HasPrefix(g, "sns:Publish ") })
		assert.Equal(t, publishes, slices.Contains(grants, "kms:GenerateDataKey KmsKeyArn"), role)
		assert.Equal(t, publishes, slices.Contains(grants, "kms:Decrypt KmsKeyArn"), role)
	}
}
