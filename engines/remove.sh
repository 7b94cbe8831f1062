# Deletes what integration.sh has made: the stacks, then the tables that outlive them, logs of the examples and the bucket of releases.
# Sourced by it.

tables=''
for name in "$stack" "$public"; do
  is_there "$name" || continue
  for table in AlertMap ReportData PluginData; do tables="$tables $(resource "$name" $table || true)"; done
done
examples=''
for id in "$tests/Inspector" "$tests/Reporter" "$tests-python/Inspector"; do
  ! is_there "${id%/*}" || examples="$examples $(resource "${id%/*}" "${id#*/}")"
done
for name in "$tests" "$tests-python" "$stack" "$public"; do
  ! is_there "$name" || delete "$name"
done
for table in $tables; do
  aws dynamodb update-table --table-name "$table" --no-deletion-protection-enabled >/dev/null ||
    refuse "table $table has not outlived its stack"
  aws dynamodb wait table-exists --table-name "$table"
  aws dynamodb delete-table --table-name "$table" >/dev/null
  echo "table $table was kept, and is deleted"
done
for name in $examples; do
  aws logs delete-log-group --log-group-name "/aws/lambda/$name" 2>/dev/null || true
done
[ -z "$releases" ] || aws s3 rb --force "s3://$releases" >/dev/null
rm -rf dist/v0.0.0
