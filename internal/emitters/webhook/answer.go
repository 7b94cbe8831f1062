package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	maxBody  = 4 << 10
	maxWait  = 12 * time.Hour
	rotation = 5 * time.Minute // what a secret may take to be the same on both sides
)

// answer is what is kept of a response: nothing that it says, but for an id.
type answer struct {
	status     int
	retryAfter string
	id         string
}

// read takes the answer, and so much of the body that the connection can be used again.
func read(resp *http.Response) answer {
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxBody)
	return answer{
		status: resp.StatusCode, retryAfter: resp.Header.Get("Retry-After"), id: printable(resp.Header.Get("X-Request-Id"), 128),
	}
}

// refused says whether the signature was not accepted.
func (a answer) refused() bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
}

// fault is what the status means; nil for a success.
func (a answer) fault(now time.Time) error {
	err := fmt.Errorf("answered %d", a.status)
	switch {
	case a.status >= 200 && a.status < 300:
		return nil
	case a.refused():
		return responder.RetryAfter(err, rotation)
	case a.status >= 500, a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly,
		a.status == http.StatusTooManyRequests:
		if d := wait(a.retryAfter, now); d > 0 {
			return responder.RetryAfter(err, d)
		}
		return err
	}
	return responder.Permanent(err)
}

// wait reads Retry-After, seconds or a date; 0 where it says nothing that can be followed.
func wait(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(maxWait/time.Second))) * time.Second
	}
	t, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(t.Sub(now), 0), maxWait)
}

func (a answer) receipt(r responder.Report) responder.Receipt {
	out := responder.Receipt{"status": strconv.Itoa(a.status), "seq": strconv.FormatInt(r.Seq, 10)}
	if a.id != "" {
		out["id"] = a.id
	}
	return out
}

// failure is why there was no answer. The client's own error quotes the URL, and some what the other side sent.
func failure(err error) error {
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
