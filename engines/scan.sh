#!/bin/sh
# Scans the templates and their policies by rule sets that others wrote: cfn-lint, parliament, checkov. What is accepted
# stands in engines/scan/exceptions.json, with reasons. No connection is made but for the installation.
set -eu
cd "$(dirname "$0")/.."
. engines/lib.sh
venv .venv engines/requirements.txt
venv .venv-scan engines/requirements-scan.txt
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
trap 'exit 1' INT TERM HUP
: >"$d/notes"
export OFFLINE_NOTES="$d/notes" PYTHONPATH="$PWD/engines/scan/offline" PYTHONDONTWRITEBYTECODE=1 AWS_DEFAULT_REGION=us-east-1
.venv/bin/python -W ignore engines/scan/scan.py "$PWD" "$PWD/.venv/bin/cfn-lint" "$PWD/.venv-scan/bin/checkov"
