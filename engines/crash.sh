#!/bin/sh
# Deploys the stack and the test stack to MiniStack, with the Makefile's own commands, and kills the functions' processes
# there between any two of their calls of AWS. Leaves nothing behind but .venv and build.
set -eu
cd "$(dirname "$0")/.."
[ "$(uname -s)" = Linux ] || { echo "skipped TestEachCrash: whose call it is stands in /proc, which is of Linux" >&2; exit 0; }
. engines/lib.sh

step() { printf '\n--- %s\n' "$*"; }

step "the engine, its functions behind a proxy"
venv .venv engines/requirements.txt
PATH=$PWD/.venv/bin:$PATH
d=$(mktemp -d)
leave() {
  status=$?
  [ $status -eq 0 ] || grep -v ' INFO ' "$d/log" | tail -n 40 >&2
  rm -f tester/params.json
  stop "$d"
  rm -rf "$d"
  exit $status
}
trap leave EXIT
trap 'exit 1' INT TERM HUP
# Functions talk to the proxy, which the tests are.
CRASH_PROXY=127.0.0.1:$(free_port)
sh engines/up.sh "$d" "$(free_port)" "http://$CRASH_PROXY"
. "$d/env"
export CRASH_PROXY

step "make deploy, cd tester && make deploy"
aws s3 mb s3://code >/dev/null
cat >"$d/config.json" <<EOT
{"StackName": "ar", "TestStackName": "ar-test", "Region": "$AWS_REGION", "CodeS3Bucket": "code", "CodeS3Prefix": "functions",
 "Architecture": "$(uname -m | sed 's/aarch64/arm64/')", "ReviewDelay": 20}
EOT
export AR_CONFIG="$d/config.json"
make --no-print-directory deploy
sh engines/adjust.sh ar
(cd tester && make --no-print-directory deploy)

step "processes are killed"
go test -count=1 -timeout 12m -v ./internal/crash
