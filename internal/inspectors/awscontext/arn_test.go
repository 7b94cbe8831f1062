package awscontext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestARN(t *testing.T) {
	for text, want := range map[string]arn{
		"arn:aws:iam::123456789012:user/a/b/alice":                      {"aws", "iam", "", "123456789012", "user/a/b/alice"},
		"arn:aws-cn:s3:::a-bucket/key:with:colons":                      {"aws-cn", "s3", "", "", "a-bucket/key:with:colons"},
		"arn:aws:lambda:eu-west-1:123456789012:function:f:live":         {"aws", "lambda", "eu-west-1", "123456789012", "function:f:live"},
		"arn:aws:iam::aws:policy/AdministratorAccess":                   {"aws", "iam", "", "aws", "policy/AdministratorAccess"},
		"arn:aws-us-gov:sts::123456789012:assumed-role/R/i-0123456789a": {"aws-us-gov", "sts", "", "123456789012", "assumed-role/R/i-0123456789a"},
	} {
		got, ok := parseARN(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got)
		assert.Equal(t, text, got.String())
	}
	for _, text := range []string{
		"", "arn", "arn:aws:iam::123456789012:", "arn:aws:iam::12345:user/a", "arn:AWS:iam::123456789012:user/a", "ARN:aws:iam::123456789012:user/a",
		"arn:aws:iam:a b:123456789012:user/a", "arn:aws:iam::123456789012:user/a b", "arn:aws:iam::123456789012:user/a\x00", "arn:aws:iam::*:user/a",
		"arn:aws::::x", "arn::iam::123456789012:user/a", "arn:aws:sqs:eu-west-1.evil.example/:123456789012:q",
		"arn:aws:sns:us-east-1:123456789012:" + strings.Repeat("t", maxARN), "arn:aws:iam::123456789012:user/a\u0085",
	} {
		_, ok := parseARN(text)
		assert.False(t, ok, "%q", text)
	}
}

func TestPrincipalOfARN(t *testing.T) {
	const account = "123456789012"
	for text, want := range map[string]principal{
		"arn:aws:iam::123456789012:root":                                              {kindRoot, "root", "", account},
		"arn:aws:iam::123456789012:user/path/of/alice":                                {kindUser, "alice", "", account},
		"arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceX": {kindRole, "AWSServiceX", "", account},
		"arn:aws:sts::123456789012:assumed-role/Deploy/jane@example.com":              {kindRole, "Deploy", "jane@example.com", account},
		"arn:aws:sts::123456789012:assumed-role/Deploy":                               {kindRole, "Deploy", "", account},
		"arn:aws:sts::123456789012:federated-user/bob":                                {kindFederated, "bob", "", account},
	} {
		a, _ := parseARN(text)
		got, ok := a.principal()
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"arn:aws:iam::123456789012:group/admins", "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:user/a<b>",
		"arn:aws:sts::123456789012:assumed-role/Deploy/s/t", "arn:aws:iam::123456789012:user/", "arn:aws:iam::123456789012:role/" + strings.Repeat("r", 65),
		"arn:aws:s3:::root", "arn:aws:iam::123456789012:root/x", "arn:aws:iam:eu-west-1:123456789012:user/alice",
	} {
		a, _ := parseARN(text)
		_, ok := a.principal()
		assert.False(t, ok, text)
	}
}

// What is taken for an ARN is spelt as it was, and whom it names can be asked for.
func FuzzARN(f *testing.F) {
	for _, s := range []string{"arn:aws:iam::123456789012:user/a", "arn:aws:sts::123456789012:assumed-role/R/s", "arn:aws:s3:::b", "arn:::::", "arn:aws:iam::123456789012:root"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := parseARN(s)
		if !ok {
			assert.Zero(t, a)
			return
		}
		assert.Equal(t, s, a.String())
		kind, name := a.cut()
		assert.LessOrEqual(t, len(kind)+len(name), len(a.resource))
		if p, ok := a.principal(); ok {
			assert.Len(t, p.account, 12)
			assert.True(t, isName(p.name) || p.kind == kindFederated && isSession(p.name), p.name)
			assert.True(t, p.session == "" || isSession(p.session), p.session)
		}
	})
}
