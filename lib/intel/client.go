package intel

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Limits of a request.
const (
	MaxBody = 4 << 20 // bytes that are read of an answer
	Timeout = 20 * time.Second
)

// Client asks one service. Its methods are safe for concurrent use; its fields must not change after the first of them.
type Client struct {
	// Service is the id of the service, 1 to 32 of a-z, 0-9 and -: it names its answers and its quota in the Memory.
	Service string
	// BaseURL is what paths are added to, without a slash at its end. Settings.BaseURL goes before it.
	BaseURL string
	// Header carries the key.
	Header string
	// Settings are those of the inspector.
	Settings Settings
	// Quota bounds the requests; nil: nothing does.
	Quota *Quota
	// Keep is how long the answer to a request is remembered: found, or that there is nothing. Nil or 0: not at all.
	Keep func(path string, found bool) time.Duration
	// Judge says what an answer means that this service gives in a way of its own; nil: what the status usually means
	// (see [Usual]). It may return an error of [Usual], of [QuotaError], of its own, or nil and whether something was found.
	Judge func(a Answer) (found bool, err error)

	once sync.Once
	http *http.Client
	mem  responder.Memory
}

// Answer is what a service answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most MaxBody
	Now    time.Time
}

// Finder may be implemented by what an answer is decoded into, where a service answers 200 also if it knows nothing.
type Finder interface{ Found() bool }

// Get asks by GET and decodes the answer's JSON into out, which may be nil. Each %s of path is replaced by the next of
// args, escaped; what is left of args are names and values of the query. What is found in the cache is not asked for.
//
// found is false where the service answered that it knows nothing: that is an answer, and does not mean harmless.
func (c *Client) Get(ctx context.Context, out any, path string, args ...string) (found bool, err error) {
	p, rest, err := fill(path, args)
	if err != nil {
		return false, err
	}
	if len(rest)%2 != 0 {
		return false, responder.Permanent(fmt.Errorf("intel: %s: %d query arguments, expected pairs", path, len(rest)))
	}
	q := url.Values{}
	for i := 0; i < len(rest); i += 2 {
		q.Add(rest[i], rest[i+1])
	}
	if len(q) > 0 {
		p += "?" + q.Encode()
	}
	return c.ask(ctx, request{method: http.MethodGet, path: p}, out)
}

// PostForm asks by POST with a form of names and values, and else does as Get. Only questions may be asked so: an
// answer may come from the cache.
func (c *Client) PostForm(ctx context.Context, out any, path string, form url.Values) (found bool, err error) {
	return c.ask(ctx, request{http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode()}, out)
}

// PostJSON asks by POST with a value as JSON, and else does as PostForm.
func (c *Client) PostJSON(ctx context.Context, out any, path string, question any) (found bool, err error) {
	b, err := json.Marshal(question)
	if err != nil {
		return false, responder.Permanent(fmt.Errorf("intel: question: %w", err))
	}
	return c.ask(ctx, request{http.MethodPost, path, "application/json", string(b)}, out)
}

type request struct{ method, path, contentType, body string }

// fill puts args into the path.
func fill(path string, args []string) (string, []string, error) {
	n := strings.Count(path, "%s")
	if len(args) < n {
		return "", nil, responder.Permanent(fmt.Errorf("intel: %s: %d arguments, expected %d", path, len(args), n))
	}
	escaped := make([]any, n)
	for i := range escaped {
		escaped[i] = url.PathEscape(args[i])
	}
	return fmt.Sprintf(path, escaped...), args[n:], nil
}

func (c *Client) init() {
	c.once.Do(func() {
		c.http = &http.Client{Transport: c.Settings.Transport, Timeout: Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if c.mem = c.Settings.Memory; c.mem == nil {
			c.mem = responder.NewMemory()
		}
	})
}

func (c *Client) ask(ctx context.Context, q request, out any) (bool, error) {
	c.init()
	now := c.Settings.clock()
	if found, ok := c.recall(ctx, q, out, now()); ok {
		return found, nil
	}
	found, err := c.fetch(ctx, q, out, now, false)
	if isKey(err) && c.Settings.Key != nil { // the key may have been changed since it was read
		found, err = c.fetch(responder.Refresh(ctx), q, out, now, true)
	}
	if err != nil {
		return false, err
	}
	c.remember(ctx, q, out, found, now())
	return found, nil
}

// fetch is one request.
func (c *Client) fetch(ctx context.Context, q request, out any, now func() time.Time, again bool) (bool, error) {
	if c.Quota != nil && !again {
		if err := c.Quota.Take(ctx); err != nil {
			return false, err
		}
	}
	r, err := c.build(ctx, q)
	if err != nil {
		return false, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return false, c.errorf(ErrUnavailable, "%v", Failure(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return false, c.errorf(ErrUnavailable, "%v", Failure(err))
	}
	if len(body) > MaxBody {
		return false, responder.Permanent(c.errorf(ErrAnswer, "more than %d bytes", MaxBody))
	}
	return c.judge(ctx, Answer{resp.StatusCode, resp.Header, body, now()}, out)
}

// judge makes found, nothing or an error of an answer.
func (c *Client) judge(ctx context.Context, a Answer, out any) (found bool, err error) {
	judge := c.Judge
	if judge == nil {
		judge = Usual
	}
	if found, err = judge(a); err != nil {
		if c.Quota != nil {
			err = c.Quota.learn(ctx, err)
		}
		return false, fmt.Errorf("%s: %w", c.Service, err)
	}
	if !found || out == nil {
		return found, nil
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return false, c.errorf(ErrAnswer, "no JSON as it is documented") // the error would quote what was sent
	}
	if f, ok := out.(Finder); ok {
		return f.Found(), nil
	}
	return true, nil
}

func (c *Client) build(ctx context.Context, q request) (*http.Request, error) {
	base := c.BaseURL
	if c.Settings.BaseURL != "" {
		base = c.Settings.BaseURL
	}
	r, err := http.NewRequestWithContext(ctx, q.method, base+q.path, strings.NewReader(q.body))
	if err != nil {
		return nil, responder.Permanent(c.errorf(ErrRefused, "the question is no URL"))
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", Agent())
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	if c.Settings.Key == nil || c.Header == "" {
		return r, nil
	}
	key, err := c.Settings.Key(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Service, err)
	}
	r.Header.Set(c.Header, strings.TrimSpace(key))
	return r, nil
}
