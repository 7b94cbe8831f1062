package awslambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// How long a secret is kept, and how soon after it was read it is read again where responder.Refresh wants it: what a
// service has refused for another reason is not to be asked for with each message.
const (
	secretAge     = 5 * time.Minute
	secretRefresh = 10 * time.Second
)

// Secret gives the value of a secret in Secrets Manager, its SecretString as it is. It is read when it is first
// needed and kept for five minutes; with a context of responder.Refresh it is read again, but not within ten seconds.
// Errors name the secret, and never have its value.
//
// Permissions: secretsmanager:GetSecretValue on the secret, and kms:Decrypt where it has a key of one's own.
func Secret(arn string) responder.Secret {
	return (&secret{arn: arn, client: secrets, now: time.Now}).value
}

// SecretOrEnv gives the secret whose ARN stands in the environment variable arnVar, or else the one that stands in
// envVar itself. If both are empty, the error names them.
func SecretOrEnv(arnVar, envVar string) (responder.Secret, error) {
	if arn := strings.TrimSpace(os.Getenv(arnVar)); arn != "" {
		return Secret(arn), nil
	}
	if os.Getenv(envVar) != "" {
		return responder.EnvSecret(envVar), nil
	}
	return nil, fmt.Errorf("environment variable %s: empty, expected the ARN of a secret, or a secret in %s", arnVar, envVar)
}

// secretClient is the part of Secrets Manager that is called.
type secretClient interface {
	GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var secrets = once(func(ctx context.Context) (secretClient, error) {
	c, err := sharedConfig(ctx)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFromConfig(c), nil
})

// secret is one secret with the value that was read last.
type secret struct {
	arn    string
	client func(context.Context) (secretClient, error)
	now    func() time.Time

	mu   sync.Mutex
	held string
	read time.Time // zero: never
}

// value is the responder.Secret.
func (s *secret) value(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := secretAge
	if responder.WantsRefresh(ctx) {
		limit = secretRefresh
	}
	if age := s.now().Sub(s.read); !s.read.IsZero() && age >= 0 && age < limit {
		return s.held, nil
	}
	v, err := s.get(ctx)
	if err != nil {
		return "", fmt.Errorf("secret %.200s: %w", s.arn, err)
	}
	s.held, s.read = v, s.now()
	return v, nil
}

func (s *secret) get(ctx context.Context) (string, error) {
	c, err := s.client(ctx)
	if err != nil {
		return "", err
	}
	out, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.arn})
	if err != nil {
		return "", err
	}
	if out.SecretString == nil || *out.SecretString == "" {
		return "", errors.New("is empty or binary, expected text")
	}
	return *out.SecretString, nil
}
