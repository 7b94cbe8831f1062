// Package judge is the part of a stage that asks for a verdict.
//
// in → out: REVIEWER_LAMBDA_ARN, which may be empty → the reviewer of one's own, or the one that ships.
package judge

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/policy"
	"github.com/m-mizutani/AlertResponder/internal/policy/remote"
)

// Policy is the part of who judges.
func Policy(s *onaws.Setup) {
	arn := s.Optional("REVIEWER_LAMBDA_ARN")
	s.Wire(func(c aws.Config, p *pipeline.Ports) {
		if arn == "" {
			p.Policy = policy.Strongest{}
			return
		}
		p.Policy = remote.New(lambda.NewFromConfig(c, patient), arn)
	})
}

// patient is for a call that takes as long as the reviewer thinks: only the function's time ends it, and what
// was answered late is not asked again by the client.
func patient(o *lambda.Options) {
	if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
		o.HTTPClient = c.WithTimeout(0)
	}
}
