package render_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/lib/render"
	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

// A link to the AWS console leads to what is there, never to what would be made or done with one more click.
func TestLinksIntoTheConsole(t *testing.T) {
	const host = "https://eu-west-1.console.aws.amazon.com"
	for link, want := range map[string]bool{
		host + "/guardduty/home?region=eu-west-1#/findings?search=id%3D16af":                 true,
		host + "/cloudtrailv2/home?region=eu-west-1#/events?EventName=CreateUser":            true,
		host + "/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-0123456789abcdef0":   true,
		"https://health.aws.amazon.com/health/home#/account/dashboard/open-issues":           true,
		host + "/cloudformation/home#/stacks/quickcreate?templateURL=https://evil.example/t": false,
		host + "//CloudFormation/home":                                   false,
		host + "/%63loudformation/home#/stacks":                          false,
		host + "/cloudshell/home":                                        false,
		host + "/console/logout!doLogout":                                false,
		host + "/iam/home#/roles/cre%61te?trustedEntityType=AWS_ACCOUNT": false,
		host + "/lambda/home#/create/function":                           false,
		host + "/ec2/home#CreateSecurityGroup:":                          false,
		host + "/ec2/home#LaunchInstances:ami=ami-0123":                  false,
		host + "/iam/home%":                                              false,
	} {
		r := rendertest.Named("urgent").Report()
		r.Alert.Link = link
		view := render.Options{}.View(r, "")
		is := false
		for _, l := range view.Links {
			is = is || l.Text == "AWS console"
		}
		assert.Equal(t, want, is, link)
		assert.Contains(t, view.Text(4000), "onsole", "it is told all the same: %s", link)
	}
}
