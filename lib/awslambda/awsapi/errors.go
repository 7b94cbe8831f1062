package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Error is a service's refusal.
type Error struct {
	Status  int
	Code    string
	Message string
	Region  string // of a bucket that is elsewhere
}

// Error says the code alone: messages quote policies, and what the other side sent.
func (e *Error) Error() string { return fmt.Sprintf("%s (status %d)", e.Code, e.Status) }

// ErrorCode, ErrorMessage and ErrorFault implement smithy.APIError, by which the SDK's retryer knows throttling.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage is described at ErrorCode.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault is described at ErrorCode.
func (e *Error) ErrorFault() smithy.ErrorFault {
	if e.Status/100 == 5 {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// HTTPStatusCode is for the SDK's retryer.
func (e *Error) HTTPStatusCode() int { return e.Status }

// Denied says whether the credentials do not allow the call. (The codes: "Common Errors" in the API references of IAM and
// Lambda, "Client error codes" in that of EC2, "Error responses" in that of Amazon S3.)
func Denied(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthFailure", "NotAuthorized",
		"OptInRequired", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return true
	}
	return false
}

// NotFound says whether what was asked for is not there, or cannot be, since its name has no such form.
func NotFound(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return strings.Contains(e.Code, "NotFound") || e.Code == "WAFNonexistentItemException" || strings.HasPrefix(e.Code, "NoSuch") || strings.HasSuffix(e.Code, ".Malformed") ||
		strings.HasSuffix(e.Code, ".Unavailable") || e.Status == http.StatusNotFound
}

// Rejected says whether a service will not answer the question at any time: what is asked for came with an alert, and has a
// form that the service does not take.
func Rejected(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status/100 != 4 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests {
		return false
	}
	passes := strings.Contains(e.Code, "Expired") || strings.Contains(e.Code, "Throttl") || strings.HasPrefix(e.Code, "RequestTime") // of credentials and clocks
	return !passes && retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) != aws.TrueTernary &&
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) != aws.TrueTernary
}

// Nowhere says whether the name service knows no such host.
func Nowhere(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

// InDoubt says whether the call may have been done although there is an error: its answer was lost, or cannot be read.
func InDoubt(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status/100 == 5 && retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) != aws.TrueTernary
	}
	_, lost := errors.AsType[unreachable](err)
	_, odd := errors.AsType[unread](err)
	return lost || odd
}

// Is says whether err is a refusal with one of the codes.
func Is(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// unread is an answer to a call that was done.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// unreachable is worth another attempt, unless the call's time is over, which the caller sees by its context.
type unreachable struct{ err error }

func (u unreachable) Error() string        { return "cannot be reached" }
func (u unreachable) Unwrap() error        { return u.err }
func (u unreachable) RetryableError() bool { return true }

// fault names the call in an error.
func (c Call) fault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", c.Name(), err)
}

// refusal reads an error in each form that the services have: <Code> in XML, __type or a header with JSON.
func refusal(resp *http.Response, body []byte) error {
	e := &Error{Status: resp.StatusCode, Region: resp.Header.Get("X-Amz-Bucket-Region")}
	var j struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &j) == nil {
		e.Code, e.Message = j.Type, j.Message
	} else {
		e.Code, e.Message = fromXML(body)
	}
	if t := resp.Header.Get("X-Amzn-Errortype"); t != "" {
		e.Code = t
	}
	e.Code, _, _ = strings.Cut(e.Code, ":") // what follows is an address
	if i := strings.LastIndexByte(e.Code, '#'); i >= 0 {
		e.Code = e.Code[i+1:]
	}
	if e.Code = word(e.Code); e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(resp.StatusCode), " ", "")
	}
	return e
}

// fromXML takes the first Code and Message, at whatever depth.
func fromXML(body []byte) (code, message string) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		if err != nil {
			return code, message
		}
		s, ok := t.(xml.StartElement)
		switch {
		case ok && s.Name.Local == "Code" && code == "":
			_ = d.DecodeElement(&code, &s)
		case ok && s.Name.Local == "Message" && message == "":
			_ = d.DecodeElement(&message, &s)
		}
	}
}

// word is a code that may stand in a log.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s[:min(len(s), 80)])
}
