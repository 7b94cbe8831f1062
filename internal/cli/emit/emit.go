// Package emit sends one report by one emitter, or shows what it would send.
//
// in → out: the name of a shipped emitter, and a report → the requests that it makes, or what became of them.
package emit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptrace"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/emitters/shipped"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Command is the command line of emit.
type Command struct {
	Name    string `arg:"" help:"The emitter: slack pagerduty github webhook securityhub quarantine."`
	Report  string `required:"" placeholder:"FILE" help:"A report as JSON: of local -o json, report -o json, or a message of ReportNotification; - is standard input."`
	DryRun  bool   `help:"Show what would be sent, and send nothing. Needs no key."`
	Receipt string `placeholder:"FILE" help:"Where the receipt is kept: sent again with it, what was sent is updated."`
	Output  string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one request or outcome a line (otherwise)."`

	// Config is the AWS configuration, for emitters that act on AWS; Memory what they remember.
	Config func(context.Context) (aws.Config, error) `kong:"-"`
	Memory responder.Memory                          `kong:"-"`
}

// Help is the detailed help.
func (Command) Help() string {
	return `Settings stand in the variables that the emitter's function has, and in none of them is a key that is read from elsewhere:

    slack        SLACK_KEY (a bot token, or an incoming webhook's URL), SLACK_CHANNEL, SLACK_OPTIONS
    pagerduty    PAGERDUTY_KEY (an integration key), PAGERDUTY_OPTIONS
    github       GITHUB_KEY (a token, or the JSON of an app), GITHUB_REPOSITORY, GITHUB_OPTIONS
    webhook      WEBHOOK_SECRET, WEBHOOK_URL
    securityhub  SECURITYHUB_ON; the AWS configuration as the aws command has it
    quarantine   QUARANTINE_RULES; likewise. Here it only looks, and says what it would do
    all          REPORT_URL, LINK_HOSTS; SLACK_URL, PAGERDUTY_URL or GITHUB_URL for another address of the service

A receipt is what makes of a second notification an update. Without --receipt a report is sent as if it were the first time.

Examples:

    alertresponder local -o json finding.json > report.json
    alertresponder emit slack --report report.json --dry-run
    SLACK_KEY=xoxb-... SLACK_CHANNEL=C0123456789 alertresponder emit slack --report report.json --receipt slack.json
    alertresponder report --stack alertresponder -o json REPORT_ID | alertresponder emit github --report - --dry-run -o json

Exit codes: 0 sent, or shown; 1 it could not be sent, or not now, when is told; 2 bad usage, also a missing setting.`
}

// timeout is that of a function.
const timeout = time.Minute

// Run is the command.
func (c *Command) Run(ctx context.Context, con *console.Console) error {
	who, ok := shipped.Find(c.Name)
	if !ok {
		return console.Usage(fmt.Errorf("emitter: %q, expected one of %s", c.Name, strings.Join(shipped.IDs(), " ")))
	}
	report, err := readReport(con, c.Report)
	if err != nil {
		return err
	}
	prev, err := c.receipt()
	if err != nil {
		return err
	}
	wire := &recorder{}
	emitter, err := c.emitter(who, wire)
	if err != nil {
		return console.Usage(err)
	}
	con.Progress("sending to " + who.ID)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ctx, asked := counted(ctx)
	pages, receipt, err := call(ctx, emitter, report, prev)
	con.Progress("")
	if c.DryRun {
		return errors.Join(c.show(con, wire.requests, pages, err == nil), failure(err))
	}
	if kept := c.keep(receipt); kept != nil {
		err = errors.Join(err, kept)
	}
	if err != nil {
		return failure(err)
	}
	return c.sent(con, outcome{who.ID, asked.Load(), receipt, pages})
}

// emitter is made as its function makes it.
func (c *Command) emitter(who shipped.Emitter, wire *recorder) (responder.Emitter, error) {
	s := shipped.Settings{Memory: c.Memory, Config: c.Config}
	s.Getenv = environment
	if c.DryRun {
		s.Getenv = dry(who)
		if who.DryRun != nil {
			wire.next = who.DryRun()
			s.Transport = wire
		}
		s.Config = wire.on(c.Config)
	}
	if err := complete(who, s); err != nil {
		return nil, err
	}
	if who.KeyVariable != "" {
		s.Key = func(context.Context) (string, error) { return s.Env(who.KeyVariable), nil }
		s.BaseURL = s.Env(strings.TrimSuffix(who.KeyVariable, "_KEY") + "_URL")
	}
	if s.Memory == nil {
		s.Memory = responder.NewMemory()
	}
	return who.New(s)
}

// complete says which setting is missing.
func complete(who shipped.Emitter, s shipped.Settings) error {
	for _, name := range who.Needs(s.Env(who.KeyVariable)) {
		if s.Env(name) == "" {
			return fmt.Errorf("%s: environment variable %s: empty, expected %s", who.ID, name, who.Settings[name])
		}
	}
	return nil
}

// counted counts the requests that are written on the way.
func counted(ctx context.Context) (context.Context, *atomic.Int64) {
	var n atomic.Int64
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) {
		if i.Err == nil {
			n.Add(1)
		}
	}}), &n
}

// environment is that of the process. Quarantine only looks: what it does has to be in the ledger of a stack.
func environment(name string) string {
	if name == "QUARANTINE_MODE" {
		return "dry-run"
	}
	return os.Getenv(name)
}

// dry is the environment of what sends nothing: with settings of an example where there are none, and the key of the example.
func dry(who shipped.Emitter) func(string) string {
	return func(name string) string {
		value := environment(name)
		switch {
		case name == who.KeyVariable && !strings.HasPrefix(value, "https://"), value == "":
			return who.Example[name]
		case name == who.KeyVariable:
			return "https://hooks.slack.com/services/T00000000/B00000000/000000000000000000000000"
		}
		return value
	}
}

func call(ctx context.Context, e responder.Emitter, r responder.Report, prev responder.Receipt) ([]responder.Page, responder.Receipt, error) {
	if a, ok := e.(responder.Actor); ok {
		return a.Act(ctx, r, prev)
	}
	receipt, err := e.Emit(ctx, r, prev)
	return nil, receipt, err
}

// failure says when to come again.
func failure(err error) error {
	if d, ok := responder.RetryDelay(err); ok {
		return fmt.Errorf("%w; to be tried again in %s", err, d)
	}
	return err
}

// readReport reads a report; one of several lines is the last.
func readReport(con *console.Console, file string) (r responder.Report, err error) {
	text, err := con.Read(file)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, console.Usage(fmt.Errorf("%s: no report: %w", console.Name(file), err))
	}
	if r.ReportID == "" || r.Seq <= 0 {
		return r, console.Usage(fmt.Errorf("%s: report_id or seq: missing, expected a report as `report -o json` prints it", console.Name(file)))
	}
	if err := responder.CheckVersion(r.V); err != nil {
		return r, console.Usage(fmt.Errorf("%s: %w", console.Name(file), err))
	}
	return r, nil
}

// receipt is the one that is kept; none at first.
func (c *Command) receipt() (r responder.Receipt, err error) {
	if c.Receipt == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Receipt)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		if err = json.Unmarshal(text, &r); err != nil {
			err = console.Usage(fmt.Errorf("--receipt: %w", err))
		}
	}
	return r, err
}

// keep writes the receipt where it is kept, also when an error came with it.
func (c *Command) keep(r responder.Receipt) error {
	if c.Receipt == "" || r == nil || c.DryRun {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(c.Receipt, append(text, '\n'), 0o600)
}
