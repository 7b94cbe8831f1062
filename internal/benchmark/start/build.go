package start

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// bare is the program that all others are compared to.
const bare = "scripts/bench/bare"

// Build builds the bare program and all functions under root into dir, as `make build` does, for this machine.
func Build(ctx context.Context, root, dir string, progress func(string)) ([]Program, error) {
	folders := []string{bare}
	for _, pattern := range []string{"functions/*/main.go", "functions/*/*/main.go"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			relative, err := filepath.Rel(root, filepath.Dir(f))
			if err != nil {
				return nil, err
			}
			folders = append(folders, filepath.ToSlash(relative))
		}
	}
	var programs []Program
	for _, folder := range folders {
		progress("build: " + folder)
		p := Program{Name: filepath.Base(folder), Path: filepath.Join(dir, filepath.Base(folder))}
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p.Path, "./"+folder)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %.2000s", folder, err, out)
		}
		if folder != bare {
			env, err := environment(root, folder)
			if err != nil {
				return nil, err
			}
			p.Env = env
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// environment is what the templates set for the function of a folder, with values that are as long as real ones. Folder
// and resource are one word.
func environment(root, folder string) ([]string, error) {
	for _, path := range []string{"template.yml", folder + "/template.yml"} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		template, err := cfn.Read(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		resources, _ := template["Resources"].(map[string]any)
		for name, r := range resources {
			if !strings.EqualFold(name, strings.ReplaceAll(filepath.Base(folder), "-", "")) {
				continue
			}
			var env []string
			for variable, value := range mapAt(r, "Properties", "Environment", "Variables") {
				env = append(env, variable+"="+valueOf(template, variable, value))
			}
			slices.Sort(env)
			return env, nil
		}
	}
	return nil, fmt.Errorf("%s: no template has its function", folder)
}

func mapAt(v any, path ...string) map[string]any {
	for _, step := range path {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	m, _ := v.(map[string]any)
	return m
}

// chosen are values that a function understands, where another one would be a fault.
var chosen = map[string]string{
	"SLACK_CHANNEL": "#alerts", "GITHUB_REPOSITORY": "example/alerts", "REPORT_URL": "https://reports.example/{report_id}", "LINK_HOSTS": "grafana.example",
	"SECURITYHUB_ON": "archive", "QUARANTINE_MODE": "on",
	"QUARANTINE_RULES": "{version: 1, rules: [{name: key, actions: [deactivate-key], sources: [guardduty], accounts: [\"123456789012\"], signals: none}]}",
}

// valueOf is a variable's value: a text as it is, a parameter's default, or something in place of a resource's name.
func valueOf(template map[string]any, variable string, value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	if text, ok := chosen[variable]; ok {
		return text
	}
	ref, _ := mapAt(value)["Ref"].(string)
	parameter := mapAt(template, "Parameters", ref)
	switch d := parameter["Default"].(type) {
	case int:
		return fmt.Sprint(d)
	case string:
		if d != "" {
			return d
		}
	}
	if ref == "ReviewerLambdaArn" || strings.HasPrefix(variable, "MAPPINGS") {
		return "" // the reviewer and the parsers that ship
	}
	switch {
	case strings.HasSuffix(variable, "_LIMITS"), strings.HasSuffix(variable, "_OPTIONS"), strings.HasSuffix(variable, "_DOMAINS"), strings.HasSuffix(variable, "_ARNS"):
		return "" // what a service allows usually, and nothing of one's own
	case strings.HasSuffix(variable, "_URL"):
		return "https://service.eu-west-1.example/123456789012/" + ref
	case strings.HasSuffix(variable, "_TYPES"):
		return "ipaddr,domain,url,email,filehash,username,instance,accesskey,bucket"
	case strings.HasSuffix(variable, "_ARN"):
		return "arn:aws:service:eu-west-1:123456789012:" + ref
	}
	return "alertresponder-" + strings.ToLower(strings.ReplaceAll(variable, "_", "-")) + "-1abcdefghijk"
}
