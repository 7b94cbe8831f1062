package github

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// place is a repository, and the address of the API that it is spoken to by.
type place struct{ base, name string }

// parsePlace reads owner/name, or the URL of a repository: of GitHub, of a GitHub Enterprise Server ("Getting started with the
// REST API": https://HOST/api/v3), or of GitHub Enterprise Cloud with data residency ("About GitHub Enterprise Cloud with data
// residency": https://api.SUBDOMAIN.ghe.com).
func parsePlace(s string) (place, error) {
	host, name := "github.com", s
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return place{}, fmt.Errorf("GITHUB_REPOSITORY: %.200q, expected https://HOST/OWNER/NAME", s)
		}
		host, name = strings.ToLower(u.Host), strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	}
	if !isName(name) {
		return place{}, fmt.Errorf("GITHUB_REPOSITORY: %.200q, expected OWNER/NAME, or https://HOST/OWNER/NAME", s)
	}
	switch {
	case host == "github.com" || host == "www.github.com":
		return place{"https://api.github.com", name}, nil
	case strings.HasSuffix(host, ".ghe.com"):
		return place{"https://api." + host, name}, nil
	}
	return place{"https://" + host + "/api/v3", name}, nil
}

// isName says whether a text is owner/name, and leads nowhere else in a path.
func isName(s string) bool {
	owner, name, _ := strings.Cut(s, "/")
	return isLogin(owner) && name != "" && len(name) <= 100 && all(name, "._-") && name != "." && name != ".."
}

// isLogin says whether a text can be the name of an account. Managed users have an underscore.
func isLogin(s string) bool {
	return s != "" && len(s) <= 100 && all(s, "_-") && all(s[:1], "")
}

// all says whether a text is of nothing but letters and digits of ASCII, and some more.
func all(s, more string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(more, r)
	})
}

// Why an issue is closed.
const (
	bySafe     = "safe"
	byResolved = "resolved"
)

type options struct {
	labels    []string // of each issue, from its opening
	severity  string   // what stands before the severity in its label; empty: there is no such label
	assignees []string // from its opening
	close     []string // bySafe, byResolved
	minimum   responder.Severity
	public    bool // the repository may be public
}

// GitHub's bounds: a label's name has 50 characters at most, an issue 10 assignees.
const (
	maxLabel     = 50
	maxAssignees = 10
)

// parseOptions reads GITHUB_OPTIONS. A label may have spaces and commas as %20 and %2C.
func parseOptions(text string) (options, error) {
	values, err := delivery.ParseOptions(text, "labels", "severity", "assignees", "close", "minimum", "public")
	o := options{labels: []string{"alertresponder"}, severity: "severity: ", close: []string{bySafe, byResolved}}
	errs := []error{err}
	for name, read := range map[string]func(string) error{
		"labels": o.readLabels, "severity": o.readSeverity, "assignees": o.readAssignees,
		"close": o.readClose, "minimum": o.readMinimum, "public": o.readPublic,
	} {
		if value, ok := values[name]; ok {
			if err := read(value); err != nil {
				errs = append(errs, fmt.Errorf("%s=%.100s: %w", name, value, err))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if err := errors.Join(errs...); err != nil {
		return options{}, fmt.Errorf("GITHUB_OPTIONS: %w", err)
	}
	return o, nil
}

const none = "none"

func (o *options) readLabels(s string) error {
	o.labels = nil
	if s == none {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		name, err := label(part, maxLabel)
		if err != nil {
			return err
		}
		o.labels = append(o.labels, name)
	}
	return nil
}

func (o *options) readSeverity(s string) (err error) {
	if s == none {
		o.severity = ""
		return nil
	}
	o.severity, err = label(s, maxLabel-len(responder.Unclassified))
	return err
}

func label(s string, n int) (string, error) {
	name, err := url.PathUnescape(s)
	if err != nil || strings.TrimSpace(name) == "" || len([]rune(name)) > n || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return "", fmt.Errorf("%.60q, expected the name of a label, of %d characters at most, a space as %%20", s, n)
	}
	return name, nil
}

func (o *options) readAssignees(s string) error {
	o.assignees = strings.Split(s, ",")
	if len(o.assignees) > maxAssignees || slices.ContainsFunc(o.assignees, func(a string) bool { return !isLogin(a) }) {
		return fmt.Errorf("expected names of users, without @, %d at most, separated by commas", maxAssignees)
	}
	return nil
}

func (o *options) readClose(s string) error {
	o.close = nil
	if s == none {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		if part != bySafe && part != byResolved {
			return errors.New("expected safe, resolved, both with a comma between them, or none")
		}
		o.close = append(o.close, part)
	}
	return nil
}

func (o *options) readMinimum(s string) error {
	severity, err := responder.ParseSeverity(s)
	if err != nil || s == "" {
		return errors.New("expected urgent, unclassified or safe")
	}
	o.minimum = severity
	return nil
}

func (o *options) readPublic(s string) error {
	o.public = s == "allow"
	if !o.public {
		return errors.New("expected allow")
	}
	return nil
}
