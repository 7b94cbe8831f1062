package awscontext

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

var rolePattern = lazy(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+$`)

// account is one that can be looked into.
type account struct {
	id        string
	partition string
	config    aws.Config // with the credentials to look into it

	mu    sync.Mutex
	alias *string // nil: not asked for yet
}

func (a *account) client(region string) awsapi.Client {
	return awsapi.Client{Config: a.config, Region: region}
}

// accounts are made when they are first needed; a failure is not kept.
type accounts struct {
	config func(context.Context) (aws.Config, error)
	roles  map[string]string // ARN of the role, by account
	now    func() time.Time
	trail  trail

	mu     sync.Mutex
	own    *account
	others map[string]*account
}

// rolesByAccount reads the roles; the error names each that is none.
func rolesByAccount(roles []string) (map[string]string, error) {
	by := map[string]string{}
	var errs []error
	for _, r := range roles {
		if r = strings.TrimSpace(r); r == "" {
			continue
		}
		m := rolePattern.FindStringSubmatch(r)
		switch {
		case m == nil:
			errs = append(errs, fmt.Errorf("awscontext: role %.80q: expected arn:aws:iam::<account>:role/<name>", r))
		case by[m[1]] != "" && by[m[1]] != r:
			errs = append(errs, fmt.Errorf("awscontext: role %.80q: the account has another one", r))
		default:
			by[m[1]] = r
		}
	}
	return by, errors.Join(errs...)
}

// elsewhere says why something cannot be looked into.
type elsewhere string

func (e elsewhere) Error() string { return string(e) }

// look begins a look where a target is; where it does not say, in one's own account and region.
func (a *accounts) look(ctx context.Context, task responder.Task, t target) (*look, error) {
	own, err := a.home(ctx)
	if err != nil {
		return nil, err
	}
	region := cmp.Or(t.region, own.config.Region)
	if !awsapi.IsRegion(region) || awsapi.Partition(region) != own.partition || t.partition != "" && t.partition != own.partition {
		return nil, elsewhere(fmt.Sprintf("%.32q: none that can be looked into from %s", cmp.Or(t.region, t.partition), own.config.Region))
	}
	account, err := a.of(own, t.account)
	if err != nil {
		return nil, err
	}
	return &look{task: task, accounts: a, account: account, region: region}, nil
}

// of gives an account by its id.
func (a *accounts) of(own *account, id string) (*account, error) {
	if id == "" || id == own.id {
		return own, nil
	}
	if !accountID.MatchString(id) {
		return nil, elsewhere(fmt.Sprintf("account %.32q: expected 12 digits", id))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	role := a.roles[id]
	if role == "" {
		return nil, elsewhere(fmt.Sprintf("account %s: no role to look into it", id))
	}
	if a.others[id] == nil {
		config := own.config.Copy()
		config.Credentials = aws.NewCredentialsCache(&assumed{own: own, account: id, role: role})
		if a.others == nil {
			a.others = map[string]*account{}
		}
		a.others[id] = &account{id: id, partition: own.partition, config: config}
	}
	return a.others[id], nil
}

// maxAccounts bounds the accounts that one address is looked for in.
const maxAccounts = 8

// all are the accounts that can be looked into, the given one first and then one's own.
func (a *accounts) all(first *account) []*account {
	a.mu.Lock()
	own := a.own
	a.mu.Unlock()
	list := []*account{first}
	for _, id := range append([]string{own.id}, slices.Sorted(maps.Keys(a.roles))...) {
		other, err := a.of(own, id)
		if err == nil && !slices.Contains(list, other) && len(list) < maxAccounts {
			list = append(list, other)
		}
	}
	return list
}

// alias is the name of the account, empty where it has none. It hardly ever changes: it is asked for once.
func (l *look) alias(ctx context.Context) (string, error) {
	l.account.mu.Lock()
	defer l.account.mu.Unlock()
	if l.account.alias != nil {
		return *l.account.alias, nil
	}
	var answer struct {
		Aliases []string `xml:"ListAccountAliasesResult>AccountAliases>member"`
	}
	found, err := l.also(ctx, awsapi.IAM("ListAccountAliases"), &answer)
	if err != nil || !found {
		return "", err
	}
	alias := ""
	if len(answer.Aliases) > 0 {
		alias = text(answer.Aliases[0])
	}
	l.account.alias = &alias
	return alias, nil
}

// isHome says whether a region is the function's own, which is there even if nobody can find its address.
func (a *accounts) isHome(region string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.own != nil && a.own.config.Region == region
}

// home is one's own account.
func (a *accounts) home(ctx context.Context) (*account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own != nil {
		return a.own, nil
	}
	config, err := a.config(ctx)
	if err != nil {
		return nil, err
	}
	if config.Region == "" {
		return nil, errors.New("no region is configured: expected one in AWS_REGION or the AWS configuration")
	}
	own := &account{partition: awsapi.Partition(config.Region), config: config}
	var answer struct {
		Account string `xml:"GetCallerIdentityResult>Account"`
	}
	if err := own.client(config.Region).Do(ctx, awsapi.STS("GetCallerIdentity"), &answer); err != nil {
		return nil, err
	}
	own.id = answer.Account
	a.own = own
	return own, nil
}
