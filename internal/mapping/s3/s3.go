// Package s3 keeps a mapping file in an object of S3.
//
// in → out: a bucket and a key → the file, by one call, which says nothing more where the object is the known one.
//
// The call is made without the client of the SDK: that adds 0.7 ms to each start of a function (docs/ARCHITECTURE.md), and what is
// asked for is one object. Permissions: s3:GetObject on the object.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Source is the mapping.Source of an object, in a bucket in the region of the configuration.
func Source(c aws.Config, bucket, key string) mapping.Source {
	return &source{config: c, bucket: bucket, key: key, signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })}
}

type source struct {
	config      aws.Config
	bucket, key string
	signer      *v4.Signer
}

// Fetch implements mapping.Source. The version is the object's entity tag. What S3 cannot do now is tried again, as often as the
// configuration says.
func (s *source) Fetch(ctx context.Context, version string) ([]byte, string, error) {
	retryer := s.config.Retryer()
	for attempt := 1; ; attempt++ {
		text, now, err := s.get(ctx, version)
		if err == nil || errors.Is(err, mapping.ErrUnchanged) {
			return text, now, err
		}
		err = fmt.Errorf("bucket %s, object %.200q: %w", s.bucket, s.key, err)
		if responder.IsPermanent(err) || ctx.Err() != nil || attempt >= retryer.MaxAttempts() {
			return nil, "", err
		}
		delay, _ := retryer.RetryDelay(attempt, err)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, "", err
		}
	}
}

func (s *source) get(ctx context.Context, version string) ([]byte, string, error) {
	in, err := s.request(ctx, version)
	if err != nil {
		return nil, "", err
	}
	out, err := s.config.HTTPClient.Do(in)
	if err != nil {
		return nil, "", err
	}
	defer out.Body.Close()
	if out.StatusCode == http.StatusNotModified {
		return nil, version, mapping.ErrUnchanged
	}
	text, err := io.ReadAll(io.LimitReader(out.Body, mapping.MaxFile+1)) // whoever reads it says that it is too large
	switch {
	case err != nil:
		return nil, "", err
	case out.StatusCode == http.StatusOK:
		return text, out.Header.Get("ETag"), nil
	case out.StatusCode >= 500, out.StatusCode == http.StatusTooManyRequests, out.StatusCode == http.StatusRequestTimeout:
		return nil, "", refused(out, text)
	}
	return nil, "", responder.Permanent(refused(out, text))
}

// refused is an answer that is no object (Amazon S3 API Reference, "Error responses").
func refused(out *http.Response, text []byte) error {
	_, code, _ := strings.Cut(string(text), "<Code>")
	code, _, _ = strings.Cut(code, "<")
	if region := out.Header.Get("X-Amz-Bucket-Region"); out.StatusCode == http.StatusMovedPermanently && region != "" {
		return fmt.Errorf("%d: the bucket is in %.40q, expected one in the stack's region", out.StatusCode, region)
	}
	return fmt.Errorf("%d %.80s", out.StatusCode, code)
}

// nothing is the SHA-256 of an empty body.
const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// request is a signed GetObject (Amazon S3 API Reference, "GetObject" and "Authenticating Requests (AWS Signature Version 4)").
func (s *source) request(ctx context.Context, version string) (*http.Request, error) {
	in, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url(), nil)
	if err != nil {
		return nil, responder.Permanent(err)
	}
	if version != "" {
		in.Header.Set("If-None-Match", version)
	}
	in.Header.Set("X-Amz-Content-Sha256", nothing)
	who, err := s.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	return in, s.signer.SignHTTP(ctx, who, in, nothing, "s3", s.config.Region, time.Now())
}

// url is where the object is: at the bucket's host, or below a path where the name is none of one label, which the certificate
// does not cover, or where a local engine is given.
func (s *source) url() string {
	path := "/" + httpbinding.EscapePath(s.key, false)
	if base := aws.ToString(s.config.BaseEndpoint); base != "" {
		return strings.TrimSuffix(base, "/") + "/" + url.PathEscape(s.bucket) + path
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(s.config.Region, "cn-") {
		suffix = "amazonaws.com.cn"
	}
	host := "s3." + s.config.Region + "." + suffix
	if strings.Contains(s.bucket, ".") {
		return "https://" + host + "/" + s.bucket + path
	}
	return "https://" + s.bucket + "." + host + path
}
