package actions

import (
	"context"
	"regexp"
	"slices"
	"sync"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// accessKey deactivates an access key of a user.
type accessKey struct{}

// keyBefore is a key of this user, and what it was.
type keyBefore struct {
	ID     string `json:"id"`
	User   string `json:"user"`
	Status string `json:"status"`
}

// keyPattern: IAM API Reference, AccessKey (16 to 128 characters); what the first four say: IAM User Guide, "IAM
// identifiers", "Understanding unique ID prefixes".
var keyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(AKIA|ASIA)[A-Z0-9]{12,124}$`) })

const active = "Active"

type userKey struct {
	ID     string `xml:"AccessKeyId"`
	Status string
}

func (accessKey) look(ctx context.Context, s *session, t Target, known before) (l Look, b before, err error) {
	m := keyPattern().FindStringSubmatch(t.Value)
	switch {
	case m == nil:
		return l, b, refused("no access key: expected AKIA…")
	case m[1] == "ASIA":
		return l, b, refused("a temporary key, which cannot be deactivated: its user or role can be denied everything")
	}
	user, err := s.userOf(ctx, t.Value)
	if err != nil {
		return l, b, err
	}
	if err := (denial{user: true}).spared(s, user, ""); err != nil {
		return l, b, err
	}
	keys, err := s.keys(ctx, user)
	if err != nil {
		return l, b, err
	}
	i := slices.IndexFunc(keys, func(k userKey) bool { return k.ID == t.Value })
	if i < 0 {
		return l, b, refused("the key is of no IAM user of account %s: a key of the root user is deleted by hand", s.own.id)
	}
	p, err := s.user(ctx, user)
	if err != nil {
		return l, b, err
	}
	l = Look{ARN: p.Arn, Name: "access key " + t.Value + " of user " + user, Tags: tagMap(p.Tags),
		Plan:     []string{"Make the access key inactive."},
		Warnings: []string{"Sessions that were begun with the key go on until they expire, in 36 hours at most: only to deny the user or the role everything ends them."}}
	for _, k := range keys {
		if k.ID != t.Value && k.Status == active {
			l.Warnings = append(l.Warnings, "The user has another active key, "+k.ID+".")
		}
	}
	b.Key = known.Key
	if b.Key == nil {
		b.Key = &keyBefore{t.Value, user, keys[i].Status}
		l.Already = keys[i].Status != active
	}
	return l, b, nil
}

// userOf is the name of the user whose key it is.
func (s *session) userOf(ctx context.Context, key string) (string, error) {
	var answer struct {
		User string `xml:"GetAccessKeyLastUsedResult>UserName"`
	}
	err := s.call(ctx, awsapi.IAM("GetAccessKeyLastUsed", "AccessKeyId", key), &answer)
	if awsapi.NotFound(err) || err == nil && answer.User == "" {
		return "", refused("there is no such key in account %s", s.own.id)
	}
	return answer.User, err
}

// keys are those of a user: IAM allows two. There are none where there is no such user.
func (s *session) keys(ctx context.Context, user string) ([]userKey, error) {
	var answer struct {
		Keys []userKey `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
	}
	err := s.call(ctx, awsapi.IAM("ListAccessKeys", "UserName", user), &answer)
	if awsapi.NotFound(err) {
		return nil, nil
	}
	return answer.Keys, err
}

func (accessKey) do(ctx context.Context, s *session, _ Target, b before) error {
	if b.Key == nil {
		return errForeign
	}
	if err := (denial{user: true}).spared(s, b.Key.User, ""); err != nil {
		return err
	}
	err := s.setKey(ctx, *b.Key, "Inactive")
	if awsapi.NotFound(err) {
		return refused("the key is gone")
	}
	if err == nil {
		s.did("Access key %s is inactive.", b.Key.ID)
	}
	return err
}

func (accessKey) undo(ctx context.Context, s *session, b before) error {
	if b.Key == nil {
		return errForeign
	}
	keys, err := s.keys(ctx, b.Key.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k userKey) bool { return k.ID == b.Key.ID })
	switch {
	case i < 0:
		s.left("Access key %s is gone, and cannot be put back.", b.Key.ID)
		return nil
	case b.Key.Status != active:
		s.did("Access key %s was not active before either.", b.Key.ID)
		return nil
	}
	// Also where it is said to be active: what IAM says may be old (IAM User Guide, "Changes that I make are not always
	// immediately visible").
	if err := s.setKey(ctx, *b.Key, active); err != nil {
		return err
	}
	s.did("Access key %s of user %s is active again.", b.Key.ID, b.Key.User)
	return nil
}

func (s *session) setKey(ctx context.Context, k keyBefore, status string) error {
	return s.change(ctx, awsapi.IAM("UpdateAccessKey", "UserName", k.User, "AccessKeyId", k.ID, "Status", status))
}

// errForeign: what was kept is not of this action.
var errForeign = refused("what is known of how it was before is of another action")
