package awscontext

import (
	"context"
	"errors"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// accessKey looks into a key: long-lived (AKIA…) or temporary (ASIA…). Whose account it is of is asked first, of STS, which tells that of
// any key (AWS Security Token Service API Reference, GetAccessKeyInfo): IAM refuses keys of other accounts as if the role had too little.
func (l *look) accessKey(ctx context.Context, id string) (responder.Page, error) {
	if !keyPattern.MatchString(id) {
		return responder.Page{}, nil
	}
	var info struct {
		Account string `xml:"GetAccessKeyInfoResult>Account"`
	}
	found, err := l.also(ctx, awsapi.STS("GetAccessKeyInfo", "AccessKeyId", id), &info)
	var refusal *awsapi.Error
	if errors.As(err, &refusal) && refusal.Status == 400 && strings.Contains(refusal.Code, "Valid") { // no key at all
		return responder.Page{}, nil
	}
	if err != nil {
		return responder.Page{}, err
	}
	if found && info.Account != l.account.id && accountID.MatchString(info.Account) {
		other, err := l.accounts.look(ctx, l.task, target{account: info.Account, region: l.region})
		var none elsewhere
		if errors.As(err, &none) {
			return strange(id, info.Account), nil
		}
		if err != nil {
			return responder.Page{}, err
		}
		l.account = other.account
	}
	if strings.HasPrefix(id, "ASIA") {
		return l.temporary(ctx, id)
	}
	return l.lasting(ctx, id)
}

// strange is a key of an account that cannot be looked into.
func strange(id, account string) responder.Page {
	return responder.Page{Title: "Access key " + id, Signals: []responder.Signal{{Kind: ownership, Verdict: responder.UnknownSignal, Source: Name,
		Summary: "Access key " + id + " is of account " + account + ", into which there is no role to look"}}}
}

func (l *look) lasting(ctx context.Context, id string) (responder.Page, error) {
	use, found, err := l.lastUse(ctx, id)
	if err != nil {
		return responder.Page{}, err
	}
	p := profile{what: "Access key " + id}
	var made time.Time
	if found && use.UserName != "" {
		p.fact("of IAM user %s", text(use.UserName))
		p.url = l.consoleOf("iam", "#/users/details/"+fragment(use.UserName))
		if made, err = l.describe(ctx, &p, id, use.UserName); err != nil {
			return responder.Page{}, err
		}
		p.fact("%s", l.used(use))
	}
	a, err := l.events(ctx, byKey, id)
	if err != nil || !found && len(a.calls) == 0 {
		return responder.Page{}, err
	}
	if since, ok := l.awoke(a, made, use.LastUsed.LastUsedDate); ok {
		p.signal(activity, responder.Suspicious, 60, "%s is used now, and was not for %s before", p.what, strings.TrimSuffix(ago(since), " ago"))
	}
	user := use.UserName
	if user == "" && len(a.calls) > 0 {
		user = a.calls[0].who
	}
	page, err := l.with(ctx, &p, a, user)
	if isName(use.UserName) {
		page.NewAttributes = l.further(ownSide(responder.TypeUsername, use.UserName, "user of the access key", ""))
	}
	return page, err
}

// describe says what the user's list tells of a key.
func (l *look) describe(ctx context.Context, p *profile, id, user string) (made time.Time, err error) {
	keys, err := l.keysOf(ctx, user)
	for _, k := range keys {
		if k.AccessKeyID == id {
			p.fact("%s, created %s", strings.ToLower(text(k.Status)), l.day(k.CreateDate))
			made = k.CreateDate
		}
	}
	return made, err
}

// temporary looks for the calls of a temporary key; whose it is stands in them, or else in the call that made it.
func (l *look) temporary(ctx context.Context, id string) (responder.Page, error) {
	a, err := l.events(ctx, byKey, id)
	if err != nil {
		return responder.Page{}, err
	}
	p := profile{what: "Temporary access key " + id}
	if len(a.calls) > 0 {
		p.fact("of %s", a.calls[0].who)
		if a.calls[0].mfa {
			p.fact("with MFA")
		}
		page, err := l.with(ctx, &p, a, a.calls[0].who)
		page.NewAttributes = l.origins(a)
		return page, err
	}
	if a, err = l.events(ctx, byResource, id); err != nil || len(a.calls) == 0 {
		return responder.Page{}, err
	}
	first := a.calls[len(a.calls)-1]
	p.fact("made for %s by %s from %s", first.who, first.action, first.address)
	p.fact("no calls with it in CloudTrail's event history")
	page, err := p.page(ctx, l)
	page.SubjectUsers = []responder.SubjectUser{{UserName: first.who, Activities: l.activities(a)}}
	return page, err
}
