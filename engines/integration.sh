#!/bin/sh
# Deploys the stack and the test stacks with the commands that the README gives and the real AWS CLI, runs the tests of the root
# on them, uses the tool, updates under load, deploys the published template, deletes all of it.
#
# in → out: nothing → MiniStack, started here and stopped again; or AR_CONFIG, a config.json → that account, for stacks that
# are not there yet. Leaves nothing behind but .venv and build.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh
account=${AR_CONFIG:-}
unset MAKEFLAGS MFLAGS AR_CONFIG

step() { printf '\n--- %s\n' "$*"; }
refuse() { echo "integration: $*" >&2; exit 1; }
resource() { # STACK LOGICAL-ID
  aws cloudformation describe-stack-resource --stack-name "$1" --logical-resource-id "$2" --output text \
    --query StackResourceDetail.PhysicalResourceId
}
is_there() { aws cloudformation describe-stacks --stack-name "$1" >/dev/null 2>&1; }
delete() {
  aws cloudformation delete-stack --stack-name "$1"
  aws cloudformation wait stack-delete-complete --stack-name "$1"
}
plugins() { # STACK FILE: the plugins that are there, one a line; an event source mapping polls for each, and for the four stages
  aws cloudformation list-stack-resources --stack-name "$1" --output text \
    --query 'StackResourceSummaries[].[LogicalResourceId, ResourceType]' >"$2"
  polled=$(grep -c 'AWS::Lambda::EventSourceMapping$' "$2") there=0
  for folder in functions/inspectors/*/ functions/emitters/*/; do
    name=$(basename "$folder" | awk '{ print toupper(substr($0, 1, 1)) substr($0, 2) }')
    ! grep -q "^$name" "$2" || { there=$((there + 1)); echo "$name: $(grep -c "^$name" "$2") resources"; }
  done
  [ "$polled" -eq $((there + 4)) ] || refuse "$1: $polled event source mappings, expected $((there + 4))"
}
failures() {
  for name in "$stack" "$tests" "$tests-python" "$public"; do
    aws cloudformation describe-stack-events --stack-name "$name" --output text 2>/dev/null \
      --query 'StackEvents[?ends_with(ResourceStatus, `FAILED`)].[StackName, LogicalResourceId, ResourceStatusReason]' || true
  done
}
quietly() { make --no-print-directory "$@"; }

d=$(mktemp -d)
ours='' releases=''
leave() {
  status=$?
  trap - EXIT
  if [ $status -ne 0 ]; then
    [ ! -f "$d/log" ] || grep -v ' INFO ' "$d/log" | tail -n 60 >&2
    [ -z "$ours" ] || { failures >&2; . engines/remove.sh; } || true
  fi
  rm -f tester/params.json
  stop "$d"
  rm -rf "$d"
  exit $status
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

if [ -z "$account" ]; then
  step "the engine and its clients"
  venv .venv engines/requirements.txt
  PATH=$PWD/.venv/bin:$PATH
  sh engines/up.sh "$d" "$(free_port)"
  . "$d/env"

  step "what an account has: a bucket for code, one with lists and mappings, secrets"
  aws s3 mb s3://code >/dev/null
  aws s3 mb s3://lists >/dev/null
  printf '# indicators of the test\n198.51.100.0/24\n' >"$d/list.txt"
  aws s3 cp --only-show-errors "$d/list.txt" s3://lists/indicators/list.txt
  cat >"$d/mappings.yml" <<'EOT'
version: 1
mappings:
  - source: by-parameter # what it is for: see mappings_test.go
    match: {tool: parameter}
    alerts: Findings
    key: [$.run, id]
    attrs: [{type: ipaddr, value: ip, context: [remote]}]
EOT
  printf 'version: 1\nmappings: [{source: by-object, match: {tool: object}, key: id}]\n' | aws s3 cp --only-show-errors - s3://lists/own/mappings.yml
  secret() { aws secretsmanager create-secret --name "$1" --secret-string 'not a secret' --query ARN --output text; }
  # Another account has a role for awscontext: a key of twelve digits is of that account here.
  (
    export AWS_ACCESS_KEY_ID=111122223333
    aws iam create-role --role-name context --assume-role-policy-document '{"Version": "2012-10-17", "Statement":
      [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}]}'
    aws iam put-role-policy --role-name context --policy-name look --policy-document '{"Version": "2012-10-17", "Statement":
      [{"Effect": "Allow", "Action": ["ec2:Describe*", "elasticloadbalancing:Describe*", "iam:ListAccountAliases"], "Resource": "*"}]}'
  ) >/dev/null
  cat >"$d/config.json" <<EOT
{"StackName": "ar", "TestStackName": "ar-test", "Region": "$AWS_REGION", "CodeS3Bucket": "code", "CodeS3Prefix": "functions",
 "Architecture": "$(uname -m | sed 's/aarch64/arm64/')", "ReviewDelay": 60, "OrganizationId": "",
 "GuardDutySeverity": "medium", "SecurityHubSeverity": "high", "SecurityHubV2Severity": "high", "MacieSeverity": "medium",
 "InspectorSeverity": "critical", "AccessAnalyzerFindings": "public", "TrustedAccounts": "111122223333",
 "Mappings": "@mappings.yml", "MappingsBucket": "lists", "MappingsKey": "own/mappings.yml",
 "WatchlistBucket": "lists", "WatchlistPrefix": "indicators/",
 "VirustotalSecretArn": "$(secret virustotal)", "VirustotalLimits": "1000/minute", "AbuseipdbSecretArn": "$(secret abuseipdb)",
 "GreynoiseSecretArn": "$(secret greynoise)", "AbusechSecretArn": "$(secret abusech)", "OwnDomains": "example.com",
 "AwscontextOn": "on", "AwscontextRoleArns": "arn:aws:iam::111122223333:role/context", "HistoryOn": "on",
 "SlackSecretArn": "$(secret slack)", "SlackChannel": "#alerts", "PagerdutySecretArn": "$(secret pagerduty)",
 "GithubSecretArn": "$(secret github)", "GithubRepository": "example/alerts", "SecurityhubOn": "archive",
 "QuarantineMode": "on", "QuarantineRules": "@$PWD/internal/emitters/quarantine/testdata/rules.yml",
 "WebhookSecretArn": "$(secret webhook)", "WebhookUrl": "http://127.0.0.1:$(free_port)/hook"}
EOT
else
  cp "$account" "$d/config.json"
fi
export AR_CONFIG="$d/config.json"
settings=$(go run ./scripts/config -test "$AR_CONFIG") && eval "$settings"
stack=$STACK tests=$TEST_STACK public=$STACK-published
export AWS_REGION="$REGION" AWS_DEFAULT_REGION="$REGION" AWS_PAGER=
owner=$(aws sts get-caller-identity --query Account --output text)
for name in "$stack" "$tests" "$tests-python" "$public"; do
  if is_there "$name"; then
    refuse "stack $name is in account $owner already: these tests make and delete stacks of their own, name others in AR_CONFIG"
  fi
done
echo "stacks $stack, $tests, $tests-python, $public in account $owner, $REGION"
ours=yes

step "make deploy"
quietly deploy

step "the plugins of the stack"
plugins "$stack" "$d/resources" >"$d/plugins"
cat "$d/plugins"
all=$(ls -d functions/inspectors/*/ functions/emitters/*/ | wc -l)
[ -n "$account" ] || [ "$(wc -l <"$d/plugins")" -eq "$all" ] || refuse "$stack: not all plugins are deployed, expected $all"

if [ -z "$account" ]; then
  # Never in the template: the engine asks for ssm:GetParametersByPath on *, and an update kills what runs.
  step "what the engine needs more than AWS"
  sh engines/adjust.sh "$stack"
fi

step "cd tester && make deploy && make python"
(cd tester && quietly deploy && quietly python)

step "go test -v ."
go test -count=1 -v -timeout 30m . >"$d/tests" 2>&1 || { cat "$d/tests"; exit 1; }
cat "$d/tests"
if [ -z "$account" ] && grep '^--- SKIP' "$d/tests" | grep -v TestUpdateInFlight; then
  refuse "tests were skipped"
fi

step "the command line tool on the stack: small messages by the topic, large ones by the queue"
go build -o "$d/alertresponder" ./cmd/alertresponder
ar() { command=$1 && shift && "$d/alertresponder" "$command" --stack "$stack" "$@"; }
reports() { ar reports --since 1h -o json; }
before=$(reports | wc -l)
echo "the tool says hello" | ar send -
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "x"; print " is large" }' | ar send -
n=0
until [ "$(reports | wc -l)" -ge $((before + 2)) ]; do
  n=$((n + 1))
  [ $n -lt 120 ] || { ar reports; refuse "the reports did not come"; }
  sleep 0.5
done
ar reports --since 1h | tail -n 5
ar report -o text --watch "$(reports | sed -n '1s/.*"report_id":"\([^"]*\)".*/\1/p')" | tail -n 20

step "what is logged of verdicts is metrics"
group=$(aws lambda get-function-configuration --query LoggingConfig.LogGroup --output text --function-name "$(resource "$stack" Reviewer)")
lines=$(aws logs filter-log-events --log-group-name "$group" --filter-pattern '"CloudWatchMetrics"' --query 'length(events)' --output text)
[ "${lines:-0}" -gt 0 ] || refuse "$group: no line with metrics"
echo "$lines lines with metrics in $group"

step "an update while alerts come in"
AR_UPDATE="aws cloudformation deploy --stack-name $stack --template-file build/packaged.yml --capabilities CAPABILITY_IAM \
  --parameter-overrides AggregationWindow=7200" go test -count=1 -v -timeout 30m -run TestUpdateInFlight .
window=$(aws lambda get-function-configuration --query Environment.Variables.AGGREGATION_WINDOW --output text \
  --function-name "$(resource "$stack" Receptor)")
[ "$window" = 7200 ] || refuse "AGGREGATION_WINDOW: '$window' after the update, expected 7200"

step "make publish, and the published template by the CLI alone"
releases=releases-$owner-$REGION
aws s3 mb "s3://$releases" >/dev/null
rm -rf dist/v0.0.0
quietly publish BUCKETS="releases-$owner" REGIONS="$REGION" VERSION=v0.0.0 ARCH="$ARCH"
aws s3 cp --only-show-errors "s3://$releases/v0.0.0/template.yml" "$d/template.yml"
aws cloudformation deploy --template-file "$d/template.yml" --stack-name "$public" --capabilities CAPABILITY_IAM
plugins "$public" "$d/resources" >"$d/plugins"
[ ! -s "$d/plugins" ] || refuse "$public: plugins that nobody asked for: $(cat "$d/plugins")"
echo "$(wc -l <"$d/resources") resources, none of a plugin"
[ -n "$account" ] || sh engines/adjust.sh "$public"
echo "nobody is asked here" | "$d/alertresponder" send --stack "$public" -
n=0
until "$d/alertresponder" reports --stack "$public" --since 1h -o json | grep -q '"severity":"unclassified"'; do
  n=$((n + 1))
  [ $n -lt 120 ] || refuse "no verdict from the published template"
  sleep 0.5
done
"$d/alertresponder" reports --stack "$public" --since 1h

step "the stacks go, and what they have decided stays"
. engines/remove.sh
[ -n "$account" ] || sh engines/empty.sh
