package quarantine

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/ledger"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// rules are what QUARANTINE_RULES says. None is that nothing is ever done.
type rules struct {
	ceiling int
	never   never
	list    []rule
}

// never is what is never touched, whatever a rule says.
type never struct {
	tags     []tag
	arns     []string // with * and ?
	accounts []string
	networks []netip.Prefix
}

// rule is who may be acted on, and when.
type rule struct {
	name     string
	actions  []actions.Kind
	severity []responder.Severity
	alerts   []string // the Rule of an alert, with * and ?; none: any
	sources  []string
	accounts []string
	signals  []wanted // each of them has to be there
	contexts []string // the target has one of them; none: any
	tags     []tag    // the target has one of them; none: any

	older      time.Duration
	incomplete bool // also where somebody has not answered, or failed
	disputed   bool // also where somebody says that it is harmless
	settings   actions.Settings
}

// wanted is a signal that has to be there.
type wanted struct {
	verdict    responder.SignalVerdict // or a stronger one
	kinds      []string                // none: any
	inspectors []string                // none: any
	score      int
	atLeast    int  // so many inspectors say it
	alert      bool // of any entity of the alert, and not of the target alone
}

// tag is a tag of a resource of AWS; its value with * and ?.
type tag struct{ key, value string }

// The defaults, and the bounds of what can be said.
const (
	defaultCeiling = 5
	defaultOlder   = time.Hour
	maxOlder       = 7 * 24 * time.Hour
)

// parseRules reads QUARANTINE_RULES. The error has all that is wrong with it.
func parseRules(text string) (rules, error) {
	out := rules{ceiling: defaultCeiling}
	doc, err := document(text)
	if err != nil {
		return out, fmt.Errorf("QUARANTINE_RULES: %w", err)
	}
	if doc == nil {
		return out, nil
	}
	r := &reader{}
	top := r.table(doc, "", "version", "ceiling", "never", "rules")
	if n := top["version"]; n == nil {
		r.fault(doc, "version", "is missing, expected 1")
	} else {
		r.number(n, "version", 1, 1)
	}
	if n := top["ceiling"]; n != nil {
		out.ceiling = r.number(n, "ceiling", 1, ledger.MaxCeiling)
	}
	if n := top["never"]; n != nil {
		out.never = r.never(n)
	}
	if n := top["rules"]; n == nil {
		r.fault(doc, "rules", "is missing, expected a list of rules; leave all of it empty, and nothing is ever done")
	} else {
		out.list = r.rules(n)
	}
	if err := errors.Join(r.faults...); err != nil {
		return rules{}, fmt.Errorf("QUARANTINE_RULES: %w", err)
	}
	return out, nil
}

func (r *reader) rules(n *yaml.Node) (out []rule) {
	names := map[string]bool{}
	for i, e := range r.list(n, "rules", "rules") {
		one := r.rule(e, nth("rules", i))
		if one.name != "" && names[one.name] {
			r.fault(e, sub(nth("rules", i), "name"), "%q is another rule's", one.name)
		}
		names[one.name] = true
		out = append(out, one)
	}
	return out
}

const accountExpected = `an account's 12 digits in quotation marks, such as "111122223333"`

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func (r *reader) never(n *yaml.Node) (out never) {
	f := r.table(n, "never", "tags", "arns", "accounts", "networks")
	if n := f["tags"]; n != nil {
		out.tags = r.tags(n, "never.tags")
	}
	if n := f["arns"]; n != nil {
		out.arns = r.texts(n, "never.arns", "ARNs, which may have * and ?", func(s string) bool { return strings.HasPrefix(s, "arn:") || strings.HasPrefix(s, "*") })
	}
	if n := f["accounts"]; n != nil {
		out.accounts = r.texts(n, "never.accounts", accountExpected, isAccount)
	}
	if n := f["networks"]; n != nil {
		const expected = "networks and addresses, such as 203.0.113.0/24"
		for i, text := range r.texts(n, "never.networks", expected, nil) {
			p, err := network(text)
			if err != nil {
				r.fault(n.Content[min(i, len(n.Content)-1)], nth("never.networks", i), "%.60q, expected %s", text, expected)
			}
			out.networks = append(out.networks, p)
		}
	}
	return out
}

// network is a network, or an address as one. Bits that are not of its mask would mean another network than was written.
func network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err == nil && p != p.Masked() {
		err = errors.New("bits outside of its mask")
	}
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 { // addresses are compared as IPv4
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, err
}

func (r *reader) tags(n *yaml.Node, field string) (out []tag) {
	const expected = `tags as key=value, in which the value may have *, such as "quarantine=never" or "pci=*"`
	for _, text := range r.texts(n, field, expected, func(s string) bool { return strings.Index(s, "=") > 0 }) {
		key, value, _ := strings.Cut(text, "=")
		out = append(out, tag{key, value})
	}
	return out
}

var namePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) })

// rule reads a rule: what it is about first, then what it asks for.
func (r *reader) rule(n *yaml.Node, field string) rule {
	f := r.table(n, field, "name", "actions", "severity", "alerts", "sources", "accounts", "signals", "contexts", "tags", "older",
		"incomplete", "disputed", "snapshot", "cut", "all", "ip_sets")
	out := rule{older: defaultOlder, severity: []responder.Severity{responder.Urgent}}
	for _, name := range []string{"name", "actions", "sources", "accounts", "signals"} {
		if f[name] == nil && n.Kind == yaml.MappingNode {
			r.fault(n, sub(field, name), "is missing, expected %s", map[string]string{
				"name": "a name that reports tell", "actions": "a list of actions", "sources": "a list of who may send the alert, such as [guardduty]",
				"accounts": "a list of accounts", "signals": "a list of signals that have to be there, or none",
			}[name])
		}
	}
	if n := f["name"]; n != nil {
		const expected = "1 to 40 of a-z, 0-9 and -"
		if out.name, _ = r.text(n, sub(field, "name"), expected); out.name != "" && !namePattern().MatchString(out.name) {
			r.fault(n, sub(field, "name"), "%s, expected %s", spelled(n), expected)
		}
	}
	r.about(f, field, &out)
	r.asks(f, field, &out)
	r.how(n, f, field, &out)
	return out
}

// about reads which reports a rule is about.
func (r *reader) about(f map[string]*yaml.Node, field string, out *rule) {
	if n := f["actions"]; n != nil {
		expected := fmt.Sprintf("one of %v", actions.Kinds())
		for _, s := range r.texts(n, sub(field, "actions"), expected, func(s string) bool { return slices.Contains(actions.Kinds(), actions.Kind(s)) }) {
			out.actions = append(out.actions, actions.Kind(s))
		}
	}
	if n := f["severity"]; n != nil {
		out.severity = nil
		for _, s := range r.texts(n, sub(field, "severity"), "urgent or unclassified", func(s string) bool {
			return s == string(responder.Urgent) || s == string(responder.Unclassified)
		}) {
			out.severity = append(out.severity, responder.Severity(s))
		}
	}
	if n := f["alerts"]; n != nil {
		out.alerts = r.texts(n, sub(field, "alerts"), "what alerts call their rule or type, which may have * and ?", nil)
	}
}

// strangers are senders whose users are none of IAM.
var strangers = []string{"falco", "wazuh", "alertmanager", "cloudwatch", "unknown"}

// asks reads what has to be so.
func (r *reader) asks(f map[string]*yaml.Node, field string, out *rule) {
	if n := f["sources"]; n != nil {
		at := sub(field, "sources")
		out.sources = r.texts(n, at, "what sent the alert: guardduty securityhub ocsf cloudwatch falco alertmanager wazuh native aws.<service>, or a mapping's name", func(s string) bool { return !strings.ContainsAny(s, "*? ") })
		for _, kind := range []actions.Kind{actions.DenyUser, actions.DenyRole} {
			for _, s := range out.sources {
				if slices.Contains(out.actions, kind) && slices.Contains(strangers, s) {
					r.fault(n, at, "%q with the action %s: users that it names are none of IAM; expected a rule of its own, without it", s, kind)
				}
			}
		}
	}
	if n := f["accounts"]; n != nil {
		out.accounts = r.texts(n, sub(field, "accounts"), accountExpected, isAccount)
	}
	if n := f["signals"]; n != nil && !(n.Kind == yaml.ScalarNode && n.Value == "none") {
		for i, e := range r.list(n, sub(field, "signals"), "signals that have to be there, or the word none") {
			out.signals = append(out.signals, r.wanted(e, nth(sub(field, "signals"), i)))
		}
	}
	if n := f["contexts"]; n != nil {
		known := []string{responder.ContextSubject, responder.ContextObject, responder.ContextClient, responder.ContextServer}
		out.contexts = r.texts(n, sub(field, "contexts"), "one of "+strings.Join(known, " "), func(s string) bool { return slices.Contains(known, s) })
	}
	if n := f["tags"]; n != nil {
		out.tags = r.tags(n, sub(field, "tags"))
	}
	if n := f["older"]; n != nil {
		const expected = "how old an alert may be, such as 30m or 2h, at most 168h"
		s, ok := r.text(n, sub(field, "older"), expected)
		d, err := time.ParseDuration(s)
		if ok && (err != nil || d <= 0 || d > maxOlder) {
			r.fault(n, sub(field, "older"), "%s, expected %s", spelled(n), expected)
		}
		out.older = d
	}
	for name, into := range map[string]*bool{"incomplete": &out.incomplete, "disputed": &out.disputed} {
		if n := f[name]; n != nil {
			*into = r.flag(n, sub(field, name))
		}
	}
}

func (r *reader) wanted(n *yaml.Node, field string) wanted {
	f := r.table(n, field, "verdict", "kinds", "inspectors", "score", "at_least", "of")
	out := wanted{verdict: responder.Malicious, atLeast: 1}
	word := func(name string, known ...string) string {
		if n := f[name]; n != nil {
			s, ok := r.text(n, sub(field, name), strings.Join(known, " or "))
			if ok && !slices.Contains(known, s) {
				r.fault(n, sub(field, name), "%s, expected %s", spelled(n), strings.Join(known, " or "))
			}
			return s
		}
		return known[0]
	}
	out.verdict = responder.SignalVerdict(word("verdict", string(responder.Malicious), string(responder.Suspicious)))
	out.alert = word("of", "target", "alert") == "alert"
	if n := f["kinds"]; n != nil {
		out.kinds = r.texts(n, sub(field, "kinds"), "kinds of signals, such as reputation or watchlist", nil)
	}
	if n := f["inspectors"]; n != nil {
		out.inspectors = r.texts(n, sub(field, "inspectors"), "names of inspectors", func(s string) bool { return s != ID })
	}
	if n := f["score"]; n != nil {
		out.score = r.number(n, sub(field, "score"), 1, 100)
	}
	if n := f["at_least"]; n != nil {
		out.atLeast = r.number(n, sub(field, "at_least"), 1, 10)
	}
	return out
}

// how reads how actions are done.
func (r *reader) how(of *yaml.Node, f map[string]*yaml.Node, field string, out *rule) {
	for _, s := range []struct {
		name string
		kind actions.Kind
		into *bool
	}{
		{"snapshot", actions.IsolateInstance, &out.settings.Snapshot}, {"cut", actions.IsolateInstance, &out.settings.Cut},
		{"all", actions.DenyRole, &out.settings.All},
	} {
		if n := f[s.name]; n != nil {
			*s.into = r.flag(n, sub(field, s.name))
			r.belongs(n, field, s.name, s.kind, *out)
		}
	}
	if n := f["ip_sets"]; n != nil {
		out.settings.IPSets = r.texts(n, sub(field, "ip_sets"), "ARNs of IP sets of AWS WAF (wafv2)", func(s string) bool {
			return strings.HasPrefix(s, "arn:") && strings.Contains(s, ":wafv2:") && strings.Contains(s, "/ipset/")
		})
		r.belongs(n, field, "ip_sets", actions.BlockAddress, *out)
	} else if slices.Contains(out.actions, actions.BlockAddress) {
		r.fault(of, sub(field, "ip_sets"), "is missing, expected the ARNs of the IP sets that %s puts addresses into", actions.BlockAddress)
	}
}

// belongs: what says how something is done that is never done was meant otherwise.
func (r *reader) belongs(n *yaml.Node, field, name string, kind actions.Kind, out rule) {
	if !slices.Contains(out.actions, kind) {
		r.fault(n, sub(field, name), "is for %s, which is none of this rule's actions", kind)
	}
}
