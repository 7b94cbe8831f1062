// Package awsapi calls actions of AWS in one request each, for functions that have to start fast.
//
// in → out: a Call → its answer decoded, or an Error with the service's code.
//
//	var out struct {
//		Arn string `xml:"GetUserResult>User>Arn"`
//	}
//	err := awsapi.Client{Config: config, Region: "eu-west-1"}.Do(ctx, awsapi.IAM("GetUser", "UserName", name), &out)
//
// The SDK's own clients of a few services double the time that a function takes to its first answer (the schemas of IAM
// and of the load balancers alone are half of a bare start), for a dozen actions. So requests are written here, and signed,
// retried and authorized by the SDK: with the configuration that its clients would be made with. Answers are decoded into
// structs of the caller, which name what is read of them and no more: XML of EC2, the load balancers, IAM, STS and S3, JSON
// of the others.
//
// A region often comes with an alert; it can only become the address of a host of AWS. Errors say the action and the
// service's code, and never what was sent or answered.
//
// What is written may be written twice: a call is made again where its answer was lost, unless it is made Once.
package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxBody bounds what is read of an answer.
const maxBody = 8 << 20

// Client calls the services of one region as one account.
type Client struct {
	// Config brings credentials, HTTP client, retryer and, for local engines, the address of all services.
	Config aws.Config
	Region string
}

// Do makes a call, again where the service is busy, and decodes the answer into out, which may be nil.
func (c Client) Do(ctx context.Context, call Call, out any) error {
	retryer := c.retryer()
	for attempt := 1; ; attempt++ {
		err := c.attempt(ctx, call, out)
		if err == nil || attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) || call.once && InDoubt(err) {
			return call.fault(err)
		}
		if err := c.wait(ctx, retryer, attempt, err); err != nil {
			return call.fault(err)
		}
	}
}

func (c Client) retryer() aws.Retryer {
	if c.Config.Retryer != nil {
		return c.Config.Retryer()
	}
	return retry.NewStandard()
}

// wait gives the error back where there is no use in another attempt.
func (c Client) wait(ctx context.Context, retryer aws.Retryer, attempt int, err error) error {
	release, tokens := retryer.GetRetryToken(ctx, err)
	if tokens != nil {
		return err
	}
	defer func() { _ = release(nil) }()
	delay, unknown := retryer.RetryDelay(attempt, err)
	if unknown != nil {
		return err
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return err
	case <-t.C:
		return nil
	}
}

func (c Client) attempt(ctx context.Context, call Call, out any) error {
	req, err := c.request(ctx, call)
	if err != nil {
		return err
	}
	resp, err := c.http().Do(req)
	if err != nil {
		return unreachable{err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return unreachable{err}
	}
	if resp.StatusCode/100 != 2 {
		return refusal(resp, body)
	}
	if len(body) > maxBody {
		return unread{fmt.Errorf("an answer of more than %d bytes", maxBody)}
	}
	if err := call.decode(body, out); err != nil {
		return unread{err}
	}
	return nil
}

// request is the signed request.
func (c Client) request(ctx context.Context, call Call) (*http.Request, error) {
	host, region, err := endpoint(call.service, c.Region)
	if err != nil {
		return nil, err
	}
	if call.host != "" {
		host = call.host + strings.TrimPrefix(host, string(call.service))
	}
	base := "https://" + host
	if c.Config.BaseEndpoint != nil {
		base = *c.Config.BaseEndpoint
	}
	body, err := call.body()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, call.method, base+call.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	call.header(req.Header)
	if c.Config.Credentials == nil {
		return nil, fmt.Errorf("no credentials")
	}
	credentials, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if call.service == s3 {
		req.Header.Set("X-Amz-Content-Sha256", hash)
		if len(body) > 0 { // the changes of buckets' settings need one (Amazon S3 User Guide, "Checking object integrity")
			req.Header.Set("X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
		}
	}
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = call.service == s3 }).
		SignHTTP(ctx, credentials, req, hash, string(call.service), region, time.Now())
	return req, err
}

func (c Call) decode(body []byte, out any) error {
	if out == nil || len(body) == 0 {
		return nil
	}
	if c.isXML() {
		return xml.Unmarshal(body, out)
	}
	return json.Unmarshal(body, out)
}
