package intel

import (
	"context"
	"encoding/json"
	"errors"
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

	maxHeader = 64 << 10 // bytes
	maxValues = 200_000  // of JSON, in what is read: each takes more memory than bytes
)

// Client asks one service. Its methods are safe for concurrent use; its fields must not change after the first of them.
//
// A question is looked for in the Memory (one Load), and asked where it is not there: one Take of the quota, one request,
// one Store. Who asks the same in the meantime waits for the answer of the first. Where the Memory fails, the service is
// asked, unless there is a Quota, which fails as well. A process that ends between request and Store leaves the question
// to be asked again.
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

	// Extra headers of each request, beside the key's.
	Extra http.Header

	once    sync.Once
	http    *http.Client
	mem     responder.Memory
	flights flights
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
// out stays as it is where nothing was found. What is remembered of an answer is its JSON, as out writes it: it must read
// what it writes. Answers of other types of out are not the same, so rename the type when its fields change.
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

// fill puts args into the path. One that is empty, or says where to go, would ask for something else.
func fill(path string, args []string) (string, []string, error) {
	parts := strings.Split(path, "%s")
	n := len(parts) - 1
	if len(args) < n {
		return "", nil, responder.Permanent(fmt.Errorf("intel: %s: %d arguments, expected %d", path, len(args), n))
	}
	filled := parts[0]
	for i, arg := range args[:n] {
		if arg == "" || arg == "." || arg == ".." {
			return "", nil, responder.Permanent(fmt.Errorf("%w: %q has no place in %s", ErrRefused, arg, path))
		}
		filled += url.PathEscape(arg) + parts[i+1]
	}
	return filled, args[n:], nil
}

func (c *Client) init() {
	c.once.Do(func() {
		c.http = &http.Client{Transport: c.Settings.Transport, Timeout: Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if own, ok := http.DefaultTransport.(*http.Transport); ok && c.http.Transport == nil {
			own = own.Clone()
			own.MaxResponseHeaderBytes = maxHeader
			c.http.Transport = own
		}
		if c.mem = c.Settings.Memory; c.mem == nil {
			c.mem = responder.NewMemory()
		}
	})
}

// ask gives the answer to a question, from whoever has it.
func (c *Client) ask(ctx context.Context, q request, out any) (bool, error) {
	c.init()
	if err := fits(out); err != nil {
		return false, err
	}
	key := c.key(q, out)
	for {
		f, first := c.flights.join(key)
		if first {
			defer c.flights.leave(key, f) // whatever becomes of it
			found, err := c.answer(ctx, q, key, out)
			f.land(ctx, found, out, err)
			return found, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return false, fmt.Errorf("%s: %w", c.Service, ctx.Err())
		}
		if found, ok, err := f.give(out); ok {
			return found, err
		}
	}
}

// answer asks the Memory, and then the service.
func (c *Client) answer(ctx context.Context, q request, key string, out any) (bool, error) {
	now := c.Settings.clock()
	if found, ok := c.recall(ctx, key, out, now()); ok {
		return found, nil
	}
	secret, err := c.secret(ctx)
	if err != nil {
		return false, err
	}
	found, err := c.fetch(ctx, q, secret, out)
	if errors.Is(err, ErrKey) && c.Settings.Key != nil { // it may have been changed since it was read
		fresh, kerr := c.secret(responder.Refresh(ctx))
		if kerr != nil {
			return false, kerr
		}
		if fresh != secret {
			found, err = c.fetch(ctx, q, fresh, out)
		}
	}
	if err != nil {
		return false, err
	}
	c.remember(ctx, key, q.path, out, found, now())
	return found, nil
}

// fetch is one request.
func (c *Client) fetch(ctx context.Context, q request, secret string, out any) (bool, error) {
	r, err := c.build(ctx, q, secret)
	if err != nil {
		return false, err
	}
	if c.Quota != nil {
		if err := c.Quota.Take(ctx); err != nil {
			return false, fmt.Errorf("%s: %w", c.Service, err)
		}
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return false, c.errorf(ErrUnavailable, Failure(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1)) // of what was decompressed
	if err != nil {
		return false, c.errorf(ErrUnavailable, Failure(err))
	}
	if len(body) > MaxBody {
		return false, responder.Permanent(c.errorf(ErrAnswer, fmt.Errorf("more than %d bytes", MaxBody)))
	}
	return c.judge(ctx, Answer{resp.StatusCode, resp.Header, body, c.Settings.clock()()}, out)
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
	if countValues(a.Body) > maxValues {
		return false, responder.Permanent(c.errorf(ErrAnswer, fmt.Errorf("more than %d values", maxValues)))
	}
	if decode(a.Body, out) != nil { // the error would quote what was sent
		return false, c.errorf(ErrAnswer, errors.New("no JSON as it is documented"))
	}
	if f, ok := out.(Finder); ok {
		return f.Found(), nil
	}
	return true, nil
}
