package awslambda

import (
	"errors"
	"os"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Intel gives the settings of an inspector that asks a service, from variables of the environment that begin with prefix:
// the key by SecretOrEnv from <prefix>_SECRET_ARN or <prefix>_API_KEY, another address of the service from <prefix>_URL;
// and the Memory of PLUGIN_DATA. All faults are one error.
func Intel(prefix string) (intel.Settings, error) {
	key, fault := SecretOrEnv(prefix+"_SECRET_ARN", prefix+"_API_KEY")
	memory, missing := Memory()
	return intel.Settings{Key: key, Memory: memory, Getenv: os.Getenv, BaseURL: os.Getenv(prefix + "_URL")}, errors.Join(fault, missing)
}
