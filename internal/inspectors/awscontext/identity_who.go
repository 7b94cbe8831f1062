package awscontext

import (
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// elsewhereUsers are the sources of alerts whose users are seldom of IAM: those of machines, clusters and applications.
var elsewhereUsers = lazy(`^(falco|wazuh|alertmanager|cloudwatch)$`)

// machineUsers are accounts that operating systems have; an IAM user may be called so, but a sender who does not know AWS means these.
var machineUsers = []string{"root", "administrator", "admin", "system", "nobody", "ubuntu", "ec2-user", "centos", "debian", "fedora", "www-data",
	"daemon", "guest", "local", "network", "ssm-user", "postgres", "mysql", "nginx", "apache", "bin", "sshd"}

// principalOf says whom of IAM a username may mean; ok is false where it cannot mean anybody there. No call is made for those: each
// would be answered by nothing, and cost the time and the quota of one that is not.
func principalOf(task responder.Task) (p principal, ok bool) {
	a, alert := task.Attribute, task.Alert
	if arn, isARN := parseARN(a.Value); isARN {
		return arn.principal()
	}
	p.name, p.session, ok = strings.Cut(a.Value, "/")
	switch label := strings.ToLower(a.Key); {
	case !isName(p.name) || ok && !isSession(p.session):
		return principal{}, false
	case a.Match(responder.ContextRemote): // of another account, or of none
		return principal{}, false
	case strings.HasPrefix(label, "user of ") || strings.Contains(label, "kubernetes") || strings.Contains(label, "database"):
		return principal{}, false
	case ok || strings.Contains(label, "role"):
		p.kind = kindRole
	}
	ofAWS := alert.Source == "guardduty" || alert.Source == "securityhub" || strings.HasPrefix(alert.Source, "aws.")
	switch {
	case ofAWS || accountID.MatchString(alert.Account):
		if p.name == "root" && p.kind == "" {
			p.kind = kindRoot
		}
		return p, true
	case elsewhereUsers.MatchString(alert.Source) || slices.Contains(machineUsers, strings.ToLower(p.name)):
		return principal{}, false
	}
	return p, true
}
