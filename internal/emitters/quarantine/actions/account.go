package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// Actions acts in one account. Its methods are safe for concurrent use.
type Actions struct {
	o Options

	mu  sync.Mutex
	own *account
}

// account is the one that is acted in, and who acts there.
type account struct {
	id, arn string
	config  aws.Config
}

// New makes Actions. It calls nothing yet.
func New(o Options) *Actions {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Actions{o: o}
}

// action is one kind: see the methods of Actions of these names.
type action interface {
	look(ctx context.Context, s *session, t Target, known before) (Look, before, error)
	do(ctx context.Context, s *session, t Target, b before) error
	undo(ctx context.Context, s *session, b before) error
}

var kinds = map[Kind]action{
	IsolateInstance: isolation{}, DeactivateKey: accessKey{}, DenyUser: denial{user: true}, DenyRole: denial{},
	BlockBucket: bucketBlock{}, BlockAddress: addressBlock{},
}

// before is how a target was, and where: of the others there is the one of its kind.
type before struct {
	Account   string           `json:"account"`
	Region    string           `json:"region"`
	Instance  *instanceBefore  `json:"instance,omitempty"`
	Key       *keyBefore       `json:"key,omitempty"`
	Principal *principalBefore `json:"principal,omitempty"`
	Bucket    *bucketBefore    `json:"bucket,omitempty"`
	Address   *addressBefore   `json:"address,omitempty"`
}

// Look says what a target is. known is what was kept of an earlier attempt of the same action, nil at first.
func (a *Actions) Look(ctx context.Context, t Target, known Before) (Look, error) {
	was, err := read(known)
	if err != nil {
		return Look{}, err
	}
	s, k, err := a.begin(ctx, t.Kind, t.Account, t.Region)
	if err != nil {
		return Look{}, err
	}
	l, b, err := k.look(ctx, s, t, was)
	if err != nil {
		return Look{}, s.told(t, err)
	}
	l.Account, l.Region = s.own.id, s.region
	b.Account, b.Region = s.own.id, s.region
	if l.Before, err = json.Marshal(b); err != nil {
		return Look{}, err
	}
	if len(l.Before) > MaxBefore {
		return Look{}, fmt.Errorf("%w: more to remember than %d bytes", ErrRefused, MaxBefore)
	}
	return l, nil
}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`) })

// Do does it, or what is left of it to do. id is the action's: it stands in what is made.
func (a *Actions) Do(ctx context.Context, id string, t Target, b Before) (Done, error) {
	return a.change(ctx, id, t, b, func(s *session, k action, was before) error { return k.do(ctx, s, t, was) })
}

// Undo puts a target back as it was.
func (a *Actions) Undo(ctx context.Context, id string, t Target, b Before, how Undoing) (Done, error) {
	return a.change(ctx, id, t, b, func(s *session, k action, was before) error {
		s.Undoing = how
		return k.undo(ctx, s, was)
	})
}

func (a *Actions) change(ctx context.Context, id string, t Target, b Before, do func(*session, action, before) error) (Done, error) {
	was, err := read(b)
	switch {
	case err != nil:
		return Done{}, err
	case !idPattern().MatchString(id):
		return Done{}, fmt.Errorf("%w: id %.80q, expected 8 to 64 letters, digits and hyphens", ErrRefused, id)
	case was.Account == "":
		return Done{}, fmt.Errorf("%w: nothing is known of how it was before", ErrRefused)
	}
	s, k, err := a.begin(ctx, t.Kind, was.Account, was.Region)
	if err != nil {
		return Done{}, err
	}
	s.id = id
	err = do(s, k, was)
	return s.done, s.told(t, err)
}

func read(b Before) (was before, err error) {
	if len(b) == 0 {
		return was, nil
	}
	if json.Unmarshal(b, &was) != nil {
		return was, fmt.Errorf("%w: what is known of how it was before cannot be read", ErrRefused)
	}
	return was, nil
}

// begin begins where a target is: in the own account, or not at all.
func (a *Actions) begin(ctx context.Context, kind Kind, accountID, region string) (*session, action, error) {
	k := kinds[kind]
	if k == nil {
		return nil, nil, fmt.Errorf("%w: action %.40q: expected one of %v", ErrRefused, kind, Kinds())
	}
	own, err := a.home(ctx)
	if err != nil {
		return nil, nil, err
	}
	s := &session{own: own, region: own.config.Region, now: a.o.Now()}
	if err := s.move(accountID, region); err != nil {
		return nil, nil, err
	}
	return s, k, nil
}

// home is the own account. It is asked for once.
func (a *Actions) home(ctx context.Context) (*account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own != nil {
		return a.own, nil
	}
	config, err := a.o.Config(ctx)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Account string `xml:"GetCallerIdentityResult>Account"`
		Arn     string `xml:"GetCallerIdentityResult>Arn"`
	}
	err = awsapi.Client{Config: config, Region: config.Region}.Do(ctx, awsapi.STS("GetCallerIdentity"), &answer)
	if err != nil {
		return nil, err
	}
	if answer.Account == "" {
		return nil, fmt.Errorf("sts:GetCallerIdentity: no account in the answer")
	}
	a.own = &account{answer.Account, answer.Arn, config}
	return a.own, nil
}
