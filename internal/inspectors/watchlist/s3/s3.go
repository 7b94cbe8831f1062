// Package s3 keeps watchlists in a bucket.
//
// in → out: the objects under a prefix of a bucket → the lists of package watchlist.
//
// Permissions: s3:ListBucket on the bucket, s3:GetObject on its objects under the prefix, and kms:Decrypt where they
// are encrypted with a key of one's own.
package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
)

// maxPages bounds a listing: a thousand objects are in a page.
const maxPages = 100

// Client is the part of S3 that is called.
type Client interface {
	ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(ctx context.Context, in *s3.GetObjectInput, opts ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Source is the watchlist.Source of all objects whose keys begin with a prefix; "" for the whole bucket. Objects
// without content, such as the folders of the console, hidden ones and READMEs are no lists. The client is asked for
// at each listing.
func Source(client func(context.Context) (Client, error), bucket, prefix string) watchlist.Source {
	return &source{client, bucket, prefix}
}

type source struct {
	client         func(context.Context) (Client, error)
	bucket, prefix string
}

// Lists implements watchlist.Source.
func (s *source) Lists(ctx context.Context) ([]watchlist.File, error) {
	c, err := s.client(ctx)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", s.bucket, err)
	}
	var files []watchlist.File
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix}
	for range maxPages {
		out, err := c.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("bucket %s, prefix %q: %w", s.bucket, s.prefix, err)
		}
		for _, o := range out.Contents {
			if size := aws.ToInt64(o.Size); size > 0 && watchlist.IsList(aws.ToString(o.Key)) {
				files = append(files, s.file(c, *o.Key, aws.ToString(o.ETag), size))
			}
		}
		if !aws.ToBool(out.IsTruncated) || len(files) > watchlist.MaxLists {
			return files, nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
	return nil, fmt.Errorf("bucket %s, prefix %q: more than %d objects", s.bucket, s.prefix, maxPages*1000)
}

func (s *source) file(c Client, key, etag string, size int64) watchlist.File {
	return watchlist.File{
		Path: key, Version: cmp.Or(etag, fmt.Sprint(size)), Size: size,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			out, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
			if err != nil {
				return nil, fmt.Errorf("bucket %s, object %.200q: %w", s.bucket, key, err)
			}
			if out.Body == nil {
				return nil, errors.New("the object has no body")
			}
			return out.Body, nil
		},
	}
}
