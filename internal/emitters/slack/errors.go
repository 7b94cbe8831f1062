package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// class is what an error means to the emitter.
type class int

const (
	setUp  class = iota + 1 // somebody has to mend something in Slack, or in the settings: tried again every five minutes
	token                   // the key is not accepted: read anew, and tried again every five minutes
	busy                    // tried again when Slack says
	down                    // tried again
	maybe                   // tried again, when it is known whether it was done
	form                    // the blocks are not taken: tried without
	tag                     // the metadata is not taken: tried without
	gone                    // the message can no longer be updated: another one takes its place
	closed                  // the thread takes no more
)

// classes are the errors of chat.postMessage, chat.update, conversations.history, conversations.replies and auth.test
// (docs.slack.dev, "Errors" of each method). What is not here is setUp: a message is given up only where Slack would never take
// it, and of an error that nobody knows that is not known.
func classOf(code string) class {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"invalid_token", "no_service", "no_active_hooks", "no_team": // of webhooks
		return token
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return busy
	case "service_unavailable", "request_timeout", "external_channel_migrating", "team_added_to_org":
		return down
	case "fatal_error", "internal_error", "update_failed": // "some aspect of the operation" may have "succeeded"
		return maybe
	case "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "block_mismatch",
		"attachment_payload_limit_exceeded", "too_many_attachments", "invalid_arguments", "invalid_payload", "no_text":
		return form
	case "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "metadata_must_be_sent_from_app":
		return tag
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return gone
	case "thread_not_found", "cannot_reply_to_message", "restricted_action_non_threadable_channel", "restricted_action_thread_locked":
		return closed
	}
	return setUp
}

// refusal is an error that Slack names.
type refusal struct {
	class
	error
}

func (r refusal) Unwrap() error { return r.error }

// is says whether an error is a refusal of one of the classes.
func is(err error, classes ...class) bool {
	r, ok := errors.AsType[refusal](err)
	for _, c := range classes {
		if ok && r.class == c {
			return true
		}
	}
	return false
}

var errSetUp = errors.New("it has to be set up")

// mendable is an error that is over when somebody has mended what is told.
func mendable(told string) error {
	return responder.RetryAfter(fmt.Errorf("%w: %s", errSetUp, told), 5*time.Minute)
}

// refused is the error of a code.
func refused(code string, a delivery.Answer) error {
	told := "it answered " + code
	switch c := classOf(code); c {
	case token:
		return refusal{c, delivery.KeyError(told)}
	case busy:
		return refusal{c, delivery.BusyError(told, intel.RetryAfter(a.Header, a.Now))}
	case down:
		return refusal{c, fmt.Errorf("%w: %s", delivery.ErrUnavailable, told)}
	case maybe:
		return refusal{c, delivery.Doubt(fmt.Errorf("%w: %s", delivery.ErrUnavailable, told))}
	case form, tag:
		return refusal{c, delivery.RefusedError(told)}
	default:
		return refusal{c, mendable(told)}
	}
}

// errOdd is an answer that nobody has documented: the message may be there.
var errOdd = delivery.Doubt(fmt.Errorf("%w: not what is documented", delivery.ErrAnswer))

// judge says what an answer of the Web API means. Errors come with status 200, and the page of a gateway with any.
func judge(a delivery.Answer) error {
	if a.Status >= 500 || a.Status == http.StatusTooManyRequests || a.Status == http.StatusRequestTimeout {
		return delivery.Usual(a)
	}
	var said struct {
		OK    bool
		Error string
	}
	switch err := json.Unmarshal(a.Body, &said); {
	case err == nil && isCode(said.Error) && !said.OK:
		return refused(said.Error, a)
	case a.Status < 200 || a.Status >= 300:
		return mendable(fmt.Sprintf("it answered %d", a.Status))
	case err != nil || !said.OK:
		return errOdd
	}
	return nil
}

// judgeHook says what an answer of an incoming webhook means: ok, or the name of an error as plain text (docs.slack.dev,
// "Sending messages using incoming webhooks", "Handling errors"; more in the changelog of 2016-05-17).
func judgeHook(a delivery.Answer) error {
	text := string(bytes.TrimSpace(a.Body))
	switch {
	case a.Status >= 500 || a.Status == http.StatusTooManyRequests || a.Status == http.StatusRequestTimeout:
		return delivery.Usual(a)
	case a.Status >= 200 && a.Status < 300 && text == "ok":
		return nil
	case a.Status >= 200 && a.Status < 300:
		return errOdd
	case isCode(text):
		return refused(text, a)
	}
	return mendable(fmt.Sprintf("it answered %d", a.Status))
}

// isCode says whether a text may be the name of an error, which is shown then.
func isCode(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_0123456789") == ""
}
