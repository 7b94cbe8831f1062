// Package ssm is the driver of the registry over the Parameter Store of AWS Systems Manager.
//
// in → out: the parameters below a path, one per inspector, named by its id, with its types as the value → the
// list of inspectors.
package ssm

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/m-mizutani/AlertResponder/internal/registry"
)

// Client is the part of the service that is called.
type Client interface {
	GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput, opts ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error)
}

// New makes a list that is read once a minute: one call for each ten inspectors.
func New(client Client, path string, now func() time.Time, log *slog.Logger) *registry.Cached {
	return &registry.Cached{Source: &source{client, strings.TrimSuffix(path, "/"), log}, Now: now}
}

type source struct {
	client Client
	path   string
	log    *slog.Logger
}

const (
	pageSize = 10 // AWS Systems Manager API Reference, GetParametersByPath: the most that MaxResults takes
	maxPages = 50
)

// Inspectors implements registry.Source. A parameter that cannot be read is logged and left out: its inspector
// gets tasks, and nobody waits for it. Half a list is an error.
func (s *source) Inspectors(ctx context.Context) ([]registry.Inspector, error) {
	var list []registry.Inspector
	pages := ssm.NewGetParametersByPathPaginator(s.client, &ssm.GetParametersByPathInput{
		Path: &s.path, MaxResults: aws.Int32(pageSize),
	})
	for n := 0; pages.HasMorePages(); n++ {
		if n == maxPages {
			return nil, fmt.Errorf("inspectors below %s: more than %d pages of parameters", s.path, maxPages)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("inspectors below %s: %w", s.path, err)
		}
		for _, p := range page.Parameters {
			i, err := registry.Parse(path.Base(aws.ToString(p.Name)), aws.ToString(p.Value))
			if err != nil {
				s.log.WarnContext(ctx, "a parameter names no inspector, it is not awaited", "path", s.path, "error", err)
				continue
			}
			list = append(list, i)
		}
	}
	return list, nil
}
