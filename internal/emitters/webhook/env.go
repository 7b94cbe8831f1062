package webhook

import (
	"errors"
	"fmt"
	"os"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// urlVariable is the environment variable with the URL.
const urlVariable = "WEBHOOK_URL"

// FromEnv makes the emitter of a function: it posts to the URL in WEBHOOK_URL. The secret is given, or why there is
// none. All faults are one error.
func FromEnv(secret responder.Secret, missing error) (responder.Emitter, error) {
	e, err := New(Options{URL: os.Getenv(urlVariable), Secret: secret, Unsigned: missing != nil})
	if err != nil {
		err = fmt.Errorf("environment variable %s: %w", urlVariable, err)
	}
	if err := errors.Join(missing, err); err != nil {
		return nil, err
	}
	return e, nil
}
