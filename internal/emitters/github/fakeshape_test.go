package github

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What the fake answers, with all fields that GitHub's OpenAPI description requires.

type object = map[string]any

// links gives fields of addresses below one.
func links(at string, names ...string) object {
	out := object{}
	for _, n := range names {
		out[n+"_url"] = at + "/" + n
	}
	return out
}

func (f *fake) user(login string) object {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	at := f.base + "/users/" + url.PathEscape(login)
	o := links(at, "avatar", "events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred", "subscriptions")
	o["login"], o["id"], o["node_id"], o["type"], o["site_admin"], o["gravatar_id"] = login, len(login), "U_"+login, kind, false, ""
	o["url"], o["html_url"] = at, "https://github.com/"+url.PathEscape(login)
	return o
}

// account is the user that is asked for by GET /user.
func (f *fake) account(login string) object {
	o := f.user(login)
	for _, name := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		o[name] = nil
	}
	for _, name := range []string{"public_gists", "public_repos", "followers", "following", "private_gists", "total_private_repos",
		"owned_private_repos", "disk_usage", "collaborators"} {
		o[name] = 0
	}
	o["two_factor_authentication"], o["created_at"], o["updated_at"] = true, start, start
	return o
}

func (f *fake) repository(r *fakeRepo) object {
	at := f.base + "/repos/" + r.name
	owner, name, _ := strings.Cut(r.name, "/")
	o := links(at, "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
		"contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks", "issue_comment",
		"issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "notifications", "pulls", "releases", "stargazers",
		"statuses", "subscribers", "subscription", "tags", "teams", "trees", "clone", "git", "ssh", "svn")
	for _, n := range []string{"forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
		"watchers_count", "network_count", "subscribers_count"} {
		o[n] = 0
	}
	for _, n := range []string{"fork", "has_projects", "has_wiki", "has_pages", "has_discussions", "disabled"} {
		o[n] = false
	}
	for _, n := range []string{"description", "homepage", "language", "mirror_url", "license"} {
		o[n] = nil
	}
	visibility := "public"
	if r.private {
		visibility = "private"
	}
	o["id"], o["node_id"], o["name"], o["full_name"], o["owner"] = r.id, "R_1", name, r.name, f.user(owner)
	o["private"], o["visibility"], o["archived"], o["has_issues"] = r.private, visibility, r.archived, !r.noIssues
	o["url"], o["html_url"], o["default_branch"] = at, "https://github.com/"+r.name, "main"
	o["created_at"], o["updated_at"], o["pushed_at"] = start, start, start
	return o
}

// issue is one as it is read alone, or in a list, where closed_by is left out.
func (f *fake) issue(r *fakeRepo, i *fakeIssue, alone bool) object {
	at := fmt.Sprintf("%s/repos/%s/issues/%d", f.base, r.name, i.number)
	o := links(at, "labels", "comments", "events", "timeline")
	o["id"], o["node_id"], o["number"], o["title"] = i.number+1e9, "I_1", i.number, i.title
	o["url"], o["repository_url"], o["html_url"] = at, f.base+"/repos/"+r.name, fmt.Sprintf("https://github.com/%s/issues/%d", r.name, i.number)
	o["state"], o["locked"], o["comments"], o["created_at"], o["updated_at"], o["closed_at"] = i.state, i.locked, len(i.comments), i.created, i.updated, i.closed
	o["user"], o["milestone"], o["assignee"], o["author_association"] = f.user(i.by), nil, nil, "MEMBER"
	o["body"], o["state_reason"] = nil, nil
	if i.body != "" {
		o["body"] = strings.ReplaceAll(i.body, "\n", "\r\n") // as after an edit in a browser
	}
	if i.reason != "" {
		o["state_reason"] = i.reason
	}
	if i.pull {
		o["pull_request"] = links(at, "diff", "patch", "html")
		o["pull_request"].(object)["url"] = at
	}
	labels, assignees := []any{}, []any{}
	for k, l := range i.labels {
		labels = append(labels, object{"id": k + 1, "node_id": "L_1", "url": at + "/labels", "name": l, "color": "ededed", "default": false, "description": nil})
	}
	for _, a := range i.assignees {
		assignees = append(assignees, f.user(a))
	}
	o["labels"], o["assignees"] = labels, assignees
	if alone && i.closedBy != "" {
		o["closed_by"] = f.user(i.closedBy)
	}
	return o
}

func (f *fake) comment(r *fakeRepo, i *fakeIssue, c fakeComment) object {
	at := fmt.Sprintf("%s/repos/%s/issues/comments/%d", f.base, r.name, c.id)
	return object{"id": c.id, "node_id": "C_1", "url": at, "issue_url": fmt.Sprintf("%s/repos/%s/issues/%d", f.base, r.name, i.number),
		"html_url": fmt.Sprintf("https://github.com/%s/issues/%d#issuecomment-%d", r.name, i.number, c.id),
		"body":     c.body, "user": f.user(c.by), "created_at": c.at, "updated_at": c.at, "author_association": "MEMBER"}
}

// fakeApp is a GitHub App with one installation.
type fakeApp struct {
	id           string
	installation string
	key          *rsa.PublicKey
	noIssues     bool // it was not granted to write issues
	made         int  // tokens
}

func (f *fake) asApp(w http.ResponseWriter, r *http.Request, bearer, path string) {
	if why := f.jwtFault(bearer); why != "" {
		f.fail(w, 401, why)
		return
	}
	if path == "/app" {
		f.write(w, 200, object{"id": 12, "slug": botSlug, "node_id": "A_1", "owner": f.user("acme"), "name": "AlertResponder of Acme", "description": nil,
			"external_url": "https://acme.example", "html_url": "https://github.com/apps/" + botSlug, "created_at": start, "updated_at": start,
			"permissions": object{"issues": "write", "metadata": "read"}, "events": []string{}})
		return
	}
	if path != "/app/installations/"+f.app.installation+"/access_tokens" {
		f.fail(w, 404, "Not Found")
		return
	}
	if f.app.noIssues {
		f.fail(w, 422, "The permissions requested are not granted to this installation.")
		return
	}
	f.app.made++
	made, end := fmt.Sprintf("ghs_installation%d", f.app.made), f.now().Add(time.Hour)
	f.tokens[made], f.expires[made] = botSlug+"[bot]", end
	f.write(w, 201, object{"token": made, "expires_at": end.UTC().Format(time.RFC3339), "permissions": object{"issues": "write", "metadata": "read"},
		"repository_selection": "selected"})
}

// jwtFault checks a JWT as RFC 7515 and "Generating a JSON Web Token (JWT) for a GitHub App" have it.
func (f *fake) jwtFault(bearer string) string {
	parts := strings.Split(bearer, ".")
	if f.app == nil || len(parts) != 3 {
		return "A JSON web token could not be decoded"
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || rsa.VerifyPKCS1v15(f.app.key, crypto.SHA256, digest[:], signature) != nil {
		return "A JSON web token could not be decoded"
	}
	var head struct{ Alg, Typ string }
	var claims struct {
		Iat, Exp int64
		Iss      string
	}
	for k, v := range []any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[k])
		if err != nil || json.Unmarshal(text, v) != nil {
			return "A JSON web token could not be decoded"
		}
	}
	now := f.now().Unix()
	switch {
	case head.Alg != "RS256" || claims.Iss != f.app.id:
		return "Integration not found"
	case claims.Iat > now:
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	case claims.Exp <= now:
		return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case claims.Exp > now+600:
		return "'Expiration time' claim ('exp') is too far in the future"
	}
	return ""
}
