// Package webhook posts reports to a URL.
//
// in → out: a report → a POST of its JSON, signed, and the receipt of what was answered.
//
// The body is the report as ReportNotification has it. The headers:
//
//	Content-Type               application/json
//	X-AlertResponder-Signature t=<epoch seconds>,v1=<hex>, see Verify
//	X-AlertResponder-Report    the report's id
//	X-AlertResponder-Seq       grows with each notification of the report
//	X-AlertResponder-Status    new, ongoing or published
//	Idempotency-Key            <report id>/<seq>: the same for each try of a notification
//	User-Agent                 AlertResponder/<version>
//
// Any 2xx is a success. 408, 425, 429 and 5xx are tried again, as late as a Retry-After says (RFC 9110, "Retry-After");
// so are failures of the network. After 401 and 403 the secret is read again, and the notification tried once more;
// if it is refused again, there is another try after five minutes. Any other answer gives the notification up.
// Redirects are not followed: they would carry the report elsewhere.
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// timeout of one try; the context may end it earlier.
const timeout = 10 * time.Second

// Options of New.
type Options struct {
	// URL to post to: https, or http to this machine. It may hold a token, in its path or query: errors name the
	// host only. A user and a password have no place in it.
	URL string
	// AllowPlain allows http to any host.
	AllowPlain bool
	// Secret signs what is sent.
	Secret responder.Secret
	// Unsigned sends without a signature if there is no secret.
	Unsigned bool
	// Client is one with usual settings if nil. Redirects are refused whatever it says.
	Client *http.Client
	// Now is time.Now if nil.
	Now func() time.Time
}

type emitter struct {
	url    string
	host   string // what an error may say
	secret responder.Secret
	client *http.Client
	now    func() time.Time
}

// New makes an emitter. All faults of the options are one error.
func New(o Options) (responder.Emitter, error) {
	u, err := target(o.URL, o.AllowPlain)
	if o.Secret == nil && !o.Unsigned {
		err = errors.Join(err, errors.New("secret: missing, expected one, or Unsigned"))
	}
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	client := http.Client{Transport: http.DefaultTransport}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	e := &emitter{url: u.String(), host: u.Host, secret: o.Secret, client: &client, now: o.Now}
	if e.now == nil {
		e.now = time.Now
	}
	return e, nil
}

// target reads the URL. Errors do not quote it.
func target(text string, plain bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("url: cannot be read, expected https://host/path")
	case u.User != nil:
		return nil, errors.New("url: has a user, expected none")
	case u.Scheme == "http" && !plain && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("url: http to %.200q, expected https", u.Host)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// Emit implements responder.Emitter.
func (e *emitter) Emit(ctx context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, responder.Permanent(fmt.Errorf("webhook: report: %w", err))
	}
	a, err := e.post(ctx, r, body)
	if err == nil && a.refused() && e.secret != nil {
		a, err = e.post(responder.Refresh(ctx), r, body)
	}
	if err == nil {
		err = a.fault(e.now())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.host, err)
	}
	return a.receipt(r), nil
}

// post is one try.
func (e *emitter) post(ctx context.Context, r responder.Report, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, responder.Permanent(errors.New("the request cannot be made")) // err quotes the URL
	}
	headers(req.Header, r)
	if e.secret != nil {
		secret, err := e.secret(ctx)
		if err == nil && secret == "" {
			err = errors.New("the value is empty")
		}
		if err != nil {
			return answer{}, fmt.Errorf("secret: %w", err)
		}
		req.Header.Set(SignatureHeader, Sign(body, secret, e.now()))
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return answer{}, intel.Failure(err)
	}
	return read(resp), nil
}

func headers(h http.Header, r responder.Report) {
	id := printable(r.ReportID, 200)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", intel.Agent())
	h.Set("X-AlertResponder-Report", id)
	h.Set("X-AlertResponder-Seq", fmt.Sprint(r.Seq))
	h.Set("X-AlertResponder-Status", printable(cmp.Or(string(r.Status), "unknown"), 40))
	h.Set("Idempotency-Key", fmt.Sprintf("%s/%d", id, r.Seq))
}

// printable leaves of a text what a header can hold.
func printable(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), n)]
}
