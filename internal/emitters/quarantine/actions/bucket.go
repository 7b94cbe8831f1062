package actions

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// bucketBlock blocks public access to a bucket.
type bucketBlock struct{}

// bucketBefore is what the bucket's public access block was; nil: it had none.
type bucketBefore struct {
	Name  string       `json:"name"`
	Block *accessBlock `json:"block,omitempty"`
}

// accessBlock: Amazon S3 API Reference, PublicAccessBlockConfiguration.
type accessBlock struct {
	XMLName          xml.Name `json:"-" xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
	BlockACLs        bool     `json:"block_acls,omitempty" xml:"BlockPublicAcls"`
	IgnoreACLs       bool     `json:"ignore_acls,omitempty" xml:"IgnorePublicAcls"`
	BlockPolicy      bool     `json:"block_policy,omitempty" xml:"BlockPublicPolicy"`
	RestrictToOwners bool     `json:"restrict_buckets,omitempty" xml:"RestrictPublicBuckets"`
}

var allBlocked = accessBlock{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, RestrictToOwners: true}

func (b *accessBlock) is(other accessBlock) bool {
	return b != nil && b.BlockACLs == other.BlockACLs && b.IgnoreACLs == other.IgnoreACLs && b.BlockPolicy == other.BlockPolicy &&
		b.RestrictToOwners == other.RestrictToOwners
}

// bucketPattern: Amazon S3 User Guide, "General purpose bucket naming rules"; older ones may have capitals, _ and 255 characters.
var bucketPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$`) })

const blockOf = "publicAccessBlock"

func (bucketBlock) look(ctx context.Context, s *session, t Target, known before) (l Look, b before, err error) {
	name := t.Value
	if strings.HasPrefix(name, "arn:") {
		if name, err = s.arn(name, "s3"); err != nil {
			return l, b, err
		}
		name, _, _ = strings.Cut(name, "/") // an object of it
	}
	if !bucketPattern().MatchString(name) {
		return l, b, refused("no name of a bucket")
	}
	now, err := s.block(ctx, name)
	if err != nil {
		return l, b, err
	}
	tags, err := s.bucketTags(ctx, name)
	if err != nil {
		return l, b, err
	}
	l = Look{ARN: "arn:" + awsapi.Partition(s.region) + ":s3:::" + name, Name: "bucket " + name, Tags: tags,
		Plan: []string{"Block all public access to the bucket."},
		Warnings: []string{"Web sites and downloads that are meant to be public stop.",
			"Users and roles that may read the bucket, and links that they signed, still can."}}
	b.Bucket = known.Bucket
	if b.Bucket == nil {
		b.Bucket = &bucketBefore{Name: name, Block: now}
		l.Already = now.is(allBlocked)
	}
	return l, b, nil
}

// ours is a call about a bucket that S3 refuses where the bucket is another account's.
func (s *session) ours(ctx context.Context, c awsapi.Call, out any) error {
	return s.call(ctx, c.OwnedBy(s.own.id), out)
}

// block is a bucket's public access block, nil where it has none. A bucket elsewhere is followed to its region.
func (s *session) block(ctx context.Context, name string) (*accessBlock, error) {
	for moved := false; ; moved = true {
		var b accessBlock
		err := s.ours(ctx, awsapi.S3("GetBucketPublicAccessBlock", name, blockOf), &b)
		var e *awsapi.Error
		switch {
		case err == nil:
			return &b, nil
		case awsapi.Is(err, "NoSuchPublicAccessBlockConfiguration"):
			return nil, nil
		case awsapi.Is(err, "NoSuchBucket"):
			return nil, refused("there is no such bucket")
		case !moved && errors.As(err, &e) && e.Region != "" && e.Region != s.region:
			if err := s.move("", e.Region); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

func (s *session) bucketTags(ctx context.Context, name string) (map[string]string, error) {
	var answer struct {
		Tags []tagOf `xml:"TagSet>Tag"`
	}
	err := s.ours(ctx, awsapi.S3("GetBucketTagging", name, "tagging"), &answer)
	if err != nil && !awsapi.Is(err, "NoSuchTagSet") {
		return nil, err
	}
	return tagMap(answer.Tags), nil
}

func (bucketBlock) do(ctx context.Context, s *session, _ Target, b before) error {
	if b.Bucket == nil {
		return errForeign
	}
	if err := s.setBlock(ctx, b.Bucket.Name, allBlocked); err != nil {
		return err
	}
	s.did("All public access to bucket %s is blocked.", b.Bucket.Name)
	return nil
}

func (s *session) setBlock(ctx context.Context, name string, block accessBlock) error {
	err := s.change(ctx, awsapi.S3Put("PutBucketPublicAccessBlock", name, blockOf, block).OwnedBy(s.own.id))
	if awsapi.Is(err, "NoSuchBucket") {
		return refused("the bucket is gone")
	}
	return err
}

func (bucketBlock) undo(ctx context.Context, s *session, b before) error {
	if b.Bucket == nil {
		return errForeign
	}
	now, err := s.block(ctx, b.Bucket.Name)
	if errors.Is(err, ErrRefused) {
		s.left("Bucket %s is gone, and cannot be put back.", b.Bucket.Name)
		return nil
	}
	if err != nil {
		return err
	}
	was := b.Bucket.Block
	asBefore := was == nil && now == nil || was != nil && now.is(*was)
	// Where it is said to be as before, too: that may be old (Amazon S3 User Guide, "Amazon S3 data consistency model").
	switch {
	case !asBefore && !now.is(allBlocked) && !s.Force:
		return fmt.Errorf("%w: the public access block of bucket %s is %s now", ErrChanged, b.Bucket.Name, now)
	case was == nil:
		err = s.change(ctx, awsapi.S3Delete("PutBucketPublicAccessBlock", b.Bucket.Name, blockOf).OwnedBy(s.own.id))
	default:
		err = s.setBlock(ctx, b.Bucket.Name, *was)
	}
	if err != nil {
		return err
	}
	s.did("The public access block of bucket %s is %s again.", b.Bucket.Name, was)
	return nil
}

// String is for people.
func (b *accessBlock) String() string {
	if b == nil {
		return "none"
	}
	return fmt.Sprintf("BlockPublicAcls=%t IgnorePublicAcls=%t BlockPublicPolicy=%t RestrictPublicBuckets=%t", b.BlockACLs, b.IgnoreACLs, b.BlockPolicy, b.RestrictToOwners)
}
