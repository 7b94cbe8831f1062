#!/bin/sh
# Adjusts a deployed stack to MiniStack, where that is not like AWS.
#
#   engines/adjust.sh STACK
#
# in → out: a stack → the roles of the functions that read parameters may do so on * (AWS asks for the path), and messages come
# again after ten seconds, not three minutes, from a function that an update has killed (AWS lets it end).
set -eu
resource() {
  aws cloudformation describe-stack-resource --stack-name "$1" --logical-resource-id "$2" --output text \
    --query StackResourceDetail.PhysicalResourceId
}
for role in ReceptorRole SubmitterRole; do
  aws iam put-role-policy --role-name "$(resource "$1" $role)" --policy-name engine --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParametersByPath","Resource":"*"}]}'
done
for queue in AlertQueue InspectionQueue SubmissionQueue ReviewQueue; do
  aws sqs set-queue-attributes --endpoint-url "$AWS_ENDPOINT_URL" --queue-url "$(resource "$1" $queue)" \
    --attributes VisibilityTimeout=10
done
