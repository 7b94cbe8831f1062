#!/bin/sh
# Runs the suites of the store and of the plugins' data on DynamoDB Local. Leaves nothing behind but engines/lib.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh
d=$(mktemp -d)
trap 'stop "$d"; rm -rf "$d"' EXIT
trap 'exit 1' INT TERM HUP
port=$(free_port)
sh engines/ddl.sh "$d" "$port"
DYNAMODB_ENDPOINT=http://127.0.0.1:$port go test -count=1 ./internal/store/... ./internal/plugindata/... ./lib/awslambda
