package virustotal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

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
	case code == "" && (a.Status == http.StatusNotFound || a.Status/100 == 2):
		return false, fmt.Errorf("%w: %d without an object or an error of %s", intel.ErrAnswer, a.Status, Name)
	}
	return false, i.fault(code, a)
}

// fault is the error for a code of the table in "Errors". What has none is judged by its status.
func (i *inspector) fault(code string, a intel.Answer) error {
	told := fmt.Sprintf("it answered %d %s", a.Status, code)
	switch code {
	case "QuotaExceededError":
		return intel.QuotaError(told, max(i.refused.wait(a.Now), intel.RetryAfter(a.Header, a.Now)))
	case "TooManyRequestsError":
		return intel.QuotaError(told, max(time.Minute, intel.RetryAfter(a.Header, a.Now)))
	case "AuthenticationRequiredError", "WrongCredentialsError", "UserNotActiveError":
		return responder.Permanent(fmt.Errorf("%w: %s", intel.ErrKey, told))
	case "ForbiddenError":
		return responder.Permanent(fmt.Errorf("%w: %w: %s", intel.ErrKey, errForbidden, told))
	case "NotAvailableYet":
		return responder.RetryAfter(fmt.Errorf("%w: %s", intel.ErrUnavailable, told), 5*time.Minute)
	case "BadRequestError", "InvalidArgumentError":
		return responder.Permanent(fmt.Errorf("%w: %s", intel.ErrRefused, told))
	case "TransientError", "DeadlineExceededError", "FailedDependencyError":
		return fmt.Errorf("%w: %s", intel.ErrUnavailable, told)
	}
	_, err := intel.Usual(a)
	if err == nil { // 200 with an error that the table does not know
		err = fmt.Errorf("%w: %s", intel.ErrUnavailable, told)
	}
	return err
}
