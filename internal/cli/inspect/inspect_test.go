package inspect

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestWhatAValueIs(t *testing.T) {
	history, _ := shipped.Find("history") // looks into anything
	for value, want := range map[string]string{
		"8.8.8.8": "ipaddr 8.8.8.8", "8.8.8[.]8": "ipaddr 8.8.8.8", " 2001:DB8::1 ": "ipaddr 2001:db8::1",
		"Evil.Example.COM": "domain evil.example.com", "evil[.]example[.]com": "domain evil.example.com",
		"hxxp://evil[.]example.com/a?b=1":      "url http://evil.example.com/a?b=1",
		"alice@example.com":                    "email alice@example.com",
		"44D88612FEA8A8F36DE82E1278ABB02F":     "filehash 44d88612fea8a8f36de82e1278abb02f",
		"md5:44d88612fea8a8f36de82e1278abb02f": "filehash 44d88612fea8a8f36de82e1278abb02f",
		"i-0abc1234def567890":                  "instance i-0abc1234def567890",
		"AKIAIOSFODNN7EXAMPLE":                 "accesskey AKIAIOSFODNN7EXAMPLE",
		"arn:aws:iam::123456789012:user/bob":   "arn arn:aws:iam::123456789012:user/bob",
	} {
		a, err := (&Command{Value: value}).attribute(history)
		require.NoError(t, err, value)
		assert.Equal(t, want, a.Type+" "+a.Value, value)
		assert.Empty(t, a.Context, "a role is for the person to say")
	}
	for _, value := range []string{"", " ", "alice", "8.8.8.8 and 1.1.1.1", "10.0.0.0/8x"} {
		_, err := (&Command{Value: value}).attribute(history)
		assert.Error(t, err, value)
	}
}

// What is said by --type is so, however the value looks; only its spelling is mended.
func TestTheTypeThatIsSaid(t *testing.T) {
	history, _ := shipped.Find("history")
	for _, c := range []struct{ kind, value, want string }{
		{"bucket", "My-Logs", "bucket my-logs"},
		{"username", "8.8.8.8", "username 8.8.8.8"},
		{"IPAddr", "8.8.8.8", "ipaddr 8.8.8.8"},
		{"domain", "evil[.]example.com", "domain evil.example.com"},
	} {
		a, err := (&Command{Type: c.kind, Value: c.value, Context: []string{"Remote"}}).attribute(history)
		require.NoError(t, err)
		assert.Equal(t, c.want, a.Type+" "+a.Value)
		assert.Equal(t, []string{"remote"}, a.Context)
	}
}

type batch struct {
	responder.Inspector
	pages []responder.Page
}

func (b batch) InspectAll(context.Context, []responder.Task) ([]responder.Page, error) {
	return b.pages, nil
}

func TestWhoAnswersSeveralAtOnceIsAskedForOne(t *testing.T) {
	page, err := ask(t.Context(), batch{pages: []responder.Page{{Title: "one"}}}, responder.Task{})
	require.NoError(t, err)
	assert.Equal(t, "one", page.Title)
	_, err = ask(t.Context(), batch{}, responder.Task{})
	assert.ErrorContains(t, err, "0 pages for one task")
}

func TestWhenToComeAgain(t *testing.T) {
	now := time.Date(2026, 3, 14, 23, 59, 30, 0, time.UTC)
	err := failure(responder.RetryAfter(errors.New("enough"), 42*time.Second), now)
	assert.EqualError(t, err, "enough; ask again in 42s, after 00:00:12 UTC")
	assert.EqualError(t, failure(errors.New("down"), now), "down")
	assert.EqualError(t, failure(fmt.Errorf("x: %w", context.DeadlineExceeded), now), "no answer within 1m0s")
}

func TestOutcomesAreFilledInAsTheHostDoes(t *testing.T) {
	who, _ := shipped.Find("greynoise")
	for want, p := range map[responder.Outcome]responder.Page{
		responder.Nothing: {}, responder.Failed: {Error: "x", Signals: make([]responder.Signal, 1)},
		responder.Found: {Signals: make([]responder.Signal, 1)}, responder.Skipped: {Outcome: responder.Skipped},
	} {
		got := complete(p, who, responder.Attribute{Type: "ipaddr", Value: "8.8.8.8"})
		assert.Equal(t, want, got.Outcome)
		assert.Equal(t, "greynoise", got.Author)
		assert.Equal(t, "8.8.8.8", got.Attribute.Value)
	}
}
