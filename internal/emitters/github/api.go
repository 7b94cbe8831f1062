package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// What an answer may mean besides the kinds of package delivery.
var (
	errAbsent  = errors.New("it is not there, or the key may not see it")     // 404, 410
	errInvalid = errors.New("a label, an assignee or the text is not taken")  // 422
	errLocked  = errors.New("the conversation takes no more comments")        // 403 with a message
	errSetUp   = errors.New("the repository is not fit for reports")          // somebody has to mend it
	errOdd     = fmt.Errorf("%w: not what is documented", delivery.ErrAnswer) // and it may have been done
	mended     = 5 * time.Minute                                              // when somebody may have mended what is wrong
)

// moved is the answer that what is asked for has another address.
type moved struct{ location string }

func (moved) Error() string { return "it has moved" }

// api speaks to GitHub's REST API.
type api struct {
	client *delivery.Client
	tokens *tokens
	now    func() time.Time

	mu      sync.Mutex
	closed  time.Time // until then GitHub wants to be left alone
	refused int       // how often in a row, without saying for how long
	me      string    // see whoami
}

// headers as "Getting started with the REST API" has them.
func headers() http.Header {
	return http.Header{
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"}, // all versions that GitHub still keeps know this one
	}
}

func newAPI(s delivery.Settings) *api {
	a := &api{now: s.Now}
	a.client = &delivery.Client{Service: ID, BaseURL: s.BaseURL, Header: headers(), Transport: s.Transport, Now: s.Now, Judge: a.judge}
	app := *a.client // each has its own way to authorize
	a.tokens = &tokens{key: s.Key, client: &app, now: s.Now}
	app.Authorize = a.tokens.authorizeApp
	a.client.Authorize = a.tokens.authorize
	return a
}

// do makes one request, unless GitHub wants to be left alone: "Continuing to make requests while you are rate limited may
// result in the banning of your integration" ("Rate limits for the REST API", "Exceeding the rate limit").
func (a *api) do(ctx context.Context, client *delivery.Client, method, path string, in, out any) error {
	a.mu.Lock()
	wait := a.closed.Sub(a.now())
	a.mu.Unlock()
	if wait > 0 {
		return fmt.Errorf("%s: %w", ID, delivery.BusyError("it said so a moment ago", wait))
	}
	_, err := client.Do(ctx, method, path, in, out)
	a.mu.Lock()
	defer a.mu.Unlock()
	if d, ok := responder.RetryDelay(err); ok && errors.Is(err, delivery.ErrBusy) {
		a.closed = a.now().Add(d)
	} else if err == nil && method != http.MethodGet { // what is limited is mostly to write, and reads go on
		a.refused = 0
	}
	return err
}

// judge says what an answer means. What a gateway says in place of GitHub is nothing about an issue, and is over at some time.
func (a *api) judge(answer delivery.Answer) error {
	if err := delivery.Usual(answer); errors.Is(err, delivery.ErrAnswer) {
		return err
	}
	if !isOwn(answer) {
		return fmt.Errorf("%w: it answered %d, and not as GitHub does", delivery.ErrAnswer, answer.Status)
	}
	switch answer.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return moved{answer.Header.Get("Location")}
	case http.StatusForbidden, http.StatusTooManyRequests:
		return a.forbidden(answer)
	case http.StatusNotFound, http.StatusGone:
		return responder.RetryAfter(fmt.Errorf("%w: it answered %d", errAbsent, answer.Status), mended)
	case http.StatusUnprocessableEntity:
		// Also so limits are told, by "was submitted too quickly", or "endpoint has been spammed" ("REST API endpoints for
		// issues", status codes of "Create an issue"); those pass.
		if text := message(answer.Body); strings.Contains(text, "too quickly") || strings.Contains(text, "spammed") {
			return delivery.BusyError("it answered 422", a.patience())
		}
		return responder.Permanent(fmt.Errorf("%w: %w: it answered 422", delivery.ErrRefused, errInvalid))
	}
	return delivery.Usual(answer)
}

// isOwn says whether an error is one of GitHub's, which all have a message in JSON. Of those that are tried again anyway it
// does not matter.
func isOwn(answer delivery.Answer) bool {
	switch answer.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusTooEarly:
		return true
	}
	var m struct{ Message *string }
	return answer.Status < 300 || answer.Status >= 500 || json.Unmarshal(answer.Body, &m) == nil && m.Message != nil
}

// forbidden tells a rate limit, which passes by itself ("Rate limits for the REST API", "Exceeding the rate limit"), from
// what the key may not do ("Troubleshooting the REST API", "Resource not accessible").
func (a *api) forbidden(answer delivery.Answer) error {
	told, text := fmt.Sprintf("it answered %d", answer.Status), message(answer.Body)
	limited := answer.Status == http.StatusTooManyRequests || strings.Contains(text, "rate limit") || strings.Contains(text, "abuse detection")
	switch wait, said := a.wait(answer); {
	case said:
		return delivery.BusyError(told, wait)
	case limited:
		return delivery.BusyError(told, a.patience())
	case strings.Contains(text, "archived"):
		return responder.RetryAfter(fmt.Errorf("%w: it is archived", errSetUp), mended)
	case strings.Contains(text, "locked"), strings.Contains(text, "commenting is disabled"): // there are 2,500 comments
		return responder.Permanent(fmt.Errorf("%w: %w: it answered 403", delivery.ErrRefused, errLocked))
	}
	return delivery.KeyError(told + ": it lacks a permission, or somebody's approval")
}

// maxWait is the longest that an answer is believed: a window of the primary limit is an hour.
const maxWait = 2 * time.Hour

// wait is how long the headers of an answer say to wait.
func (a *api) wait(answer delivery.Answer) (time.Duration, bool) {
	if answer.Header.Get("Retry-After") != "" {
		return min(intel.RetryAfter(answer.Header, answer.Now), maxWait), true
	}
	if answer.Header.Get("X-Ratelimit-Remaining") != "0" {
		return 0, false
	}
	reset, err := strconv.ParseInt(answer.Header.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return 0, true
	}
	// A second more, since the two clocks are not the same.
	return min(max(time.Unix(reset, 0).Sub(answer.Now)+time.Second, time.Second), maxWait), true
}

// patience is how long to wait where nothing says so: "at least one minute", and longer each time.
func (a *api) patience() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused++
	return time.Minute << min(a.refused-1, 4)
}

// message is what an error says for people, in lower case; it is compared, and shown nowhere.
func message(body []byte) string {
	var m struct {
		Message string
		Errors  json.RawMessage
	}
	_ = json.Unmarshal(body, &m) // what cannot be read says nothing
	text := m.Message
	var list []struct{ Message string }
	_ = json.Unmarshal(m.Errors, &list) // of texts in some answers
	for _, e := range list {
		text += "; " + e.Message
	}
	return strings.ToLower(text)
}
