package security

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/github"
	"github.com/m-mizutani/AlertResponder/internal/emitters/pagerduty"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine"
	"github.com/m-mizutani/AlertResponder/internal/emitters/securityhub"
	"github.com/m-mizutani/AlertResponder/internal/emitters/slack"
	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abusech"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abuseipdb"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/awscontext"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/greynoise"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

const root = "../../"

// setting is what a plugin under attack is made with.
type setting struct {
	t      *testing.T
	client *http.Client // for all that it asks
	log    *slog.Logger
	// canary is to stand in all that is secret: keys, and the paths and queries of addresses.
	canary string
}

// inspector is one of functions/inspectors.
type inspector struct {
	make func(setting) responder.Inspector
	// hosts are those that it may talk to.
	hosts []string
}

// inspectors are those of functions/inspectors, by their folders, each as its function would make it. A new one is a
// line here.
var inspectors = map[string]inspector{
	"watchlist": {make: func(s setting) responder.Inspector {
		w, err := watchlist.New(hostileLists{}, watchlist.Options{Log: s.log})
		require.NoError(s.t, err)
		return w
	}},
	"history": {make: func(s setting) responder.Inspector {
		h, err := history.New(history.Options{Memory: responder.NewMemory()})
		require.NoError(s.t, err)
		return h
	}},
	"awscontext": {make: func(s setting) responder.Inspector {
		i, err := awscontext.New(awscontext.Options{Config: s.aws, Roles: []string{"arn:aws:iam::111122223333:role/context"}})
		require.NoError(s.t, err)
		return i
	}, hosts: []string{
		"sts.eu-west-1.amazonaws.com", "iam.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "elasticloadbalancing.eu-west-1.amazonaws.com",
		"cloudtrail.eu-west-1.amazonaws.com", "cloudtrail.us-east-1.amazonaws.com", "lambda.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com",
	}},
	"virustotal": {make: service(virustotal.New), hosts: []string{"www.virustotal.com"}},
	"abuseipdb":  {make: service(abuseipdb.New), hosts: []string{"api.abuseipdb.com"}},
	"greynoise":  {make: service(greynoise.New), hosts: []string{"api.greynoise.io"}},
	"abusech":    {make: service(abusech.New), hosts: []string{"urlhaus-api.abuse.ch", "threatfox-api.abuse.ch", "mb-api.abuse.ch"}},
}

// service makes an inspector that asks a service with a key.
func service(make func(intel.Settings) (responder.Inspector, error)) func(setting) responder.Inspector {
	return func(s setting) responder.Inspector {
		i, err := make(intel.Settings{Key: secretOf(s.canary), Transport: s.client.Transport})
		require.NoError(s.t, err)
		return i
	}
}

// aws is the configuration of a function, whose credentials are secret.
func (s setting) aws(context.Context) (aws.Config, error) {
	return aws.Config{Region: "eu-west-1", HTTPClient: s.client, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: s.canary, SessionToken: s.canary}, nil
		})}, nil
}

// emitter is one of functions/emitters.
type emitter struct {
	make func(setting) responder.Emitter
	// hosts are those that it may talk to.
	hosts []string
	// dead must not be in what is sent, as the receiver reads it (the texts of its JSON): what would do something
	// there. Nothing where the receiver is a program.
	dead []string
	// marked must not be in texts of several lines, but for code in them: others are titles, in which nothing is markup.
	marked []string
	// answers are those of its service; an empty object where there are none.
	answers http.RoundTripper
	// picky says that it has nothing to do with most alerts, the hostile one among them.
	picky bool
}

// emitters are those of functions/emitters, by their folders. A new one is a line here. What stands behind a hyphen is another way
// to be set up.
var emitters = map[string]emitter{
	"historian": {
		make: func(s setting) responder.Emitter {
			e, err := history.NewHistorian(history.Options{Memory: responder.NewMemory()})
			require.NoError(s.t, err)
			return e
		},
	},
	"webhook": {
		make: func(s setting) responder.Emitter {
			e, err := webhook.New(webhook.Options{
				URL: "https://hooks.example/" + s.canary + "?token=" + s.canary, Secret: secretOf(s.canary), Client: s.client,
			})
			require.NoError(s.t, err)
			return e
		},
		hosts: []string{"hooks.example"},
	},
	"slack": {
		make:  telling(slack.New, "xoxb-", "", map[string]string{"SLACK_CHANNEL": "#alerts"}),
		hosts: []string{"slack.com"}, answers: slack.DryRun(), dead: slackDead,
	},
	"slack-webhook": {
		make:  telling(slack.New, "https://hooks.slack.com/services/T00000000/B00000000/", "", nil),
		hosts: []string{"hooks.slack.com"}, answers: slack.DryRun(), dead: slackDead,
	},
	"pagerduty": {
		make:  telling(pagerduty.New, "", "0123456789abcdef", nil),
		hosts: []string{"events.pagerduty.com"}, answers: pagerduty.DryRun(), dead: notText,
	},
	"github": {
		make:  telling(github.New, "ghp_", "", map[string]string{"GITHUB_REPOSITORY": "example/alerts"}),
		hosts: []string{"api.github.com"}, answers: github.DryRun(), dead: notText,
		marked: []string{"![i](", "<script", "@everyone", " #123"},
	},
	"securityhub": {
		make: acting(func(s setting, getenv func(string) string) (responder.Emitter, error) {
			return securityhub.New(securityhub.Options{Config: s.aws, Memory: responder.NewMemory(), Getenv: getenv})
		}, map[string]string{"SECURITYHUB_ON": "archive"}),
		hosts: []string{"securityhub.eu-west-1.amazonaws.com", "guardduty.eu-west-1.amazonaws.com"}, picky: true,
	},
	"quarantine": {
		make: acting(func(s setting, getenv func(string) string) (responder.Emitter, error) {
			return quarantine.New(quarantine.Options{Config: s.aws, Memory: responder.NewMemory(), Getenv: getenv})
		}, map[string]string{"QUARANTINE_MODE": "on", "QUARANTINE_RULES": ""}),
		hosts: []string{"sts.eu-west-1.amazonaws.com", "iam.amazonaws.com", "ec2.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"}, picky: true,
	},
}

// notText does something wherever a text is shown: a terminal, or a reader who clicks.
var notText = []string{"\x1b", "\u202e", "\u009b", "http://169.254.169.254"}

// slackDead is what Slack makes mentions and links of.
var slackDead = append([]string{"<!channel>", "<!everyone>", "<http://", "<script"}, notText...)

// telling makes an emitter that speaks to a service with a key, in which the canary stands.
func telling(make func(delivery.Settings) (responder.Emitter, error), before, behind string, env map[string]string) func(setting) responder.Emitter {
	return func(s setting) responder.Emitter {
		e, err := make(delivery.Settings{Key: secretOf(before + s.canary + behind), Transport: s.client.Transport, Getenv: func(name string) string { return env[name] }})
		require.NoError(s.t, err)
		return e
	}
}

// acting makes an emitter that calls AWS.
func acting(make func(setting, func(string) string) (responder.Emitter, error), env map[string]string) func(setting) responder.Emitter {
	return func(s setting) responder.Emitter {
		e, err := make(s, func(name string) string { return env[name] })
		require.NoError(s.t, err)
		return e
	}
}

func secretOf(value string) responder.Secret {
	return func(context.Context) (string, error) { return value, nil }
}

// Every plugin that ships is attacked here.
func TestEveryPluginIsAttacked(t *testing.T) {
	assert.Equal(t, folders(t, "functions/inspectors"), slices.Sorted(maps.Keys(inspectors)))
	var ids []string
	for name := range emitters {
		id, _, _ := strings.Cut(name, "-")
		ids = append(ids, id)
	}
	slices.Sort(ids)
	assert.Equal(t, folders(t, "functions/emitters"), slices.Compact(ids))
	for name, e := range emitters {
		assert.Equal(t, name != "historian", len(e.hosts) > 0, "%s: whom it may talk to", name)
	}
}

func folders(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(root + dir)
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// hostileLists are watchlists that an attacker has written into: what they say of the entities of the alert goes
// into pages, reasons and reports.
type hostileLists struct{}

// Lists implements watchlist.Source.
func (hostileLists) Lists(context.Context) ([]watchlist.File, error) {
	file := func(name, text string) watchlist.File {
		return watchlist.File{Path: name, Version: "1", Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(text)), nil
		}}
	}
	const comment = "# <!channel> @everyone #123 \x1b[31m\u202e\u009b ![i](http://169.254.169.254/) {{7*7}} ${x} =cmd()"
	return []watchlist.File{
		file("a\x1b[2J\u202e <!here>.txt", "198.51.100.66 "+comment+"\n169.254.169.254 "+comment+"\n\x00\xff\xfe\n"),
		file("b.csv", "indicator,verdict,score,summary\nc2.attacker.example,malicious,1e999,\"=cmd|'/c calc'!A1 \x1b]0;x\a @everyone\"\n"),
	}, nil
}
