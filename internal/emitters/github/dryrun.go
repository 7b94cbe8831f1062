package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DryRun answers as GitHub does, and does nothing: the repository is there and private, issues and comments are taken, and an
// issue is as it was written last. Nothing is found in lists. With any token as the key.
func DryRun() http.RoundTripper { return &dryRun{issues: map[int64]map[string]any{}} }

type dryRun struct {
	mu      sync.Mutex
	issues  map[int64]map[string]any
	created int64 // issues and comments
}

// RoundTrip implements http.RoundTripper.
func (d *dryRun) RoundTrip(r *http.Request) (*http.Response, error) {
	in := map[string]any{}
	if r.Body != nil {
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = json.Unmarshal(b, &in) // what cannot be read says nothing
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	status := http.StatusOK
	if r.Method == http.MethodPost {
		status = http.StatusCreated
	}
	text, err := json.Marshal(d.answer(r, in))
	if err != nil {
		return nil, err
	}
	return &http.Response{Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: r}, nil
}

func (d *dryRun) answer(r *http.Request, in map[string]any) any {
	base, rest, ok := strings.Cut(r.URL.Path, "/repos/")
	if !ok { // who it is, and an app's token
		return map[string]any{"login": "dry-run", "slug": "dry-run", "token": "dry-run", "expires_at": time.Now().Add(time.Hour)}
	}
	parts := strings.SplitN(rest, "/", 5) // OWNER/NAME/issues/1/comments
	switch {
	case len(parts) < 3:
		return map[string]any{"id": 1, "full_name": rest, "private": true, "has_issues": true}
	case r.Method == http.MethodGet && (len(parts) == 3 || len(parts) == 5):
		return []any{}
	case len(parts) == 5:
		d.created++
		return map[string]any{"id": d.created}
	}
	number, err := strconv.ParseInt(path.Base(rest), 10, 64)
	if err != nil { // a new one
		d.created++
		number = d.created
	}
	issue := d.issues[number]
	if issue == nil {
		if len(d.issues) >= 1000 {
			clear(d.issues)
		}
		issue = map[string]any{"number": number, "state": stateOpen, "labels": []any{}}
		d.issues[number] = issue
	}
	for name, value := range in {
		issue[name] = value
	}
	// Where people see it: the API of GitHub itself, and of GitHub Enterprise Cloud, has a host of its own.
	host := strings.TrimSuffix(base, "/api/v3")
	issue["html_url"] = "https://" + strings.TrimPrefix(r.URL.Host, "api.") + host + "/" + strings.Join(parts[:2], "/") + "/issues/" + strconv.FormatInt(number, 10)
	return issue
}
