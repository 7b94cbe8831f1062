// Package awscontext is the inspector that looks into one's own AWS accounts.
//
// in → out: an instance, address, access key, user, role, bucket, function or ARN → what it is, whose it is, what it may
// do and what it did lately.
//
// It only reads, and only in the account and region of the alert: its own account, or another by a role to assume. What
// it was not allowed to see is said, and never looks like nothing.
package awscontext

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// ID names the inspector; Name is for people.
const (
	ID   = "awscontext"
	Name = "AWS"
)

// Types are the attribute types that the inspector accepts.
var Types = []string{
	responder.TypeInstance, responder.TypeIPAddr, responder.TypeAccessKey, responder.TypeUsername, responder.TypeBucket, responder.TypeARN,
}

// Options of the inspector.
type Options struct {
	// Config gives the configuration of the SDK in the function's own account and region.
	Config func(context.Context) (aws.Config, error)
	// Roles are the ARNs of roles to assume, one for each other account that is looked into.
	Roles []string
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// New makes the inspector. It calls nothing yet.
func New(o Options) (responder.Inspector, error) {
	roles, err := rolesByAccount(o.Roles)
	if o.Config == nil {
		err = errors.Join(err, errors.New("awscontext: Config is nil"))
	}
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &inspector{accounts: &accounts{config: o.Config, roles: roles, now: o.Now, trail: trail{now: o.Now}}}, nil
}

type inspector struct{ accounts *accounts }

// Inspect implements responder.Inspector.
func (i *inspector) Inspect(ctx context.Context, task responder.Task) (responder.Page, error) {
	t, ok := targetOf(task)
	if !ok {
		return responder.Page{}, nil
	}
	l, err := i.begin(ctx, task, t)
	if err != nil {
		return i.without(err)
	}
	page, err := t.looker(l, ctx, t.name)
	if err != nil {
		return i.without(err)
	}
	return l.close(page), nil
}

// begin begins a look where the target is. An address of the internet may be of any account: where the alert's cannot be
// looked into, the others can.
func (i *inspector) begin(ctx context.Context, task responder.Task, t target) (*look, error) {
	l, err := i.accounts.look(ctx, task, t)
	var e elsewhere
	if !errors.As(err, &e) || !isInternet(t.name) {
		return l, err
	}
	t.account = ""
	if l, err = i.accounts.look(ctx, task, t); err != nil {
		return nil, err
	}
	l.notThere = e
	return l, nil
}

// without is the page where the look-up ended early: what may not be seen is no reason to try again.
func (*inspector) without(err error) (responder.Page, error) {
	var e elsewhere
	if errors.As(err, &e) {
		return responder.Page{Outcome: responder.Skipped, Title: e.Error()}, nil
	}
	var d denied
	if errors.As(err, &d) {
		return responder.Page{Outcome: responder.Failed, Title: Name, Error: d.Error()}, nil
	}
	if awsapi.Rejected(err) || errors.Is(err, errManyCalls) {
		return responder.Page{Outcome: responder.Failed, Title: Name, Error: err.Error()}, nil
	}
	return responder.Page{}, fmt.Errorf("awscontext: %w", err)
}

// maxCalls bounds the calls for one attribute.
const maxCalls = 24

var errManyCalls = fmt.Errorf("more than %d calls", maxCalls)

// look is the look at one attribute.
type look struct {
	task     responder.Task
	accounts *accounts
	account  *account
	region   string
	calls    int
	notSeen  []string  // calls that are not allowed, but whose answers are not all there is to say
	notThere elsewhere // why the alert's own account was not looked into
}

func (l *look) now() time.Time { return l.accounts.now() }

// ask makes a call whose answer the page needs. found is false where there is nothing of the name.
func (l *look) ask(ctx context.Context, call awsapi.Call, out any) (found bool, err error) {
	if l.calls++; l.calls > maxCalls {
		return false, errManyCalls
	}
	err = l.account.client(l.region).Do(ctx, call, out)
	switch {
	case err == nil:
		return true, nil
	case awsapi.NotFound(err):
		return false, nil
	case awsapi.Denied(err):
		return false, denied{call.Name(), l.account.id}
	case awsapi.Nowhere(err) && !l.accounts.isHome(l.region): // regions come with alerts
		return false, elsewhere(fmt.Sprintf("region %.32q: there is none of that name", l.region))
	}
	return false, err
}

// also makes a call whose answer adds to the page. Where it is not allowed, or the calls are used up, the page says so.
func (l *look) also(ctx context.Context, call awsapi.Call, out any) (found bool, err error) {
	if l.calls >= maxCalls {
		l.notSeen = append(l.notSeen, call.Name()+": too many calls")
		return false, nil
	}
	found, err = l.ask(ctx, call, out)
	var d denied
	if errors.As(err, &d) {
		l.notSeen = append(l.notSeen, d.Error())
		return false, nil
	}
	return found, err
}

// denied is a call that the account does not allow.
type denied struct{ action, account string }

func (d denied) Error() string {
	return d.action + " is not allowed in account " + d.account
}
