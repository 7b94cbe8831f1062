package settings

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Load reads a file. Its faults are said one by one; the error ends the command.
func Load(con *console.Console, name string) (File, error) {
	text, err := con.Read(name)
	if err != nil {
		return File{}, err
	}
	f, err := Parse(text, filepath.Dir(name))
	if err == nil {
		return f, nil
	}
	for _, fault := range yamlfile.Faults(err) {
		con.Complain(errors.New(fault.In(console.Name(name))))
	}
	return File{}, console.Exit{Code: console.BadUsage}
}

// Parse reads the text of a file whose paths begin at dir. All faults are one error.
func Parse(text []byte, dir string) (File, error) {
	doc, err := yamlfile.Document(text)
	if err != nil || doc == nil {
		return File{}, err
	}
	r := fileReader{dir: dir}
	f := r.file(doc)
	return f, r.Err()
}

type fileReader struct {
	reader
	dir string
}

var fields = []string{"inspectors", "own_domains", "review_delay"}

func (r *fileReader) file(n *yaml.Node) (f File) {
	for _, p := range r.table(n, "", fields, unknown(fields)) {
		switch p.key.Value {
		case "inspectors":
			for _, e := range r.table(p.value, "inspectors", shipped.IDs(), noInspector) {
				f.Inspectors = append(f.Inspectors, r.entry(e))
			}
		case "own_domains":
			f.Own = r.own(p.value)
		case "review_delay":
			f.ReviewDelay = r.delay(p.value)
		}
	}
	return f
}

func unknown(known []string) func(string) string {
	return func(string) string { return "unknown field, expected " + strings.Join(known, " ") }
}

func noInspector(string) string {
	return "no inspector of this name ships, expected " + strings.Join(shipped.IDs(), " ")
}

// The fields of an inspector, by what it is.
var (
	ofServices   = []string{"key_env", "key_file", "limits", "url"}
	ofAWS        = []string{"profile", "region", "roles"}
	ofWatchlists = []string{"files"}
)

func fieldsOf(i shipped.Inspector) []string {
	switch {
	case i.IsService():
		return ofServices
	case i.ID == "awscontext":
		return ofAWS
	case i.ID == "watchlist":
		return ofWatchlists
	}
	return nil
}

func (r *fileReader) entry(p pair) Entry {
	i, _ := shipped.Find(p.key.Value)
	e := Entry{Inspector: i}
	at := "inspectors." + i.ID
	known := fieldsOf(i)
	for _, f := range r.table(p.value, at, known, noField(i, known)) {
		r.field(&e, sub(at, f.key.Value), f)
	}
	if e.KeyEnv != "" && e.KeyFile != "" {
		r.Fault(p.key, at, "key_env and key_file, expected one of them")
	}
	if i.ID == "watchlist" && len(e.Files) == 0 {
		r.Fault(p.key, at, "files: missing, expected lists or directories of lists")
	}
	return e
}

// noField says what to do with a key that stands in the file.
func noField(i shipped.Inspector, known []string) func(string) string {
	return func(name string) string {
		switch {
		case i.IsService() && (name == "key" || name == "api_key" || name == "apikey" || name == "token"):
			return "a key in this file would be seen by whoever sees the file; put it into a variable and write key_env: NAME " +
				"(without it: " + i.Prefix + "_API_KEY), or alone into a file and write key_file: PATH"
		case len(known) == 0:
			return "unknown field, there is nothing to set"
		}
		return unknown(known)(name)
	}
}

func (r *fileReader) field(e *Entry, at string, f pair) {
	switch f.key.Value {
	case "key_env":
		e.KeyEnv = r.variable(f.value, at)
	case "key_file":
		e.KeyFile = r.path(r.text(f.value, at, "the path of a file with the key"))
	case "limits":
		e.Limits = r.limits(f.value, at)
	case "url":
		e.URL = r.address(f.value, at)
	case "profile":
		e.Profile = r.text(f.value, at, "a profile of the AWS configuration")
	case "region":
		e.Region = r.text(f.value, at, "a region such as eu-west-1")
	case "roles":
		e.Roles = r.texts(f.value, at, "ARNs of roles")
	case "files":
		for _, p := range r.texts(f.value, at, "paths of lists") {
			e.Files = append(e.Files, r.path(p))
		}
	}
}

var variables = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variable is the name of a variable. The fault does not repeat what may be the key itself.
func (r *fileReader) variable(n *yaml.Node, at string) string {
	name := r.text(n, at, "the name of a variable of the environment")
	if name != "" && !variables.MatchString(name) {
		r.Fault(n, at, "no name of a variable; the key itself has no place here")
		return ""
	}
	return name
}

func (r *fileReader) limits(n *yaml.Node, at string) string {
	list := strings.Join(r.texts(n, at, "limits such as 4/minute,500/day, or none"), ",")
	if _, err := intel.ParseLimits(list); err != nil {
		r.Fault(of(n), at, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return list
}

func (r *fileReader) address(n *yaml.Node, at string) string {
	text := r.text(n, at, "an address such as https://vt.example")
	if text != "" && !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		r.Fault(n, at, "%q, expected https://…", cut(text, 80))
	}
	return strings.TrimRight(text, "/")
}

// path is one that can be opened: what is not absolute begins where the file is.
func (r *fileReader) path(p string) string {
	if rest, ok := strings.CutPrefix(p, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}

func (r *fileReader) own(n *yaml.Node) string {
	list := strings.Join(r.texts(n, "own_domains", "domains and networks"), ",")
	if _, err := intel.ParseOwn(list); err != nil {
		r.Fault(of(n), "own_domains", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return list
}

// maxDelay is what the pipeline takes.
const maxDelay = 15 * time.Minute

// delay is a duration, 10m, or a number of seconds, as in the template.
func (r *fileReader) delay(n *yaml.Node) time.Duration {
	text := r.text(n, "review_delay", "a time such as 10m")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if seconds, e := strconv.Atoi(text); e == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < time.Second || d > maxDelay {
		r.Fault(of(n), "review_delay", "%s, expected 1s to 15m", kind(of(n)))
	}
	return d
}
