package awscontext

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// maxName bounds what CloudTrail and other services say of one thing.
const maxName = 200

// call is one event of CloudTrail, as far as it is looked at.
type call struct {
	service string // iam, without .amazonaws.com
	action  string
	target  string // the first resource
	who     string // the principal, for people
	session string // of a role; else empty
	role    string // ARN of the role that the session is of
	account string
	address string // of the caller, or the name of the service of AWS that called for it
	code    string // of the error; empty where the call was made
	mfa     bool
	writes  bool
	at      time.Time
}

// event is one of the answer of LookupEvents (AWS CloudTrail API Reference, Event).
type event struct {
	EventName       string
	EventSource     string
	EventTime       epoch
	Username        string
	ReadOnly        string
	CloudTrailEvent string
	Resources       []struct{ ResourceType, ResourceName string }
}

// record is the event as CloudTrail keeps it (AWS CloudTrail User Guide, "CloudTrail record contents for management, data, and network
// activity events" and "CloudTrail userIdentity element").
type record struct {
	UserIdentity struct {
		Type, Arn, UserName, InvokedBy, AccountID, PrincipalID string
		SessionContext                                         struct {
			Attributes struct {
				MFAAuthenticated loose
			}
			SessionIssuer struct{ Arn, UserName string }
		}
	}
	SourceIPAddress string
	ErrorCode       string
	EventName       string
	EventSource     string
}

// epoch is a time as AWS JSON 1.1 writes it: seconds since 1970, with a fraction.
type epoch struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (e *epoch) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if seconds > 0 && seconds < 253402300800 { // to the year 9999
		e.Time = time.UnixMilli(int64(seconds * 1000)).UTC()
	}
	return nil
}

// call reads an event. A record that is no JSON leaves what stands beside it.
func (e event) call() call {
	var r record
	if json.Unmarshal([]byte(e.CloudTrailEvent), &r) != nil {
		r = record{}
	}
	u := r.UserIdentity
	c := call{
		service: intel.Clean(strings.TrimSuffix(cmp.Or(e.EventSource, r.EventSource), ".amazonaws.com"), maxName),
		action:  intel.Clean(cmp.Or(e.EventName, r.EventName), maxName), who: intel.Clean(cmp.Or(e.Username, u.UserName, u.InvokedBy), maxName),
		account: u.AccountID, address: intel.Clean(r.SourceIPAddress, maxName), code: intel.Clean(r.ErrorCode, maxName),
		mfa: u.SessionContext.Attributes.MFAAuthenticated == "true", writes: e.ReadOnly == "false", at: e.EventTime.Time,
	}
	if a, ok := parseARN(u.Arn); ok {
		if p, ok := a.principal(); ok {
			c.who, c.session, c.account = p.String(), p.session, p.account
			c.role = u.SessionContext.SessionIssuer.Arn
		}
	}
	for _, r := range e.Resources {
		if r.ResourceName != "" {
			c.target = intel.Clean(r.ResourceName, maxName)
			break
		}
	}
	return c
}

// String is the principal for people: the role and the session, or the name.
func (p principal) String() string {
	if p.session != "" {
		return p.name + "/" + p.session
	}
	return p.name
}

// deniedCodes are those of calls that were not allowed (AWS CloudTrail User Guide, "CloudTrail record contents", on errorCode; Amazon EC2
// API Reference, "Error codes", on UnauthorizedOperation).
var deniedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation", "Client.AccessDenied", "UnauthorizedAccess", "AuthorizationError"}

func (c call) denied() bool { return slices.Contains(deniedCodes, c.code) }

// group is calls that are alike: all but the time.
type group struct {
	call
	count int
	first time.Time // the call has the last
}

// grouped puts calls that are alike together, the latest group first.
func grouped(calls []call) []group {
	by := map[call]*group{}
	for _, c := range calls {
		key := c
		key.at, key.mfa, key.role, key.account, key.session = time.Time{}, false, "", "", ""
		g := by[key]
		if g == nil {
			g = &group{call: c, first: c.at}
			by[key] = g
		}
		g.count++
		if c.at.After(g.at) {
			g.at = c.at
		}
		if c.at.Before(g.first) {
			g.first = c.at
		}
	}
	out := make([]group, 0, len(by))
	for _, g := range by {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b group) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.service, b.service), cmp.Compare(a.action, b.action), cmp.Compare(a.target, b.target),
			cmp.Compare(a.who, b.who), cmp.Compare(a.address, b.address), cmp.Compare(a.code, b.code))
	})
	return out
}
