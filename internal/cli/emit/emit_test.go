package emit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/shipped"
)

// call is a request of AWS in one of its protocols.
func awsCall(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://service.eu-west-1.amazonaws.com/x", strings.NewReader(body))
	require.NoError(t, err)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return r
}

// TestADryRunOnlyLooks: an action that changes something does not leave the computer, whatever protocol it is in.
func TestADryRunOnlyLooks(t *testing.T) {
	for name, c := range map[string]struct {
		method, target, body string
		made                 bool
	}{
		"EC2 looks":          {"POST", "", "Action=DescribeInstances&Version=2016-11-15", true},
		"IAM looks":          {"POST", "", "Version=2010-05-08&Action=ListAccessKeys", true},
		"STS looks":          {"POST", "", "Action=GetCallerIdentity&Version=2011-06-15", true},
		"WAF looks":          {"POST", "AWSWAF_20190729.GetIPSet", "{}", true},
		"S3 looks":           {"GET", "", "", true},
		"EC2 changes":        {"POST", "", "Action=ModifyNetworkInterfaceAttribute&Version=2016-11-15", false},
		"EC2 creates":        {"POST", "", "Action=CreateSecurityGroup&Description=GetAll", false},
		"IAM changes":        {"POST", "", "Action=UpdateAccessKey&Status=Inactive", false},
		"WAF changes":        {"POST", "AWSWAF_20190729.UpdateIPSet", "{}", false},
		"S3 changes":         {"PUT", "", "<PublicAccessBlockConfiguration/>", false},
		"S3 deletes":         {"DELETE", "", "", false},
		"GuardDuty archives": {"POST", "", `{"findingIds": []}`, false},
		"Security Hub":       {"PATCH", "", `{"Note": {}}`, false},
		"a token":            {"POST", "", "Action=AssumeRole", false},
	} {
		t.Run(name, func(t *testing.T) {
			made := 0
			next := clientFunc(func(r *http.Request) (*http.Response, error) {
				made++
				text, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				assert.Equal(t, c.body, string(text), "what was read of it is still sent")
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
			})
			wire := &recorder{}
			config, err := wire.on(func(context.Context) (aws.Config, error) { return aws.Config{HTTPClient: next}, nil })(t.Context())
			require.NoError(t, err)
			resp, err := config.HTTPClient.Do(awsCall(t, c.method, c.target, c.body))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if c.made {
				assert.Equal(t, 1, made)
				assert.Empty(t, wire.requests)
			} else {
				assert.Zero(t, made)
				assert.Len(t, wire.requests, 1)
			}
		})
	}
}

type clientFunc func(*http.Request) (*http.Response, error)

// Do implements aws.HTTPClient.
func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestNoConfiguration(t *testing.T) {
	_, err := (&recorder{}).on(nil)(t.Context())
	require.Error(t, err)
	broken := errors.New("no profile")
	_, err = (&recorder{}).on(func(context.Context) (aws.Config, error) { return aws.Config{}, broken })(t.Context())
	require.ErrorIs(t, err, broken)
}

// TestExamples: each emitter that speaks to a service can be made of its example, and its key never is the one of the environment.
func TestExamples(t *testing.T) {
	for _, who := range shipped.All() {
		if who.DryRun == nil {
			continue
		}
		t.Run(who.ID, func(t *testing.T) {
			t.Setenv(who.KeyVariable, "one of somebody")
			assert.Equal(t, who.Example[who.KeyVariable], dry(who)(who.KeyVariable))
			_, err := (&Command{DryRun: true}).emitter(who, &recorder{})
			require.NoError(t, err)
		})
	}
}

// TestQuarantineOnlyLooksHere, whatever the environment says: what it does stands in the ledger of a stack.
func TestQuarantineOnlyLooksHere(t *testing.T) {
	t.Setenv("QUARANTINE_MODE", "on")
	assert.Equal(t, "dry-run", environment("QUARANTINE_MODE"))
}
