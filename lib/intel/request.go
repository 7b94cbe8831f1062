package intel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

type request struct{ method, path, contentType, body string }

// base is what paths are added to.
func (c *Client) base() string {
	if c.Settings.BaseURL != "" {
		return strings.TrimSuffix(c.Settings.BaseURL, "/")
	}
	return c.BaseURL
}

// build makes the request. A key leaves this machine only where nobody can read it on its way.
func (c *Client) build(ctx context.Context, q request, secret string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, q.method, c.base()+q.path, strings.NewReader(q.body))
	if err != nil {
		return nil, responder.Permanent(c.errorf(ErrRefused, errors.New("the question is no URL")))
	}
	if secret != "" && r.URL.Scheme != "https" && !isLoopback(r.URL.Hostname()) {
		return nil, responder.Permanent(c.errorf(ErrKey, fmt.Errorf("it would go to %.200q without encryption, expected https", r.URL.Host)))
	}
	for name, values := range c.Extra {
		r.Header[name] = values
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", Agent())
	r.Header["Idempotency-Key"] = []string{} // not sent: questions may go again over another connection where an idle one was dead
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	if secret != "" {
		r.Header.Set(c.Header, secret)
	}
	return r, nil
}

// secret gives the key; empty where there is none to be sent.
func (c *Client) secret(ctx context.Context) (string, error) {
	if c.Settings.Key == nil || c.Header == "" {
		return "", nil
	}
	key, err := c.Settings.Key(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: key: %w", c.Service, err)
	}
	key = strings.TrimSpace(key)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", responder.Permanent(c.errorf(ErrKey, errors.New("it is empty, or has what no header can carry")))
	}
	return key, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
