package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/registry"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// plan is what the templates are filled with.
type plan struct {
	ID, Dir    string
	Prefix     string // of its variables in the environment
	Types      []string
	TypeList   string
	All        bool
	SampleType string
	Sample     string // a value that the inspector knows
	Other      string // and one that it does not

	Own              bool // it has a module of its own
	Module           string
	Version, Replace string // of AlertResponder
}

// ours is the module of AlertResponder.
const ours = "github.com/m-mizutani/AlertResponder"

// plan checks what was asked for; all faults are one error.
func (c *Inspector) plan() (plan, error) {
	listed, err := registry.Parse(c.Name, strings.Join(c.Types, ","))
	if c.Name != "" && strings.Trim(c.Name, "-") != c.Name {
		err = errors.Join(err, fmt.Errorf("%q: begins or ends with -", c.Name)) // neither a stack nor a module may
	}
	p := plan{ID: c.Name, Dir: c.Dir, Types: listed.Types, TypeList: strings.Join(listed.Types, ","), All: slices.Contains(listed.Types, "*"),
		Prefix: strings.ReplaceAll(strings.ToUpper(c.Name), "-", "_")}
	if p.Dir == "" {
		p.Dir = c.Name
	}
	if err != nil { // its module would be named after it
		return plan{}, err
	}
	p.Dir = filepath.Clean(p.Dir) // what is above folder/ is not the folder
	if err := p.module(c.Module, c.Replace); err != nil {
		return plan{}, err
	}
	p.samples()
	return p, nil
}

var modulePath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.~-]*(/[A-Za-z0-9_][A-Za-z0-9_.~-]*)*$`)

// module decides whether there is one, and which.
func (p *plan) module(asked, replace string) error {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return err
	}
	if asked == "" && isInModule(filepath.Dir(dir)) {
		if replace != "" {
			return errors.New("--replace: the folder is in a module already, whose go.mod says what it is built with")
		}
		return nil
	}
	p.Own, p.Module = true, asked
	if asked == "" {
		p.Module = "example.com/" + p.ID
	}
	if !modulePath.MatchString(p.Module) {
		return fmt.Errorf("--module: %q, expected a path such as example.com/%s", asked, p.ID)
	}
	if replace == "" {
		p.Version = released(debug.ReadBuildInfo())
		return nil
	}
	if p.Replace, err = filepath.Abs(replace); err != nil {
		return err
	}
	if text, err := os.ReadFile(filepath.Join(p.Replace, "go.mod")); err != nil || !strings.Contains(string(text), "module "+ours+"\n") {
		return fmt.Errorf("--replace: %q, expected a checkout of %s", replace, ours)
	}
	if strings.ContainsAny(p.Replace, " \t\"'`") {
		p.Replace = fmt.Sprintf("%q", p.Replace)
	}
	return nil
}

// isInModule says whether a folder, or one above it, has a go.mod.
func isInModule(dir string) bool {
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return false
		}
		dir = up
	}
}

// released is the version of this tool, where it was built from a released one; go mod tidy takes the latest otherwise.
func released(info *debug.BuildInfo, ok bool) string {
	if !ok || info.Main.Path != ours || !strings.HasPrefix(info.Main.Version, "v") || strings.ContainsAny(info.Main.Version, "-+") {
		return ""
	}
	return info.Main.Version
}

// samples are values of the first type, known and unknown.
func (p *plan) samples() {
	p.SampleType = p.Types[0]
	if p.All {
		p.SampleType = responder.TypeIPAddr
	}
	p.Sample, p.Other = "sample-1", "sample-2"
	if s, ok := values[p.SampleType]; ok {
		p.Sample, p.Other = s[0], s[1]
	}
}

// values are of those who are reserved for documentation.
var values = map[string][2]string{
	responder.TypeIPAddr:    {"203.0.113.7", "198.51.100.7"},
	responder.TypeDomain:    {"www.example.com", "www.example.org"},
	responder.TypeURL:       {"https://www.example.com/login", "https://www.example.org/login"},
	responder.TypeEmail:     {"alice@example.com", "mallory@example.org"},
	responder.TypeFileHash:  {strings.Repeat("0a", 32), strings.Repeat("0b", 32)},
	responder.TypeInstance:  {"i-0123456789abcdef0", "i-0fedcba9876543210"},
	responder.TypeAccessKey: {"AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"},
	responder.TypeARN:       {"arn:aws:lambda:eu-west-1:111122223333:function:ours", "arn:aws:lambda:eu-west-1:444455556666:function:other"},
	responder.TypeCVE:       {"CVE-2021-44228", "CVE-2014-0160"},
}
