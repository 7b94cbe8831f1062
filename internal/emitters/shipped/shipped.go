// Package shipped is the list of the emitters that ship and show a report somewhere, by their names.
//
// in → out: the name of an emitter, and settings → the emitter, as its function on AWS has it.
package shipped

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/emitters/github"
	"github.com/m-mizutani/AlertResponder/internal/emitters/pagerduty"
	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine"
	"github.com/m-mizutani/AlertResponder/internal/emitters/securityhub"
	"github.com/m-mizutani/AlertResponder/internal/emitters/slack"
	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Emitter is one that ships.
type Emitter struct {
	ID string
	// KeyVariable is the environment variable that its key stands in; empty: it has none.
	KeyVariable string
	// Example are variables, for what would be sent without settings of one's own; the key's is one of them.
	Example map[string]string
	// Settings are the variables without which it cannot work, and what is expected in each.
	Settings map[string]string
	// DryRun answers as the service does, and does nothing; nil for those that act on AWS.
	DryRun func() http.RoundTripper

	build func(Settings) (responder.Emitter, error)
}

// Settings of an emitter; each takes of them what it has use for.
type Settings struct {
	delivery.Settings
	Memory responder.Memory
	Config func(context.Context) (aws.Config, error)
}

// New makes the emitter. It calls nobody: an error is one of the settings.
func (e Emitter) New(s Settings) (responder.Emitter, error) { return e.build(s) }

// All are the emitters that ship.
func All() []Emitter {
	return []Emitter{
		{ID: slack.ID, KeyVariable: "SLACK_KEY", DryRun: slack.DryRun, build: service(slack.New),
			Example:  map[string]string{"SLACK_KEY": "xoxb-0", "SLACK_CHANNEL": "C0123456789"},
			Settings: map[string]string{"SLACK_KEY": aKey, "SLACK_CHANNEL": "the id of a channel, as C0123456789"}},
		{ID: pagerduty.ID, KeyVariable: "PAGERDUTY_KEY", DryRun: pagerduty.DryRun, build: service(pagerduty.New),
			Example:  map[string]string{"PAGERDUTY_KEY": "00000000000000000000000000000000"},
			Settings: map[string]string{"PAGERDUTY_KEY": aKey}},
		{ID: github.ID, KeyVariable: "GITHUB_KEY", DryRun: github.DryRun, build: service(github.New),
			Example:  map[string]string{"GITHUB_KEY": "github_pat_0", "GITHUB_REPOSITORY": "example/security"},
			Settings: map[string]string{"GITHUB_KEY": aKey, "GITHUB_REPOSITORY": "owner/name, or its URL"}},
		{ID: webhookID, KeyVariable: "WEBHOOK_SECRET", DryRun: anything, build: hook,
			Example:  map[string]string{"WEBHOOK_SECRET": "0", "WEBHOOK_URL": "https://hooks.example/in"},
			Settings: map[string]string{"WEBHOOK_SECRET": aKey, "WEBHOOK_URL": "where to send it"}},
		{ID: securityhub.ID, build: hub},
		{ID: quarantine.ID, build: isolate, Settings: map[string]string{"QUARANTINE_RULES": "its rules, as the text of a YAML file"}},
	}
}

// Find is the emitter of a name.
func Find(id string) (Emitter, bool) {
	all := All()
	n := slices.IndexFunc(all, func(e Emitter) bool { return e.ID == id })
	if n < 0 {
		return Emitter{}, false
	}
	return all[n], true
}

// IDs are the names of all.
func IDs() (ids []string) {
	for _, e := range All() {
		ids = append(ids, e.ID)
	}
	return ids
}

const aKey = "its key; or --dry-run"

// Needs are the variables without which it cannot work, in their order; an incoming webhook of Slack has its channel.
func (e Emitter) Needs(key string) []string {
	names := slices.Sorted(maps.Keys(e.Settings))
	if e.ID == slack.ID && strings.HasPrefix(key, "https://") {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "SLACK_CHANNEL" })
	}
	return names
}

func service(build func(delivery.Settings) (responder.Emitter, error)) func(Settings) (responder.Emitter, error) {
	return func(s Settings) (responder.Emitter, error) { return build(s.Settings) }
}

func hub(s Settings) (responder.Emitter, error) {
	return securityhub.New(securityhub.Options{Config: s.Config, Memory: s.Memory, Getenv: s.Getenv, Now: s.Now})
}

func isolate(s Settings) (responder.Emitter, error) {
	return quarantine.New(quarantine.Options{Config: s.Config, Memory: s.Memory, Getenv: s.Getenv, Now: s.Now})
}

const webhookID = "webhook"

func hook(s Settings) (responder.Emitter, error) {
	return webhook.New(webhook.Options{URL: s.Env("WEBHOOK_URL"), Secret: s.Key, Client: &http.Client{Transport: s.Transport}, Now: s.Now})
}

// anything is a receiver that takes what comes.
func anything() http.RoundTripper { return taker{} }

type taker struct{}

// RoundTrip implements http.RoundTripper.
func (taker) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}
