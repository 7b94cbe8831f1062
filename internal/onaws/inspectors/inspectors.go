// Package inspectors is the part of a stage that asks who is awaited.
//
// in → out: INSPECTORS_PATH → the list of inspectors, over the Parameter Store.
package inspectors

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	registry "github.com/m-mizutani/AlertResponder/internal/registry/ssm"
)

// Listed is the part of who hands out tasks.
func Listed(s *onaws.Setup) {
	path := s.Text("INSPECTORS_PATH")
	s.Wire(func(c aws.Config, p *pipeline.Ports) {
		p.Inspectors = registry.New(ssm.NewFromConfig(c), path, p.Now, p.Log)
	})
}
