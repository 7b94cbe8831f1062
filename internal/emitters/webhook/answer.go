package webhook

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

const (
	maxBody  = 4 << 10
	rotation = 5 * time.Minute // what a secret may take to be the same on both sides
)

// answer is what is kept of a response: nothing that it says, but for an id.
type answer struct {
	status int
	header http.Header // of which only Retry-After is read
	id     string
}

// read takes the answer, and so much of the body that the connection can be used again.
func read(resp *http.Response) answer {
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxBody)
	return answer{status: resp.StatusCode, header: resp.Header, id: printable(resp.Header.Get("X-Request-Id"), 128)}
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
		if d := intel.RetryAfter(a.header, now); d > 0 {
			return responder.RetryAfter(err, d)
		}
		return err
	}
	return responder.Permanent(err)
}

func (a answer) receipt(r responder.Report) responder.Receipt {
	out := responder.Receipt{"status": strconv.Itoa(a.status), "seq": strconv.FormatInt(r.Seq, 10)}
	if a.id != "" {
		out["id"] = a.id
	}
	return out
}
