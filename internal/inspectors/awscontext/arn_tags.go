package awscontext

import (
	"context"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// describe says what an ARN alone tells, whose account that is, and the tags of the resource, which one service gives for nearly all
// kinds (AWS Resource Groups Tagging API Reference, GetResources).
func (a arn) describe(l *look, ctx context.Context, _ string) (responder.Page, error) {
	if a.account == "" {
		return responder.Page{}, nil
	}
	p := profile{what: text(a.service + " " + a.resource)}
	region := a.region
	if region == "" {
		region = awsapi.Global(l.region)
	} else {
		p.fact("in %s", region)
	}
	p.fact("one's own")
	return l.inRegion(region, func() (responder.Page, error) {
		in := struct{ ResourceARNList []string }{[]string{a.String()}}
		var out struct {
			ResourceTagMappingList []struct{ Tags []label }
		}
		if _, err := l.also(ctx, awsapi.Tagging("GetResources", in), &out); err != nil {
			return responder.Page{}, err
		}
		for _, r := range out.ResourceTagMappingList {
			p.tags(r.Tags)
		}
		return p.page(ctx, l)
	})
}
