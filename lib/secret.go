package responder

import (
	"context"
	"fmt"
	"os"
)

// Secret gives a secret's value when it is needed. It must never be logged, nor stand in an error.
// An implementation may cache the value; after the service refused it, call again with the context that
// [Refresh] makes.
type Secret func(ctx context.Context) (string, error)

// EnvSecret reads the secret from an environment variable; an error names the variable.
func EnvSecret(name string) Secret {
	return func(context.Context) (string, error) {
		if s := os.Getenv(name); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("secret: environment variable %s is empty", name)
	}
}

type refreshKey struct{}

// Refresh marks ctx so that a Secret reads its value again instead of giving the cached one.
func Refresh(ctx context.Context) context.Context { return context.WithValue(ctx, refreshKey{}, true) }

// WantsRefresh says whether ctx was marked by Refresh.
func WantsRefresh(ctx context.Context) bool { v, _ := ctx.Value(refreshKey{}).(bool); return v }
