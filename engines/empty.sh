#!/bin/sh
# Fails if an engine still has anything that stacks had made.
#
# in → out: the engine of the environment → an error that names what is left.
set -eu
left() { # WHAT QUERY COMMAND...
  what=$1 query=$2 && shift 2
  names=$(aws "$@" --output text --query "$query") || return 1
  case "$names" in '' | None) return 0 ;; esac
  echo "left behind, $what: $names" >&2
  return 1
}
failed=0
left functions 'Functions[].FunctionName' lambda list-functions || failed=1
left mappings 'EventSourceMappings[].UUID' lambda list-event-source-mappings || failed=1
left queues 'QueueUrls' sqs list-queues --endpoint-url "$AWS_ENDPOINT_URL" || failed=1
left topics 'Topics[].TopicArn' sns list-topics || failed=1
left tables 'TableNames' dynamodb list-tables || failed=1
left parameters 'Parameters[].Name' ssm describe-parameters || failed=1
left alarms 'MetricAlarms[].AlarmName' cloudwatch describe-alarms || failed=1
left rules 'Rules[].Name' events list-rules || failed=1
left roles 'Roles[].RoleName' iam list-roles || failed=1
left logs 'logGroups[].logGroupName' logs describe-log-groups || failed=1
exit $failed
