package settings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Variable is the variable of the environment with the key, if there is no file with it.
func (e Entry) Variable() string {
	if e.KeyEnv != "" {
		return e.KeyEnv
	}
	return e.Prefix + "_API_KEY"
}

// Settings are what the inspector of an entry is made with. What the file does not say is asked of the environment, as the
// function on AWS does. It is an error if there is no key where one is needed.
func (f File) Settings(e Entry, memory responder.Memory, log *slog.Logger) (shipped.Settings, error) {
	s := shipped.Settings{
		Settings: intel.Settings{Memory: memory, Getenv: f.getenv(e), BaseURL: e.URL},
		Lists:    e.Files, Roles: e.Roles, Region: e.Region, Profile: e.Profile, Log: log,
	}
	if !e.IsService() {
		return s, nil
	}
	if s.BaseURL == "" {
		s.BaseURL = strings.TrimRight(os.Getenv(e.Prefix+"_URL"), "/")
	}
	var err error
	s.Key, err = e.key()
	return s, err
}

// getenv is the environment of the inspector's function.
func (f File) getenv(e Entry) func(string) string {
	said := map[string]string{"OWN_DOMAINS": f.Own}
	if e.IsService() {
		said[e.Prefix+"_LIMITS"] = e.Limits
	}
	return func(name string) string {
		if v := said[name]; v != "" {
			return v
		}
		return os.Getenv(name)
	}
}

// key is where the key is; nil where there is none and none is needed.
func (e Entry) key() (responder.Secret, error) {
	if e.KeyFile != "" {
		key := fileSecret(e.KeyFile)
		if _, err := key(context.Background()); err != nil {
			return nil, fmt.Errorf("%s: key_file: %w", e.ID, err)
		}
		return key, nil
	}
	name := e.Variable()
	switch {
	case os.Getenv(name) != "":
		return responder.EnvSecret(name), nil
	case e.Key == shipped.NeedsKey:
		return nil, fmt.Errorf("%s: environment variable %s: empty, expected your key of %s", e.ID, name, e.Name)
	case e.KeyEnv != "":
		return nil, fmt.Errorf("%s: environment variable %s: empty", e.ID, name)
	}
	return nil, nil
}

// maxKey bounds a file with a key, in bytes.
const maxKey = 4 << 10

// fileSecret reads a key from a file, each time. Errors name the file.
func fileSecret(path string) responder.Secret {
	return func(context.Context) (string, error) {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxKey+1))
		key := strings.TrimSpace(string(text))
		switch {
		case err != nil:
			return "", fmt.Errorf("%s: %w", path, err)
		case key == "" || len(text) > maxKey || strings.ContainsAny(key, "\r\n"):
			return "", fmt.Errorf("%s: expected one line, the key", path)
		}
		return key, nil
	}
}

// Warning is what should be said of an entry, empty for nothing: a file with a key that others of this computer can read.
func (e Entry) Warning() string {
	if e.KeyFile == "" || runtime.GOOS == "windows" {
		return ""
	}
	info, err := os.Stat(e.KeyFile)
	if errors.Is(err, fs.ErrNotExist) || err != nil || info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("%s: others can read this key; chmod 600 it", e.KeyFile)
}
