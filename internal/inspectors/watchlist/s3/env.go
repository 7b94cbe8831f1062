package s3

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/m-mizutani/AlertResponder/internal/awsenv"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The environment: lists in a bucket, or in files and directories. A prefix that is set and empty means the whole
// bucket.
const (
	bucketVariable = "WATCHLIST_BUCKET"
	prefixVariable = "WATCHLIST_PREFIX"
	filesVariable  = "WATCHLIST_FILES" // separated by commas, or as in PATH

	defaultPrefix = "watchlist/"
)

// validBucket is what a bucket can be called (Amazon S3 User Guide, "General purpose bucket naming rules").
var validBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// FromEnv makes the inspector of the lists that the environment names. Files are read at once, a bucket at the first
// look-up. All faults of the environment are one error.
func FromEnv() (responder.Inspector, error) {
	bucket, paths := strings.TrimSpace(os.Getenv(bucketVariable)), list(os.Getenv(filesVariable))
	prefix, ok := os.LookupEnv(prefixVariable)
	if !ok {
		prefix = defaultPrefix
	}
	if err := errors.Join(checkBucket(bucket, prefix), checkFiles(paths), checkOne(bucket, paths)); err != nil {
		return nil, err
	}
	if bucket == "" {
		return inspector(watchlist.Files(paths...), watchlist.Options{})
	}
	return inspector(Source(once(connect), bucket, prefix), watchlist.Options{Lazy: true})
}

func checkOne(bucket string, paths []string) error {
	switch {
	case bucket == "" && len(paths) == 0:
		return fmt.Errorf("environment variable %s: empty, expected a bucket, or paths in %s", bucketVariable, filesVariable)
	case bucket != "" && len(paths) > 0:
		return fmt.Errorf("environment variables %s and %s: expected one of them", bucketVariable, filesVariable)
	}
	return nil
}

func checkBucket(bucket, prefix string) (err error) {
	if bucket != "" && !validBucket.MatchString(bucket) {
		err = fmt.Errorf("environment variable %s: %.80q, expected the name of a bucket", bucketVariable, bucket)
	}
	if strings.HasPrefix(prefix, "/") {
		err = errors.Join(err, fmt.Errorf("environment variable %s: %.80q, expected no / at the beginning", prefixVariable, prefix))
	}
	return err
}

func checkFiles(paths []string) (err error) {
	for _, p := range paths {
		if _, e := os.Stat(p); e != nil {
			err = errors.Join(err, fmt.Errorf("environment variable %s: %w", filesVariable, e))
		}
	}
	return err
}

// inspector is watchlist.New with an interface that is nil where there is an error.
func inspector(s watchlist.Source, o watchlist.Options) (responder.Inspector, error) {
	w, err := watchlist.New(s, o)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func list(s string) (out []string) {
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == os.PathListSeparator }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// connect makes a client of the process's configuration. An endpoint that it names, of a local engine or in a network
// of one's own, need not know the names of buckets as hosts.
func connect(context.Context) (Client, error) {
	c, err := awsenv.Config()
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(c, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // a line of log for each list
	}), nil
}

// once keeps the client that f made first. The loading of lists is the only caller, one at a time.
func once(f func(context.Context) (Client, error)) func(context.Context) (Client, error) {
	var made Client
	return func(ctx context.Context) (Client, error) {
		if made != nil {
			return made, nil
		}
		c, err := f(ctx)
		if err == nil {
			made = c
		}
		return c, err
	}
}
