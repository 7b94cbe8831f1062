package awsapi

import (
	"cmp"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// still are clients that go nowhere but where they were sent, by the SDK's clients whose connections they use.
var still sync.Map

// http is the configuration's client, and follows no redirect: net/http takes only the signature out of what it sends to
// another host, not the session's token, and the SDK's client follows those with 307 and 308.
func (c Client) http() aws.HTTPClient {
	switch h := c.Config.HTTPClient.(type) {
	case nil:
		return stays(*http.DefaultClient)
	case *http.Client:
		return stays(*cmp.Or(h, http.DefaultClient))
	case *awshttp.BuildableClient:
		if known, ok := still.Load(h); ok {
			return known.(aws.HTTPClient)
		}
		made, _ := still.LoadOrStore(h, stays(http.Client{Transport: h.GetTransport(), Timeout: h.GetTimeout()}))
		return made.(aws.HTTPClient)
	default:
		return h
	}
}

func stays(c http.Client) *http.Client {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}
