package github

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// counted is a way to a service that remembers what went there.
type counted struct {
	way      http.RoundTripper
	requests []string
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests = append(c.requests, r.Method+" "+r.URL.Path)
	return c.way.RoundTrip(r)
}

func TestDryRun(t *testing.T) {
	for key, secret := range map[string]string{"token": "dry-run", "app": appSecret(t, 1, 2, pkcs1(appKey()))} {
		for where, link := range map[string]string{
			"acme/security":                         "https://github.com/acme/security/issues/1",
			"https://ghe.example.com/acme/security": "https://ghe.example.com/acme/security/issues/1",
			"https://octo.ghe.com/acme/security":    "https://octo.ghe.com/acme/security/issues/1",
		} {
			t.Run(key+" "+where, func(t *testing.T) {
				way := &counted{way: DryRun()}
				e, err := New(delivery.Settings{Transport: way, Key: func(context.Context) (string, error) { return secret, nil },
					Getenv: func(n string) string { return map[string]string{"GITHUB_REPOSITORY": where}[n] }})
				require.NoError(t, err)
				var receipt responder.Receipt
				emit := func(r responder.Report) {
					t.Helper()
					receipt, err = e.Emit(t.Context(), r, receipt)
					require.NoError(t, err)
				}
				emit(told(2, ""))
				emit(told(3, responder.Urgent))
				assert.Equal(t, "1", receipt["number"])
				assert.Equal(t, link, receipt["url"])
				n := len(way.requests)
				emit(told(5, responder.Safe))
				assert.Len(t, way.requests[n:], 3)
				i := way.way.(*dryRun).issues[1]
				assert.Equal(t, []any{"closed", "not_planned", []any{"alertresponder", "severity: safe"}}, []any{i["state"], i["state_reason"], i["labels"]})
				emit(told(7, responder.Urgent))
				assert.Equal(t, "open", i["state"])
				receipt = nil
				emit(told(9, responder.Urgent)) // nothing is found, so it opens another one
				receipt["number"] = "57"
				emit(told(11, responder.Urgent))
				assert.Contains(t, receipt["url"], "/issues/57")
				respondertest.TestEmitter(t, e)
			})
		}
	}
}
