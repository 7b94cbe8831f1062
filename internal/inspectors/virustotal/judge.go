package virustotal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

var errForbidden = errors.New("the key may not ask this")

// envelope is what all answers have in common ("Objects"; "Errors").
type envelope struct {
	Data  json.RawMessage `json:"data"`
	Error struct {
		Code text `json:"code"`
	} `json:"error"`
}

// judge says what an answer means. The status alone does not: there are two kinds of 429, a 400 that is none, and a 404 is an
// answer only if VirusTotal gave it, and not a proxy on the way.
func (i *inspector) judge(a intel.Answer) (found bool, err error) {
	var e envelope
	if json.Unmarshal(a.Body, &e) != nil {
		e = envelope{}
	}
	code := string(e.Error.Code)
	switch {
	case code == "" && a.Status == http.StatusOK && len(e.Data) > 0:
		i.refused.over(a.Now)
		return true, nil
	case code == "NotFoundError":
		i.refused.over(a.Now)
		return false, nil
	}
	return false, i.fault(code, a)
}

// fault is the error for a code of the table in "Errors"; what is not in it is judged by its status.
func (i *inspector) fault(code string, a intel.Answer) error {
	told := fmt.Sprintf("it answered %d %s", a.Status, code)
	switch code {
	case "QuotaExceededError", "TooManyRequestsError":
		return intel.QuotaError(told, max(i.refused.wait(a.Now), intel.RetryAfter(a.Header, a.Now)))
	case "AuthenticationRequiredError", "WrongCredentialsError", "UserNotActiveError":
		return responder.Permanent(fmt.Errorf("%w: %s", intel.ErrKey, told))
	case "ForbiddenError":
		return responder.Permanent(fmt.Errorf("%w: %w: %s", intel.ErrKey, errForbidden, told))
	case "BadRequestError", "InvalidArgumentError":
		return responder.Permanent(fmt.Errorf("%w: %s", intel.ErrRefused, told))
	case "NotAvailableYet", "TransientError", "DeadlineExceededError", "FailedDependencyError":
		return fmt.Errorf("%w: %s", intel.ErrUnavailable, told)
	}
	if a.Status == http.StatusTooManyRequests {
		return intel.QuotaError("it answered 429", max(i.refused.wait(a.Now), intel.RetryAfter(a.Header, a.Now)))
	}
	if _, err := intel.Usual(a); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d without an object or an error of %s", intel.ErrAnswer, a.Status, Name)
}
