package house_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// What is added to the template, or loses what it does, is noticed, each alone.
func TestWhatIsAddedToTheStackIsNoticed(t *testing.T) {
	require.Empty(t, unexpected(t, theTemplate(t)), "as it stands")
	for what, added := range map[string]struct{ path, value string }{
		"a policy of its own":             {"Resources.New", `{Type: AWS::IAM::Policy, Properties: {Roles: [!Ref WebhookRole], PolicyName: p}}`},
		"a managed policy":                {"Resources.New", `{Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref WebhookRole]}}`},
		"a managed policy of a role":      {"Resources.WebhookRole.Properties.ManagedPolicyArns", `["arn:aws:iam::aws:policy/AdministratorAccess"]`},
		"anybody is trusted":              {"Resources.WebhookRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal", `{AWS: "*"}`},
		"instances are trusted":           {"Resources.WebhookRole.Properties.AssumeRolePolicyDocument.Statement.0.Principal", `{Service: [lambda.amazonaws.com, ec2.amazonaws.com]}`},
		"a role where it is not made":     {"Resources.WebhookRole.Condition", `WithWebhook`},
		"policies that SAM makes":         {"Resources.Webhook.Properties.Policies", `[AdministratorAccess]`},
		"connectors that SAM makes":       {"Resources.Webhook.Connectors", `{C: {Properties: {Destination: {Id: PluginData}, Permissions: [Read]}}}`},
		"a function with an address":      {"Resources.Receptor.Properties.FunctionUrlConfig", `{AuthType: NONE}`},
		"a permission to invoke":          {"Resources.New", `{Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Receptor, Principal: "*"}}`},
		"a policy of a table":             {"Resources.PluginData.Properties.ResourcePolicy", `{PolicyDocument: {Statement: []}}`},
		"a stream of a table":             {"Resources.AlertMap.Properties.StreamSpecification", `{StreamViewType: NEW_IMAGE}`},
		"a function for all":              {"Globals.Function.Layers", `[l]`},
		"something global":                {"Globals.Api", `{Auth: {}}`},
		"another macro":                   {"Transform", `[AWS::Serverless-2016-10-31, Mine]`},
		"a condition that never holds":    {"Conditions.MakeRoles", `!Equals [!Ref LambdaRoleArn, "x"]`},
		"a condition of a policy":         {"Resources.AlertQueuePolicy.Condition", `InOrganization`},
		"SNS is kept out":                 {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.0.Effect", `Deny`},
		"SNS from elsewhere":              {"Resources.WebhookQueuePolicy.Properties.PolicyDocument.Statement.0.Condition", `{ArnEquals: {"aws:SourceArn": !Ref TaskNotification}}`},
		"SNS never":                       {"Resources.WebhookQueuePolicy.Properties.PolicyDocument.Statement.0.Condition.StringEquals", `{"aws:SourceAccount": "0"}`},
		"rules are kept out":              {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.1.Effect", `Deny`},
		"rules never":                     {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.1.Condition.Bool", `{"aws:SecureTransport": false}`},
		"plain text from some":            {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.4.Condition.StringEquals", `{"aws:SourceAccount": "0"}`},
		"everybody is refused":            {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.4.Condition.Bool", `{"aws:SecureTransport": true}`},
		"everybody may receive":           {"Resources.ReviewQueuePolicy.Properties.PolicyDocument.Statement.+", `{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "sqs:*", Resource: !GetAtt ReviewQueue.Arn}`},
		"everybody may publish":           {"Resources.ReportNotificationPolicy.Properties.PolicyDocument.Statement.+", `{Effect: Allow, Principal: "*", Action: sns:Publish, Resource: !Ref ReportNotification, Condition: {Bool: {"aws:SecureTransport": true}}}`},
		"another branch publishes":        {"Resources.AlertNotificationPolicy.Properties.PolicyDocument.Statement.2.Fn::If.2", `{Effect: Allow, Principal: {AWS: "*"}, Action: sns:Publish, Resource: !Ref AlertNotification}`},
		"any account publishes":           {"Resources.AlertNotificationPolicy.Properties.PolicyDocument.Statement.2.Fn::If.1.Principal", `{AWS: "*"}`},
		"any organization's alarms":       {"Resources.AlertNotificationPolicy.Properties.PolicyDocument.Statement.4.Fn::If.1.Condition", `{StringLike: {"aws:SourceOrgID": "*"}}`},
		"any account sends":               {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.2.Fn::If.1.Principal", `{AWS: "*"}`},
		"any organization sends":          {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.3.Fn::If.1.Condition", `{}`},
		"other accounts receive":          {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.2.Fn::If.1.Action", `"sqs:*"`},
		"others are always trusted":       {"Resources.AlertQueuePolicy.Properties.PolicyDocument.Statement.2.Fn::If.0", `MakeRoles`},
		"others fill the dead letters":    {"Resources.AlertUndeliveredPolicy.Properties.PolicyDocument.Statement.1.Condition", `{}`},
		"a rule that is not asked for":    {"Resources.GuardDutyRule.Condition", `MakeRoles`},
		"a rule of everything":            {"Resources.GuardDutyRule.Properties.EventPattern", `{source: [aws.guardduty]}`},
		"a rule of high severity only":    {"Resources.GuardDutyRule.Properties.EventPattern.Fn::Sub.1.Least", `"7"`},
		"a rule that transforms":          {"Resources.MacieRule.Properties.Targets.0.InputPath", `$.detail`},
		"a rule that gives up at once":    {"Resources.MacieRule.Properties.Targets.0.RetryPolicy", `{MaximumRetryAttempts: 0}`},
		"a rule that loses":               {"Resources.MacieRule.Properties.Targets.0.DeadLetterConfig", `{}`},
		"a rule to another queue":         {"Resources.MacieRule.Properties.Targets.0.Arn", `!GetAtt ReviewQueue.Arn`},
		"a rule that tells others":        {"Resources.MacieRule.Properties.Targets.+", `{Id: other, Arn: !Ref ErrorNotification}`},
		"a rule that is off":              {"Resources.InspectorRule.Properties.State", `DISABLED`},
		"one more rule":                   {"Resources.New", `{Type: AWS::Events::Rule, Properties: {EventPattern: {source: [x]}}}`},
		"alarms may not publish":          {"Resources.ErrorNotificationPolicy.Properties.PolicyDocument.Statement.0.Action", `sns:Subscribe`},
		"alarms are kept out":             {"Resources.ErrorNotificationPolicy.Properties.PolicyDocument.Statement.0.Effect", `Deny`},
		"an alarm of another unit":        {"Resources.AlertDeadLettersAlarm.Properties.Unit", `Seconds`},
		"an alarm of a long time":         {"Resources.AlertDeadLettersAlarm.Properties.Period", `86400`},
		"an alarm of the least":           {"Resources.AlertDeadLettersAlarm.Properties.Statistic", `Minimum`},
		"an alarm at silence":             {"Resources.AlertDeadLettersAlarm.Properties.TreatMissingData", `ignore`},
		"an alarm of two":                 {"Resources.AlertDeadLettersAlarm.Properties.DatapointsToAlarm", `2`},
		"an alarm that is off":            {"Resources.AlertDeadLettersAlarm.Properties.ActionsEnabled", `false`},
		"some alerts only":                {"Resources.AlertSubscription.Properties.FilterPolicy", `{a: [b]}`},
		"some alerts by their bodies":     {"Resources.AlertSubscription.Properties.FilterPolicyScope", `MessageBody`},
		"a filter of bodies":              {"Resources.WatchlistSubscription.Properties.FilterPolicyScope", `MessageBody`},
		"alerts are raw":                  {"Resources.AlertSubscription.Properties.RawMessageDelivery", `true`},
		"reports are not raw":             {"Resources.WebhookSubscription.Properties.RawMessageDelivery", `false`},
		"urgent reports only":             {"Resources.WebhookSubscription.Properties.FilterPolicy", `{severity: [urgent]}`},
		"a mapping that is off":           {"Resources.Receptor.Properties.Events.Source.Properties.Enabled", `false`},
		"a mapping that drops":            {"Resources.Receptor.Properties.Events.Source.Properties.FilterCriteria", `{Filters: [{Pattern: "{}"}]}`},
		"a mapping that fails whole":      {"Resources.Receptor.Properties.Events.Source.Properties.FunctionResponseTypes", `[]`},
		"a mapping of many":               {"Resources.Receptor.Properties.Events.Source.Properties.BatchSize", `1000`},
		"a mapping that waits":            {"Resources.Receptor.Properties.Events.Source.Properties.MaximumBatchingWindowInSeconds", `300`},
		"one more mapping":                {"Resources.Receptor.Properties.Events.More", `{Type: SQS, Properties: {Queue: !GetAtt ReviewQueue.Arn}}`},
		"a queue that waits":              {"Resources.ReviewQueue.Properties.DelaySeconds", `900`},
		"a queue that takes little":       {"Resources.AlertQueue.Properties.MaximumMessageSize", `1024`},
		"a queue of dead letters forgets": {"Resources.AlertDeadLetters.Properties.MessageRetentionPeriod", `60`},
		"a queue that nobody may redrive": {"Resources.AlertDeadLetters.Properties.RedriveAllowPolicy", `{redrivePermission: denyAll}`},
		"a variable of another queue":     {"Resources.Receptor.Properties.Environment.Variables.REVIEW_QUEUE_URL", `!Ref InspectionQueue`},
		"one more queue":                  {"Resources.New", `{Type: AWS::SQS::Queue}`},
		"notices for who acts":            {"Resources.QuarantineSubscription.Properties.FilterPolicy", `{status: [new, published]}`},
		"verdicts only for people":        {"Resources.SlackSubscription.Properties.FilterPolicy", `{status: [published]}`},
		"actions in a dry run":            {"Resources.QuarantineActions.Condition", `MakeQuarantineRole`},
		"actions in any mode":             {"Conditions.MakeQuarantineActions", `!And [!Condition WithQuarantine, !Condition MakeRoles]`},
		"actions of somebody else":        {"Resources.QuarantineActions.Properties.Roles.+", `!Ref ReviewerRole`},
		"archives without being asked to": {"Conditions.SecurityhubArchives", `!Not [!Equals [!Ref SecurityhubOn, ""]]`},
		"one more section":                {"Hooks", `{}`},
	} {
		t.Run(what, func(t *testing.T) {
			all := theTemplate(t)
			put(t, all, strings.Split(added.path, "."), added.value)
			faults := unexpected(t, all)
			require.Len(t, faults, 1)
			section, name, _ := strings.Cut(added.path, ".")
			name, _, _ = strings.Cut(name, ".")
			assert.Contains(t, faults[0], strings.TrimSpace(section+" "+name)+": ")
		})
	}
}

// put sets what is at a path of names, and indexes of lists: + is one more.
func put(t *testing.T, in map[string]any, path []string, value string) {
	t.Helper()
	read, err := cfn.Read([]byte("v: " + value))
	require.NoError(t, err)
	step := path[0]
	if len(path) == 1 {
		in[step] = read["v"]
		return
	}
	list, ok := in[step].([]any)
	if !ok {
		inner, ok := in[step].(map[string]any)
		require.True(t, ok, step)
		put(t, inner, path[1:], value)
		return
	}
	if path[1] == "+" {
		in[step] = append(list, read["v"])
		return
	}
	n := int(path[1][0] - '0')
	if len(path) == 2 {
		list[n] = read["v"]
		return
	}
	put(t, list[n].(map[string]any), path[2:], value)
}
