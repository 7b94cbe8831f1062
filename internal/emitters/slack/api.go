package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// How Slack is spoken to.
const (
	byToken = "token" // the Web API
	byHook  = "hook"  // an incoming webhook
)

// api speaks to Slack.
type api struct {
	web, hook *delivery.Client
	key       responder.Secret
	base      string // in place of Slack's own address; empty: none
	now       func() time.Time

	mu    sync.Mutex
	until time.Time         // Slack wants to be left alone
	ids   map[string]string // of channels, by the names that they were written to with
	self  account           // see me
}

func newAPI(s delivery.Settings) *api {
	a := &api{key: s.Key, base: s.BaseURL, now: s.Now, ids: map[string]string{}}
	a.web = &delivery.Client{Service: ID, BaseURL: cmp.Or(s.BaseURL, "https://slack.com/api"), Authorize: a.authorize,
		Judge: judge, Transport: s.Transport, Now: s.Now}
	a.hook = &delivery.Client{Service: ID, BaseURL: cmp.Or(s.BaseURL, "https://hooks.slack.com"), Authorize: a.aim,
		Judge: judgeHook, Transport: s.Transport, Now: s.Now}
	return a
}

// kind says by what the key is.
func (a *api) kind(ctx context.Context) (string, error) {
	key, err := a.key(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: key: %w", ID, err)
	}
	switch key = strings.TrimSpace(key); {
	case strings.HasPrefix(key, "xox"):
		return byToken, nil
	case strings.HasPrefix(key, "https://"):
		return byHook, nil
	}
	return "", fmt.Errorf("%s: %w", ID, delivery.KeyError("expected a bot token (xoxb-…), or the URL of an incoming webhook"))
}

// authorize puts the token into a request.
func (a *api) authorize(ctx context.Context, r *http.Request) error {
	if kind, err := a.kind(ctx); err != nil || kind != byToken {
		return cmp.Or(err, error(errOther))
	}
	return delivery.Bearer(a.key)(ctx, r)
}

// aim sends a request to the URL of the webhook, which is its key.
func (a *api) aim(ctx context.Context, r *http.Request) error {
	key, err := a.key(ctx)
	if err != nil {
		return err
	}
	u, err := url.Parse(strings.TrimSpace(key))
	if err != nil || u.Scheme != "https" || u.Path == "" || a.base == "" && u.Host != "hooks.slack.com" && u.Host != "hooks.slack-gov.com" {
		return errOther // the error of url.Parse quotes the key
	}
	if a.base != "" {
		u.Scheme, u.Host = r.URL.Scheme, r.URL.Host
	}
	r.URL, r.Host = u, ""
	return nil
}

var errOther = delivery.KeyError("it is none of Slack's, or another one than a moment ago")

// maxWait is the longest that an answer is believed: Slack's limits are of a minute, and a gateway's page has no say.
const maxWait = 30 * time.Minute

// call makes one request, unless Slack wants to be left alone: after 429, no request of the method is taken until Retry-After
// is over (docs.slack.dev, "Rate limits"); that others might be is not worth to know.
func (a *api) call(ctx context.Context, client *delivery.Client, method, path string, in, out any) error {
	a.mu.Lock()
	wait := a.until.Sub(a.now())
	a.mu.Unlock()
	if wait > 0 {
		return fmt.Errorf("%s: %w", ID, delivery.BusyError("it said so a moment ago", wait))
	}
	_, err := client.Do(ctx, method, path, in, out)
	d, ok := responder.RetryDelay(err)
	if d > maxWait {
		d, err = maxWait, responder.RetryAfter(err, maxWait)
	}
	if ok && errors.Is(err, delivery.ErrBusy) {
		a.mu.Lock()
		a.until = a.now().Add(d)
		a.mu.Unlock()
	}
	return err
}

// get asks a method that reads. Their arguments are taken from the query; as JSON only those of methods that write.
func (a *api) get(ctx context.Context, method string, q url.Values, out any) error {
	return a.call(ctx, a.web, http.MethodGet, "/"+method+"?"+q.Encode(), nil, out)
}

// written is the id of a message.
type written struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// write posts or updates a message. What Slack does not take is left out: a message without its blocks is better than none.
func (a *api) write(ctx context.Context, method string, m message) (out written, err error) {
	for range 3 {
		out = written{}
		err = a.call(ctx, a.web, http.MethodPost, "/"+method, m, &out)
		switch {
		case is(err, tag) && m.Metadata != nil:
			m.Metadata = nil
		case is(err, form) && !m.isPlain():
			m = m.plain()
		case err == nil && (!isID(out.Channel, conversations) || !isTS(out.TS)):
			return out, fmt.Errorf("%s: %w", ID, errOdd)
		default:
			return out, err
		}
	}
	return out, err
}

// isTS says whether a text is the id of a message within its channel: seconds, and a number.
func isTS(s string) bool {
	return len(s) >= 3 && len(s) <= 30 && strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") == 1
}

func (a *api) learn(name, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[name] = id
}

// channelID is the id of a channel by its id or name; empty where it is not known.
func (a *api) channelID(channel string) string {
	if isID(channel, conversations) {
		return channel
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ids[channel]
}

// account is who writes messages.
type account struct {
	Bot  string `json:"bot_id"`
	User string `json:"user_id"`
}

func (a account) wrote(m found) bool {
	return a.Bot != "" && a.Bot == m.Bot || a.User != "" && a.User == m.User
}

// me gives the account that the token writes by (docs.slack.dev, "auth.test", which needs no scope).
func (a *api) me(ctx context.Context) (account, error) {
	a.mu.Lock()
	self := a.self
	a.mu.Unlock()
	if self != (account{}) {
		return self, nil
	}
	err := a.call(ctx, a.web, http.MethodPost, "/auth.test", struct{}{}, &self)
	if err == nil && self == (account{}) {
		err = fmt.Errorf("%s: %w", ID, errOdd)
	}
	if err != nil {
		return account{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.self = self
	return self, nil
}
