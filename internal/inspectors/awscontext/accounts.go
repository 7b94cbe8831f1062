package awscontext

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/awscontext/awsapi"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

var rolePattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,576}$`)

// account is one that can be looked into.
type account struct {
	id        string
	partition string
	config    aws.Config // with the credentials to look into it
}

func (a *account) client(region string) awsapi.Client {
	return awsapi.Client{Config: a.config, Region: region}
}

// accounts are made when they are first needed; a failure is not kept.
type accounts struct {
	config func(context.Context) (aws.Config, error)
	roles  map[string]string // ARN of the role, by account

	mu     sync.Mutex
	own    *account
	others map[string]*account
}

// rolesByAccount reads the roles; the error names each that is none.
func rolesByAccount(roles []string) (map[string]string, error) {
	by := map[string]string{}
	var errs []error
	for _, r := range roles {
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

// look begins a look in an account and a region; where they are empty, in one's own.
func (a *accounts) look(ctx context.Context, task responder.Task, id, region string) (*look, error) {
	own, err := a.home(ctx)
	if err != nil {
		return nil, err
	}
	if region == "" {
		region = own.config.Region
	}
	if !awsapi.IsRegion(region) || awsapi.Partition(region) != own.partition {
		return nil, elsewhere(fmt.Sprintf("region %.32q: none that can be looked into from %s", region, own.config.Region))
	}
	account, err := a.of(own, id)
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
