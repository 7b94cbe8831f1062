package github

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

const (
	secondary  = `{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", "documentation_url": "https://docs.github.com/rest"}`
	tooQuickly = `{"message": "Validation Failed", "errors": [{"resource": "Issue", "code": "custom", "field": "base", "message": "was submitted too quickly"}]}`
	primary    = `{"message": "API rate limit exceeded for installation ID 7."}`
	abuse      = `{"message": "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}`
	noAccess   = `{"message": "Resource not accessible by integration"}`
	saml       = `{"message": "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization."}`
	noApproval = `{"message": "Resource not accessible by personal access token"}`
)

// What statuses, headers and messages mean, by "Rate limits for the REST API" and "Troubleshooting the REST API".
func TestAnswers(t *testing.T) {
	const permanent, backoff = -1, -2
	at := func(d time.Duration) string { return strconv.FormatInt(start.Add(d).Unix(), 10) }
	for _, c := range []struct {
		status int
		header string // name: value; …
		body   string
		kind   error
		wait   time.Duration
	}{
		{403, "", secondary, delivery.ErrBusy, time.Minute},
		{429, "", secondary, delivery.ErrBusy, time.Minute},
		{403, "Retry-After: 90", secondary, delivery.ErrBusy, 90 * time.Second},
		{429, "Retry-After: 90", "", delivery.ErrBusy, 90 * time.Second},
		{429, "Retry-After: 99999999", "", delivery.ErrBusy, maxWait},
		{403, "", abuse, delivery.ErrBusy, time.Minute},
		{403, "X-RateLimit-Remaining: 0; X-RateLimit-Reset: " + at(20*time.Minute), primary, delivery.ErrBusy, 20*time.Minute + time.Second},
		{429, "X-RateLimit-Remaining: 0; X-RateLimit-Reset: " + at(-time.Minute), primary, delivery.ErrBusy, time.Second},
		{403, "X-RateLimit-Remaining: 0; X-RateLimit-Reset: " + at(1000*time.Hour), primary, delivery.ErrBusy, maxWait},
		{403, "X-RateLimit-Remaining: 0; X-RateLimit-Reset: soon", primary, delivery.ErrBusy, time.Minute},
		{403, "X-RateLimit-Remaining: 4000", noAccess, delivery.ErrKey, mended},
		{403, "", saml, delivery.ErrKey, mended},
		{403, "", noApproval, delivery.ErrKey, mended},
		{403, "", "<html>", delivery.ErrKey, mended},
		{401, "", `{"message": "Bad credentials"}`, delivery.ErrKey, mended},
		{403, "", `{"message": "Repository was archived so is read-only."}`, errSetUp, mended},
		{404, "", `{"message": "Not Found"}`, delivery.ErrKey, mended},
		{410, "", `{"message": "Issues has been disabled in this repository."}`, delivery.ErrKey, mended},
		{451, "", `{"message": "Repository access blocked"}`, delivery.ErrRefused, permanent},
		{400, "", `{"message": "Problems parsing JSON"}`, delivery.ErrRefused, permanent},
		{422, "", `{"message": "Validation Failed"}`, delivery.ErrRefused, permanent},
		{422, "", `{"message": "Validation Failed", "errors": ["Title is bad"]}`, delivery.ErrRefused, permanent},
		{403, "Content-Type: text/html", "<html>", delivery.ErrAnswer, backoff}, {404, "Content-Type: text/html", "<html>", delivery.ErrAnswer, backoff},
		{422, "Content-Type: text/html", "<html>", delivery.ErrAnswer, backoff},
		{422, "", tooQuickly, delivery.ErrBusy, time.Minute},
		{422, "", `{"message": "Validation failed, or the endpoint has been spammed."}`, delivery.ErrBusy, time.Minute},
		{500, "", "", delivery.ErrUnavailable, backoff}, {502, "", "<html>", delivery.ErrUnavailable, backoff},
		{503, "Retry-After: 30", "", delivery.ErrUnavailable, 30 * time.Second},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.header, " ", c.body), func(t *testing.T) {
			d := newDesk(t)
			d.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost {
					return false
				}
				for _, h := range splitHeader(c.header) {
					w.Header().Set(h[0], h[1])
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
				return true
			}
			err := d.emit(told(2, ""))
			assert.ErrorIs(t, err, c.kind)
			wait, _ := responder.RetryDelay(err)
			assert.Equal(t, c.wait == permanent, responder.IsPermanent(err))
			assert.Equal(t, max(c.wait, 0), wait)
			assert.NotContains(t, err.Error(), "message", "answers are not quoted")
			d.before = nil
			d.clock = d.clock.Add(max(c.wait, 0))
			require.NoError(t, d.emit(told(2, "")))
			d.only()
		})
	}
}

func splitHeader(s string) (out [][2]string) {
	for _, part := range splitTrim(s, ";") {
		h := splitTrim(part, ":")
		out = append(out, [2]string{h[0], h[1]})
	}
	return out
}

// Who is told to wait leaves GitHub alone, whatever report comes next.
func TestWhoIsToldToWaitWaits(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	busy := true
	d.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		if busy {
			w.WriteHeader(403)
			_, _ = w.Write([]byte(secondary))
		}
		return busy
	}
	d.requests = nil
	for k, want := range []time.Duration{1, 2, 4, 8, 16, 16} {
		err := d.emit(told(3, responder.Urgent))
		wait, _ := responder.RetryDelay(err)
		assert.Equal(t, want*time.Minute, wait, "longer each time")
		d.clock = d.clock.Add(wait - time.Second)
		for range 3 {
			err = d.emit(told(3, responder.Urgent))
			wait, _ = responder.RetryDelay(err)
			assert.ErrorIs(t, err, delivery.ErrBusy)
			assert.Equal(t, time.Second, wait)
		}
		d.clock = d.clock.Add(time.Second)
		assert.Len(t, d.requests, k+1)
	}
	busy = false
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Contains(t, d.only().body, "because of 3")
	busy = true
	wait, _ := responder.RetryDelay(d.emit(told(5, responder.Urgent)))
	assert.Equal(t, time.Minute, wait, "it begins anew")
}

// The limit is mostly one of writing: that reads are answered is no sign that it is over.
func TestOnlyWritingIsLimited(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			w.WriteHeader(403)
			_, _ = w.Write([]byte(secondary))
		}
		return r.Method != http.MethodGet
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 16} {
		wait, _ := responder.RetryDelay(d.emit(told(3, responder.Urgent)))
		assert.Equal(t, want*time.Minute, wait)
		d.clock = d.clock.Add(wait)
	}
}

// A storm: GitHub takes 80 issues in a minute and 500 in an hour. All get theirs in the end, and nobody hammers.
func TestAStorm(t *testing.T) {
	const reports = 700
	d := newDesk(t)
	d.limited = true
	queue := make([]string, reports)
	for k := range queue {
		queue[k] = fmt.Sprintf("REPORT%d-a", k)
	}
	due := map[string]time.Time{}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if due[id].After(d.clock) {
			d.clock = due[id]
		}
		d.receipt = nil
		err := d.emit(told(2, "", func(r *responder.Report) { r.ReportID = id }))
		if err == nil {
			continue
		}
		require.ErrorIs(t, err, delivery.ErrBusy)
		wait, _ := responder.RetryDelay(err)
		due[id] = d.clock.Add(wait)
		queue = append(queue, id)
	}
	assert.Len(t, d.repo().issues, reports)
	assert.Less(t, d.clock.Sub(start), 2*time.Hour)
	assert.Less(t, len(d.requests), reports+50, "requests that were refused, and those about the repository")
}

func TestTheKeyIsReadAgain(t *testing.T) {
	d := newDesk(t)
	reads := 0
	d.key = func(ctx context.Context) (string, error) {
		if responder.WantsRefresh(ctx) {
			reads++
			return token, nil
		}
		return "ghp_old-0f-the-team-77aa", nil
	}
	d.restart()
	require.NoError(t, d.emit(told(2, "")))
	d.only()
	assert.Positive(t, reads)
}

func TestKeysThatAreNone(t *testing.T) {
	for _, secret := range []string{"", "  ", "two words", "line\nbreak", "ghp_\x00"} {
		d := newDesk(t)
		d.key = func(context.Context) (string, error) { return secret, nil }
		d.restart()
		err := d.emit(told(2, ""))
		assert.ErrorIs(t, err, delivery.ErrKey, "%q", secret)
		assert.False(t, responder.IsPermanent(err), "nothing is lost until it is mended")
		assert.Empty(t, d.requests)
	}
}

func TestTheRepository(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*fakeRepo)
		want string
		kind error
	}{
		"public":     {func(r *fakeRepo) { r.private = false }, "it is public", errSetUp},
		"archived":   {func(r *fakeRepo) { r.archived = true }, "it is archived", errSetUp},
		"no issues":  {func(r *fakeRepo) { r.noIssues = true }, "its issues are switched off", errSetUp},
		"not there":  {func(r *fakeRepo) { r.name = "acme/other" }, "it may not see it", delivery.ErrKey},
		"may not":    {func(r *fakeRepo) { r.denied = map[string]bool{"acme-bot": true} }, "it lacks a permission", delivery.ErrKey},
		"odd answer": {func(r *fakeRepo) { r.id = 0 }, "not what is documented", delivery.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			repo := d.repo()
			was := *repo
			c.make(repo)
			if repo.name != was.name {
				delete(d.repos, "acme/security")
			}
			err := d.emit(told(2, ""))
			assert.ErrorIs(t, err, c.kind)
			assert.ErrorContains(t, err, c.want)
			assert.False(t, responder.IsPermanent(err), "nothing is lost until it is mended")
			assert.Empty(t, repo.issues)
			*repo = was
			d.repos["acme/security"] = repo
			require.NoError(t, d.emit(told(2, "")))
			d.only()
		})
	}
	d := newDesk(t, "GITHUB_OPTIONS", "public=allow")
	d.repo().private = false
	require.NoError(t, d.emit(told(2, "")))
	d.only()
}

// It is asked again from time to time: somebody may make the repository public.
func TestARepositoryThatBecomesPublic(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.repo().private = false
	d.clock = d.clock.Add(remembered)
	assert.ErrorIs(t, d.emit(told(3, responder.Urgent)), errSetUp)
	assert.NotContains(t, d.only().body, "because of 3")
	assert.Empty(t, d.only().comments)
}

// A repository that has another name, or another owner, is the same one.
func TestARepositoryThatIsRenamed(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.repo().name = "acme-holding/soc"
	d.repos["acme-holding/soc"] = d.repo()
	assert.Equal(t, []string{
		"GET /repos/acme/security/issues/1",                  // moved
		"GET /repos/acme/security", "GET /repositories/4711", // where to
		"GET /repos/acme-holding/soc/issues/1", "PATCH /repos/acme-holding/soc/issues/1", "POST /repos/acme-holding/soc/issues/1/comments",
	}, d.does(told(3, responder.Urgent)))
	assert.Len(t, d.does(told(5, responder.Urgent)), 3, "from now on it is known")
	d.restart()
	assert.Len(t, d.does(told(7, responder.Urgent)), 5)
	assert.Len(t, d.only().comments, 3)

	d = newDesk(t) // the first that is written
	d.does(told(2, "", func(r *responder.Report) { r.ReportID = "OTHER-a" }))
	d.repo().name = "acme-holding/soc"
	d.repos["acme-holding/soc"] = d.repo()
	d.receipt = nil
	require.NoError(t, d.emit(told(2, "")))
	assert.Len(t, d.repo().issues, 2)
}

// A redirect leads a token nowhere else.
func TestRedirectsElsewhere(t *testing.T) {
	for _, to := range []string{"https://evil.example/repositories/4711", "http://api.github.com/repositories/4711", "https://api.github.com:8443/repositories/4711",
		"https://u:p@api.github.com/repositories/4711", "//evil.example/repositories/4711", "https://api.github.com/user", "https://api.github.com/repositories/4711/../../user",
		"https://api.github.com/repos/acme/..", "", "/repositories/4711x"} {
		d := newDesk(t)
		d.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			assert.True(t, strings.HasSuffix(r.URL.Path, "/repos/acme/security"), "%s", to)
			w.Header().Set("Location", to)
			w.WriteHeader(301)
			return true
		}
		err := d.emit(told(2, ""))
		assert.ErrorIs(t, err, errSetUp, to)
		assert.Len(t, d.requests, 1)
	}
}

// Another repository in the configuration: what is known of the former one is not known of it.
func TestAnotherRepository(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.emit(told(2, "")))
	d.repos["acme/other"] = &fakeRepo{id: 5, name: "acme/other", private: true}
	d.env["GITHUB_REPOSITORY"] = home + "acme/other"
	d.restart()
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	require.Len(t, d.repos["acme/other"].issues, 1)
	assert.Zero(t, d.only().writes)
	require.NoError(t, d.emit(told(5, responder.Safe)))
	assert.Len(t, d.repos["acme/other"].issues, 1)
}
