package github

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
)

// input is what is written of an issue; nil: not given.
type input struct {
	Title     *string
	Body      *string
	Labels    *[]string
	Assignees *[]string
	State     *string
	Reason    *string `json:"state_reason"`
}

// read decodes and validates a request. Unknown fields are told, since GitHub would overlook them.
func (f *fake) read(w http.ResponseWriter, r *http.Request, repo *fakeRepo) (in input, ok bool) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); !assert.NoError(f.t, err) {
		f.fail(w, 400, "Problems parsing JSON")
		return in, false
	}
	if in.Title != nil && (strings.TrimSpace(*in.Title) == "" || len([]rune(*in.Title)) > 256) {
		f.invalid(w, "title", "missing_field")
		return in, false
	}
	if in.Body != nil && len([]rune(*in.Body)) > 65536 {
		f.invalid(w, "body", "custom")
		return in, false
	}
	if in.Assignees != nil && slices.ContainsFunc(*in.Assignees, func(a string) bool { return !slices.Contains(repo.collaborators, a) }) {
		f.invalid(w, "assignees", "invalid")
		return in, false
	}
	if in.Labels != nil && slices.ContainsFunc(*in.Labels, func(l string) bool { return l == "" || len([]rune(l)) > 50 }) {
		f.invalid(w, "label", "invalid")
		return in, false
	}
	return in, true
}

func (f *fake) invalid(w http.ResponseWriter, field, code string) {
	f.write(w, 422, map[string]any{"message": "Validation Failed", "documentation_url": docs,
		"errors": []map[string]string{{"resource": "Issue", "field": field, "code": code, "value": "…", "message": field + " is invalid"}}})
}

func (f *fake) open(w http.ResponseWriter, r *http.Request, repo *fakeRepo, login string) {
	in, ok := f.read(w, r, repo)
	if !ok {
		return
	}
	if in.Title == nil {
		f.invalid(w, "title", "missing_field")
		return
	}
	i := &fakeIssue{number: int64(len(repo.issues) + 1), title: *in.Title, state: "open", by: login, created: f.now(), updated: f.now()}
	if in.Body != nil {
		i.body = *in.Body
	}
	f.people(repo, i, in)
	repo.issues = append(repo.issues, i)
	f.created = append(f.created, f.now())
	f.write(w, 201, f.issue(repo, i, true))
}

// people sets what only those with push access may set: it is silently dropped otherwise.
func (f *fake) people(repo *fakeRepo, i *fakeIssue, in input) {
	if repo.noPush {
		return
	}
	if in.Labels != nil {
		i.labels = nil
		for _, l := range *in.Labels {
			i.labels = append(i.labels, repo.label(l))
		}
	}
	if in.Assignees != nil {
		i.assignees = *in.Assignees
	}
}

// label is made where it is not there; names are the same in upper and lower case.
func (r *fakeRepo) label(name string) string {
	for _, l := range r.labels {
		if strings.EqualFold(l, name) {
			return l
		}
	}
	r.labels = append(r.labels, name)
	return name
}

func (f *fake) edit(w http.ResponseWriter, r *http.Request, repo *fakeRepo, i *fakeIssue, login string) {
	in, ok := f.read(w, r, repo)
	if !ok {
		return
	}
	if in.Title != nil {
		i.title = *in.Title
	}
	if in.Body != nil {
		i.body = *in.Body
	}
	if in.State != nil && *in.State != i.state {
		f.setState(i, *in.State, in.Reason, login)
	}
	f.people(repo, i, in)
	i.updated = f.now()
	i.writes++
	f.write(w, 200, f.issue(repo, i, true))
}

func (f *fake) setState(i *fakeIssue, state string, reason *string, login string) {
	i.state, i.reason, i.closedBy, i.closed = state, "", "", nil
	if reason != nil {
		i.reason = *reason
	}
	if state == "closed" {
		now := f.now()
		i.closedBy, i.closed = login, &now
	}
}

func (f *fake) say(w http.ResponseWriter, r *http.Request, repo *fakeRepo, i *fakeIssue, login string) {
	if i.locked {
		f.fail(w, 403, "Unable to create comment because issue is locked.")
		return
	}
	if len(i.comments) >= 2500 {
		f.fail(w, 403, "Commenting is disabled on issues with more than 2500 comments")
		return
	}
	in, ok := f.read(w, r, repo)
	if !ok {
		return
	}
	if in.Body == nil || strings.TrimSpace(*in.Body) == "" {
		f.invalid(w, "body", "missing_field")
		return
	}
	c := fakeComment{int64(1000*i.number) + int64(len(i.comments)) + 1, *in.Body, login, f.now()}
	i.comments = append(i.comments, c)
	i.updated = f.now()
	f.created = append(f.created, f.now())
	f.write(w, 201, f.comment(repo, i, c))
}

// page cuts a list as "Using pagination in the REST API" has it.
func page[T any](r *http.Request, list []T) []T {
	q := r.URL.Query()
	per, number := 30, 1
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil {
		per = min(max(n, 1), 100)
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		number = max(n, 1)
	}
	from := min((number-1)*per, len(list))
	return list[from:min(from+per, len(list))]
}

func since(r *http.Request, updated time.Time) bool {
	t, err := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
	return err != nil || updated.After(t)
}

func (f *fake) list(w http.ResponseWriter, r *http.Request, repo *fakeRepo) {
	q := r.URL.Query()
	var list []*fakeIssue
	for _, i := range repo.issues {
		if !i.deleted && i.transferred == "" && since(r, i.updated) && (q.Get("state") == "all" || i.state == "open") {
			list = append(list, i)
		}
	}
	assert.Equal(f.t, "created", q.Get("sort"))
	if q.Get("direction") == "desc" {
		slices.Reverse(list)
	}
	out := []any{}
	for _, i := range page(r, list) {
		out = append(out, f.issue(repo, i, false))
	}
	f.write(w, 200, out)
}

func (f *fake) comments(w http.ResponseWriter, r *http.Request, repo *fakeRepo, i *fakeIssue) {
	var list []fakeComment
	for _, c := range i.comments {
		if since(r, c.at) {
			list = append(list, c)
		}
	}
	out := []any{}
	for _, c := range page(r, list) {
		out = append(out, f.comment(repo, i, c))
	}
	f.write(w, 200, out)
}
