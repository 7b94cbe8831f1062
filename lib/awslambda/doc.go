// Package awslambda runs plugins on AWS Lambda.
//
// in → out: a plugin of package responder → the lambda.Handler of its queue: envelopes, batches of which
// single messages fail, retries with back-off, deadlines, and the submission of what was found.
//
// A function of the stack gets its settings from the environment:
//
//	SUBMISSION_QUEUE_URL  where inspectors send their pages (export <stack>-SubmissionQueueUrl)
//	INSPECTOR_ID          the plugin's id: 1 to 32 of a-z, 0-9 and -
//	INSPECTOR_TYPES       the attribute types that an inspector accepts, separated by commas, or *
//	PLUGIN_DATA           the table in which emitters remember receipts (export <stack>-PluginDataName)
//	EMITTER_ID            the id of an emitter, if INSPECTOR_ID is not set
//	RETENTION_DAYS        how long receipts are kept; 90 if not set
//	LOG_LEVEL             debug, info (also if not set), warn or error
//
// Permissions: sqs:SendMessage on SubmissionQueue (inspectors); dynamodb:UpdateItem on PluginData (emitters);
// and on the plugin's own queue sqs:ReceiveMessage, DeleteMessage, GetQueueAttributes and
// ChangeMessageVisibility. Without the last one, failed messages come back after the queue's visibility
// time-out. The event source mapping needs ReportBatchItemFailures.
//
// A plugin that needs a secret takes it by [Secret] from Secrets Manager (permission secretsmanager:GetSecretValue on
// its ARN), or by [SecretOrEnv] from there or the environment.
//
// # When the configuration is at fault
//
// All faults are logged together at the start, and each invocation fails with them: no message is lost, and
// the queue's alarm rings.
package awslambda
