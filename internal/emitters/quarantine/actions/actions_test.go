package actions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const id = "q3jq7f3a9c2b1dxy-1"

func clock() time.Time { return time.Date(2026, 12, 1, 4, 0, 0, 5, time.UTC) }

var (
	set4 = "arn:aws:wafv2:eu-west-1:" + own + ":regional/ipset/four/id-four"
	set6 = "arn:aws:wafv2:eu-west-1:" + own + ":regional/ipset/six/id-six"
)

// targets are one of each kind and more, by what they are for.
var targets = map[string]Target{
	"instance":        {Kind: IsolateInstance, Value: "i-0123456789abcdef0", Account: own, Region: region},
	"instance, all":   {Kind: IsolateInstance, Value: "i-0123456789abcdef0", Settings: Settings{Cut: true, Snapshot: true}},
	"key":             {Kind: DeactivateKey, Value: "AKIAIOSFODNN7EXAMPLE"},
	"user":            {Kind: DenyUser, Value: "alice"},
	"role":            {Kind: DenyRole, Value: "arn:aws:sts::" + own + ":assumed-role/web/i-0123456789abcdef0"},
	"role, all":       {Kind: DenyRole, Value: "web", Settings: Settings{All: true}},
	"bucket":          {Kind: BlockBucket, Value: "arn:aws:s3:::open/a/key"},
	"bucket, half":    {Kind: BlockBucket, Value: "half"},
	"address":         {Kind: BlockAddress, Value: "203.0.113.77", Settings: Settings{IPSets: []string{set4, set6}}},
	"address, long":   {Kind: BlockAddress, Value: "2001:DB8:0::1", Settings: Settings{IPSets: []string{set4, set6}}},
	"instance, alone": {Kind: IsolateInstance, Value: "arn:aws:ec2:eu-west-1:" + own + ":instance/i-0123456789abcdef1"},
}

// plain is the world without what may stay: the isolating groups, snapshots, WAF's counter.
func (w world) plain() world {
	maps.DeleteFunc(w.Groups, func(_ string, g *fakeGroup) bool { return g.Name == isolating.name })
	w.Snapshots = nil
	for _, s := range w.Sets {
		s.Lock = 0
		s.Addresses = append([]string{}, s.Addresses...)
	}
	for _, i := range w.Interface {
		slices.Sort(i.Groups)
	}
	return w
}

// act is what the caller does, at first and again: look, keep what was before, do.
func act(ctx context.Context, a *Actions, t Target, kept *Before) (Look, Done, error) {
	l, err := a.Look(ctx, t, *kept)
	if err != nil {
		return l, Done{}, err
	}
	*kept = l.Before
	d, err := a.Do(ctx, id, t, l.Before)
	return l, d, err
}

// What each does, and that what was before is what is after.
func TestActions(t *testing.T) {
	for name, target := range targets {
		f := newFake()
		was := f.copy()
		var kept Before
		l, d, err := act(t.Context(), f.actions(), target, &kept)
		require.NoError(t, err, name)
		assert.False(t, l.Already, name)
		assert.NotEmpty(t, l.Plan, name)
		assert.NotEmpty(t, d.Did, name)
		assert.Empty(t, d.Left, name)
		assert.Equal(t, own, l.Account)
		is := f.copy()
		assert.NotEqual(t, was.plain(), f.copy().plain(), name)
		done[name](t, f.copy(), l)

		if again, err := f.actions().Look(t.Context(), target, nil); assert.NoError(t, err, name) && target.Kind != DenyUser && target.Kind != DenyRole {
			assert.True(t, again.Already, "%s: another action has nothing to do", name)
		}
		dry, err := f.actions().Undo(t.Context(), id, target, kept, Undoing{Dry: true})
		require.NoError(t, err, name)
		assert.Equal(t, is, f.copy(), "%s: dry", name)
		d, err = f.actions().Undo(t.Context(), id, target, kept, Undoing{})
		require.NoError(t, err, name)
		assert.Equal(t, dry, d, "%s: dry says what would be done", name)
		assert.NotEmpty(t, d.Did, name)
		assert.Equal(t, was.plain(), f.copy().plain(), name)
		d, err = f.actions().Undo(t.Context(), id, target, kept, Undoing{})
		require.NoError(t, err, "%s: it is put back already", name)
		assert.Empty(t, d.Left, name)
		assert.Equal(t, was.plain(), f.copy().plain(), name)
	}
}

// done looks at the world after each.
var done = map[string]func(*testing.T, world, Look){
	"instance": func(t *testing.T, w world, l Look) {
		assert.Equal(t, "EC2 instance i-0123456789abcdef0 (web)", l.Name)
		assert.Equal(t, "arn:aws:ec2:eu-west-1:"+own+":instance/i-0123456789abcdef0", l.ARN)
		assert.Equal(t, "asg", l.Tags["aws:autoscaling:groupName"])
		assert.Contains(t, l.Plan[0], "eni-1 the security group alertresponder-quarantine, which lets nothing in or out, in place of sg-1, sg-2")
		require.Len(t, l.Warnings, 4)
		assert.Contains(t, l.Warnings[0], "open and tracked go on")
		assert.Contains(t, l.Warnings[2], "Auto Scaling")
		assert.Contains(t, l.Warnings[3], "web is the instance profile")
		isolated(t, w)
		assert.Empty(t, w.Snapshots)
	},
	"instance, all": func(t *testing.T, w world, l Look) {
		assert.Contains(t, l.Warnings[0], "always tracked")
		isolated(t, w)
		assert.Equal(t, []string{id}, w.Snapshots)
	},
	"instance, alone": func(t *testing.T, w world, _ Look) {
		assert.Equal(t, []string{"sg-1", "sg-2"}, w.Interface["eni-1"].Groups)
		empty(t, w, "eni-3")
	},
	"key": func(t *testing.T, w world, l Look) {
		assert.Equal(t, map[string]string{"AKIAIOSFODNN7EXAMPLE": "Inactive", "AKIAI44QH8DHBEXAMPLE": "Active"}, w.Users["alice"].Keys)
		assert.Equal(t, "arn:aws:iam::"+own+":user/people/alice", l.ARN)
		assert.Equal(t, "shop", l.Tags["Team"])
		assert.Contains(t, l.Warnings[1], "AKIAI44QH8DHBEXAMPLE")
	},
	"user": func(t *testing.T, w world, _ Look) {
		assert.Equal(t, map[string]string{"own": "{}", "AlertResponder-quarantine-" + id: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`}, w.Users["alice"].Policies)
	},
	"role": func(t *testing.T, w world, _ Look) {
		assert.Equal(t, map[string]string{"AlertResponder-quarantine-" + id: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-12-01T04:00:00Z"}}}]}`}, w.Roles["web"].Policies)
	},
	"role, all": func(t *testing.T, w world, _ Look) {
		assert.Equal(t, map[string]string{"AlertResponder-quarantine-" + id: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`}, w.Roles["web"].Policies)
	},
	"bucket": func(t *testing.T, w world, l Look) {
		assert.Equal(t, &[4]bool{true, true, true, true}, w.Buckets["open"].Block)
		assert.Equal(t, "arn:aws:s3:::open", l.ARN)
		assert.Equal(t, "shop", l.Tags["Team"])
	},
	"bucket, half": func(t *testing.T, w world, l Look) {
		assert.Equal(t, &[4]bool{true, true, true, true}, w.Buckets["half"].Block)
		assert.Equal(t, "us-west-2", l.Region)
	},
	"address": func(t *testing.T, w world, l Look) {
		assert.Equal(t, &fakeSet{"IPV4", "bad ones", []string{"198.51.100.0/24", "203.0.113.77/32", "203.0.113.9/32"}, 1}, w.Sets["four"])
		assert.Equal(t, []string{"Put the address into IP set four (REGIONAL)."}, l.Plan)
	},
	"address, long": func(t *testing.T, w world, _ Look) {
		assert.Equal(t, []string{"2001:db8::1/128"}, w.Sets["six"].Addresses)
	},
}

func isolated(t *testing.T, w world) {
	t.Helper()
	empty(t, w, "eni-1")
	empty(t, w, "eni-2")
	assert.NotEqual(t, w.Interface["eni-1"].Groups, w.Interface["eni-2"].Groups, "each VPC has its own")
	assert.Equal(t, []string{"sg-1"}, w.Interface["eni-3"].Groups)
	assert.Equal(t, id, w.Instances["i-0123456789abcdef0"].Tags[tagKey])
	for _, g := range w.Groups {
		assert.NotEqual(t, cutting.name, g.Name)
	}
}

// empty says that an interface has one group, without rules.
func empty(t *testing.T, w world, id string) {
	t.Helper()
	require.Len(t, w.Interface[id].Groups, 1)
	g := w.Groups[w.Interface[id].Groups[0]]
	assert.Equal(t, &fakeGroup{VPC: w.Interface[id].VPC, Name: isolating.name, Tag: "isolation", In: map[string]bool{}, Out: map[string]bool{}}, g)
}

// Whoever is killed between any two calls, with the call done or not, is called again, and in the end all is as if nobody
// had been; undone likewise.
func TestKilledAnywhere(t *testing.T) {
	killed := errors.New("killed")
	for name, target := range targets {
		f := newFake()
		was := f.copy()
		var kept Before
		_, _, err := act(t.Context(), f.actions(), target, &kept)
		require.NoError(t, err)
		want, doing := f.copy(), len(f.asks)
		_, err = f.actions().Undo(t.Context(), id, target, kept, Undoing{})
		require.NoError(t, err)
		undoing := len(f.asks) - doing
		for n := range doing + undoing {
			for _, after := range []bool{false, true} {
				f := newFake()
				var kept Before
				run := func(ctx context.Context) error {
					_, _, err := act(ctx, f.actions(), target, &kept)
					return err
				}
				undo := func(ctx context.Context) error {
					_, err := f.actions().Undo(ctx, id, target, kept, Undoing{})
					return err
				}
				inUndo := n >= doing
				if inUndo {
					require.NoError(t, run(t.Context()))
				}
				ctx, cancel := context.WithCancel(t.Context())
				left := n + 1
				if inUndo {
					left = n - doing + 1
				}
				f.hook = func(_ string, isAfter bool) error {
					if isAfter == after {
						left--
						if left == 0 {
							cancel()
							return killed
						}
					}
					return nil
				}
				var err error
				if inUndo {
					err = undo(ctx)
				} else {
					err = run(ctx)
				}
				require.Error(t, err, "%s, call %d", name, n)
				f.hook = nil
				if !inUndo {
					require.NoError(t, run(t.Context()), "%s, call %d", name, n)
					assert.Equal(t, normal(want), normal(f.copy()), "%s, call %d, after %t", name, n, after)
				}
				require.NoError(t, undo(t.Context()), "%s, call %d", name, n)
				assert.Equal(t, was.plain(), f.copy().plain(), "%s, call %d, after %t", name, n, after)
				cancel()
			}
		}
	}
}

// normal is the world but for how often WAF was written.
func normal(w world) world {
	for _, s := range w.Sets {
		s.Lock = 0
	}
	return w
}

// A caller that goes on with what it kept, without another look, comes to the same end.
func TestAgainWithoutALook(t *testing.T) {
	for name, target := range targets {
		f := newFake()
		was := f.copy()
		var kept Before
		_, _, err := act(t.Context(), f.actions(), target, &kept)
		require.NoError(t, err)
		want := f.copy()
		_, err = f.actions().Do(t.Context(), id, target, kept)
		require.NoError(t, err, name)
		assert.Equal(t, normal(want), normal(f.copy()), name)
		_, err = f.actions().Undo(t.Context(), id, target, kept, Undoing{})
		require.NoError(t, err, name)
		assert.Equal(t, was.plain(), f.copy().plain(), name)
	}
}

// Answers that are lost are asked for again, and what had been done is not done twice. Only of snapshots nobody knows: who is
// called again finds them.
func TestLostAnswers(t *testing.T) {
	lost := errors.New("connection reset")
	for name, target := range targets {
		f := newFake()
		var kept Before
		_, _, err := act(t.Context(), f.actions(), target, &kept)
		require.NoError(t, err)
		want, calls := f.copy(), len(f.asks)
		for n := range calls {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				left, of := n+1, ""
				f.hook = func(action string, after bool) error {
					if after {
						if left--; left == 0 {
							of = action
							return lost
						}
					}
					return nil
				}
				var kept Before
				_, _, err := act(t.Context(), f.actions(), target, &kept)
				if of == "CreateSnapshots" {
					require.Error(t, err, name)
					_, _, err = act(t.Context(), f.actions(), target, &kept)
				}
				require.NoError(t, err, "%s: %s", name, of)
				assert.Equal(t, normal(want), normal(f.copy()), "%s: %s", name, of)
			})
		}
	}
}
