package quarantine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// bench is a ledger with one action, and an account whose thing is shut.
type bench struct {
	ledger.Ledger
	con   *console.Console
	out   bytes.Buffer
	now   time.Time
	id    string
	shut  bool
	calls []actions.Undoing
	fail  error
	who   error
}

func newBench(t *testing.T, state ledger.State) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), shut: true}
	b.Ledger = ledger.Ledger{Memory: responder.NewMemory(), Now: func() time.Time { return b.now }}
	b.con = &console.Console{Out: &b.out, Screen: show.NewScreen(0, false)}
	target := actions.Target{Kind: actions.IsolateInstance, Value: "i-0123456789abcdef0", Account: "111122223333", Region: "eu-west-1"}
	s, err := b.Find(t.Context(), target)
	require.NoError(t, err)
	s, err = b.Begin(t.Context(), s, ledger.Action{Target: target, Name: "EC2 instance i-0123456789abcdef0 (we\x1b[2Jb)", Before: actions.Before(`"open"`), Report: "R1", Rule: "one", Why: "urgent", Alert: "Brute force"}, 5)
	require.NoError(t, err)
	b.id = s.Action.ID
	switch state {
	case ledger.Done:
		_, err = b.End(t.Context(), s, actions.Done{Did: []string{"It has another group."}}, nil, false)
	case ledger.Failed:
		_, err = b.End(t.Context(), s, actions.Done{}, errors.New("refused: gone"), true)
	}
	require.NoError(t, err)
	return b
}

func (b *bench) Undo(_ context.Context, id string, t actions.Target, before actions.Before, how actions.Undoing) (actions.Done, error) {
	b.calls = append(b.calls, how)
	if id != b.id || string(before) != `"open"` || t.Value == "" {
		return actions.Done{}, fmt.Errorf("%s %s", id, before)
	}
	if b.fail != nil && !(how.Force && errors.Is(b.fail, actions.ErrChanged)) {
		return actions.Done{Did: []string{"Half of it."}}, b.fail
	}
	b.shut = b.shut && how.Dry
	return actions.Done{Did: []string{"It has its groups again."}, Left: []string{"One group is gone."}}, nil
}

// undo is the command; it gives the exit code, what was printed and the error.
func (b *bench) undo(t *testing.T, u Undoing) (int, string, error) {
	t.Helper()
	b.out.Reset()
	if u.ID == "" {
		u.ID = b.id
	}
	u.By = func(context.Context) (string, error) { return "arn:aws:iam::111122223333:user/carol", b.who }
	err := Undo(t.Context(), b.con, b.Ledger, b, u)
	code, _ := console.Code(err)
	return code, b.out.String(), err
}

func (b *bench) state(t *testing.T) ledger.Action {
	t.Helper()
	a, _, err := b.Get(t.Context(), b.id)
	require.NoError(t, err)
	return a
}

const text = "text"

func TestItIsPutBackOnce(t *testing.T) {
	b := newBench(t, ledger.Done)
	code, out, err := b.undo(t, Undoing{How: actions.Undoing{Dry: true}, Output: text})
	require.NoError(t, err)
	assert.Equal(t, "isolate-instance EC2 instance i-0123456789abcdef0 (we\uFFFD[2Jb): would be put back\n  It has its groups again.\n  left: One group is gone.\n", out)
	assert.Equal(t, []any{0, true, ledger.Done}, []any{code, b.shut, b.state(t).State}, "a dry-run changes nothing")
	code, out, err = b.undo(t, Undoing{Output: text})
	require.NoError(t, err)
	assert.Contains(t, out, ": put back\n  It has its groups again.\n")
	a := b.state(t)
	assert.Equal(t, []any{0, false, ledger.Undone, "arn:aws:iam::111122223333:user/carol", []string{"One group is gone."}}, []any{code, b.shut, a.State, a.By, a.Left})
	code, out, err = b.undo(t, Undoing{Output: "json"})
	require.NoError(t, err)
	assert.Zero(t, code)
	assert.JSONEq(t, `{"id":"`+b.id+`","undone":true,"did":["It was put back at 2026-05-04 03:02 UTC by arn:aws:iam::111122223333:user/carol."],"left":["One group is gone."]}`, out)
	assert.Len(t, b.calls, 2, "once, and once dry")
}

func TestWhatIsNotPutBack(t *testing.T) {
	b := newBench(t, ledger.Done)
	for _, c := range []struct {
		fail error
		says string
	}{
		{fmt.Errorf("isolate-instance: %w: network interface eni-1 has sg-9 now", actions.ErrChanged), "eni-1 has sg-9 now: nothing was put back over that; look at it, and use --force"},
		{fmt.Errorf("%w: ec2:DescribeInstances", actions.ErrDenied), "ec2:DescribeInstances: it is done with your own credentials"},
		{errors.New("503"), "503"},
	} {
		b.fail = c.fail
		for _, dry := range []bool{true, false} {
			code, out, err := b.undo(t, Undoing{How: actions.Undoing{Dry: dry}, Output: "json"})
			assert.ErrorContains(t, err, c.says)
			assert.Equal(t, console.NotDone, code)
			var got map[string]any
			require.NoError(t, json.Unmarshal([]byte(out), &got))
			assert.Equal(t, []any{false, []any{"Half of it."}}, []any{got["undone"], got["did"]})
			assert.NotEmpty(t, got["error"])
		}
		a := b.state(t)
		assert.Equal(t, []any{ledger.Undoing, true}, []any{a.State, strings.Contains(a.Error, c.fail.Error())})
	}
	b.fail = actions.ErrChanged
	code, _, err := b.undo(t, Undoing{How: actions.Undoing{Force: true}, Output: text})
	require.NoError(t, err)
	assert.Equal(t, []any{0, ledger.Undone}, []any{code, b.state(t).State})
}

func TestWhatCannotBePutBack(t *testing.T) {
	b := newBench(t, ledger.Doing)
	code, _, err := b.undo(t, Undoing{ID: "nonsense"})
	assert.ErrorContains(t, err, "expected one as the report or the list has it")
	assert.Equal(t, console.BadUsage, code)
	code, _, err = b.undo(t, Undoing{ID: "aaaaaaaaaaaaaaaa-1"})
	assert.ErrorContains(t, err, "there is no such action in the stack")
	assert.Equal(t, console.NotDone, code)
	_, _, err = b.undo(t, Undoing{})
	assert.ErrorContains(t, err, "the function may be at it: it is being done right now: try again in 2m")
	b.who = errors.New("no credentials")
	b.now = b.now.Add(ledger.Attempt)
	_, _, err = b.undo(t, Undoing{})
	assert.ErrorContains(t, err, "who you are: no credentials")
	assert.Empty(t, b.calls)
	b.who = nil
	code, _, err = b.undo(t, Undoing{})
	require.NoError(t, err, "its function died")
	assert.Zero(t, code)
	failed := newBench(t, ledger.Failed)
	_, _, err = failed.undo(t, Undoing{})
	assert.NoError(t, err, "some of it may have been done")
}

// Whoever was interrupted anywhere tries again, until it is put back and recorded.
func TestUndoOnARudeMemory(t *testing.T) {
	for seed := range uint64(50) {
		b := newBench(t, ledger.Done)
		inner := b.Memory
		b.Memory = respondertest.RudeMemory(inner, seed)
		for {
			code, _, err := b.undo(t, Undoing{Output: "json"})
			if err == nil {
				break
			}
			require.Equal(t, console.NotDone, code)
		}
		b.Memory = inner
		assert.Equal(t, []any{ledger.Undone, false}, []any{b.state(t).State, b.shut})
	}
}

func TestList(t *testing.T) {
	b := newBench(t, ledger.Done)
	require.NoError(t, List(t.Context(), b.con, b.Ledger, 10, text))
	for _, part := range []string{"2026-05-04 03:02", "done", "isolate-instance: EC2 instance i-0123456789abcdef0 (we\uFFFD[2Jb)", b.id} {
		assert.Contains(t, b.out.String(), part)
	}
	_, _, err := b.undo(t, Undoing{})
	require.NoError(t, err)
	b.out.Reset()
	require.NoError(t, List(t.Context(), b.con, b.Ledger, 10, "json"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(b.out.Bytes(), &got))
	for field, want := range map[string]any{"id": b.id, "state": "undone", "action": "isolate-instance", "target": "i-0123456789abcdef0", "account": "111122223333",
		"region": "eu-west-1", "report_id": "R1", "rule": "one", "why": "urgent", "alert": "Brute force", "at": "2026-05-04T03:02:01Z",
		"undone_at": "2026-05-04T03:02:01Z", "undone_by": "arn:aws:iam::111122223333:user/carol"} {
		assert.Equal(t, want, got[field], field)
	}
	assert.NotContains(t, b.out.String(), "before", "how it was before is nobody's business here")
	b.out.Reset()
	empty := ledger.Ledger{Memory: responder.NewMemory(), Now: b.Now}
	require.NoError(t, List(t.Context(), b.con, empty, 10, text))
	assert.Equal(t, "quarantine has done nothing\n", b.out.String())
}
