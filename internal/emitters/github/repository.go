package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// remembered is how long what is known of the repository is believed: somebody may make it public.
const remembered = 15 * time.Minute

// repository is where the issues are. Reports tell of attacks, of users and of one's own hosts: what is published there is
// out. So it is asked whether it is private before anything goes there.
type repository struct {
	api    *api
	name   string // as it was configured
	public bool   // it may be
	mu     sync.Mutex
	id     int64
	path   string // of its present name
	until  time.Time
}

// facts are what is read of a repository.
type facts struct {
	ID        int64  `json:"id"`
	FullName  string `json:"full_name"`
	Private   *bool  `json:"private"` // true also for internal ones
	HasIssues *bool  `json:"has_issues"`
	Archived  bool   `json:"archived"`
	Disabled  bool   `json:"disabled"`
}

// key names the repository in receipts, whatever its name is.
func (r *repository) key(ctx context.Context) (string, error) {
	id, _, err := r.resolve(ctx)
	u, _ := url.Parse(r.api.client.BaseURL)
	if err != nil || u == nil {
		return "", err
	}
	return u.Host + "/" + strconv.FormatInt(id, 10), nil
}

// check asks about the repository again.
func (r *repository) check(ctx context.Context) error {
	r.mu.Lock()
	r.until = time.Time{}
	r.mu.Unlock()
	_, _, err := r.resolve(ctx)
	return err
}

// resolve gives the repository's id and path, from what is remembered.
func (r *repository) resolve(ctx context.Context) (int64, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until.After(r.api.now()) {
		return r.id, r.path, nil
	}
	f, err := r.ask(ctx)
	if err == nil {
		err = r.fit(f)
	}
	if err != nil {
		return 0, "", err
	}
	r.id, r.path, r.until = f.ID, "/repos/"+f.FullName, r.api.now().Add(remembered)
	return r.id, r.path, nil
}

// ask reads the repository. One that has another name since, or another owner, is found there.
func (r *repository) ask(ctx context.Context) (f facts, err error) {
	err = r.api.do(ctx, r.api.client, http.MethodGet, "/repos/"+r.name, nil, &f)
	if m, ok := errors.AsType[moved](err); ok {
		path, ok := r.api.follow(m.location)
		if !ok {
			return f, setUp("it has moved to where this does not follow")
		}
		err = r.api.do(ctx, r.api.client, http.MethodGet, path, nil, &f)
	}
	if errors.Is(err, errAbsent) {
		return f, fmt.Errorf("%s: %w", ID, delivery.KeyError("it answered 404: there is no such repository, or it may not see it"))
	}
	if err == nil && (f.ID <= 0 || !isName(f.FullName) || f.Private == nil) {
		err = fmt.Errorf("%s: %w", ID, errOdd)
	}
	return f, err
}

// fit says why no report may go there.
func (r *repository) fit(f facts) error {
	switch {
	case !*f.Private && !r.public:
		return setUp("it is public, and reports are nobody else's business; public=allow lets them go there")
	case f.Archived, f.Disabled:
		return setUp("it is archived or disabled")
	case f.HasIssues != nil && !*f.HasIssues:
		return setUp("its issues are switched off")
	}
	return nil
}

func setUp(why string) error {
	return responder.RetryAfter(fmt.Errorf("%s: %w: %s", ID, errSetUp, why), mended)
}

// isPlace says whether a repository may have moved there ("Follow redirects" in "Best practices for using the REST API").
func isPlace(path string) bool {
	if id, ok := strings.CutPrefix(path, "/repositories/"); ok {
		return id != "" && len(id) <= 20 && strings.Trim(id, "0123456789") == ""
	}
	name, ok := strings.CutPrefix(path, "/repos/")
	return ok && isName(name)
}

// follow gives the path of a redirect, where it leads to the same API: a token goes nowhere else.
func (a *api) follow(location string) (string, bool) {
	base, err := url.Parse(a.client.BaseURL)
	if err != nil {
		return "", false
	}
	to, err := base.Parse(location)
	if err != nil || to.Scheme != base.Scheme || to.Host != base.Host || to.User != nil {
		return "", false
	}
	path, ok := strings.CutPrefix(to.Path, strings.TrimSuffix(base.Path, "/"))
	return path, ok && isPlace(path)
}

// do makes a request about the repository; path begins after its name. Where the repository has moved, its new name is asked
// for, and the request made again, once.
func (r *repository) do(ctx context.Context, method, path string, in, out any) error {
	_, at, err := r.resolve(ctx)
	if err != nil {
		return err
	}
	err = r.api.do(ctx, r.api.client, method, at+path, in, out)
	if _, ok := errors.AsType[moved](err); !ok {
		return err
	}
	if err := r.check(ctx); err != nil {
		return err
	}
	_, now, err := r.resolve(ctx)
	if err == nil && now == at { // so it is the issue that has moved, to another repository, which may be public
		err = responder.RetryAfter(fmt.Errorf("%s: %w: it was moved to another repository", ID, errAbsent), mended)
	}
	if err != nil {
		return err
	}
	return r.api.do(ctx, r.api.client, method, now+path, in, out)
}
