# What the scripts here have in common. Sourced by sh, at the root of the repository.

# venv DIR REQUIREMENTS: a virtual environment with exactly these packages; nothing is done if it is there.
venv() {
  if [ -x "$1/bin/python" ] && cmp -s "$2" "$1/requirements.txt"; then return 0; fi
  python3 -m venv --clear "$1"
  "$1/bin/pip" install -q --disable-pip-version-check -r "$2"
  cp "$2" "$1/requirements.txt"
}

# free_port: a TCP port that nobody listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# stop DIR: ends the engine whose process id is in DIR/pid, and waits until it is gone.
stop() {
  [ -f "$1/pid" ] || return 0
  kill "$(cat "$1/pid")" 2>/dev/null || true
  n=0
  while kill -0 "$(cat "$1/pid")" 2>/dev/null && [ $n -lt 50 ]; do
    n=$((n + 1))
    sleep 0.2
  done
  kill -9 "$(cat "$1/pid")" 2>/dev/null || true
}
