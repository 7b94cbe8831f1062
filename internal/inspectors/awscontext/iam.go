package awscontext

import (
	"context"
	"strconv"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// The answers of IAM, as far as they are read (AWS Identity and Access Management API Reference, the actions of these names).

type iamUser struct {
	UserName, Arn       string
	CreateDate          time.Time
	PasswordLastUsed    time.Time
	PermissionsBoundary struct{ PermissionsBoundaryArn string }
	Tags                []label `xml:"Tags>member"`
}

type iamRole struct {
	RoleName, Arn, Path      string
	CreateDate               time.Time
	AssumeRolePolicyDocument string
	PermissionsBoundary      struct{ PermissionsBoundaryArn string }
	RoleLastUsed             struct {
		LastUsedDate time.Time
		Region       string
	}
	Tags []label `xml:"Tags>member"`
}

type iamKey struct {
	AccessKeyID string `xml:"AccessKeyId"`
	Status      string
	CreateDate  time.Time
}

type keyUse struct {
	UserName string
	LastUsed struct {
		LastUsedDate        time.Time
		ServiceName, Region string
	} `xml:"AccessKeyLastUsed"`
}

func (l *look) getUser(ctx context.Context, name string) (u iamUser, found bool, err error) {
	var answer struct {
		User iamUser `xml:"GetUserResult>User"`
	}
	found, err = l.ask(ctx, awsapi.IAM("GetUser", "UserName", name), &answer)
	return answer.User, found && answer.User.UserName != "", err
}

func (l *look) getRole(ctx context.Context, name string) (r iamRole, found bool, err error) {
	var answer struct {
		Role iamRole `xml:"GetRoleResult>Role"`
	}
	found, err = l.ask(ctx, awsapi.IAM("GetRole", "RoleName", name), &answer)
	return answer.Role, found && answer.Role.RoleName != "", err
}

// names asks for a list of names, all but one page of which nobody would read.
func (l *look) names(ctx context.Context, action, parameter, of, member string) (names []string, err error) {
	var answer struct {
		Result struct {
			Policies []string `xml:"PolicyNames>member"`
			Attached []struct {
				PolicyName, PolicyArn string
			} `xml:"AttachedPolicies>member"`
			Groups []struct{ GroupName string } `xml:"Groups>member"`
		} `xml:",any"`
	}
	if _, err = l.also(ctx, awsapi.IAM(action, parameter, of, "MaxItems", strconv.Itoa(maxPolicies)), &answer); err != nil {
		return nil, err
	}
	switch member {
	case "attached":
		for _, p := range answer.Result.Attached {
			names = append(names, p.PolicyArn)
		}
	case "groups":
		for _, g := range answer.Result.Groups {
			names = append(names, g.GroupName)
		}
	default:
		names = answer.Result.Policies
	}
	return names, nil
}

// maxPolicies is how many policies of one kind are shown: an identity can have 20 managed ones (AWS Identity and Access Management
// User Guide, "IAM and AWS STS quotas").
const maxPolicies = 20

// lastUse says when a key was last used; the user whose it is.
func (l *look) lastUse(ctx context.Context, id string) (u keyUse, found bool, err error) {
	var answer struct {
		Result keyUse `xml:"GetAccessKeyLastUsedResult"`
	}
	found, err = l.also(ctx, awsapi.IAM("GetAccessKeyLastUsed", "AccessKeyId", id), &answer)
	return answer.Result, found, err
}

func (l *look) keysOf(ctx context.Context, user string) ([]iamKey, error) {
	var answer struct {
		Keys []iamKey `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
	}
	_, err := l.also(ctx, awsapi.IAM("ListAccessKeys", "UserName", user), &answer)
	return answer.Keys[:min(len(answer.Keys), maxKeys)], err
}

const maxKeys = 2 // a user can have no more ("IAM and AWS STS quotas")
