// Package inspect asks one inspector alone.
//
// in → out: the name of a shipped inspector, and a value → the page that it gives, from the real service, as text or JSON.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/settings"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Command is the command line of inspect.
type Command struct {
	Name    string   `arg:"" help:"The inspector: virustotal abuseipdb greynoise abusech awscontext history watchlist."`
	Value   string   `arg:"" help:"What to look into, defanged or not: 8.8.8[.]8."`
	Type    string   `placeholder:"TYPE" help:"What it is (ipaddr domain url filehash username bucket …), where that cannot be seen."`
	Context []string `placeholder:"CONTEXT" help:"Its role: remote, local … Repeatable. What is local is sent to nobody."`
	Config  string   `placeholder:"FILE" help:"A configuration file with keys and limits, as of local."`
	Output  string   `short:"o" enum:"text,json" default:"text" placeholder:"text|json" help:"How to print: text, or json on one line."`

	// Memory has answers, the quota of the key and former reports; nil: one that ends with the process.
	Memory responder.Memory `kong:"-"`
	// Home is the region of awscontext where the file has none; empty: that of the AWS configuration.
	Home string `kong:"-"`
}

// Help is the detailed help.
func (Command) Help() string {
	return `Asks the real service, with your own key, and prints the page that a report would get.

A key stands in the variable that the inspector's function has: VIRUSTOTAL_API_KEY, ABUSEIPDB_API_KEY, GREYNOISE_API_KEY
(can do without), ABUSECH_API_KEY; or where --config says. OWN_DOMAINS are domains and networks that are sent to nobody.
awscontext has the credentials and region of the aws command. With --stack the answers and quotas that a stack remembers are
used and added to; history knows the reports of a stack only.

Examples:

    VIRUSTOTAL_API_KEY=... alertresponder inspect virustotal 8.8.8.8
    alertresponder inspect --config inspectors.yml abuseipdb 1.1.1[.]1
    alertresponder inspect awscontext i-0123456789abcdef0
    alertresponder inspect awscontext --type bucket my-logs
    alertresponder inspect --stack alertresponder history 8.8.8.8
    alertresponder inspect -o json greynoise 8.8.8.8 | jq '.signals[]'

Exit codes: 0 found, nothing (which is not harmless), or skipped, since it may be sent to nobody; 1 the service could not be
asked, or said to come again later, when is told; 2 bad usage, also a missing key, and what the inspector does not look into.`
}

// timeout is that of a function.
const timeout = time.Minute

// Run is the command.
func (c *Command) Run(ctx context.Context, con *console.Console) error {
	who, ok := shipped.Find(c.Name)
	if !ok {
		return console.Usage(fmt.Errorf("inspector: %q, expected one of %s", c.Name, strings.Join(shipped.IDs(), " ")))
	}
	what, err := c.attribute(who)
	if err != nil {
		return console.Usage(err)
	}
	inspector, err := c.inspector(con, who)
	if err != nil {
		return err
	}
	con.Progress(fmt.Sprintf("asking %s", who.Name))
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	page, err := ask(ctx, inspector, responder.Task{ReportID: "inspect", Origin: "0.inspect", Attribute: what})
	con.Progress("")
	if err != nil {
		return failure(err, time.Now())
	}
	return c.print(con, complete(page, who, what))
}

func (c *Command) inspector(con *console.Console, who shipped.Inspector) (responder.Inspector, error) {
	var file settings.File
	if c.Config != "" {
		var err error
		if file, err = settings.Load(con, c.Config); err != nil {
			return nil, err
		}
	}
	log := slog.New(slog.DiscardHandler)
	if con.Verbose {
		log = logging.New(con.Err, "debug")
	}
	entry := file.Entry(who)
	if w := entry.Warning(); w != "" {
		con.Warn(w)
	}
	if entry.Region == "" {
		entry.Region = c.Home
	}
	memory := c.Memory
	switch {
	case memory != nil:
	case who.ID == "history":
		return nil, console.Usage(errors.New("history: --stack: missing, expected the stack whose reports it looks into"))
	default:
		memory = responder.NewMemory()
	}
	s, err := file.Settings(entry, memory, log)
	if err != nil {
		return nil, console.Usage(err)
	}
	if who.ID == "watchlist" && len(s.Lists) == 0 {
		return nil, console.Usage(errors.New("watchlist: no lists, expected files of it in --config"))
	}
	made, err := who.New(s)
	if err != nil {
		return nil, console.Usage(err)
	}
	return made, nil
}

// ask asks for one task, also who rather answers several at once.
func ask(ctx context.Context, i responder.Inspector, t responder.Task) (responder.Page, error) {
	b, ok := i.(responder.BatchInspector)
	if !ok {
		return i.Inspect(ctx, t)
	}
	pages, err := b.InspectAll(ctx, []responder.Task{t})
	if err != nil {
		return responder.Page{}, err
	}
	if len(pages) != 1 {
		return responder.Page{}, fmt.Errorf("%d pages for one task", len(pages))
	}
	return pages[0], nil
}

// failure says when to come again.
func failure(err error, now time.Time) error {
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", timeout)
	}
	d, ok := responder.RetryDelay(err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w; ask again in %s, after %s", err, show.Duration(d), now.Add(d).Format("15:04:05 MST"))
}

// complete fills in what the host of an inspector does.
func complete(p responder.Page, who shipped.Inspector, what responder.Attribute) responder.Page {
	if p.Author == "" {
		p.Author = who.ID
	}
	if p.Attribute == nil {
		p.Attribute = &what
	}
	switch {
	case p.Outcome != "":
	case p.Error != "":
		p.Outcome = responder.Failed
	case p.HasContent():
		p.Outcome = responder.Found
	default:
		p.Outcome = responder.Nothing
	}
	p.Error = entity.Cut(p.Error, 1<<10)
	return p
}

func (c *Command) print(con *console.Console, p responder.Page) error {
	text := []byte(con.Screen.Page(p))
	if con.JSON(c.Output) {
		var err error
		if text, err = show.JSON(p); err != nil {
			return err
		}
	}
	if _, err := con.Out.Write(text); err != nil {
		return err
	}
	if p.Outcome == responder.Failed {
		return console.Exit{Code: console.NotDone}
	}
	return nil
}
