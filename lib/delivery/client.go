package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Limits of a request.
const (
	MaxBody = 4 << 20 // bytes that are read of an answer
	Timeout = 10 * time.Second
)

// Client speaks to one service. Its methods are safe for concurrent use; its fields must not change after the first. A copy
// is another client.
type Client struct {
	// Service names it in errors.
	Service string
	// BaseURL is what paths are added to: https, or http to this machine, for tests.
	BaseURL string
	// Authorize puts what is secret into a request, whose body it may read by GetBody; nil: nothing is put. Where Judge says
	// ErrKey, or Authorize itself does, it is called once more, with a context of responder.Refresh, for a second request.
	Authorize func(ctx context.Context, r *http.Request) error
	// Header of each request.
	Header http.Header
	// Judge says what an answer means that the service gives in a way of its own; nil: Usual.
	Judge func(a Answer) error
	// Transport makes the requests; the default one of net/http if nil.
	Transport http.RoundTripper
	// Now is time.Now if nil.
	Now func() time.Time
}

// Answer is what a service answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most MaxBody
	Now    time.Time
}

// Do makes a request with in as JSON (nil: no body) and decodes the answer into out, which may be nil. The path begins with
// a slash or a question mark, or is empty. The answer is given also with an error, where there is one.
//
// It is one request, or two where the key was not accepted. Nothing else is tried again: the queue does that.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) (Answer, error) {
	a, err := c.once(ctx, method, path, in, out)
	if errors.Is(err, ErrKey) && c.Authorize != nil {
		a, err = c.once(responder.Refresh(ctx), method, path, in, out)
	}
	if err == nil {
		return a, nil
	}
	if method == http.MethodGet || method == http.MethodHead { // nothing that could be done
		err = doubt{err, false}
	}
	return a, fmt.Errorf("%s: %w", c.Service, err)
}

// once is one request, its errors without the service's name.
func (c *Client) once(ctx context.Context, method, path string, in, out any) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r, err := c.build(ctx, method, path, in)
	if err != nil {
		return Answer{}, err
	}
	a, cut, err := c.send(r)
	if err != nil {
		return a, err
	}
	judge := c.Judge
	if judge == nil {
		judge = Usual
	}
	switch err := judge(a); {
	case err != nil && a.Status >= 500:
		return a, Doubt(err)
	case err != nil:
		return a, err
	case cut != nil:
		return a, Doubt(cut)
	case out != nil && json.Unmarshal(a.Body, out) != nil: // the error would quote what was sent
		return a, Doubt(fmt.Errorf("%w: no JSON as it is documented", ErrAnswer))
	}
	return a, nil
}
