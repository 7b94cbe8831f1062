package awscontext

import (
	"context"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

var functionName = lazy(`^[A-Za-z0-9_-]{1,140}$`)

// function looks into a Lambda function; a version or an alias behind its name is left out. Its environment is not read: secrets stand
// in it; nor its code: who may call GetFunction may download that.
func (l *look) function(ctx context.Context, name string) (responder.Page, error) {
	if name, _, _ = strings.Cut(name, ":"); !functionName.MatchString(name) {
		return responder.Page{}, nil
	}
	var f struct {
		FunctionArn, Runtime, PackageType, Role, LastModified, Description string
		VpcConfig                                                          struct{ VpcID string }
	}
	if found, err := l.ask(ctx, awsapi.Lambda("GetFunctionConfiguration", "2015-03-31", "functions", name, "configuration"), &f); err != nil || !found {
		return responder.Page{}, err
	}
	p := profile{what: "Lambda function " + name, url: l.consoleOf("lambda", "#/functions/"+name)}
	p.fact("in %s", l.region)
	p.found(f.Runtime != "", "runtime "+text(f.Runtime), "a container image")
	if t, err := time.Parse("2006-01-02T15:04:05.000-0700", f.LastModified); err == nil { // (AWS Lambda API Reference, FunctionConfiguration)
		p.fact("changed %s", l.day(t))
	}
	p.found(f.VpcConfig.VpcID != "", "VPC "+text(f.VpcConfig.VpcID), "")
	role, isRole := parseARN(f.Role)
	p.found(isRole, "role "+text(role.last()), "")
	if err := l.functionTags(ctx, &p, f.FunctionArn); err != nil {
		return responder.Page{}, err
	}
	if err := l.callers(ctx, &p, name); err != nil {
		return responder.Page{}, err
	}
	a, err := l.trailOf(ctx, name)
	if err != nil {
		return responder.Page{}, err
	}
	page, err := l.changed(ctx, &p, a)
	if isRole && role.account == l.account.id {
		page.NewAttributes = l.further(ownSide(responder.TypeARN, f.Role, "role of the function", responder.ContextObject))
	}
	return page, err
}

func (l *look) functionTags(ctx context.Context, p *profile, name string) error {
	if _, ok := parseARN(name); !ok {
		return nil
	}
	var answer struct{ Tags map[string]string }
	_, err := l.also(ctx, awsapi.Lambda("ListTags", "2017-03-31", "tags", name), &answer)
	var list []label
	for k, v := range answer.Tags {
		list = append(list, label{k, v})
	}
	p.tags(list)
	return err
}

// callers says who may call a function: at a URL without signing, or by the function's policy.
func (l *look) callers(ctx context.Context, p *profile, name string) error {
	var urls struct {
		FunctionUrlConfigs []struct{ AuthType string }
	}
	if _, err := l.also(ctx, awsapi.Lambda("ListFunctionUrlConfigs", "2021-10-31", "functions", name, "urls"), &urls); err != nil {
		return err
	}
	unsigned := false
	for _, u := range urls.FunctionUrlConfigs {
		unsigned = unsigned || u.AuthType == "NONE"
	}
	if len(urls.FunctionUrlConfigs) > 0 {
		p.found(unsigned, "a URL for everybody", "a URL that wants signed requests")
	}
	var answer struct{ Policy string }
	before := len(l.notSeen)
	if _, err := l.also(ctx, awsapi.Lambda("GetPolicy", "2015-03-31", "functions", name, "policy"), &answer); err != nil {
		return err
	}
	document, _ := parsePolicy(answer.Policy)
	everybody := false
	for _, t := range document.trusted(l.account.id) {
		everybody = everybody || t.everybody && !t.conditional
		p.fact("can be called by %s", t)
	}
	switch {
	case unsigned && everybody:
		p.signal(exposure, responder.UnknownSignal, 40, "%s can be called by everybody at its URL", p.what)
	case unsigned && len(l.notSeen) > before:
		p.signal(exposure, responder.UnknownSignal, 40, "%s can be called by everybody at its URL, unless its policy, which could not be looked at, keeps them out", p.what)
	case everybody:
		p.signal(exposure, responder.UnknownSignal, 40, "%s can be called by everybody who has an account of AWS", p.what)
	}
	return nil
}
