#!/bin/sh
# Has each call fail that the handlers make of AWS, one at a time and several at random, with the SDK's clients on DynamoDB
# Local; and compares what they called with their roles. FAULTS_SHARE=2/3 takes the second third of the schedules. Leaves
# nothing behind but engines/lib.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh
d=$(mktemp -d)
trap 'stop "$d"; rm -rf "$d"' EXIT
trap 'exit 1' INT TERM HUP
port=$(free_port)
sh engines/ddl.sh "$d" "$port"
# Schedules wait for the time of a function to end: more of them at once than there are processors.
DYNAMODB_ENDPOINT=http://127.0.0.1:$port go test -count=1 -parallel 6 -timeout 30m -v \
  -run 'OfAWS|TestStagesMayDoWhatTheyDo' ./internal/inprocess >"$d/out" && status=0 || status=$?
grep -v '^=== ' "$d/out"
exit $status
