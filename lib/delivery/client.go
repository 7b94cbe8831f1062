package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Limits of a request.
const (
	MaxBody = 4 << 20 // bytes that are read of an answer
	Timeout = 10 * time.Second
)

// The kinds of errors, for errors.Is, and what the host does about each:
//
//	ErrUnavailable  tried again with back-off; after Retry-After where the service says so
//	ErrBusy         tried again as late as the service says, else after a minute
//	ErrKey          tried again after five minutes: somebody has to mend the key, and nothing is lost until then
//	ErrRefused      permanent: the same request will not be taken at any time
//	ErrAnswer       tried again: a page of a gateway may stand in for an answer
var (
	ErrUnavailable = errors.New("the service cannot be reached")
	ErrBusy        = errors.New("the service takes no more for now")
	ErrKey         = errors.New("the service does not accept the key")
	ErrRefused     = errors.New("the service does not take the request")
	ErrAnswer      = errors.New("the service's answer cannot be read")
)

// Client speaks to one service. Its methods are safe for concurrent use; its fields must not change after the first.
type Client struct {
	// Service names it in errors.
	Service string
	// BaseURL is what paths are added to.
	BaseURL string
	// Authorize puts what is secret into a request; nil: nothing is. It is called again with a context of
	// responder.Refresh after a 401, or where Judge says ErrKey.
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

// Do makes a request with in as JSON (nil: no body) and decodes the answer into out, which may be nil. The answer is given
// also with an error, where there is one.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) (Answer, error) {
	a, err := c.once(ctx, method, path, in)
	if errors.Is(err, ErrKey) && c.Authorize != nil {
		a, err = c.once(responder.Refresh(ctx), method, path, in)
	}
	if err != nil || out == nil {
		return a, err
	}
	if json.Unmarshal(a.Body, out) != nil { // the error would quote what was sent
		return a, doubtful(fmt.Errorf("%s: %w: no JSON as it is documented", c.Service, ErrAnswer))
	}
	return a, nil
}

func (c *Client) once(ctx context.Context, method, path string, in any) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return Answer{}, responder.Permanent(fmt.Errorf("%s: request: %w", c.Service, err))
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, responder.Permanent(fmt.Errorf("%s: %w: no URL", c.Service, ErrRefused))
	}
	for name, values := range c.Header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", intel.Agent())
	if in != nil {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.Authorize != nil {
		if err := c.Authorize(ctx, r); err != nil {
			return Answer{}, fmt.Errorf("%s: key: %w", c.Service, err)
		}
	}
	client := http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return Answer{}, doubtful(fmt.Errorf("%s: %w: %w", c.Service, ErrUnavailable, intel.Failure(err)))
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if err != nil {
		return Answer{}, doubtful(fmt.Errorf("%s: %w: %w", c.Service, ErrUnavailable, intel.Failure(err)))
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	a := Answer{resp.StatusCode, resp.Header, text, now()}
	judge := c.Judge
	if judge == nil {
		judge = Usual
	}
	if err := judge(a); err != nil {
		return a, fmt.Errorf("%s: %w", c.Service, err)
	}
	return a, nil
}

// Usual is what a status means: 2xx success; 401 ErrKey; 429 ErrBusy; 408, 425 and 5xx ErrUnavailable; others ErrRefused.
func Usual(a Answer) error {
	told := fmt.Sprintf("it answered %d", a.Status)
	wait := intel.RetryAfter(a.Header, a.Now)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusUnauthorized:
		return KeyError(told)
	case a.Status == http.StatusTooManyRequests:
		return BusyError(told, wait)
	case a.Status >= 500, a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		err := doubtful(fmt.Errorf("%w: %s", ErrUnavailable, told))
		if wait > 0 {
			return responder.RetryAfter(err, wait)
		}
		return err
	}
	return RefusedError(told)
}

// KeyError is an ErrKey.
func KeyError(told string) error {
	return responder.RetryAfter(fmt.Errorf("%w: %s", ErrKey, told), 5*time.Minute)
}

// BusyError is an ErrBusy that is over after d; a minute if zero.
func BusyError(told string, d time.Duration) error {
	if d <= 0 {
		d = time.Minute
	}
	return responder.RetryAfter(fmt.Errorf("%w: %s", ErrBusy, told), d)
}

// RefusedError is an ErrRefused.
func RefusedError(told string) error {
	return responder.Permanent(fmt.Errorf("%w: %s", ErrRefused, told))
}

type doubt struct{ error }

func (d doubt) Unwrap() error { return d.error }

func doubtful(err error) error { return doubt{err} }

// InDoubt says whether the service may have done what it was asked, although there is an error.
func InDoubt(err error) bool {
	_, ok := errors.AsType[doubt](err)
	return ok
}
