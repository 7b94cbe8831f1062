package awscontext

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// maxDocument is the length of the longest policy document (AWS Identity and Access Management API Reference, GetRole, on
// AssumeRolePolicyDocument).
const maxDocument = 131072

// policy is what is read of a policy document (AWS Identity and Access Management User Guide, "Grammar of the IAM JSON policy language").
type policy struct {
	Statement oneOrMore[statement]
}

type statement struct {
	Effect       string
	Principal    principals
	NotPrincipal json.RawMessage
	Action       oneOrMore[string]
	NotAction    oneOrMore[string]
	Condition    map[string]map[string]oneOrMore[loose]
}

// parsePolicy reads a document, as it is or percent-encoded: IAM gives it as RFC 3986 has it (AWS Identity and Access Management API
// Reference, GetRole). ok is false for what is none.
func parsePolicy(document string) (p policy, ok bool) {
	if len(document) > 3*maxDocument {
		return policy{}, false
	}
	document = strings.TrimSpace(document)
	if !strings.HasPrefix(document, "{") {
		plain, err := url.PathUnescape(document)
		if err != nil {
			return policy{}, false
		}
		document = plain
	}
	err := json.Unmarshal([]byte(document), &p)
	return p, err == nil && len(p.Statement) > 0
}

// oneOrMore is a value, or a list of them: the grammar allows both nearly everywhere.
type oneOrMore[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *oneOrMore[T]) UnmarshalJSON(b []byte) error {
	var many []T
	if json.Unmarshal(b, &many) == nil {
		*l = many
		return nil
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = oneOrMore[T]{one}
	return nil
}

// loose is a string, or what is written as a number or a boolean.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (t *loose) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		s = string(b)
	}
	*t = loose(s)
	return nil
}

// principals are by kind (AWS, Service, Federated, CanonicalUser) those whom a statement is for. "*" is {"AWS": "*"}.
type principals map[string]oneOrMore[string]

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(b []byte) error {
	var all string
	if json.Unmarshal(b, &all) == nil {
		*p = principals{"AWS": {all}}
		return nil
	}
	var by map[string]oneOrMore[string]
	if err := json.Unmarshal(b, &by); err != nil {
		return err
	}
	*p = by
	return nil
}

// trust is somebody whom a policy lets in.
type trust struct {
	who         string // as it is said to people
	everybody   bool   // in any account
	unproven    bool   // whoever has an identity of a provider that is open to the public
	other       string // the account, where it is another one
	conditional bool
}

// trusted are those whom a document of a resource or a role of an account lets in, each once. Services of AWS and the account itself are
// left out: they say nothing.
func (p policy) trusted(account string) (out []trust) {
	for _, s := range p.Statement {
		if s.Effect != "Allow" {
			continue
		}
		if len(s.NotPrincipal) > 0 && string(s.NotPrincipal) != "null" {
			out = append(out, trust{who: "everybody but some", everybody: true, conditional: len(s.Condition) > 0})
		}
		for _, who := range s.Principal["AWS"] {
			out = append(out, s.ofAWS(who, account))
		}
		for _, who := range s.Principal["Federated"] {
			out = append(out, s.federated(who))
		}
		for _, who := range s.Principal["CanonicalUser"] {
			out = append(out, trust{who: "canonical user " + who})
		}
	}
	out = slices.DeleteFunc(out, func(t trust) bool { return t.who == "" })
	slices.SortFunc(out, func(a, b trust) int { return cmp.Or(b.rank()-a.rank(), cmp.Compare(a.who, b.who)) })
	return slices.Compact(out)
}

// rank puts first whom a person should see first.
func (t trust) rank() (n int) {
	for _, is := range []bool{t.everybody && !t.conditional, t.unproven, t.everybody, t.other != ""} {
		if n *= 2; is {
			n++
		}
	}
	return n
}

func (s statement) ofAWS(who, account string) trust {
	t := trust{who: who, conditional: s.narrowed()}
	if who == "*" {
		t.who, t.everybody = "everybody", true
		return t
	}
	id := who
	if a, ok := parseARN(who); ok {
		id = a.account
		if a.resource == kindRoot {
			t.who = "account " + id
		}
	} else if accountID.MatchString(who) {
		t.who = "account " + who
	} else {
		return t // the id of a user or a role that was deleted
	}
	if id == account {
		return trust{}
	}
	t.other = id
	return t
}

// narrowed says whether a condition leaves out some that the principals let in. That MFA or TLS is wanted leaves out nobody.
func (s statement) narrowed() bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			switch strings.ToLower(key) {
			case "aws:securetransport", "aws:multifactorauthpresent", "aws:multifactorauthage", "lambda:functionurlauthtype", "lambda:invokedviafunctionurl":
				continue
			}
			if positive(operator) && !slices.ContainsFunc(values, isWide) {
				return true
			}
		}
	}
	return false
}

// positive says whether an operator of a condition names those who are let in.
func positive(operator string) bool {
	return !strings.Contains(operator, "Not") && !strings.HasSuffix(operator, "IfExists") && !strings.EqualFold(operator, "Null") &&
		!strings.HasPrefix(strings.ToLower(operator), "forallvalues:")
}

// isWide says whether a pattern leaves nothing out.
func isWide(t loose) bool {
	return strings.Trim(strings.TrimPrefix(string(t), "repo:"), "*?/:") == "" || t == "0.0.0.0/0" || t == "::/0"
}

// openProviders give an identity to everybody who asks, or to each of their customers, so that a role has to say whose it takes
// (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services"; AWS Identity and Access Management User Guide, "Create a role for
// OpenID Connect federation").
var openProviders = []string{
	"token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "oidc.circleci.com", "agent.buildkite.com", "api.bitbucket.org",
	"accounts.google.com", "www.amazon.com", "graph.facebook.com", "appleid.apple.com", "oidc.vercel.com", "api.pulumi.com",
}

// federated: a provider of OpenID Connect is open if its identities are not narrowed down by a claim of their own. That it is for this
// audience says nothing of who asks.
func (s statement) federated(who string) trust {
	provider := who
	if _, name, ok := strings.Cut(who, ":oidc-provider/"); ok {
		provider = name
	} else if _, name, ok := strings.Cut(who, ":saml-provider/"); ok {
		return trust{who: "SAML provider " + name}
	}
	t := trust{who: "OIDC provider " + provider, conditional: s.claims()}
	t.unproven = !t.conditional && slices.ContainsFunc(openProviders, func(open string) bool {
		return provider == open || strings.HasPrefix(provider, open+"/")
	})
	return t
}

// claims says whether a condition looks at a claim of the identity's token other than its audience.
func (s statement) claims() bool {
	for operator, keys := range s.Condition {
		for key, values := range keys {
			at := strings.LastIndexByte(key, ':')
			name := strings.ToLower(key[at+1:])
			if at > 0 && name != "aud" && name != "iss" && name != "azp" && name != "oaud" && positive(operator) && !slices.ContainsFunc(values, isWide) {
				return true
			}
		}
	}
	return false
}
