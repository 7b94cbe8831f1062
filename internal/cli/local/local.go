// Package local runs alerts through the whole pipeline in this process.
//
// in → out: files as the receptor would get them → reports as they are after their last verdict, as text or as
// lines of JSON.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/mappings"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Command is the command line of local.
type Command struct {
	Files     []string `arg:"" optional:"" name:"file" help:"Messages, one each; - is standard input, also the default where something is piped in."`
	Output    string   `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one report a line (otherwise)."`
	Watchlist []string `sep:"none" placeholder:"FILE" help:"A list of indicators to look attributes up in. Repeatable."`
	Mapping   string   `placeholder:"FILE" help:"A mapping file, for messages of senders of your own."`
	Config    string   `placeholder:"FILE" help:"A configuration file with the inspectors to ask, with keys of your own."`
	Wait      *wait    `placeholder:"TIME" help:"How long to wait for services that say to come again later, such as 30s; until the deadline if not given."`
	Webhook   []string `sep:"none" placeholder:"URL" help:"POST reports there (a notice only where no verdict has overtaken it), signed with the secret in ALERTRESPONDER_WEBHOOK_SECRET. Repeatable."`
}

// Help is the detailed help.
func (Command) Help() string {
	return `Each FILE is one message, as a sender would publish it: an alert, a finding, an alarm, JSON lines, any
text; or a whole event as Lambda would hand it over, from SNS or SQS. What nobody can read is kept as an alert too.

The clock waits for nothing: a report is printed as it is after its last verdict, with the original messages.

With --config the inspectors that ship ask the real services, with your own keys:

    inspectors:
      virustotal: {key_env: MY_VT_KEY, limits: "4/minute,500/day"}   # or key_file: PATH, or VIRUSTOTAL_API_KEY
      greynoise: {}
      awscontext: {profile: security}
      watchlist: {files: lists/}
    own_domains: [example.com, 203.0.113.0/24]   # never sent to anybody
    review_delay: 5m                             # the deadline; 10m if not given

Then time is real: who is over its quota is waited for, for --wait. Whoever has not answered by then is missing in the
report, and it is said when to ask again. Ctrl-C ends the waiting, and prints what there is.

Examples:

    alertresponder local finding.json
    cat finding.json | alertresponder local -o json | jq .result
    alertresponder local --watchlist bad-addresses.txt alert-*.json
    alertresponder local --config inspectors.yml finding.json
    alertresponder local --config inspectors.yml --wait 0s finding.json
    alertresponder local --mapping mappings.yml detection.json
    ALERTRESPONDER_WEBHOOK_SECRET=... alertresponder local --webhook https://hooks.example/in alert.json

Exit codes: 0, also for a message that could not be parsed; 1 if a report could not be had (a file that cannot be
read, a message that was given up) or a webhook not be reached, the other reports are printed nevertheless; 2 for
bad usage, or a faulty file of mappings or configuration; 130 waiting was ended by Ctrl-C.`
}

// Run is the command.
func (c *Command) Run(ctx context.Context, con *console.Console) error {
	files, err := con.Inputs(c.Files)
	if err != nil {
		return err
	}
	hooks, err := c.webhooks()
	if err != nil {
		return err
	}
	o, err := c.others(con)
	if err != nil {
		return err
	}
	p, err := c.pipeline(con, o, hooks)
	if err != nil {
		return err
	}
	failed := send(ctx, con, p, files)
	interrupted, err := c.settle(ctx, con, p, o)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	reports, err := p.Reports(ctx)
	if err != nil {
		return err
	}
	if err := c.print(con, reports); err != nil {
		return err
	}
	failed = append(failed, given(p, hooks)...)
	if err := conclude(con, failed, len(reports)); err != nil || !interrupted {
		return err
	}
	return console.Exit{Code: console.Interrupted}
}

func (c *Command) pipeline(con *console.Console, o others, hooks []*hook) (*inprocess.Pipeline, error) {
	config := inprocess.Config{Inspectors: o.inspectors, Emitters: append(emitters(hooks), o.emitters...), Log: logger(con)}
	config.Rules.ReviewDelay = o.deadline
	if c.Mapping != "" {
		set, err := mappings.Load(con, c.Mapping)
		if err != nil {
			return nil, err
		}
		config.Mappings = set
	}
	return inprocess.New(config)
}

func logger(con *console.Console) *slog.Logger {
	if con.Verbose {
		return logging.New(con.Err, "debug")
	}
	return slog.New(slog.DiscardHandler)
}

// send sends each file, and says which could not be read or were not accepted.
func send(ctx context.Context, con *console.Console, p *inprocess.Pipeline, files []string) (failed []error) {
	for _, f := range files {
		data, err := con.Read(f)
		if err == nil {
			if err = p.Send(ctx, data); err != nil {
				err = fmt.Errorf("%s: %w", console.Name(f), err)
			}
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

func (c *Command) print(con *console.Console, reports []responder.Report) error {
	for i, r := range reports {
		text := []byte(con.Screen.Report(r))
		if con.JSON(c.Output) {
			line, err := show.JSON(r)
			if err != nil {
				return fmt.Errorf("report %s: %w", r.ReportID, err)
			}
			text = line
		} else if i > 0 {
			text = append([]byte("\n"), text...)
		}
		if _, err := con.Out.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// given is what the pipeline gave up.
func given(p *inprocess.Pipeline, hooks []*hook) (failed []error) {
	for _, d := range p.DeadLetters() {
		failed = append(failed, fmt.Errorf("given up: %s", d))
	}
	for _, h := range hooks {
		failed = append(failed, h.failures()...)
	}
	return failed
}

func conclude(con *console.Console, failed []error, reports int) error {
	for _, err := range failed {
		con.Complain(err)
	}
	if len(failed) > 0 {
		return console.Exit{Code: console.NotDone}
	}
	if reports == 0 {
		con.Complain(errors.New("no report was opened: the messages bring no alert, or only say that something is over"))
	}
	return nil
}
