package quarantine

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const theKey = "AKIAIOSFODNN7EXAMPLE"

// iam is as much of IAM and STS as an access key takes (IAM API Reference: GetAccessKeyLastUsed, GetUser, ListAccessKeys,
// UpdateAccessKey).
type iam struct {
	mu     sync.Mutex
	status string
	writes []string
	lose   bool // the answer of the next write
}

// Do implements aws.HTTPClient.
func (f *iam) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	status, text := http.StatusOK, ""
	switch form.Get("Action") {
	case "GetCallerIdentity":
		text = "<GetCallerIdentityResult><Account>" + account + "</Account><Arn>arn:aws:sts::" + account + ":assumed-role/quarantine/f</Arn></GetCallerIdentityResult>"
	case "GetAccessKeyLastUsed":
		text = "<GetAccessKeyLastUsedResult><UserName>alice</UserName></GetAccessKeyLastUsedResult>"
	case "GetUser":
		text = "<GetUserResult><User><Path>/</Path><UserName>alice</UserName><Arn>arn:aws:iam::" + account + ":user/alice</Arn></User></GetUserResult>"
	case "ListAccessKeys":
		text = "<ListAccessKeysResult><AccessKeyMetadata><member><AccessKeyId>" + theKey + "</AccessKeyId><Status>" + f.status + "</Status></member></AccessKeyMetadata></ListAccessKeysResult>"
	case "UpdateAccessKey":
		f.status = form.Get("Status")
		f.writes = append(f.writes, f.status)
		if f.lose {
			f.lose, status, text = false, http.StatusForbidden, "<Error><Code>AccessDenied</Code></Error>" // of something in between
		}
	default:
		status, text = http.StatusBadRequest, "<Error><Code>InvalidAction</Code></Error>"
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<R>" + text + "</R>")), Request: r}, nil
}

func (f *iam) config(context.Context) (aws.Config, error) {
	return aws.Config{Region: "eu-west-1", HTTPClient: f, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "s"}, nil
	})}, nil
}

func (f *iam) emitter(t *testing.T, mode string, m responder.Memory) responder.Actor {
	t.Helper()
	e, err := New(Options{Config: f.config, Memory: m, Now: func() time.Time { return start }, Getenv: func(name string) string {
		return map[string]string{"QUARANTINE_MODE": mode, "QUARANTINE_RULES": theRules}[name]
	}})
	require.NoError(t, err)
	actor, ok := e.(responder.Actor)
	require.True(t, ok)
	return actor
}

// TestAKeyAsInTheFunction: rules, ledger and the actions themselves together, until it is put back; a dry-run only looks.
func TestAKeyAsInTheFunction(t *testing.T) {
	report := urgent("R1", own(responder.TypeAccessKey, theKey, "access key"))
	f, memory := &iam{status: "Active"}, responder.NewMemory()
	pages, _, err := f.emitter(t, "dry-run", memory).Act(t.Context(), report, nil)
	require.NoError(t, err)
	assert.Contains(t, titles(pages), "dry-run, nothing was done: would deactivate access key "+theKey+" of user alice")
	require.Empty(t, f.writes)

	f.lose = true
	_, _, err = f.emitter(t, "on", memory).Act(t.Context(), report, nil)
	require.ErrorIs(t, err, actions.ErrDenied)
	for range 2 {
		pages, _, err = f.emitter(t, "on", memory).Act(t.Context(), report, nil)
		require.NoError(t, err)
		assert.Contains(t, titles(pages), "found deactivated access key "+theKey+" of user alice; undo: alertresponder quarantine undo ")
	}
	assert.Equal(t, "Inactive", f.status)
	assert.NotContains(t, f.writes, "Active")

	l := ledger.Ledger{Memory: memory, Now: func() time.Time { return start }}
	list, err := l.List(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	a := list[0]
	assert.Equal(t, ledger.Done, a.State)
	_, err = actions.New(actions.Options{Config: f.config}).Undo(t.Context(), a.ID, a.Target, a.Before, actions.Undoing{})
	require.NoError(t, err)
	assert.Equal(t, "Active", f.status)
}
