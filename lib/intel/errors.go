package intel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The kinds of errors, for errors.Is, and what the host does about each:
//
//	ErrUnavailable  tried again with back-off, for an hour; after Retry-After where the service says so
//	ErrQuota        waits as long as it says, up to three days, and asks then (responder.RetryAfter)
//	ErrKey          permanent, after the key was read again: the report says at once that nobody was asked
//	ErrRefused      permanent: the question will be no better
//	ErrAnswer       tried again, as a page of a gateway may stand in for an answer; permanent where the answer was too
//	                large, which costs as much each time
//
// An error of the Memory, or of reading the key, is none of these, and tried again.
var (
	ErrUnavailable = errors.New("the service cannot be reached")
	ErrQuota       = errors.New("the quota of the key is used up")
	ErrKey         = errors.New("the service does not accept the key")
	ErrRefused     = errors.New("the service does not take the question")
	ErrAnswer      = errors.New("the service's answer cannot be read")
)

const maxWait = 12 * time.Hour

// Usual is what a status means: 2xx found; 404 nothing, unless it is a page of HTML, which is no service's answer: ErrAnswer; 401 and 403 ErrKey; 429 QuotaError for as long as Retry-After says,
// else a minute; 408, 425 and 5xx ErrUnavailable, after Retry-After where it is given; other 4xx and 3xx ErrRefused.
func Usual(a Answer) (found bool, err error) {
	told := fmt.Sprintf("it answered %d", a.Status)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return true, nil
	case a.Status == http.StatusNotFound && isPage(a.Header):
		return false, fmt.Errorf("%w: it answered 404 with a page for people", ErrAnswer)
	case a.Status == http.StatusNotFound:
		return false, nil
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return false, responder.Permanent(fmt.Errorf("%w: %s", ErrKey, told))
	case a.Status == http.StatusTooManyRequests:
		return false, QuotaError(told, cmp.Or(RetryAfter(a.Header, a.Now), time.Minute))
	case a.Status >= 500, a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		err := fmt.Errorf("%w: %s", ErrUnavailable, told)
		if d := RetryAfter(a.Header, a.Now); d > 0 {
			return false, responder.RetryAfter(err, d)
		}
		return false, err
	}
	return false, responder.Permanent(fmt.Errorf("%w: %s", ErrRefused, told))
}

func isPage(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "text/html"
}

// QuotaError is an ErrQuota that is over after d.
func QuotaError(told string, d time.Duration) error {
	return responder.RetryAfter(fmt.Errorf("%w: %s", ErrQuota, told), d)
}

// errorf keeps what the error was: the host tells the end of its own time from other ends.
func (c *Client) errorf(kind, why error) error { return fmt.Errorf("%s: %w: %w", c.Service, kind, why) }

// RetryAfter reads the header of this name, seconds or a date (RFC 9110, section 10.2.3), as at most 12 hours; 0 where it
// says nothing that can be followed.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	s := h.Get("Retry-After")
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(maxWait/time.Second))) * time.Second
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(t.Sub(now), 0), maxWait)
}

// Failure is why there was no answer. The error of net/http quotes the URL, and some what the other side sent.
func Failure(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	for _, e := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, http.ErrSchemeMismatch} {
		if errors.Is(err, e) {
			return e
		}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	return errors.New("no answer that could be read")
}

// Agent is the value of User-Agent, with the version that was built.
var Agent = sync.OnceValue(func() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = cmp.Or(strings.Trim(info.Main.Version, "()"), version)
	}
	return "AlertResponder/" + version
})
