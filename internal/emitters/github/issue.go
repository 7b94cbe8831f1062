package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// issue is what is read of one ("REST API endpoints for issues").
type issue struct {
	Number      int64           `json:"number"`
	HTML        string          `json:"html_url"`
	Title       string          `json:"title"`
	Body        string          `json:"body"` // may be null
	State       string          `json:"state"`
	Labels      []labelName     `json:"labels"`
	User        *user           `json:"user"` // null where the account is gone
	Comments    int             `json:"comments"`
	CreatedAt   time.Time       `json:"created_at"`
	PullRequest json.RawMessage `json:"pull_request"` // absent in an issue
}

type user struct {
	Login string `json:"login"`
}

func (u *user) is(login string) bool { return u != nil && strings.EqualFold(u.Login, login) }

// labelName is a label, which is its name or an object with it.
type labelName string

// UnmarshalJSON implements json.Unmarshaler.
func (l *labelName) UnmarshalJSON(b []byte) error {
	var object struct{ Name string }
	if json.Unmarshal(b, &object) == nil {
		*l = labelName(object.Name)
		return nil
	}
	return json.Unmarshal(b, (*string)(l))
}

const (
	stateOpen   = "open"
	stateClosed = "closed"
)

// link is where people see it.
func (i *issue) link() string {
	if u, err := url.Parse(i.HTML); err != nil || u.Scheme != "https" || len(i.HTML) > 300 {
		return ""
	}
	return i.HTML
}

// odd says that it is not what is documented.
func (i *issue) odd() error {
	if i.Number <= 0 || i.State == "" {
		return fmt.Errorf("%s: %w", ID, errOdd)
	}
	return nil
}

func (i *issue) names() []string {
	out := make([]string, len(i.Labels))
	for k, l := range i.Labels {
		out[k] = string(l)
	}
	return out
}

// get reads an issue.
func (n *notification) get(ctx context.Context, number int64) (*issue, error) {
	var out issue
	err := n.repo.do(ctx, http.MethodGet, numbered(number), nil, &out)
	if err == nil {
		err = out.odd()
	}
	return &out, err
}

func numbered(number int64) string { return "/issues/" + strconv.FormatInt(number, 10) }

// Bounds of what is looked through. A text has 65,536 characters at most, of six bytes as JSON writes some: ten of them are
// within what is read of an answer, whatever people write. Thirty that are not are asked for again as three pages.
const (
	perPage  = 30
	perShort = 10
	most     = 600       // issues, or comments
	skew     = time.Hour // between our clocks and GitHub's
)

// find looks for the report's issue among those that were opened since the report was, the latest first. It must be by who
// this is: in a public repository anybody can open an issue with any text. If there are more than are looked through, the
// report gets a second issue: better twice than not at all.
func (n *notification) find(ctx context.Context) (*issue, error) {
	q := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"desc"}}
	since := n.report.OpenedAt.Time
	if !since.IsZero() {
		since = since.Add(-skew)
		q.Set("since", since.UTC().Format(time.RFC3339)) // by the last update, which is not before
	}
	found, err := look(ctx, n, "/issues", q, 0, func(i *issue) (mine, enough bool) {
		m, ok := parseMarker(i.Body)
		return ok && m.report == reportKey(n.report.ReportID) && i.PullRequest == nil, i.CreatedAt.Before(since)
	}, func(i *issue) *user { return i.User })
	if err == nil && found != nil {
		err = found.odd()
	}
	return found, err
}

type comment struct {
	Body string `json:"body"`
	User *user  `json:"user"`
}

// commented looks whether the notification's comment is there: among the last ones, since a list of comments begins with the
// oldest.
func (n *notification) commented(ctx context.Context, i *issue) (bool, error) {
	from := (max(i.Comments-most, 0) + perPage - 1) / perPage * perPage
	found, err := look(ctx, n, numbered(i.Number)+"/comments", url.Values{}, from, func(c *comment) (mine, enough bool) {
		return isSaid(c.Body, reportKey(n.report.ReportID), n.report.Seq), false
	}, func(c *comment) *user { return c.User })
	return found != nil, err
}

// look goes through the pages of a list, from so many entries on, until something is mine, and by who this is, or there is
// enough.
func look[T any](ctx context.Context, n *notification, path string, q url.Values, from int, match func(*T) (mine, enough bool), by func(*T) *user) (*T, error) {
	per := perPage
	for seen := from; seen < from+most; {
		q.Set("per_page", strconv.Itoa(per))
		q.Set("page", strconv.Itoa(seen/per+1))
		var list []T
		err := n.repo.do(ctx, http.MethodGet, path+"?"+q.Encode(), nil, &list)
		if errors.Is(err, delivery.ErrAnswer) && per > perShort {
			per = perShort
			continue
		}
		if err != nil {
			return nil, err
		}
		for k := range list {
			mine, enough := match(&list[k])
			if mine {
				me, err := n.api.whoami(ctx)
				if err != nil {
					return nil, err
				}
				if by(&list[k]).is(me) {
					return &list[k], nil
				}
			}
			if enough {
				return nil, nil
			}
		}
		if len(list) < per {
			return nil, nil
		}
		seen += per
	}
	return nil, nil
}

// whoami gives the login that the key writes by: of a user, or of an app, which is its slug with [bot].
func (a *api) whoami(ctx context.Context) (string, error) {
	a.mu.Lock()
	me := a.me
	a.mu.Unlock()
	if me != "" {
		return me, nil
	}
	app, err := a.tokens.isApp(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: key: %w", ID, err)
	}
	var out struct{ Login, Slug string }
	if app {
		err = a.do(ctx, a.tokens.client, http.MethodGet, "/app", nil, &out)
		me = out.Slug + "[bot]"
	} else {
		err = a.do(ctx, a.client, http.MethodGet, "/user", nil, &out)
		me = out.Login
	}
	if err == nil && (me == "" || me == "[bot]") {
		err = fmt.Errorf("%s: %w", ID, errOdd)
	}
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.me = me
	return me, nil
}
