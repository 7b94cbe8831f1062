#!/bin/sh
# Shows Stoplight's Prism all that the tests of the github emitter send, and what their fake of GitHub answers: it compares
# both with GitHub's own OpenAPI descriptions, of github.com and of the newest GitHub Enterprise Server. Says what was
# skipped, and why. Leaves nothing behind but engines/lib.
set -eu
cd "$(dirname "$0")/.."
for tool in node npm; do
  command -v $tool >/dev/null || { echo "skipped GitHub's OpenAPI descriptions: no $tool here, expected Node.js 18 or newer" >&2; exit 0; }
done
. engines/lib.sh
lib=engines/lib/openapi
cmp -s engines/package.json $lib/installed.json || {
  rm -rf $lib
  mkdir -p $lib
  cp engines/package.json $lib
  npm install --prefix $lib --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error >&2
  rm -f $lib/node_modules/@octokit/openapi/generated/*.deref.json # 300 MB of the same
  cp engines/package.json $lib/installed.json
}
described=$lib/node_modules/@octokit/openapi/generated
d=$(mktemp -d)
trap 'stop "$d/cloud"; stop "$d/server"; rm -rf "$d"' EXIT
trap 'exit 1' INT TERM HUP

# prism NAME DESCRIPTION: starts one, whose addresses are in the folder NAME.
prism() {
  mkdir "$d/$1"
  free_port >"$d/$1/port"
  free_port >"$d/$1/upstream"
  node engines/openapi.js "$2" /user /app '/app/installations/{installation_id}/access_tokens' '/repos/{owner}/{repo}' \
    '/repos/{owner}/{repo}/issues' '/repos/{owner}/{repo}/issues/{issue_number}' \
    '/repos/{owner}/{repo}/issues/{issue_number}/comments' >"$d/$1/openapi.json"
  node $lib/node_modules/@stoplight/prism-cli/dist/index.js proxy "$d/$1/openapi.json" "http://127.0.0.1:$(cat "$d/$1/upstream")" \
    --host 127.0.0.1 --port "$(cat "$d/$1/port")" --verboseLevel error >"$d/$1/log" 2>&1 </dev/null &
  echo $! >"$d/$1/pid"
}

# tests NAME HOME: runs the tests by a Prism, of which one must have seen that it finds what is wrong.
tests() {
  export AR_PRISM="http://127.0.0.1:$(cat "$d/$1/port")" AR_PRISM_UPSTREAM="127.0.0.1:$(cat "$d/$1/upstream")" AR_PRISM_HOME="$2"
  n=0
  until curl -s -o /dev/null "$AR_PRISM"; do
    n=$((n + 1))
    if [ $n -ge 600 ] || ! kill -0 "$(cat "$d/$1/pid")"; then
      cat "$d/$1/log" >&2
      exit 1
    fi
    sleep 0.2
  done
  status=0
  "$d/test" -test.v -test.timeout 5m -test.skip TestInThePipeline >"$d/$1/out" 2>&1 || status=$?
  [ $status -eq 0 ] || cat "$d/$1/out" >&2
  [ $status -ne 0 ] || grep -q -- '^--- PASS: TestOpenAPI ' "$d/$1/out" || { echo "TestOpenAPI did not run" >&2; status=1; }
  printf '%s: %s\n' "$3" "$(grep ' of the fake validated' "$d/$1/out")"
  return $status
}

newest=$(ls $described/ghes-*.json | sort -t. -k2n | tail -n 1)
prism cloud $described/api.github.com.json
prism server "$newest"
go test -c -o "$d/test" ./internal/emitters/github
(cd internal/emitters/github && tests cloud "" api.github.com)
(cd internal/emitters/github && tests server https://ghe.example.com/ "$(basename "$newest" .json)")
