package awslambda

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook-AbCdEf"

// vault is Secrets Manager with one secret.
type vault struct {
	text   *string
	err    error
	reads  int
	asked  string
	binary []byte
}

func (v *vault) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	v.reads++
	v.asked = *in.SecretId
	return &secretsmanager.GetSecretValueOutput{SecretString: v.text, SecretBinary: v.binary}, v.err
}

// in gives the secret of a vault, and moves its clock.
func (v *vault) in() (responder.Secret, func(time.Duration)) {
	now := time.Unix(1e9, 0)
	s := &secret{arn: arn, now: func() time.Time { return now },
		client: func(context.Context) (secretClient, error) { return v, nil }}
	return s.value, func(d time.Duration) { now = now.Add(d) }
}

func TestSecretIsKept(t *testing.T) {
	v := &vault{text: aws.String(" one\n")}
	get, pass := v.in()
	check := func(ctx context.Context, want string, reads int) {
		t.Helper()
		got, err := get(ctx)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, reads, v.reads)
	}
	ctx, refresh := t.Context(), responder.Refresh(t.Context())
	check(ctx, " one\n", 1) // as it is
	assert.Equal(t, arn, v.asked)
	v.text = aws.String("two")
	pass(secretAge - 1)
	check(ctx, " one\n", 1)
	pass(1)
	check(ctx, "two", 2)

	v.text = aws.String("three")
	pass(secretRefresh - 1)
	check(refresh, "two", 2) // it was read a moment ago
	pass(1)
	check(ctx, "two", 2)
	check(refresh, "three", 3)
	check(refresh, "three", 3)
	check(ctx, "three", 3)
	pass(-time.Hour)
	check(ctx, "three", 4) // the clock was put back
}

func TestSecretThatCannotBeRead(t *testing.T) {
	v := &vault{text: aws.String("hush-hush"), err: errors.New("AccessDeniedException")}
	get, pass := v.in()
	_, err := get(t.Context())
	assert.EqualError(t, err, "secret "+arn+": AccessDeniedException")
	v.err = nil
	got, err := get(t.Context())
	require.NoError(t, err, "a failure is not kept")
	assert.Equal(t, "hush-hush", got)
	pass(secretAge)
	v.err = errors.New("ThrottlingException")
	got, err = get(t.Context())
	assert.Error(t, err)
	respondertest.NoSecret(t, "hush-hush", err, got)

	for _, v := range []*vault{{}, {text: aws.String("")}, {binary: []byte("hush-hush")}} {
		get, _ := v.in()
		_, err := get(t.Context())
		assert.ErrorContains(t, err, "is empty or binary, expected text")
		respondertest.NoSecret(t, "hush-hush", err)
	}
	s := &secret{arn: arn, now: time.Now, client: func(context.Context) (secretClient, error) { return nil, errors.New("no credentials") }}
	_, err = s.value(t.Context())
	assert.EqualError(t, err, "secret "+arn+": no credentials")
}

func TestSecretIsReadOnceForAll(t *testing.T) {
	v := &vault{text: aws.String("x")}
	get, _ := v.in()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { _, _ = get(responder.Refresh(t.Context())) })
	}
	wg.Wait()
	assert.Equal(t, 1, v.reads)
}

func TestSecretOrEnv(t *testing.T) {
	t.Setenv("THE_ARN", "")
	t.Setenv("THE_SECRET", "")
	s, err := SecretOrEnv("THE_ARN", "THE_SECRET")
	assert.Nil(t, s)
	assert.EqualError(t, err, "environment variable THE_ARN: empty, expected the ARN of a secret, or a secret in THE_SECRET")

	t.Setenv("THE_SECRET", "hush-hush")
	s, err = SecretOrEnv("THE_ARN", "THE_SECRET")
	require.NoError(t, err)
	got, err := s(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "hush-hush", got)

	was := secrets
	t.Cleanup(func() { secrets = was })
	v := &vault{text: aws.String("of the vault")}
	secrets = func(context.Context) (secretClient, error) { return v, nil }
	t.Setenv("THE_ARN", " "+arn+" ")
	s, err = SecretOrEnv("THE_ARN", "THE_SECRET")
	require.NoError(t, err)
	got, err = s(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "of the vault", got, "the ARN comes first")
	assert.Equal(t, arn, v.asked)
}

func TestUnfit(t *testing.T) {
	h := Unfit(errors.Join(errors.New("X: empty"), errors.New("Y: empty")))
	for range 2 {
		out, err := h.Invoke(t.Context(), []byte(`{"Records":[]}`))
		assert.Nil(t, out)
		assert.EqualError(t, err, "configuration: X: empty\nY: empty")
	}
}
