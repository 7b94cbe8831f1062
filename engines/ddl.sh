#!/bin/sh
# Starts Amazon's DynamoDB Local.
#
#   engines/ddl.sh DIR PORT
#
# in → out: an empty folder and a free port → an engine whose process id is in DIR/pid and whose log is DIR/log. Its jars are
# kept in engines/lib.
set -eu
cd "$(dirname "$0")/.."
d=$1 port=$2
mkdir -p "$d"
cmp -s engines/pom.xml engines/lib/pom.xml || {
  mvn -q -B -Dstyle.color=never -f engines/pom.xml dependency:copy-dependencies -DoutputDirectory=lib -DincludeScope=runtime
  cp engines/pom.xml engines/lib/pom.xml
}
java -cp 'engines/lib/*' software.amazon.dynamodb.services.local.main.ServerRunner \
  -inMemory -sharedDb -disableTelemetry -port "$port" >"$d/log" 2>&1 </dev/null &
echo $! >"$d/pid"
n=0
until curl -s -o /dev/null "http://127.0.0.1:$port/"; do
  n=$((n + 1))
  if [ $n -ge 300 ] || ! kill -0 "$(cat "$d/pid")"; then
    cat "$d/log" >&2
    exit 1
  fi
  sleep 0.2
done
