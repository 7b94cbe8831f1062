#!/bin/sh
# Deploys the stack and the test stack to MiniStack, with the Makefile's own commands and the AWS CLI, and runs the tests of
# the root on them. Leaves nothing behind but .venv and build.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh

step() { printf '\n--- %s\n' "$*"; }

step "the engine and its clients"
venv .venv engines/requirements.txt
PATH=$PWD/.venv/bin:$PATH
d=$(mktemp -d)
leave() {
  status=$?
  [ $status -eq 0 ] || grep -v ' INFO ' "$d/log" | tail -n 60 >&2
  rm -f tester/params.json
  stop "$d"
  rm -rf "$d"
  exit $status
}
trap leave EXIT
trap 'exit 1' INT TERM HUP
sh engines/up.sh "$d" "$(free_port)"
. "$d/env"

step "what an account has: a bucket for code, one with lists, a secret"
aws s3 mb s3://code >/dev/null
aws s3 mb s3://lists >/dev/null
printf '# indicators of the test\n198.51.100.0/24\n' >"$d/list.txt"
aws s3 cp --only-show-errors "$d/list.txt" s3://lists/indicators/list.txt
secret=$(aws secretsmanager create-secret --name webhook --secret-string 'not a secret' --query ARN --output text)
cat >"$d/config.json" <<EOT
{"StackName": "ar", "TestStackName": "ar-test", "Region": "$AWS_REGION", "CodeS3Bucket": "code", "CodeS3Prefix": "functions",
 "Architecture": "$(uname -m | sed 's/aarch64/arm64/')", "ReviewDelay": 60, "OrganizationId": "",
 "WatchlistBucket": "lists", "WatchlistPrefix": "indicators/",
 "WebhookSecretArn": "$secret", "WebhookUrl": "http://127.0.0.1:$(free_port)/hook"}
EOT
export AR_CONFIG="$d/config.json"

step "make deploy"
make --no-print-directory deploy

# The engine asks for ssm:GetParametersByPath on *, where AWS asks for it on the path. Only here, never in the template.
step "the engine's own permissions"
for role in ReceptorRole SubmitterRole; do
  name=$(aws cloudformation describe-stack-resource --stack-name ar --logical-resource-id $role \
    --query StackResourceDetail.PhysicalResourceId --output text)
  aws iam put-role-policy --role-name "$name" --policy-name engine --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParametersByPath","Resource":"*"}]}'
done

step "cd tester && make deploy"
(cd tester && make --no-print-directory deploy)

step "go test -v ."
go test -count=1 -v .

step "the command line tool on the stack: small messages by the topic, large ones by the queue"
go build -o "$d/alertresponder" ./cmd/alertresponder
ar() { command=$1 && shift && "$d/alertresponder" "$command" --stack ar "$@"; }
echo "the tool says hello" | ar send -
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "x"; print " is large" }' | ar send -
n=0
until [ "$(ar reports --since 1h -o json | wc -l)" -ge 4 ]; do
  n=$((n + 1))
  [ $n -lt 60 ] || { ar reports; echo "the reports did not come" >&2; exit 1; }
  sleep 0.5
done
ar reports --since 1h
ar report -o text --watch "$(ar reports --since 1h -o json | sed -n '1s/.*"report_id":"\([^"]*\)".*/\1/p')" | tail -n 20

step "the bus on the engine"
AR_TEST_ENDPOINT=$AWS_ENDPOINT_URL go test -count=1 ./internal/bus/awsbus

step "an update, and the way back"
sed 's/"ReviewDelay": 60/"ReviewDelay": 90/' "$d/config.json" >"$d/update.json"
make --no-print-directory deploy AR_CONFIG="$d/update.json"
delay=$(aws lambda get-function-configuration --query Environment.Variables.REVIEW_DELAY --output text --function-name \
  "$(aws cloudformation describe-stack-resource --stack-name ar --logical-resource-id Receptor \
    --query StackResourceDetail.PhysicalResourceId --output text)")
[ "$delay" = 90 ] || { echo "REVIEW_DELAY: '$delay' after the update, expected 90" >&2; exit 1; }
(cd tester && make --no-print-directory delete)
aws cloudformation delete-stack --stack-name ar
aws cloudformation wait stack-delete-complete --stack-name ar
echo "both stacks are gone"
