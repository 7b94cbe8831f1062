package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/intel"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

const (
	enqueue   = "/v2/enqueue"
	keyLength = 32               // of an integration key: letters and digits
	mended    = 5 * time.Minute  // when somebody may have mended what is wrong
	maxWait   = 10 * time.Minute // the longest that an answer is believed: a page is not worth much the next morning
)

// api speaks to the Events API.
type api struct {
	client *delivery.Client
	secret responder.Secret
}

func newAPI(s delivery.Settings) *api {
	return &api{&delivery.Client{Service: ID, BaseURL: s.BaseURL, Transport: s.Transport, Now: s.Now, Judge: judge}, s.Key}
}

// trigger sends an event, and where PagerDuty does not take it, what it cannot be without: no detail is worth a page.
func (a *api) trigger(ctx context.Context, e event) error {
	err := a.send(ctx, e)
	if !errors.Is(err, delivery.ErrRefused) {
		return err
	}
	return a.send(ctx, e.bare())
}

// send sends an event; where the key is not known, once more with the one that the secret has by now.
func (a *api) send(ctx context.Context, e event) error {
	key, err := a.key(ctx)
	if err == nil {
		err = a.post(ctx, e, key)
	}
	if !errors.Is(err, delivery.ErrKey) {
		return err
	}
	fresh, again := a.key(responder.Refresh(ctx))
	if again != nil || fresh == key {
		return err
	}
	return a.post(ctx, e, fresh)
}

// key gives the integration key. It is no secret how long it is.
func (a *api) key(ctx context.Context) (string, error) {
	key, err := a.secret(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: key: %w", ID, err)
	}
	if key = strings.TrimSpace(key); len(key) == keyLength && strings.IndexFunc(key, odd) < 0 {
		return key, nil
	}
	return "", fmt.Errorf("%s: %w", ID, delivery.KeyError(fmt.Sprintf(
		"it has %d characters, expected the integration key of an Events API v2 integration: %d letters and digits", len([]rune(key)), keyLength)))
}

func odd(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func (a *api) post(ctx context.Context, e event, key string) error {
	e.RoutingKey = key
	answer, err := a.client.Do(ctx, http.MethodPost, enqueue, e, nil)
	switch {
	case errors.Is(err, delivery.ErrRefused):
		return fmt.Errorf("%w: %s", err, said(answer.Body, key))
	case err == nil && answer.Status != http.StatusAccepted: // somebody in between
		return fmt.Errorf("%s: %w", ID, odds(answer.Status))
	}
	if wait, ok := responder.RetryDelay(err); ok && wait > maxWait {
		return responder.RetryAfter(err, maxWait)
	}
	return err
}

func odds(status int) error {
	return responder.RetryAfter(fmt.Errorf("%w: it answered %d, expected 202", delivery.ErrAnswer, status), mended)
}

// judge says what an answer means ("Events API v2 Overview", "Response Codes & Retry Logic"). A key that is none is
// answered with 400, by "Length of 'routing_key' is incorrect (should be 32 characters)" among the errors ("Send an event
// (Events API v2)"), one that nobody has by the text "Invalid routing key" (as quoted in robusta-dev/robusta#571). No other
// answer than these says that trying again is of no use.
func judge(a delivery.Answer) error {
	told := fmt.Sprintf("it answered %d", a.Status)
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusBadRequest && aboutKey(a.Body):
		return delivery.KeyError(told + ": it knows no such key in this service region")
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusPaymentRequired, a.Status == http.StatusForbidden:
		return delivery.KeyError(told)
	case (a.Status == http.StatusBadRequest || a.Status == http.StatusUnprocessableEntity) && !isOwn(a.Body):
		return odds(a.Status) // somebody in between
	case a.Status == http.StatusBadRequest, a.Status == http.StatusRequestEntityTooLarge, a.Status == http.StatusUnprocessableEntity:
		return delivery.RefusedError(told)
	case a.Status >= 500, a.Status == http.StatusTooManyRequests, a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		return delivery.Usual(a)
	}
	return odds(a.Status)
}

// isOwn says whether an error is PagerDuty's: an object of JSON.
func isOwn(body []byte) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(body, &m) == nil && m != nil
}

func aboutKey(body []byte) bool {
	s := strings.ToLower(string(body[:min(len(body), 4096)]))
	return strings.Contains(s, "routing key") || strings.Contains(s, "routing_key")
}

// said is what an error says for people: short, harmless, and without the key.
func said(body []byte, key string) string {
	var m struct {
		Message string
		Errors  []string
	}
	if json.Unmarshal(body, &m) != nil {
		m.Message = string(body[:min(len(body), 4096)])
	}
	text := strings.Join(append([]string{m.Message}, m.Errors[:min(len(m.Errors), 5)]...), "; ")
	return intel.Clean(render.Line(strings.ReplaceAll(text, key, "…"), 200), 200)
}
