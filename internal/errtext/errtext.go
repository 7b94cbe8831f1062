// Package errtext is what may be said of an error: not the secrets that clients of services put into theirs.
//
// in → out: an error → its text, with no more than the host of each URL, and without this process's credentials.
package errtext

import (
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Of is the text of an error. A client's error quotes the URL (net/url, "type Error"), and in its path and query stand
// the keys of many services; an answer of AWS that refuses a signature quotes the headers that were signed, the session's
// token among them (AWS Identity and Access Management User Guide, "Troubleshoot Signature Version 4 requests").
func Of(err error) string {
	text := err.Error()
	each(err, func(err error) {
		if u, ok := err.(*url.Error); ok && u.URL != "" {
			quoted := strconv.Quote(u.URL)
			text = strings.ReplaceAll(text, quoted[1:len(quoted)-1], host(u.URL))
			text = strings.ReplaceAll(text, u.URL, host(u.URL))
		}
	})
	return withoutCredentials(text)
}

// each calls f for an error and all that it wraps.
func each(err error, f func(error)) {
	f(err)
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			each(inner, f)
		}
	case interface{ Unwrap() error }:
		if inner := errors.Unwrap(err); inner != nil {
			each(inner, f)
		}
	}
}

// host is all of a URL that is said.
func host(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "(a URL)"
	}
	return u.Scheme + "://" + u.Host
}

// leastSecret is the length, in bytes, below which a value is no credential: it would be found everywhere.
const leastSecret = 8

func withoutCredentials(text string) string {
	for _, name := range []string{"AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY"} {
		if v := os.Getenv(name); len(v) >= leastSecret {
			text = strings.ReplaceAll(text, v, "("+name+")")
		}
	}
	return text
}
