package abusech

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// wait is how long nobody asks after a 429 that does not say.
const wait = 15 * time.Minute

// judge reads query_status, by which all three services answer, mostly with status 200. A path that is not found is none of
// theirs.
func judge(a intel.Answer) (found bool, err error) {
	var told struct {
		Status string `json:"query_status"`
	}
	_ = json.Unmarshal(a.Body, &told) // an error page has none
	switch s := told.Status; {
	case s == "unknown_auth_key", s == "unauthorized", s == "no_api_key", s == "user_blacklisted", strings.HasPrefix(s, "invalid_auth"):
		return false, responder.Permanent(fmt.Errorf("%w: it answered %s", intel.ErrKey, s))
	case a.Status == http.StatusTooManyRequests, s == "rate_limited":
		return false, intel.QuotaError("too many requests", cmp.Or(intel.RetryAfter(a.Header, a.Now), wait))
	case a.Status == http.StatusNotFound:
		return false, responder.Permanent(fmt.Errorf("%w: it answered 404", intel.ErrRefused))
	case a.Status != http.StatusOK:
		return intel.Usual(a)
	case s == "ok":
		return true, nil
	case s == "no_results", s == "no_result", s == "hash_not_found":
		return false, nil
	case strings.HasPrefix(s, "illegal_"), strings.HasPrefix(s, "invalid_"):
		return false, responder.Permanent(fmt.Errorf("%w: it answered %s", intel.ErrRefused, intel.Clean(s, 40)))
	}
	return false, fmt.Errorf("%w: no query_status as it is documented", intel.ErrAnswer)
}
