package actions

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing is changed of another account, of AWS, of who acts, nor where a value is none.
func TestRefused(t *testing.T) {
	sets := Settings{IPSets: []string{set4, set6}}
	for _, c := range []struct {
		target Target
		want   string
	}{
		{Target{Kind: "explode"}, "expected one of"},
		{Target{Kind: DenyUser, Value: "alice", Account: "999988887777"}, "it is in account"},
		{Target{Kind: DenyUser, Value: "alice", Region: "cn-north-1"}, "region"},
		{Target{Kind: DenyUser, Value: "arn:aws:iam::999988887777:user/alice"}, "it is in account"},
		{Target{Kind: DenyUser, Value: "arn:aws:iam:::user/alice"}, "an ARN of no account"},
		{Target{Kind: DenyUser, Value: "arn:aws:iam::" + own + ":root"}, "no ARN of a user"},
		{Target{Kind: DenyUser, Value: "root"}, "there is no such user"},
		{Target{Kind: DenyUser, Value: "arn:aws:sts::" + own + ":federated-user/alice"}, "no ARN of iam"},
		{Target{Kind: DenyUser, Value: "a/b"}, "no name of a user"},
		{Target{Kind: DenyRole, Value: "arn:aws:sts::" + own + ":federated-user/alice"}, "no ARN of a role"},
		{Target{Kind: DenyRole, Value: "arn:aws:sts::" + own + ":assumed-role/alertresponder-Quarantine/f"}, "quarantine acts as this role itself"},
		{Target{Kind: DenyRole, Value: "alertresponder-Quarantine"}, "quarantine acts as this role itself"},
		{Target{Kind: DenyRole, Value: "AWSServiceRoleForSupport"}, "a role that AWS manages"},
		{Target{Kind: DenyRole, Value: "arn:aws:iam::" + own + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0"}, "a role that AWS manages"},
		{Target{Kind: DeactivateKey, Value: "ASIAIOSFODNN7EXAMPLE"}, "a temporary key"},
		{Target{Kind: DeactivateKey, Value: "AKIAROOTROOTROOTROOT"}, "root user"},
		{Target{Kind: DeactivateKey, Value: "AKIANOBODYSKEY000000"}, "no such key"},
		{Target{Kind: DeactivateKey, Value: "x"}, "no access key"},
		{Target{Kind: IsolateInstance, Value: "i-0123456789abcdef9"}, "no such instance"},
		{Target{Kind: IsolateInstance, Value: "i-1; rm"}, "no instance"},
		{Target{Kind: IsolateInstance, Value: "arn:aws:ec2:eu-west-1:999988887777:instance/i-0123456789abcdef0"}, "it is in account"},
		{Target{Kind: BlockBucket, Value: "../x"}, "no name of a bucket"},
		{Target{Kind: BlockBucket, Value: "nowhere"}, "no such bucket"},
		{Target{Kind: BlockAddress, Value: "10.0.0.1", Settings: sets}, "no address of the internet"},
		{Target{Kind: BlockAddress, Value: "100.64.0.1", Settings: sets}, "no address of the internet"},
		{Target{Kind: BlockAddress, Value: "::ffff:127.0.0.1", Settings: sets}, "no address of the internet"},
		{Target{Kind: BlockAddress, Value: "203.0.113.0/24", Settings: sets}, "no address"},
		{Target{Kind: BlockAddress, Value: "203.0.113.1"}, "0 IP sets"},
		{Target{Kind: BlockAddress, Value: "203.0.113.1", Settings: Settings{IPSets: []string{set6}}}, "of its version"},
		{Target{Kind: BlockAddress, Value: "203.0.113.1", Settings: Settings{IPSets: []string{"arn:aws:wafv2:eu-west-1:999988887777:regional/ipset/four/id-four"}}}, "it is in account"},
	} {
		f := newFake()
		was := f.copy()
		_, err := f.actions().Look(t.Context(), c.target, nil)
		require.ErrorIs(t, err, ErrRefused, "%v", c.target)
		assert.ErrorContains(t, err, c.want)
		assert.Equal(t, was, f.copy())
	}
	f := newFake()
	_, err := f.actions().Look(t.Context(), Target{Kind: BlockBucket, Value: "others"}, nil)
	assert.ErrorIs(t, err, ErrDenied, "S3 does not say whose it is")
}

// Who acts as a user leaves that user and its keys alone, also when it goes on with what was kept.
func TestSelf(t *testing.T) {
	for _, name := range []string{"key", "user"} {
		f := newFake()
		var kept Before
		l, err := f.actions().Look(t.Context(), targets[name], nil)
		require.NoError(t, err)
		kept = l.Before
		f.who = "arn:aws:iam::" + own + ":user/people/Alice"
		was := f.copy()
		_, err = f.actions().Look(t.Context(), targets[name], nil)
		assert.ErrorIs(t, err, ErrRefused)
		_, err = f.actions().Do(t.Context(), id, targets[name], kept)
		assert.ErrorIs(t, err, ErrRefused)
		assert.Equal(t, was, f.copy())
	}
}

// What somebody changed since is not overwritten, unless that is asked for.
func TestChangedSince(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"instance": func(f *fake) { f.Interface["eni-2"].Groups = []string{"sg-4"} },
		"user":     func(f *fake) { f.Users["alice"].Policies[policyPrefix+id] = `{"Statement":[]}` },
		"role":     func(f *fake) { f.Roles["web"].Policies[policyPrefix+id] = "no JSON" },
		"bucket":   func(f *fake) { f.Buckets["open"].Block = &[4]bool{true, true, false, false} },
	} {
		f := newFake()
		f.Groups["sg-4"] = &fakeGroup{VPC: "vpc-2", Name: "c", In: map[string]bool{}, Out: map[string]bool{}}
		was := f.copy()
		var kept Before
		_, _, err := act(t.Context(), f.actions(), targets[name], &kept)
		require.NoError(t, err, name)
		change(f)
		changed := f.copy()
		_, err = f.actions().Undo(t.Context(), id, targets[name], kept, Undoing{})
		require.ErrorIs(t, err, ErrChanged, name)
		assert.Equal(t, changed, f.copy(), name)
		_, err = f.actions().Undo(t.Context(), id, targets[name], kept, Undoing{Force: true})
		require.NoError(t, err, name)
		assert.Equal(t, was.plain(), f.copy().plain(), name)
	}
}

// What is gone cannot be put back, and is told; a security group that is gone keeps its interface isolated.
func TestGone(t *testing.T) {
	f := newFake()
	var kept Before
	_, _, err := act(t.Context(), f.actions(), targets["instance"], &kept)
	require.NoError(t, err)
	delete(f.Groups, "sg-2")
	_, err = f.actions().Undo(t.Context(), id, targets["instance"], kept, Undoing{})
	require.ErrorIs(t, err, ErrChanged)
	assert.ErrorContains(t, err, "eni-1 stays isolated, for of its security groups sg-2 is gone")
	assert.Equal(t, []string{"sg-3"}, f.copy().Interface["eni-2"].Groups)
	d, err := f.actions().Undo(t.Context(), id, targets["instance"], kept, Undoing{Force: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"sg-1"}, f.copy().Interface["eni-1"].Groups)
	assert.Equal(t, []string{"Security groups of network interface eni-1 are gone: sg-2."}, d.Left)

	f = newFake()
	kept = nil
	_, _, err = act(t.Context(), f.actions(), targets["key"], &kept)
	require.NoError(t, err)
	delete(f.Users["alice"].Keys, "AKIAIOSFODNN7EXAMPLE")
	d, err = f.actions().Undo(t.Context(), id, targets["key"], kept, Undoing{})
	require.NoError(t, err)
	assert.Len(t, d.Left, 1)
}

// An interface that was moved to another instance between two attempts is not isolated there, but is put back.
func TestMovedInterface(t *testing.T) {
	f := newFake()
	was := f.copy()
	l, err := f.actions().Look(t.Context(), targets["instance"], nil)
	require.NoError(t, err)
	f.Interface["eni-2"].Instance = "i-0123456789abcdef1"
	kept := l.Before
	_, d, err := act(t.Context(), f.actions(), targets["instance"], &kept)
	require.NoError(t, err)
	assert.Len(t, d.Left, 1)
	assert.Equal(t, []string{"sg-3"}, f.copy().Interface["eni-2"].Groups)
	_, err = f.actions().Undo(t.Context(), id, targets["instance"], kept, Undoing{})
	require.NoError(t, err)
	f.Interface["eni-2"].Instance = "i-0123456789abcdef0"
	assert.Equal(t, was.plain(), f.copy().plain())

	f.Groups["sg-4"] = &fakeGroup{VPC: "vpc-2", Name: "c"}
	f.Interface["eni-2"].Groups = []string{"sg-4"}
	d, err = f.actions().Undo(t.Context(), id, targets["instance"], kept, Undoing{})
	require.NoError(t, err)
	assert.Len(t, d.Left, 1)
	assert.Equal(t, []string{"sg-4"}, f.copy().Interface["eni-2"].Groups, "what it got elsewhere it keeps")
}

// An instance that stands open in the group for cutting, by whomever, is not isolated.
func TestLeftOpen(t *testing.T) {
	f := newFake()
	f.Groups["sg-c"] = &fakeGroup{VPC: "vpc-1", Name: cutting.name, In: map[string]bool{"-1 0.0.0.0/0": true}, Out: map[string]bool{}}
	f.Interface["eni-1"].Groups = []string{"sg-c"}
	delete(f.Interface, "eni-2")
	var kept Before
	l, _, err := act(t.Context(), f.actions(), targets["instance"], &kept)
	require.NoError(t, err)
	assert.False(t, l.Already)
	w := f.copy()
	require.Len(t, w.Interface["eni-1"].Groups, 1)
	assert.Equal(t, isolating.name, w.Groups[w.Interface["eni-1"].Groups[0]].Name)
	_, err = f.actions().Undo(t.Context(), id, targets["instance"], kept, Undoing{})
	require.NoError(t, err)
	assert.Equal(t, []string{"sg-c"}, f.copy().Interface["eni-1"].Groups)
}

// A group to which somebody added a rule for everywhere isolates nothing, and is not given to anybody.
func TestSpoiledGroup(t *testing.T) {
	f := newFake()
	f.Groups["sg-q"] = &fakeGroup{VPC: "vpc-1", Name: isolating.name, In: map[string]bool{"tcp 0.0.0.0/0": true}, Out: map[string]bool{}}
	var kept Before
	_, _, err := act(t.Context(), f.actions(), targets["instance"], &kept)
	require.ErrorIs(t, err, ErrRefused)
	assert.Equal(t, []string{"sg-1", "sg-2"}, f.copy().Interface["eni-1"].Groups)
	assert.Len(t, f.copy().Interface["eni-2"].Groups, 1, "the other VPC's is isolated all the same")
}
