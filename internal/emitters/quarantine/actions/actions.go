// Package actions is what quarantine does to a resource of AWS, and how it is put back.
//
// in → out: a target → what it is, and how it is (Look); that changed (Do); that put back (Undo).
//
// Each action looks first, without changing anything. What was before is kept by the caller, and then the change is made:
// in this order, for an action that nobody can undo is not done. A call that died anywhere is made again, with what was
// kept: Look, keep, Do. Nothing is done twice, and what was before stays what was before the first time.
//
// Nothing is touched in another account than the function's own.
package actions

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Kind is one of the actions.
type Kind string

// The actions.
const (
	IsolateInstance Kind = "isolate-instance" // all network interfaces of an EC2 instance get a security group that lets nothing in or out
	DeactivateKey   Kind = "deactivate-key"   // an access key of a user
	DenyUser        Kind = "deny-user"        // an IAM user may do nothing
	DenyRole        Kind = "deny-role"        // sessions of a role that are older than the action may do nothing
	BlockBucket     Kind = "block-bucket"     // nothing in a bucket is public
	BlockAddress    Kind = "block-address"    // an address is in IP sets of AWS WAF
)

// Kinds are all actions.
func Kinds() []Kind {
	return []Kind{IsolateInstance, DeactivateKey, DenyUser, DenyRole, BlockBucket, BlockAddress}
}

// Target is what is acted on.
type Target struct {
	Kind Kind `json:"kind"`
	// Value is what an alert calls it: i-…, AKIA…, the name or ARN of a user, a role (or of its session), or a bucket, an address.
	Value string `json:"value"`
	// Account and Region are where the alert says that it is; empty: the function's own.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	Settings
}

// Settings are what a rule says of how.
type Settings struct {
	// Snapshot has the volumes of an instance copied too.
	Snapshot bool `json:"snapshot,omitempty" yaml:"snapshot"`
	// Cut ends connections of an instance that are open. See isolation.go for what that means and costs.
	Cut bool `json:"cut,omitempty" yaml:"cut"`
	// All denies sessions of a role that begin later, too.
	All bool `json:"all,omitempty" yaml:"all"`
	// IPSets are the ARNs of the IP sets of AWS WAF for addresses: of those of its version, each gets it.
	IPSets []string `json:"ip_sets,omitempty" yaml:"ip_sets"`
}

// Before is how a target was before, as this package wrote it. It is at most MaxBefore bytes.
type Before = json.RawMessage

// MaxBefore bounds Before.
const MaxBefore = 32 << 10

// Look is what a target is.
type Look struct {
	// ARN of what is changed; of an access key, of its user. An address has none.
	ARN     string
	Account string
	Region  string
	// Name is for people: EC2 instance i-0123 (web). It has what came from outside, such as the value of a tag.
	Name string
	Tags map[string]string
	// Plan is what Do would do, a sentence each.
	Plan []string
	// Warnings are what it will not stop, and what it may break besides.
	Warnings []string
	// Already says that it is as Do would leave it, and none of our doing: there is nothing to do.
	Already bool
	Before  Before
}

// Done is what was done, a sentence each, and what was left undone that somebody has to know.
type Done struct {
	Did  []string
	Left []string
}

// The kinds of errors. Any other is worth another try.
var (
	// ErrRefused: it cannot or must not be done, whenever it is tried. The text says why.
	ErrRefused = errors.New("refused")
	// ErrDenied: AWS does not allow the call to whoever makes it, until that is mended. The text names the call.
	ErrDenied = errors.New("not allowed")
	// ErrChanged: somebody changed the target after the action, and Undo would overwrite that. The text says what.
	ErrChanged = errors.New("changed since")
)

// Options of New.
type Options struct {
	// Config is the configuration of the account that is acted in.
	Config func(context.Context) (aws.Config, error)
	// Now is time.Now if nil.
	Now func() time.Time
}

// Undoing is how something is put back.
type Undoing struct {
	// Force puts back also over what somebody changed since.
	Force bool
	// Dry changes nothing: Done is what would be done.
	Dry bool
}
