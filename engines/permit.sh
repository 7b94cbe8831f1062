#!/bin/sh
# Permits what MiniStack asks for where AWS asks for something else: ssm:GetParametersByPath on *, not on the path.
#
#   engines/permit.sh STACK
#
# in → out: a deployed stack → an inline policy on the roles of its functions that read parameters. Never in the template.
set -eu
for role in ReceptorRole SubmitterRole; do
  name=$(aws cloudformation describe-stack-resource --stack-name "$1" --logical-resource-id $role \
    --query StackResourceDetail.PhysicalResourceId --output text)
  aws iam put-role-policy --role-name "$name" --policy-name engine --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParametersByPath","Resource":"*"}]}'
done
