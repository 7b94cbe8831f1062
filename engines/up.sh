#!/bin/sh
# Starts MiniStack: AWS on this machine, with IAM and TLS.
#
#   engines/up.sh DIR PORT [URL]
#
# in → out: an empty folder and a free port → an engine whose process id is in DIR/pid and whose log is DIR/log; DIR/env is
# what its clients need in their environment. Functions inherit the server's whole environment, so it gets an empty one, with
# a proxy that nobody is: no function reaches anything but this machine. URL is where functions find it, if not at its own
# address.
set -eu
mkdir -p "$1/tmp"
d=$(cd "$1" && pwd) port=$2
cat >"$d/env" <<EOT
export AWS_ENDPOINT_URL=https://127.0.0.1:$port AWS_CA_BUNDLE=$d/tmp/ministack-tls/server.crt
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER=
EOT
. "$d/env"
env -i PATH="$PATH" HOME="$d" TMPDIR="$d/tmp" GATEWAY_PORT="$port" BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 \
  AUTH=true USE_SSL=1 CLOUDTRAIL_RECORDING=1 SFTP_ENABLED=0 IOT_MTLS_ENABLED=0 LAMBDA_ASYNC_RETRY_BASE_SECONDS=0.2 \
  AWS_ENDPOINT_URL="${3:-$AWS_ENDPOINT_URL}" AWS_CA_BUNDLE="$AWS_CA_BUNDLE" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
  AWS_DEFAULT_REGION=us-east-1 HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=127.0.0.1,localhost ministack >"$d/log" 2>&1 </dev/null &
echo $! >"$d/pid"
n=0
until curl -ks -o /dev/null -f "$AWS_ENDPOINT_URL/_ministack/health"; do
  n=$((n + 1))
  if [ $n -ge 300 ] || ! kill -0 "$(cat "$d/pid")"; then
    cat "$d/log" >&2
    exit 1
  fi
  sleep 0.2
done
