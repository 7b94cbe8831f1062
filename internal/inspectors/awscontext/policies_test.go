package awscontext

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTrusted(t *testing.T) {
	const own = "123456789012"
	for name, c := range map[string]struct {
		statement string
		want      []trust
	}{
		"everybody":               {`"Principal":"*"`, []trust{{who: "everybody", everybody: true}}},
		"everybody, by kind":      {`"Principal":{"AWS":["*"]}`, []trust{{who: "everybody", everybody: true}}},
		"of an organization":      {`"Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, []trust{{who: "everybody", everybody: true, conditional: true}}},
		"with MFA":                {`"Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}`, []trust{{who: "everybody", everybody: true}}},
		"from everywhere":         {`"Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/0"]}}`, []trust{{who: "everybody", everybody: true}}},
		"not from one place":      {`"Principal":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.1"}}`, []trust{{who: "everybody", everybody: true}}},
		"but some":                {`"NotPrincipal":{"AWS":"arn:aws:iam::111111111111:root"}`, []trust{{who: "everybody but some", everybody: true}}},
		"another account":         {`"Principal":{"AWS":["111111111111","arn:aws:iam::222222222222:role/x"]}`, []trust{{who: "account 111111111111", other: "111111111111"}, {who: "arn:aws:iam::222222222222:role/x", other: "222222222222"}}},
		"with an external id":     {`"Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Condition":{"StringEquals":{"sts:ExternalId":"e"}}`, []trust{{who: "account 111111111111", other: "111111111111", conditional: true}}},
		"oneself and services":    {`"Principal":{"AWS":"arn:aws:iam::123456789012:root","Service":"ec2.amazonaws.com"}`, []trust{}},
		"who was deleted":         {`"Principal":{"AWS":"AIDACKCEVSQ6C2EXAMPLE"}`, []trust{{who: "AIDACKCEVSQ6C2EXAMPLE"}}},
		"an open provider":        {`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, []trust{{who: "OIDC provider token.actions.githubusercontent.com", unproven: true}}},
		"a repository":            {`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}`, []trust{{who: "OIDC provider token.actions.githubusercontent.com", conditional: true}}},
		"each repository":         {`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":["repo:o/r:*","repo:*"]}}`, []trust{{who: "OIDC provider token.actions.githubusercontent.com", unproven: true}}},
		"a provider of one's own": {`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"}`, []trust{{who: "OIDC provider oidc.eks.eu-west-1.amazonaws.com/id/A"}}},
		"SAML":                    {`"Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/Okta"}`, []trust{{who: "SAML provider Okta"}}},
		"worst first":             {`"Principal":{"AWS":["111111111111","*"]}`, []trust{{who: "everybody", everybody: true}, {who: "account 111111111111", other: "111111111111"}}},
	} {
		for _, document := range []string{
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` + c.statement + `}]}`,
			`{"Statement":{"Effect":"Allow","Action":["sts:*"],` + c.statement + `}}`,
		} {
			p, ok := parsePolicy(document)
			require.True(t, ok, name)
			assert.Equal(t, c.want, p.trusted(own), name)
			p, ok = parsePolicy(url.PathEscape(document))
			require.True(t, ok, name)
			assert.Equal(t, c.want, p.trusted(own), name)
			p, ok = parsePolicy(strings.ReplaceAll(document, `"Allow"`, `"Deny"`))
			require.True(t, ok, name)
			assert.Empty(t, p.trusted(own), name)
		}
	}
}

func TestNoPolicy(t *testing.T) {
	for _, document := range []string{
		"", "{}", "[]", "null", "%", "%zz", "a b", `{"Statement":[]}`, `{"Statement":"x"}`, `{"Statement":[{"Principal":{"AWS":{}}}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":"*"}]`, `{"Statement":[{"Effect":"Allow"}],"x":"` + strings.Repeat("x", 3*maxDocument) + `"}`,
	} {
		p, ok := parsePolicy(document)
		assert.False(t, ok, "%.50s %v", document, p)
	}
}

// What a document says of whom it lets in is no more than it names, and the same however it is encoded.
func FuzzPolicy(f *testing.F) {
	for _, s := range []string{
		`{"Statement":[{"Effect":"Allow","Principal":"*"}]}`, `{"Statement":{"Effect":"Allow","Principal":{"AWS":["*","111111111111"],"Federated":"x"}}}`,
		`%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%7D%5D%7D`,
		`{"Statement":[{"Effect":"Allow","NotPrincipal":{},"Condition":{"Bool":{"a":true,"b":1}}}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parsePolicy(s)
		if !ok {
			return
		}
		found := p.trusted("123456789012")
		most := 0
		for _, st := range p.Statement {
			most++
			for _, list := range st.Principal {
				most += len(list)
			}
		}
		assert.LessOrEqual(t, len(found), most)
		for _, one := range found {
			assert.NotEmpty(t, one.who)
			assert.NotEqual(t, "123456789012", one.other)
		}
		if strings.HasPrefix(strings.TrimSpace(s), "{") {
			again, ok := parsePolicy(url.PathEscape(strings.TrimSpace(s)))
			assert.True(t, ok)
			assert.Equal(t, found, again.trusted("123456789012"))
		}
	})
}
