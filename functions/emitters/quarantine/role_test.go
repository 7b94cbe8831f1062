package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// What is called of AWS beside the table and the queue stands in the source.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Quarantine", start, onawstest.Work{
		Answers: map[string][]onawstest.Answer{"dynamodb:UpdateItem": {{Status: 200, Body: `{"Attributes":{"key":{"S":"k"}}}`}}},
		Bodies:  []string{onawstest.Report},
		Also: append(calls(t), onawstest.Call{Action: "dynamodb:GetItem", Resource: "PluginData"}, onawstest.Call{Action: "sqs:SendMessage", Resource: "SubmissionQueue"},
			onawstest.Call{Action: "sqs:ChangeMessageVisibility", Resource: "QuarantineQueue"}),
	})
}

// calls are the actions that the source names where it looks and acts, which are all that the role has to speak of. The tool puts
// back, with permissions of its own.
func calls(t *testing.T) (list []onawstest.Call) {
	t.Helper()
	known := onawstest.Acting()
	for _, action := range called(t, "look", "do") {
		if action == "GetCallerIdentity" {
			continue // needs no permission (AWS Security Token Service API Reference)
		}
		if assert.Contains(t, known, action, "an action that the table of the tests does not have") {
			list = append(list, onawstest.Call{Action: known[action], Resource: onawstest.Quarantine})
		}
	}
	return list
}

// Who puts back needs more.
func TestCallsOfUndo(t *testing.T) {
	undo := called(t, "undo")
	for _, action := range []string{"DescribeNetworkInterfaces", "DeleteTags", "GetUserPolicy", "DeleteRolePolicy"} {
		assert.Contains(t, undo, action)
		assert.NotContains(t, called(t, "look", "do"), action)
	}
}

// called are the actions that functions of these names may call, also by others: each of a name that is used is followed.
func called(t *testing.T, roots ...string) (actions []string) {
	t.Helper()
	uses, names := source(t)
	seen, next := map[string]bool{}, append(roots, "begin")
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if !seen[name] {
			seen[name] = true
			next, actions = append(next, uses[name]...), append(actions, names[name]...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

var (
	actionPattern = regexp.MustCompile(`^(?:Get|List|Describe|Create|Delete|Put|Update|Modify|Authorize|Revoke)[A-Z]\w+$`)
	// composed is the beginning of an action whose name is put together, for users and for roles.
	composed = regexp.MustCompile(`^(?:Get|Put|Delete)$`)
)

// source is which functions are used in each of a name, and which actions it names.
func source(t *testing.T) (uses, names map[string][]string) {
	t.Helper()
	files, err := filepath.Glob("../../../internal/emitters/quarantine/actions/*.go")
	require.NoError(t, err)
	uses, names = map[string][]string{}, map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				ast.Inspect(f, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.CallExpr:
						uses[f.Name.Name] = append(uses[f.Name.Name], callee(n))
					case *ast.BasicLit:
						names[f.Name.Name] = append(names[f.Name.Name], actionsOf(strings.Trim(n.Value, "`\""))...)
					}
					return true
				})
			}
		}
	}
	return uses, names
}

func callee(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func actionsOf(literal string) []string {
	switch {
	case actionPattern.MatchString(literal):
		return []string{literal}
	case composed.MatchString(literal):
		return []string{literal + "UserPolicy", literal + "RolePolicy"}
	}
	return nil
}
