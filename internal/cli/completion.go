package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
)

type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the detailed help.
func (completion) Help() string {
	return `Commands, flags and files complete.

Examples:

    source <(alertresponder completion bash)
    alertresponder completion zsh > "${fpath[1]}/_alertresponder"
    alertresponder completion fish > ~/.config/fish/completions/alertresponder.fish`
}

// Run is the command.
func (c *completion) Run(con *console.Console, k *kong.Kong) error {
	return scripts.ExecuteTemplate(con.Out, c.Shell, commandsOf(k.Model.Node))
}

// choice is a command or a flag, and what it is for.
type choice struct {
	Name, Help string
	Flags      []choice
	Commands   []choice // that stand after it
}

// Words are the names of the command's flags.
func (c choice) Words() string {
	words := make([]string, len(c.Flags))
	for i, f := range c.Flags {
		words[i] = "--" + f.Name
	}
	return strings.Join(words, " ")
}

func commandsOf(root *kong.Node) []choice {
	var list []choice
	for _, n := range root.Children {
		c := choice{Name: n.Name, Help: quotable(n.Help), Commands: commandsOf(n)}
		for _, group := range n.AllFlags(true) {
			for _, f := range group {
				c.Flags = append(c.Flags, choice{Name: f.Name, Help: quotable(f.Help)})
			}
		}
		for _, inner := range c.Commands {
			for _, f := range inner.Flags {
				if !slices.ContainsFunc(c.Flags, func(have choice) bool { return have.Name == f.Name }) {
					c.Flags = append(c.Flags, f)
				}
			}
		}
		list = append(list, c)
	}
	return list
}

// quotable fits between single quotes, in every shell.
func quotable(s string) string {
	return strings.NewReplacer("'", "’", `\`, "/", "\n", " ").Replace(s)
}

var scripts = template.Must(template.New("").Parse(fmt.Sprintf(`
{{define "words"}}{{range $i, $c := .}}{{if $i}} {{end}}{{$c.Name}}{{end}}{{end}}

{{define "bash" -}}
_%[1]s() {
	local word="${COMP_WORDS[COMP_CWORD]}" choices=""
	if ((COMP_CWORD == 1)); then
		choices="{{template "words" .}}"
{{- range .}}{{if .Commands}}
	elif ((COMP_CWORD == 2)) && [[ $word != -* && ${COMP_WORDS[1]} == {{.Name}} ]]; then
		choices="{{template "words" .Commands}}"
{{- end}}{{end}}
	elif [[ $word == -* ]]; then
		case "${COMP_WORDS[1]}" in
{{- range .}}
		{{.Name}}) choices="{{.Words}}" ;;
{{- end}}
		esac
	else
		COMPREPLY=($(compgen -f -- "$word"))
		return
	fi
	COMPREPLY=($(compgen -W "$choices" -- "$word"))
}
complete -o filenames -F _%[1]s %[1]s
{{end}}

{{define "zsh" -}}
#compdef %[1]s
if ((CURRENT == 2)); then
	local -a commands=({{range .}}
		'{{.Name}}:{{.Help}}'{{end}}
	)
	_describe command commands
{{- range .}}{{if .Commands}}
elif ((CURRENT == 3)) && [[ $words[2] == {{.Name}} && $words[CURRENT] != -* ]]; then
	compadd -- {{template "words" .Commands}}
{{- end}}{{end}}
elif [[ $words[CURRENT] == -* ]]; then
	case $words[2] in
{{- range .}}
	{{.Name}}) compadd -- {{.Words}} ;;
{{- end}}
	esac
else
	_files
fi
{{end}}

{{define "fish" -}}
{{range $c := . -}}
complete -c %[1]s -n __fish_use_subcommand -f -a {{.Name}} -d '{{.Help}}'
{{range .Commands -}}
complete -c %[1]s -n '__fish_seen_subcommand_from {{$c.Name}}; and not __fish_seen_subcommand_from {{template "words" $c.Commands}}' -f -a {{.Name}} -d '{{.Help}}'
{{end}}{{range .Flags -}}
complete -c %[1]s -n '__fish_seen_subcommand_from {{$c.Name}}' -l {{.Name}} -d '{{.Help}}'
{{end}}{{end}}{{end}}
`, name)))
