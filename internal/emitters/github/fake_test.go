package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	token   = "github_pat_0f-the-team-9fe8a1"
	botSlug = "alertresponder-acme"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// fake is GitHub's REST API so far as the emitter speaks to it, with state, written from GitHub's documentation: "REST API
// endpoints for issues", "… for issue comments", "… for repositories", "… for GitHub Apps", "… for users", "Rate limits for
// the REST API", "Troubleshooting the REST API" and "Best practices for using the REST API"; messages of errors as people
// have quoted them. What it answers is validated against GitHub's OpenAPI description by openapi_test.go.
type fake struct {
	t    *testing.T
	base string // of the API, as answers name it
	now  func() time.Time

	mu       sync.Mutex
	tokens   map[string]string // token → login
	expires  map[string]time.Time
	repos    map[string]*fakeRepo // by name in lower case; several names lead to one
	app      *fakeApp
	created  []time.Time // content, for the secondary limit
	limited  bool        // it is counted
	requests []string    // METHOD path

	// before is asked first, with the number of the request from 1; true: it has answered.
	before func(n int, w http.ResponseWriter, r *http.Request) bool
	// lose says that the answer to a request that was done is lost.
	lose func(n int, r *http.Request) bool
}

type fakeRepo struct {
	id                                  int64
	name                                string // owner/name, at present
	private, archived, noIssues, noPush bool
	collaborators                       []string
	labels                              []string // as they were first spelt
	issues                              []*fakeIssue
	denied                              map[string]bool // logins that may not write issues
}

type fakeIssue struct {
	number            int64
	title, body       string
	state, reason     string
	labels, assignees []string
	by, closedBy      string
	created, updated  time.Time
	closed            *time.Time
	comments          []fakeComment
	deleted, locked   bool
	transferred       string
	pull              bool
	writes            int // PATCHes
}

type fakeComment struct {
	id   int64
	body string
	by   string
	at   time.Time
}

func newFake(t *testing.T) *fake {
	f := &fake{t: t, base: "https://api.github.com", now: func() time.Time { return start },
		tokens: map[string]string{token: "acme-bot"}, expires: map[string]time.Time{}, repos: map[string]*fakeRepo{}}
	f.repos["acme/security"] = &fakeRepo{id: 4711, name: "acme/security", private: true, collaborators: []string{"alice", "acme-bot"}}
	return f
}

func (f *fake) repo() *fakeRepo { return f.repos["acme/security"] }

// only gives the one issue that there is.
func (f *fake) only() *fakeIssue {
	f.t.Helper()
	issues := f.repo().issues
	if !assert.Len(f.t, issues, 1) {
		f.t.FailNow()
	}
	return issues[0]
}

// RoundTrip implements http.RoundTripper: GitHub without a network.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code == lostAnswer {
		return nil, fmt.Errorf("read tcp: connection reset by peer")
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

const lostAnswer = 599

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	base, _ := url.Parse(f.base)
	path, ok := strings.CutPrefix(r.URL.Path, base.Path)
	assert.True(f.t, ok, r.URL.Path)
	f.requests = append(f.requests, r.Method+" "+path)
	n := len(f.requests)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if f.before != nil && f.before(n, w, r) {
		return
	}
	if f.lose != nil && f.lose(n, r) {
		f.answer(httptest.NewRecorder(), r, path)
		w.WriteHeader(lostAnswer)
		return
	}
	w.Header().Set("X-Documented", "true")
	f.answer(w, r, path)
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, path string) {
	assert.True(f.t, strings.HasPrefix(r.UserAgent(), "AlertResponder/"), "requests without a User-Agent are refused")
	assert.Equal(f.t, "application/vnd.github+json", r.Header.Get("Accept"))
	if v := r.Header.Get("X-GitHub-Api-Version"); v != "2022-11-28" {
		f.fail(w, 400, "Version "+v+" is not a supported version")
		return
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if path == "/app" || strings.HasPrefix(path, "/app/") {
		f.asApp(w, r, bearer, path)
		return
	}
	login := f.tokens[bearer]
	if end, ok := f.expires[bearer]; login == "" || ok && !f.now().Before(end) {
		f.fail(w, 401, "Bad credentials")
		return
	}
	if path == "/user" {
		if strings.HasSuffix(login, "[bot]") {
			f.fail(w, 403, "Resource not accessible by integration")
			return
		}
		f.write(w, 200, f.account(login))
		return
	}
	f.inRepo(w, r, login, path)
}

func (f *fake) inRepo(w http.ResponseWriter, r *http.Request, login, path string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var repo *fakeRepo
	switch {
	case parts[0] == "repositories" && len(parts) == 2:
		for _, one := range f.repos {
			if strconv.FormatInt(one.id, 10) == parts[1] {
				repo = one
			}
		}
		parts = nil
	case parts[0] == "repos" && len(parts) >= 3:
		repo = f.repos[strings.ToLower(parts[1]+"/"+parts[2])]
		if repo != nil && !strings.EqualFold(repo.name, parts[1]+"/"+parts[2]) { // it has another name now
			f.redirect(w, 301, fmt.Sprintf("/repositories/%d", repo.id), strings.Join(parts[3:], "/"))
			return
		}
		parts = parts[3:]
	}
	if repo == nil {
		f.fail(w, 404, "Not Found")
		return
	}
	if len(parts) == 0 {
		f.write(w, 200, f.repository(repo))
		return
	}
	f.issues(w, r, repo, login, parts[1:])
}

func (f *fake) redirect(w http.ResponseWriter, status int, path, rest string) {
	if rest != "" {
		path += "/" + rest
	}
	w.Header().Set("Location", f.base+path)
	f.write(w, status, map[string]string{"message": "Moved Permanently", "url": f.base + path,
		"documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects"})
}

func (f *fake) issues(w http.ResponseWriter, r *http.Request, repo *fakeRepo, login string, parts []string) {
	write := r.Method != http.MethodGet
	switch {
	case repo.noIssues && (write || len(parts) > 0):
		f.fail(w, 410, "Issues has been disabled in this repository.")
		return
	case write && repo.archived:
		f.fail(w, 403, "Repository was archived so is read-only.")
		return
	case write && repo.denied[login]:
		f.fail(w, 403, "Resource not accessible by personal access token")
		return
	case r.Method == http.MethodPost && f.exhausted():
		f.fail(w, 403, "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.")
		return
	}
	if len(parts) == 0 {
		if write {
			f.open(w, r, repo, login)
		} else {
			f.list(w, r, repo)
		}
		return
	}
	number, _ := strconv.Atoi(parts[0])
	if number < 1 || number > len(repo.issues) {
		f.fail(w, 404, "Not Found")
		return
	}
	i := repo.issues[number-1]
	switch {
	case i.deleted:
		f.fail(w, 410, "This issue was deleted")
	case i.transferred != "":
		f.redirect(w, 301, i.transferred, strings.Join(parts[1:], "/"))
	case len(parts) == 2 && write:
		f.say(w, r, repo, i, login)
	case len(parts) == 2:
		f.comments(w, r, repo, i)
	case write:
		f.edit(w, r, repo, i, login)
	default:
		f.write(w, 200, f.issue(repo, i, true))
	}
}

// exhausted counts content against the secondary limit: 80 in a minute, 500 in an hour.
func (f *fake) exhausted() bool {
	if !f.limited {
		return false
	}
	now := f.now()
	minute, hour := 0, 0
	for _, t := range f.created {
		if now.Sub(t) < time.Minute {
			minute++
		}
		if now.Sub(t) < time.Hour {
			hour++
		}
	}
	return minute >= 80 || hour >= 500
}

const docs = "https://docs.github.com/rest"

func (f *fake) fail(w http.ResponseWriter, status int, message string) {
	f.write(w, status, map[string]string{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)})
}

func (f *fake) write(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
