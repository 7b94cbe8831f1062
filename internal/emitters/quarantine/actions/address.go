package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// addressBlock puts an address into IP sets of AWS WAF, whose rules say what that means.
type addressBlock struct{}

// addressBefore is an address, and the sets that it was not in.
type addressBefore struct {
	Address string   `json:"address"`
	Sets    []string `json:"sets"` // ARNs
}

// maxSets bounds the sets of one action.
const maxSets = 10

// setPattern: AWS WAF in the Service Authorization Reference, "Resource types", ipset.
var setPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(regional|global)/ipset/([\w-]{1,128})/([\w-]{1,36})$`)
})

// ipSet is what GetIPSet says (AWS WAF API Reference).
type ipSet struct {
	arn, scope, name, id string
	Version              string   `json:"IPAddressVersion"`
	Description          string   `json:"Description"`
	Addresses            []string `json:"Addresses"`
	lock                 string
}

func (addressBlock) look(ctx context.Context, s *session, t Target, known before) (l Look, b before, err error) {
	address, err := netip.ParseAddr(t.Value)
	if err != nil || address.Zone() != "" {
		return l, b, refused("no address")
	}
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() || carrier.Contains(address) {
		return l, b, refused("no address of the internet")
	}
	if len(t.IPSets) == 0 || len(t.IPSets) > maxSets {
		return l, b, refused("%d IP sets, expected 1 to %d", len(t.IPSets), maxSets)
	}
	b.Address = &addressBefore{Address: address.String()}
	fits := 0
	for _, arn := range t.IPSets {
		set, err := s.ipSet(ctx, arn)
		if err != nil {
			return l, b, err
		}
		if set.isIPv6() != address.Is6() {
			continue
		}
		fits++
		if !set.covers(address) || known.Address != nil && slices.Contains(known.Address.Sets, arn) {
			b.Address.Sets = append(b.Address.Sets, arn)
			l.Plan = append(l.Plan, "Put the address into IP set "+set.name+" ("+set.scope+").")
		}
	}
	if fits == 0 {
		return l, b, refused("none of the IP sets is for addresses of its version")
	}
	l.Name, l.Already = "address "+address.String(), len(b.Address.Sets) == 0
	l.Warnings = []string{"What is behind the address besides is shut out too; a web ACL has to use the set."}
	return l, b, nil
}

// carrier is RFC 6598, addresses that carriers share.
var carrier = netip.MustParsePrefix("100.64.0.0/10")

func (i ipSet) isIPv6() bool { return i.Version == "IPV6" }

// covers says whether the address, or a network that it is in, is in the set.
func (i ipSet) covers(a netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses, func(text string) bool {
		p, err := netip.ParsePrefix(text)
		return err == nil && p.Contains(a)
	})
}

// ipSet reads a set. Those of CloudFront are in the first region of the partition.
func (s *session) ipSet(ctx context.Context, arn string) (set ipSet, err error) {
	resource, err := s.arn(arn, "wafv2")
	if err != nil {
		return set, err
	}
	m := setPattern().FindStringSubmatch(resource)
	if m == nil {
		return set, refused("%.120q: no ARN of an IP set", arn)
	}
	set = ipSet{arn: arn, scope: map[string]string{"regional": "REGIONAL", "global": "CLOUDFRONT"}[m[1]], name: m[2], id: m[3]}
	var answer struct {
		IPSet     json.RawMessage
		LockToken string
	}
	err = s.call(ctx, awsapi.WAF("GetIPSet", map[string]string{"Name": set.name, "Scope": set.scope, "Id": set.id}), &answer)
	if awsapi.NotFound(err) {
		return set, refused("there is no IP set %s", set.name)
	}
	if err != nil {
		return set, err
	}
	set.lock = answer.LockToken
	if json.Unmarshal(answer.IPSet, &set) != nil {
		return set, fmt.Errorf("wafv2:GetIPSet: no IP set in the answer")
	}
	return set, nil
}

func (addressBlock) do(ctx context.Context, s *session, _ Target, b before) error {
	address, err := b.address()
	if err != nil {
		return err
	}
	for _, arn := range b.Address.Sets {
		name, err := s.update(ctx, arn, func(set ipSet) ([]string, bool) {
			if set.covers(address) {
				return nil, false
			}
			return append(set.Addresses, single(address)), true
		})
		if err != nil {
			return err
		}
		s.did("Address %s is in IP set %s.", address, name)
	}
	return nil
}

func (b before) address() (netip.Addr, error) {
	if b.Address == nil {
		return netip.Addr{}, errForeign
	}
	a, err := netip.ParseAddr(b.Address.Address)
	if err != nil {
		return a, errForeign
	}
	return a, nil
}

func (addressBlock) undo(ctx context.Context, s *session, b before) error {
	address, err := b.address()
	if err != nil {
		return err
	}
	for _, arn := range b.Address.Sets {
		was := false
		name, err := s.update(ctx, arn, func(set ipSet) ([]string, bool) {
			without := slices.DeleteFunc(slices.Clone(set.Addresses), func(text string) bool { return same(text, address) })
			was = len(without) < len(set.Addresses)
			return without, was
		})
		if errors.Is(err, ErrRefused) {
			s.left("Address %s cannot be taken out of %s: %v", address, arn, err)
			continue
		}
		if err != nil {
			return err
		}
		if was {
			s.did("Address %s is taken out of IP set %s.", address, name)
		} else {
			s.did("Address %s is not in IP set %s any more.", address, name)
		}
	}
	return nil
}

// tries bounds how often a set is read again because somebody else changed it meanwhile.
const tries = 6

// update changes the addresses of a set as they are now: whoever changes it at the same time wins or loses as a whole (AWS
// WAF API Reference, UpdateIPSet, LockToken).
func (s *session) update(ctx context.Context, arn string, how func(ipSet) ([]string, bool)) (name string, err error) {
	for try := range tries {
		set, err := s.ipSet(ctx, arn)
		if err != nil {
			return "", err
		}
		addresses, changed := how(set)
		if !changed {
			return set.name, nil
		}
		in := map[string]any{"Name": set.name, "Scope": set.scope, "Id": set.id, "LockToken": set.lock, "Addresses": addresses}
		if set.Description != "" {
			in["Description"] = set.Description
		}
		err = s.change(ctx, awsapi.WAF("UpdateIPSet", in))
		switch {
		case err == nil:
			return set.name, nil
		case awsapi.Is(err, "WAFLimitsExceededException"):
			return "", refused("IP set %s is full", set.name) // 10,000 addresses: AWS WAF Developer Guide, "AWS WAF quotas"
		case awsapi.NotFound(err):
			return "", refused("there is no IP set %s", set.name)
		case !awsapi.Is(err, "WAFOptimisticLockException") || try == tries-1:
			return "", err
		}
		if err := pause(ctx, time.Duration(50<<try)*time.Millisecond); err != nil {
			return "", err
		}
	}
	return "", nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// single is the address as a network of its own, which is all that a set takes.
func single(a netip.Addr) string { return netip.PrefixFrom(a, a.BitLen()).String() }

// same says whether an entry of a set is this address alone: WAF may spell an IPv6 address otherwise.
func same(text string, a netip.Addr) bool {
	p, err := netip.ParsePrefix(strings.TrimSpace(text))
	return err == nil && p.Addr() == a && p.Bits() == a.BitLen()
}
