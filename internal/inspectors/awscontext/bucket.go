package awscontext

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// bucketName is the spelling of buckets (Amazon S3 User Guide, "General purpose bucket naming rules").
var bucketName = lazy(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// bucket looks into a bucket of one of the accounts. Names are those of the whole world: that a bucket answers does not say that it is
// one's own, so it is looked for in the accounts' lists, and each call after that is for that owner.
func (l *look) bucket(ctx context.Context, name string) (responder.Page, error) {
	if !bucketName.MatchString(name) || l.task.Attribute.Type == responder.TypeBucket && l.task.Attribute.Match(responder.ContextRemote) {
		return responder.Page{}, nil
	}
	first := l.account
	for _, a := range l.accounts.all(first) {
		l.account = a
		if made, region, found, err := l.findBucket(ctx, name); err != nil {
			return responder.Page{}, err
		} else if found {
			return l.inRegion(region, func() (responder.Page, error) { return l.bucketOf(ctx, name, made) })
		}
	}
	l.account = first
	return responder.Page{}, nil
}

// inRegion looks where something is.
func (l *look) inRegion(region string, f func() (responder.Page, error)) (responder.Page, error) {
	if was := l.region; awsapi.IsRegion(region) && awsapi.Partition(region) == l.account.partition {
		l.region = region
		defer func() { l.region = was }()
	}
	return f()
}

func (l *look) findBucket(ctx context.Context, name string) (made time.Time, region string, found bool, err error) {
	var answer struct {
		Buckets []struct {
			Name, BucketRegion string
			CreationDate       time.Time
		} `xml:"Buckets>Bucket"`
	}
	if _, err = l.also(ctx, awsapi.Buckets(name), &answer); err != nil { // another account may have it
		return made, "", false, err
	}
	for _, b := range answer.Buckets {
		if b.Name == name {
			return b.CreationDate, b.BucketRegion, true, nil
		}
	}
	return made, "", false, nil
}

// reading is one question to S3, and what comes of its answer.
type reading struct {
	action, what string
	out          any
	then         func(found bool)
}

func (l *look) bucketOf(ctx context.Context, name string, made time.Time) (responder.Page, error) {
	p := profile{what: "S3 bucket " + name, url: l.consoleOf("s3", "&bucket="+name)}
	if l.account.partition == "aws" {
		p.url = "https://" + l.region + ".console.aws.amazon.com/s3/buckets/" + name
	}
	p.fact("in %s", l.region)
	p.fact("created or changed %s", l.day(made)) // a change of the policy may change the date (Amazon S3 API Reference, Bucket)
	o, err := l.readBucket(ctx, &p, name)
	if err != nil {
		return responder.Page{}, err
	}
	p.open(o)
	a, err := l.trailOf(ctx, name)
	if err != nil {
		return responder.Page{}, err
	}
	return l.changed(ctx, &p, a)
}

// readBucket asks all that is known of a bucket.
func (l *look) readBucket(ctx context.Context, p *profile, name string) (o openness, err error) {
	var tags struct {
		Tags []label `xml:"TagSet>Tag"`
	}
	var encryption struct {
		Algorithm string `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	}
	var versioning struct{ Status string }
	for _, r := range []reading{
		{"GetBucketTagging", "tagging", &tags, func(bool) { p.tags(tags.Tags) }},
		{"GetBucketPublicAccessBlock", "publicAccessBlock", &o.bucket, func(found bool) { o.bucketSeen = true; p.block(found, o.bucket) }},
		{"GetBucketPolicyStatus", "policyStatus", &o.policy, func(bool) {}},
		{"GetBucketAcl", "acl", &o.acl, func(bool) {}},
		{"GetEncryptionConfiguration", "encryption", &encryption, func(found bool) { p.found(found, "encrypted by "+text(encryption.Algorithm), "") }},
		{"GetBucketVersioning", "versioning", &versioning, func(bool) { p.found(versioning.Status == "Enabled", "versioned", "not versioned") }},
	} {
		before := len(l.notSeen)
		found, err := l.also(ctx, awsapi.S3(r.action, name, r.what).OwnedBy(l.account.id), r.out)
		if err != nil {
			return o, err
		}
		if len(l.notSeen) == before {
			r.then(found)
		}
	}
	o.accountSeen, err = l.accountBlock(ctx, &o.account)
	return o, err
}

// accountBlock asks what the account keeps out of all its buckets. Where S3's control plane is not spoken, nobody knows.
func (l *look) accountBlock(ctx context.Context, b *block) (seen bool, err error) {
	before := len(l.notSeen)
	_, err = l.also(ctx, awsapi.AccountBlock(l.account.id), b)
	var refusal *awsapi.Error
	if errors.As(err, &refusal) && (refusal.Code == "InvalidURI" || refusal.Code == "MethodNotAllowed") {
		return false, nil
	}
	return len(l.notSeen) == before, err
}

// found adds one fact or the other, where it is not empty.
func (p *profile) found(is bool, yes, no string) {
	if !is {
		yes = no
	}
	if yes != "" {
		p.facts = append(p.facts, yes)
	}
}

// block is what keeps the public out (Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage").
type block struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

func (p *profile) block(found bool, b block) {
	switch {
	case b == block{true, true, true, true}:
		p.fact("all public access blocked")
	case !found || b == block{}:
		p.fact("public access not blocked")
	default:
		p.fact("public access partly blocked")
	}
}

// openness is all that says who of the public gets in.
type openness struct {
	bucket, account         block
	bucketSeen, accountSeen bool
	policy                  struct{ IsPublic bool }
	acl                     struct {
		Grants []struct {
			URI        string `xml:"Grantee>URI"`
			Permission string
		} `xml:"AccessControlList>Grant"`
	}
}

// open says by what a bucket is open to the public, where nothing blocks it.
func (p *profile) open(o openness) {
	var how []string
	if o.policy.IsPublic && !o.bucket.RestrictPublicBuckets && !o.account.RestrictPublicBuckets {
		how = append(how, "its policy is public")
	}
	var may []string
	if !o.bucket.IgnorePublicAcls && !o.account.IgnorePublicAcls {
		for _, g := range o.acl.Grants { // (Amazon S3 User Guide, "Access control list (ACL) overview", on predefined groups)
			switch g.URI {
			case "http://acs.amazonaws.com/groups/global/AllUsers":
				may = append(may, "everybody "+text(g.Permission))
			case "http://acs.amazonaws.com/groups/global/AuthenticatedUsers":
				may = append(may, "every account of AWS "+text(g.Permission))
			}
		}
	}
	slices.Sort(may)
	if may = slices.Compact(may); len(may) > 0 {
		how = append(how, "its ACL grants "+strings.Join(several(may, "…"), ", "))
	}
	if len(how) == 0 {
		return
	}
	verdict, score := responder.UnknownSignal, 40.0 // pages of the web lie in public buckets
	if slices.ContainsFunc(may, func(s string) bool { return !strings.HasSuffix(s, " READ") && !strings.HasSuffix(s, " READ_ACP") }) {
		verdict, score = responder.Suspicious, 50
	}
	but := ""
	if !o.bucketSeen || !o.accountSeen {
		but = ", unless a block that could not be looked at keeps the public out"
	}
	p.signal(exposure, verdict, score, "%s is open to the public: %s%s", p.what, strings.Join(how, ", and "), but)
}

// trailOf are the calls about a resource in its own region.
func (l *look) trailOf(ctx context.Context, resource string) (answer, error) {
	a, err := l.accounts.trail.look(ctx, question{account: l.account.id, region: l.region, by: byResource, value: resource}, l.lookup)
	return l.unlessDenied(a, err)
}

// changed tells who changed or tried to change a thing, by principal.
func (l *look) changed(ctx context.Context, p *profile, a answer) (responder.Page, error) {
	page, err := p.page(ctx, l)
	by := map[string]int{}
	for _, g := range grouped(a.calls) {
		if !g.writes || len(by) >= maxActors && by[g.who] == 0 {
			continue
		}
		if by[g.who] == 0 {
			page.SubjectUsers = append(page.SubjectUsers, responder.SubjectUser{UserName: g.who})
			by[g.who] = len(page.SubjectUsers)
		}
		u := &page.SubjectUsers[by[g.who]-1]
		if len(u.Activities) < maxActivities {
			u.Activities = append(u.Activities, g.activity())
		}
	}
	return page, err
}

const maxActors = 5
