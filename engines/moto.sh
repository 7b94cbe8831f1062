#!/bin/sh
# Starts moto: EC2 with the network interfaces of instances, IAM, S3 and WAF on this machine. It holds to no policy.
#
#   engines/moto.sh DIR PORT
#
# in → out: an empty folder and a free port → an engine whose process id is in DIR/pid and whose log is DIR/log; DIR/env is
# what its clients need in their environment.
set -eu
mkdir -p "$1"
d=$(cd "$1" && pwd) port=$2
cat >"$d/env" <<EOT
unset AWS_CA_BUNDLE
export AWS_ENDPOINT_URL=http://127.0.0.1:$port
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER=
EOT
env -i PATH="$PATH" HOME="$d" TMPDIR="$d" HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=127.0.0.1,localhost \
  moto_server -H 127.0.0.1 -p "$port" >"$d/log" 2>&1 </dev/null &
echo $! >"$d/pid"
n=0
until curl -s -o /dev/null "http://127.0.0.1:$port/moto-api/"; do
  n=$((n + 1))
  if [ $n -ge 300 ] || ! kill -0 "$(cat "$d/pid")"; then
    cat "$d/log" >&2
    exit 1
  fi
  sleep 0.2
done
