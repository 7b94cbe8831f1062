#!/bin/sh
# Runs the suites of what stands on DynamoDB (store, what plugins remember, their hosts) on Amazon's DynamoDB Local and on
# MiniStack, those of what stands on SNS, SQS and the Parameter Store on MiniStack, and what quarantine does on MiniStack,
# which holds to policies, and on moto, which knows the network interfaces of instances. Says what was skipped, and why.
# Leaves nothing behind but engines/lib, .venv and .venv-moto.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh
d=$(mktemp -d)
trap 'stop "$d/ddl"; stop "$d/ministack"; stop "$d/moto"; rm -rf "$d"' EXIT
trap 'exit 1' INT TERM HUP

# tests ENGINE TEST PACKAGE…: runs packages, of which one must have run and passed the test.
tests() {
  engine=$1 proof=$2 began=$(date +%s) status=0
  shift 2
  go test -count=1 -parallel 8 -timeout 5m -v "$@" >"$d/out" 2>&1 || status=$?
  [ $status -eq 0 ] || cat "$d/out" >&2
  [ $status -ne 0 ] || grep -q -- "^--- PASS: $proof " "$d/out" || { echo "$proof did not run on $engine" >&2; status=1; }
  printf '%s, %s: %d passed, %d skipped (%d s)\n' "$engine" "$*" "$(grep -c -- '--- PASS' "$d/out")" \
    "$(grep -c -- '--- SKIP' "$d/out")" $(($(date +%s) - began))
  awk '/^=== / { name = $3 } / +[a-z_]+\.go:[0-9]+: / { sub(/^.*\.go:[0-9]+: /, ""); why[name] = $0 }
    /--- SKIP/ { print "  skipped", $3 ": " why[$3] }' "$d/out"
  return $status
}

venv .venv engines/requirements.txt
port=$(free_port)
sh engines/ddl.sh "$d/ddl" "$port"
PATH=$PWD/.venv/bin:$PATH sh engines/up.sh "$d/ministack" "$(free_port)"

export DYNAMODB_ENDPOINT="http://127.0.0.1:$port"
tests "DynamoDB Local" TestDynamoConformance ./internal/store/... ./internal/plugindata/... ./lib/awslambda \
  ./internal/cli/stack ./internal/benchmark/meter
stop "$d/ddl"

. "$d/ministack/env"
export DYNAMODB_ENDPOINT="$AWS_ENDPOINT_URL" AR_TEST_ENDPOINT="$AWS_ENDPOINT_URL"
# One call after the other takes twice the time there: a quarter of the random runs.
tests MiniStack TestDynamoConformance ./internal/store/... ./internal/plugindata/... -rapid.checks=25
tests MiniStack TestConformance ./internal/bus/awsbus
tests MiniStack TestInspectorsOnTheEngine ./internal/registry/ssm
tests MiniStack TestOnTheEngine ./internal/cli/redrive
tests MiniStack TestInstancesOnTheEngine ./internal/inspectors/awscontext
PATH=$PWD/.venv/bin:$PATH # the command line says what there is
tests MiniStack TestActionsOnTheEngine ./internal/emitters/quarantine/actions -run OnTheEngine
stop "$d/ministack"

venv .venv-moto engines/requirements-moto.txt
PATH=$PWD/.venv-moto/bin:$PATH sh engines/moto.sh "$d/moto" "$(free_port)"
. "$d/moto/env"
tests moto TestIsolationOnTheEngine ./internal/emitters/quarantine/actions -run OnTheEngine
