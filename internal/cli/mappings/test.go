package mappings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	"github.com/m-mizutani/AlertResponder/internal/ingest"
	"github.com/m-mizutani/AlertResponder/internal/mapping"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Test is the command line of mapping test.
type Test struct {
	File    string   `arg:"" help:"The mapping file, YAML or JSON."`
	Samples []string `arg:"" optional:"" name:"sample" help:"Messages, one file each; - is standard input."`
	Topic   string   `placeholder:"NAME" help:"The topic that the samples came by, for mappings with a topic."`
	Output  string   `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json, one alert a line (otherwise)."`
}

// Help is the detailed help.
func (Test) Help() string {
	return `Without a SAMPLE the file is checked. Each SAMPLE is one message as the sender would publish it (JSON, a list of messages,
JSON lines), or a whole event as Lambda would hand it over, from SNS or SQS. Of each alert it is said which mapping read it, what it
became, and what each expression gave. What gave nothing in any sample is a warning.

Examples:

    alertresponder mapping test mappings.yml
    alertresponder mapping test mappings.yml detection.json alarm.json
    curl -s https://edr.example.com/api/detections | alertresponder mapping test -o json mappings.yml - | jq .alert

Exit codes: 0; 1 if no mapping knows a sample, a sample cannot be read, or an alert has not the name, rule or key that its mapping says;
2 if the file is faulty, each fault as FILE:LINE:COLUMN: FIELD: what was expected.`
}

// Row is an alert of a sample.
type Row struct {
	Sample      string           `json:"sample"`
	Mapping     string           `json:"mapping"` // empty where none knows the message
	Fingerprint string           `json:"fingerprint"`
	Alert       responder.Alert  `json:"alert"`
	Expressions []mapping.Result `json:"expressions,omitempty"`
}

// Run is the command.
func (c *Test) Run(_ context.Context, con *console.Console) error {
	if _, err := con.Inputs(append([]string{c.File}, c.Samples...)); err != nil {
		return err
	}
	set, err := Load(con, c.File)
	if err != nil {
		return err
	}
	for _, w := range set.Warnings() {
		con.Warn(w.In(console.Name(c.File)))
	}
	if len(c.Samples) == 0 {
		_, err := fmt.Fprint(con.Out, said(c.File, set))
		return err
	}
	bad := false
	var all []Row
	for _, name := range c.Samples {
		rows, err := c.read(con, set, name)
		if err != nil {
			con.Complain(err)
		}
		bad = bad || err != nil
		all = append(all, rows...)
	}
	for i, row := range all {
		if err := c.print(con, i, row); err != nil {
			return err
		}
		for _, fault := range row.faults() {
			con.Complain(fmt.Errorf("%s: %s", console.Name(row.Sample), fault))
			bad = true
		}
	}
	c.unused(con, set, all)
	if bad {
		return console.Exit{Code: console.NotDone}
	}
	return nil
}

// read gives the alerts of a sample.
func (c *Test) read(con *console.Console, set *mapping.Set, name string) (rows []Row, err error) {
	data, err := con.Read(name)
	if err != nil {
		return nil, err
	}
	ds := []envelope.Delivery{{ID: "sample", Topic: c.Topic, Body: string(data), SentAt: time.Now()}}
	if envelope.IsEvent(data) {
		if ds, err = envelope.Read(data); err != nil {
			return nil, fmt.Errorf("%s: %w", console.Name(name), err)
		}
	}
	l := &listener{Set: set}
	for _, d := range ds {
		if d.Err != nil {
			err = fmt.Errorf("%s: record %.80q: %w", console.Name(name), d.ID, d.Err)
			continue
		}
		for _, in := range (ingest.Reader{Mappings: l}).Alerts(d) {
			row := Row{Sample: name, Fingerprint: in.Fingerprint, Alert: in.Alert}
			if in.Mapped {
				row.Mapping, row.Expressions = l.next()
			}
			rows = append(rows, row)
		}
	}
	return rows, err
}

// listener hears what a set makes of messages, alert by alert.
type listener struct {
	*mapping.Set
	heard []mapping.Reading
}

// Alerts implements ingest.Mappings.
func (l *listener) Alerts(m ingest.Message) []responder.Alert {
	r, _ := l.Read(m)
	for i := range r.Alerts {
		l.heard = append(l.heard, mapping.Reading{Source: r.Source, Results: r.Results[i : i+1]})
	}
	return r.Alerts
}

// next is what was heard of the next alert.
func (l *listener) next() (string, []mapping.Result) {
	r := l.heard[0]
	l.heard = l.heard[1:]
	return r.Source, r.Results[0]
}

// faults are what a mapping has to mend.
func (r Row) faults() (out []string) {
	if r.Mapping == "" {
		return []string{"no mapping knows this message; it is an alert of the source " + r.Alert.Source}
	}
	for _, e := range r.Expressions {
		if e.Value == "" && needed(e.Field) {
			out = append(out, fmt.Sprintf("mapping %s: %s: %s gave %s", r.Mapping, e.Field, e.Expression, e.Why))
		}
	}
	return out
}

// needed are the fields without which a mapping works by half.
func needed(field string) bool {
	return field == "name" || field == "rule" || len(field) > 4 && field[:4] == "key["
}

// unused warns of mappings and expressions that gave nothing in any sample.
func (c *Test) unused(con *console.Console, set *mapping.Set, rows []Row) {
	for _, source := range set.Sources() {
		var silent []mapping.Result
		gave := map[mapping.Result]bool{}
		known := false
		for _, r := range rows {
			if r.Mapping != source {
				continue
			}
			known = true
			for _, e := range r.Expressions {
				place := mapping.Result{Field: e.Field, Expression: e.Expression, Line: e.Line, Column: e.Column}
				if !slices.Contains(silent, place) {
					silent = append(silent, place)
				}
				gave[place] = gave[place] || e.Value != ""
			}
		}
		if !known {
			con.Warn(fmt.Sprintf("%s: mapping %s: no sample is of it", console.Name(c.File), source))
		}
		for _, e := range silent {
			if !gave[e] && !needed(e.Field) {
				con.Warn(mapping.Fault{Line: e.Line, Column: e.Column, Field: e.Field, Text: e.Expression + " gave nothing in any sample"}.In(console.Name(c.File)))
			}
		}
	}
}

func (c *Test) print(con *console.Console, n int, row Row) error {
	text := []byte(page(con.Screen, row))
	if con.JSON(c.Output) {
		line, err := show.JSON(row)
		if err != nil {
			return err
		}
		text = line
	} else if n > 0 {
		text = append([]byte("\n"), text...)
	}
	_, err := con.Out.Write(text)
	return err
}
