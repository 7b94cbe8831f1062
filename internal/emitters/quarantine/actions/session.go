package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// session is the work on one target.
type session struct {
	Undoing
	own    *account
	region string
	now    time.Time
	id     string
	done   Done
	fresh  bool // a security group was just made
}

// move goes to where something is said to be; empty: it is not said.
func (s *session) move(accountID, region string) error {
	if accountID != "" && accountID != s.own.id {
		return fmt.Errorf("%w: it is in account %.32q, and not in %s", ErrRefused, accountID, s.own.id)
	}
	if region == "" {
		return nil
	}
	if !awsapi.IsRegion(region) || awsapi.Partition(region) != awsapi.Partition(s.own.config.Region) {
		return fmt.Errorf("%w: region %.32q: none of %s", ErrRefused, region, awsapi.Partition(s.own.config.Region))
	}
	s.region = region
	return nil
}

func (s *session) call(ctx context.Context, c awsapi.Call, out any) error {
	err := awsapi.Client{Config: s.own.config, Region: s.region}.Do(ctx, c, out)
	if awsapi.Denied(err) {
		return fmt.Errorf("%w: %w, in account %s", ErrDenied, err, s.own.id)
	}
	return err
}

// change is a call that changes something, unless only what would be done is asked for.
func (s *session) change(ctx context.Context, c awsapi.Call) error {
	if s.Dry {
		return nil
	}
	return s.call(ctx, c, nil)
}

func (s *session) did(format string, a ...any) {
	s.done.Did = append(s.done.Did, fmt.Sprintf(format, a...))
}

func (s *session) left(format string, a ...any) {
	s.done.Left = append(s.done.Left, fmt.Sprintf(format, a...))
}

// told names the target in an error.
func (s *session) told(t Target, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %.80q: %w", t.Kind, t.Value, err)
}

func refused(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, a...))
}

// arn is partition, service, region, account and resource of an ARN (AWS General Reference, "Amazon Resource Names").
func (s *session) arn(text, service string) (resource string, err error) {
	p := strings.SplitN(text, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != service {
		return "", refused("no ARN of %s", service)
	}
	if p[1] != awsapi.Partition(s.region) {
		return "", refused("it is in partition %.32q", p[1])
	}
	if p[4] == "" && service != "s3" { // whose names are of all accounts together
		return "", refused("an ARN of no account")
	}
	if err := s.move(p[4], p[3]); err != nil {
		return "", err
	}
	return p[5], nil
}

// tagOf is a tag as IAM and S3 spell it.
type tagOf struct{ Key, Value string }

func tagMap(list []tagOf) map[string]string {
	m := map[string]string{}
	for _, t := range list {
		m[t.Key] = t.Value
	}
	return m
}

// sameJSON says whether two texts say the same.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}
