package awslambda

import (
	"os"

	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Delivery gives the settings of an emitter that speaks to a service, from variables of the environment that begin with
// prefix: the key by SecretOrEnv from <prefix>_SECRET_ARN or <prefix>_KEY, another address of the service from <prefix>_URL.
func Delivery(prefix string) (delivery.Settings, error) {
	key, err := SecretOrEnv(prefix+"_SECRET_ARN", prefix+"_KEY")
	if err != nil {
		return delivery.Settings{}, err
	}
	return delivery.Settings{Key: key, Getenv: os.Getenv, BaseURL: os.Getenv(prefix + "_URL")}, nil
}
