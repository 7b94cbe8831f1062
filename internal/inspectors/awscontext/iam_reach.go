package awscontext

import (
	"context"
	"fmt"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// powers are what an attacker would like to do, in the words of people. One simulation says of all of them whether the identity may do
// it with every resource: by its own policies, inline or attached, those of its groups, and its boundary (AWS Identity and Access
// Management API Reference, SimulatePrincipalPolicy). Reading all those documents would be thirty calls, and IAM reads them better.
var powers = []struct{ action, means string }{
	{"iam:AttachUserPolicy", "change permissions"},
	{"iam:PutRolePolicy", "change permissions"},
	{"iam:CreatePolicyVersion", "change permissions"},
	{"iam:CreateAccessKey", "make credentials"},
	{"iam:CreateLoginProfile", "make credentials"},
	{"iam:PassRole", "hand on any role"},
	{"sts:AssumeRole", "assume any role"},
	{"cloudtrail:StopLogging", "switch off logging"},
	{"guardduty:DeleteDetector", "switch off detection"},
	{"secretsmanager:GetSecretValue", "read all secrets"},
	{"ssm:GetParameter", "read all parameters"},
	{"s3:GetObject", "read all objects"},
	{"s3:DeleteObject", "delete all objects"},
	{"kms:Decrypt", "decrypt with all keys"},
	{"ec2:RunInstances", "start instances"},
	{"ssm:SendCommand", "run commands on all instances"},
	{"lambda:UpdateFunctionCode", "change the code of all functions"},
}

// mighty are managed policies of AWS that matter, where no simulation is allowed.
var mighty = []string{"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"}

// reach is what an identity may do.
type reach struct {
	known    bool
	means    []string // each once, in the order of powers
	all      bool
	policies []string // names of those that are attached, also to groups, and inline ones
}

func (l *look) simulate(ctx context.Context, identity string) (r reach, err error) {
	params := []string{"PolicySourceArn", identity}
	for i, p := range powers {
		params = append(params, fmt.Sprintf("ActionNames.member.%d", i+1), p.action)
	}
	var answer struct {
		Results []struct {
			Action   string `xml:"EvalActionName"`
			Decision string `xml:"EvalDecision"`
			ByOrg    string `xml:"OrganizationsDecisionDetail>AllowedByOrganizations"`
		} `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member"`
	}
	r.known, err = l.also(ctx, awsapi.IAM("SimulatePrincipalPolicy", params...), &answer)
	allowed := map[string]bool{}
	for _, a := range answer.Results {
		allowed[strings.ToLower(a.Action)] = a.Decision == "allowed" && a.ByOrg != "false"
	}
	r.all = len(allowed) > 0
	for _, p := range powers {
		if !allowed[strings.ToLower(p.action)] {
			r.all = false
		} else if !slices.Contains(r.means, p.means) {
			r.means = append(r.means, p.means)
		}
	}
	return r, err
}

// attached adds names of policies, and what is known of AWS's own where nothing better is.
func (r *reach) attached(arns []string) {
	for _, s := range arns {
		a, ok := parseARN(s)
		if !ok {
			r.policies = append(r.policies, text(s))
			continue
		}
		r.policies = append(r.policies, text(a.last()))
		if !r.known && a.account == "aws" && slices.Contains(mighty, a.last()) {
			r.means = append(r.means, "whatever "+a.last()+" allows")
		}
	}
}

func (r *reach) String() string {
	if r.all {
		return "everything that was asked for: " + strings.Join(r.means, ", ")
	}
	return strings.Join(r.means, ", ")
}

// reach says what an identity may do, and by which policies.
func (p *profile) reach(r reach, boundary, but string) {
	slices.Sort(r.policies)
	r.policies = slices.Compact(r.policies)
	if n := len(r.policies); n > 0 {
		p.fact("policies %s", strings.Join(several(r.policies, "…"), ", "))
	} else if r.known {
		p.fact("no policies")
	}
	if a, ok := parseARN(boundary); ok {
		p.fact("boundary %s", text(a.last()))
	}
	if len(r.means) > 0 {
		score := 40.0
		if r.all {
			score = 60
		}
		if but != "" {
			score, but = score+20, "; "+but
		}
		p.signal(privilege, responder.UnknownSignal, score, "%s may, with every resource: %s%s", p.what, r.String(), but)
	}
}
