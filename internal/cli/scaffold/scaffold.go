// Package scaffold writes the beginnings of plugins.
//
// in → out: the name of an inspector → a folder that builds, is tested in the whole pipeline, and has its template.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
)

// Command is the command line of new.
type Command struct {
	Inspector Inspector `cmd:"" help:"Write a folder with an inspector of your own."`
}

// Help is the detailed help.
func (Command) Help() string {
	return `Writes what a plugin begins with, which builds, has tests that pass, and can be deployed.

Example:

    alertresponder new inspector asset-db`
}

// Inspector is the command line of new inspector.
type Inspector struct {
	Name    string   `arg:"" help:"Its id: 1 to 32 of a-z, 0-9 and -."`
	Dir     string   `placeholder:"DIR" help:"The folder to write, which must not be there; NAME if not given."`
	Types   []string `default:"ipaddr" placeholder:"TYPE" help:"The types of attributes that it looks into, or * for all."`
	Module  string   `placeholder:"PATH" help:"The path of its Go module. If not given: none where the folder is in one already, otherwise example.com/NAME."`
	Replace string   `placeholder:"DIR" help:"A checkout of AlertResponder to build with, in place of a released version."`
}

// Help is the detailed help.
func (Inspector) Help() string {
	return `Writes the inspector, its tests (the contract, and the whole pipeline in one process), a template with its queue, dead
letters, alarms, registration and role, a Makefile and a README. What is there already is never written over.

Examples:

    alertresponder new inspector asset-db
    alertresponder new inspector asset-db --types ipaddr,hostname --dir plugins/asset-db
    cd asset-db && make test
    make deploy STACK=alertresponder BUCKET=my-code

Exit codes: 0 written; 1 it could not be written; 2 bad usage, also a folder that is there.`
}

// Run is the command.
func (c *Inspector) Run(con *console.Console) error {
	p, err := c.plan()
	if err != nil {
		return console.Usage(err)
	}
	files, err := p.files()
	if err != nil {
		return err
	}
	if err := write(p.Dir, files); err != nil {
		return err
	}
	return p.tell(con, files)
}

//go:embed template
var templates embed.FS

// file is one of those to write.
type file struct {
	name string
	text []byte
}

// files are all, as they will be.
func (p plan) files() (out []file, err error) {
	all, err := fs.Glob(templates, "template/*.tmpl")
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		f := file{name: strings.TrimSuffix(path.Base(name), ".tmpl")}
		switch f.name {
		case "gitignore":
			f.name = ".gitignore" // one of its own would have the rest of the folder overlooked
		case "go.mod":
			if !p.Own {
				continue
			}
		}
		t, err := template.New(path.Base(name)).Delims("«", "»").ParseFS(templates, name)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return nil, err
		}
		f.text = append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
		out = append(out, f)
	}
	return out, nil
}

// write makes the folder, which must not be there.
func write(dir string, files []file) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); errors.Is(err, fs.ErrExist) {
		return console.Usage(fmt.Errorf("%s: is there already, expected a folder that is not; --dir names another", dir))
	} else if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// tell says what was written, and what comes next.
func (p plan) tell(con *console.Console, files []file) error {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintln(&b, console.Name(filepath.Join(p.Dir, f.name)))
	}
	fmt.Fprintf(&b, "\nNext:\n    cd %s && make test\n    make deploy STACK=alertresponder BUCKET=my-code\n", console.Name(p.Dir))
	_, err := con.Out.Write([]byte(b.String()))
	return err
}
