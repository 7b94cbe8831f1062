// Package mappings is the part of a stage that reads messages of one's own senders.
//
// in → out: MAPPINGS, a mapping file, and MAPPINGS_BUCKET and MAPPINGS_KEY, where another one is → their mappings; none where they
// are empty, and then nothing is called.
package mappings

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
	"github.com/m-mizutani/AlertResponder/internal/mapping/s3"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// Given is the part of who reads messages. Those of the text are asked first.
func Given(s *onaws.Setup) {
	text, bucket, key := s.Optional("MAPPINGS"), s.Optional("MAPPINGS_BUCKET"), s.Optional("MAPPINGS_KEY")
	if text == "" && bucket == "" {
		return
	}
	if bucket != "" && key == "" {
		s.Fault(fmt.Errorf("environment variable MAPPINGS_KEY: empty, expected the key of an object in MAPPINGS_BUCKET"))
	}
	if strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" { // it becomes a host
		s.Fault(fmt.Errorf("environment variable MAPPINGS_BUCKET: %.80q, expected the name of a bucket", bucket))
	}
	s.Wire(func(c aws.Config, p *pipeline.Ports) {
		var all mapping.Several
		add := func(from mapping.Source) { all = append(all, &mapping.Cached{Source: from, Now: p.Now, Log: p.Log}) }
		if text != "" {
			add(mapping.Text(text))
		}
		if bucket != "" {
			add(s3.Source(c, bucket, key))
		}
		p.Mappings = all
	})
}
