package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// build makes a request. Nothing of it leaves this machine where others can read it on its way: the report is confidential,
// and some services have their key in the address, or in the body.
func (c *Client) build(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, responder.Permanent(fmt.Errorf("request: %w", err))
		}
	}
	address, err := c.address(path)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, RefusedError("the request cannot be made") // err may quote the address
	}
	if c.Header != nil {
		r.Header = c.Header.Clone()
	}
	r.Header.Set("User-Agent", intel.Agent())
	if in != nil {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.Authorize != nil {
		if err := c.Authorize(ctx, r); err != nil {
			return nil, doubt{fmt.Errorf("key: %w", err), false} // whatever became of getting it
		}
	}
	return r, nil
}

// address of a path. Where the base is wrong, somebody has to mend it, as with a key.
func (c *Client) address(path string) (string, error) {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Hostname() == "":
		return "", KeyError("its address cannot be read, expected https://host/path")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "", KeyError(fmt.Sprintf("it would go to %.200q without encryption, expected https", u.Host))
	case path == "":
		return c.BaseURL, nil
	case path[0] != '/' && path[0] != '?': // it could be another host's
		return "", RefusedError("the path does not begin with a slash")
	}
	return strings.TrimSuffix(c.BaseURL, "/") + path, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// send makes the request. cut says why the answer's body is not whole.
func (c *Client) send(r *http.Request) (a Answer, cut, err error) {
	var way way
	client := http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r.WithContext(way.watch(r.Context(), c.Transport)))
	if err != nil {
		failure := fmt.Errorf("%w: %w", ErrUnavailable, intel.Failure(err))
		return Answer{}, nil, doubt{failure, way.mayHaveSent(err)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	switch {
	case err != nil:
		cut = fmt.Errorf("%w: %w", ErrUnavailable, intel.Failure(err))
	case len(text) > MaxBody:
		text, cut = text[:MaxBody], fmt.Errorf("%w: more than %d bytes", ErrAnswer, MaxBody)
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	return Answer{resp.StatusCode, resp.Header, text, now()}, cut, nil
}

// way tells how far a request came. The hooks may be called after the transport has returned.
type way struct {
	told      atomic.Bool // of what becomes of the request
	connected atomic.Bool
}

// watch has the transport tell. One that is not of net/http may tell nothing; then it is not known.
func (w *way) watch(ctx context.Context, t http.RoundTripper) context.Context {
	if t == nil {
		t = http.DefaultTransport
	}
	_, tells := t.(*http.Transport)
	w.told.Store(tells)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.told.Store(true) },
		// After name resolution, connecting, and the handshake of TLS. From here on, another goroutine writes, of which WroteHeaders
		// would tell too late where the context ends meanwhile.
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
	})
}

// mayHaveSent says whether the request may have left, although there is an error.
func (w *way) mayHaveSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" && !w.connected.Load() {
		return false
	}
	return w.connected.Load() || !w.told.Load()
}
