package stack

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// The stack's resources, by their logical ids.
const (
	alertTopic      = "AlertNotification"
	alertQueue      = "AlertQueue"
	alertMapTable   = "AlertMap"
	reportDataTable = "ReportData"
	pluginDataTable = "PluginData"
)

// describer is CloudFormation.
type describer interface {
	DescribeStackResource(context.Context, *cloudformation.DescribeStackResourceInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStackResourceOutput, error)
}

// resources finds the parts of a stack.
type resources struct {
	client describer
	stack  string
}

// id is the physical id of a resource: the ARN of a topic, the URL of a queue, the name of a table.
func (r resources) id(ctx context.Context, logical string) (string, error) {
	out, err := r.client.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{
		StackName: &r.stack, LogicalResourceId: &logical,
	})
	if err != nil {
		return "", fmt.Errorf("stack %s: %s: %w", r.stack, logical, err)
	}
	if out.StackResourceDetail == nil || aws.ToString(out.StackResourceDetail.PhysicalResourceId) == "" {
		return "", fmt.Errorf("stack %s: %s: is not there yet", r.stack, logical)
	}
	return *out.StackResourceDetail.PhysicalResourceId, nil
}
