package delivery

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// The kinds of errors, for errors.Is, and what the host does about each:
//
//	ErrUnavailable  tried again with back-off; after Retry-After where the service says so
//	ErrBusy         tried again as late as the service says, else after a minute
//	ErrKey          tried again after five minutes: somebody has to mend the key, and nothing is lost until then
//	ErrRefused      permanent: the same request will not be taken at any time
//	ErrAnswer       tried again: a page of a gateway may stand in for an answer
//
// An error of reading the key is none of these, and tried again.
var (
	ErrUnavailable = errors.New("the service cannot be reached")
	ErrBusy        = errors.New("the service takes no more for now")
	ErrKey         = errors.New("the service does not accept the key")
	ErrRefused     = errors.New("the service does not take the request")
	ErrAnswer      = errors.New("the service's answer cannot be read")
)

// Usual is what a status means: 2xx success; 401 ErrKey; 429 ErrBusy; 408, 425 and 5xx ErrUnavailable; other 4xx ErrAnswer
// where they come with a page of HTML, which is no service's answer; others ErrRefused.
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
		err := fmt.Errorf("%w: %s", ErrUnavailable, told)
		if a.Status >= 500 {
			err = Doubt(err)
		}
		if wait > 0 {
			return responder.RetryAfter(err, wait)
		}
		return err
	case a.Status >= 400 && isPage(a.Header):
		return fmt.Errorf("%w: %s with a page for people", ErrAnswer, told)
	}
	return RefusedError(told)
}

func isPage(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "text/html"
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

// doubt says whether the service may have done what it was asked. Of several in an error, the outermost counts.
type doubt struct {
	error
	in bool
}

func (d doubt) Unwrap() error { return d.error }

// Doubt marks an error of an answer that leaves open whether the service did what it was asked, for a Judge. Nil stays nil.
func Doubt(err error) error {
	if err == nil {
		return nil
	}
	return doubt{err, true}
}

// InDoubt says whether the service may have done what it was asked, although there is an error:
//
//	yes  the connection broke, or the time was over, once there was a connection; 5xx; a 2xx whose body is cut off or no JSON
//	no   no connection came about: no address, refused, no handshake of TLS; 3xx and 4xx; nothing was asked but by GET
//
// A Judge may say so of other answers by Doubt. A Transport that is none of net/http is in doubt of all its errors but those
// of dialing (net.OpError).
func InDoubt(err error) bool {
	d, ok := errors.AsType[doubt](err)
	return ok && d.in
}
