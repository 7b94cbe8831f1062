package intel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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

// The kinds of errors, for errors.Is.
var (
	ErrUnavailable = errors.New("the service cannot be reached")          // worth another try
	ErrQuota       = errors.New("the quota of the key is used up")        // marked by responder.RetryAfter
	ErrKey         = errors.New("the service does not accept the key")    // permanent
	ErrRefused     = errors.New("the service does not take the question") // permanent
	ErrAnswer      = errors.New("the service's answer cannot be read")    // worth another try, unless marked
)

const maxWait = 12 * time.Hour

// Usual is what a status means: 2xx found, 404 nothing; 401 and 403 ErrKey; 429 QuotaError for as long as Retry-After says,
// else a minute; 408, 425 and 5xx ErrUnavailable, after Retry-After where it is given; other 4xx and 3xx ErrRefused.
func Usual(a Answer) (found bool, err error) {
	told := fmt.Sprintf("it answered %d", a.Status)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return true, nil
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

// QuotaError is an ErrQuota that is over after d.
func QuotaError(told string, d time.Duration) error {
	return responder.RetryAfter(fmt.Errorf("%w: %s", ErrQuota, told), d)
}

func (c *Client) errorf(kind error, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s", c.Service, kind, fmt.Sprintf(format, args...))
}

func isKey(err error) bool { return errors.Is(err, ErrKey) }

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
