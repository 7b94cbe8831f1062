#!/bin/sh
# Publishes a version: the functions and the packaged template in one bucket per region, with checksums.
#
#   scripts/publish.sh BUCKETS VERSION REGION...
#
# in → out: build/<name>/bootstrap, template.yml → s3://BUCKETS-<region>/VERSION/template.yml and SHA256SUMS. A version
# that is there is not replaced.
set -eu
buckets=$1 version=$2
shift 2

sums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

for region; do
  bucket=$buckets-$region out=dist/$version/$region
  if aws s3api head-object --region "$region" --bucket "$bucket" --key "$version/template.yml" >/dev/null 2>&1; then
    echo "s3://$bucket/$version/template.yml: is there already, a version is never replaced" >&2
    exit 1
  fi
  mkdir -p "$out"
  aws cloudformation package --region "$region" --template-file template.yml \
    --s3-bucket "$bucket" --s3-prefix "$version" --output-template-file "$out/uploaded.yml" >/dev/null
  go run ./scripts/minify "$out/uploaded.yml" >"$out/template.yml"
  rm "$out/uploaded.yml"
  (
    cd "$out"
    sums template.yml
    cd - >/dev/null
    sums build/*/bootstrap
  ) >"$out/SHA256SUMS"
  aws s3 cp --region "$region" --only-show-errors "$out/SHA256SUMS" "s3://$bucket/$version/SHA256SUMS"
  aws s3 cp --region "$region" --only-show-errors "$out/template.yml" "s3://$bucket/$version/template.yml"
  echo "s3://$bucket/$version/template.yml"
done
