package emit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// request is one that was, or would have been, made.
type request struct {
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// recorder notes requests on their way.
type recorder struct {
	next http.RoundTripper

	mu       sync.Mutex
	requests []request
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := bodyOf(q)
	if err != nil {
		return nil, err
	}
	r.note(q, body)
	return r.next.RoundTrip(q)
}

// bodyOf reads what is to be sent, and leaves it there.
func bodyOf(q *http.Request) ([]byte, error) {
	if q.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	_ = q.Body.Close() // it was read
	q.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

func (r *recorder) note(q *http.Request, body []byte) {
	noted := request{Method: q.Method, URL: q.URL.String()} // a dry run has no secret, also none in a URL
	if json.Valid(body) {
		noted.Body = body
	} else if len(body) > 0 {
		noted.Body, _ = json.Marshal(string(body)) // a string always marshals
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, noted)
}

// writes are the actions that do more than look: none of them is made in a dry run.
func writes(q *http.Request, body []byte) bool {
	action := q.Header.Get("X-Amz-Target")
	for part := range strings.SplitSeq(string(body), "&") {
		if name, ok := strings.CutPrefix(part, "Action="); ok {
			action = name
		}
	}
	action = action[strings.LastIndexByte(action, '.')+1:]
	for _, reads := range []string{"Describe", "Get", "List", "Lookup"} {
		if strings.HasPrefix(action, reads) {
			return false
		}
	}
	return action != "" || q.Method != http.MethodGet && q.Method != http.MethodHead
}

// on has what acts on AWS only look: what would be changed is noted.
func (r *recorder) on(config func(context.Context) (aws.Config, error)) func(context.Context) (aws.Config, error) {
	return func(ctx context.Context) (aws.Config, error) {
		if config == nil {
			return aws.Config{}, errors.New("no AWS configuration")
		}
		c, err := config(ctx)
		if err != nil {
			return c, err
		}
		next := c.HTTPClient
		if next == nil {
			next = http.DefaultClient
		}
		c.HTTPClient = looker{r, next}
		return c, nil
	}
}

type looker struct {
	recorder *recorder
	next     aws.HTTPClient
}

// Do implements aws.HTTPClient.
func (l looker) Do(q *http.Request) (*http.Response, error) {
	body, err := bodyOf(q)
	if err != nil {
		return nil, err
	}
	if !writes(q, body) {
		return l.next.Do(q)
	}
	l.recorder.note(q, body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: q}, nil
}
