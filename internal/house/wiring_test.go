package house_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// The resources of template.yml are those that follow from the folders under functions/, as testdata/stack.yml.tmpl writes
// them out, and nothing else is in it: no other policy, permission, mapping, filter or condition. A new plugin is in
// it by its folder.
func TestTheStackFollowsFromTheFolders(t *testing.T) {
	assert.Empty(t, unexpected(t, theTemplate(t)))
}

// theTemplate is template.yml, all of it.
func theTemplate(t *testing.T) map[string]any {
	t.Helper()
	file, err := os.ReadFile(root + "template.yml")
	require.NoError(t, err)
	return parsed(t, string(file))
}

// known are the texts that were parsed, as JSON.
var known sync.Map

// parsed is a template of its own for each caller, who may change it.
func parsed(t *testing.T, written string) (all map[string]any) {
	t.Helper()
	out, ok := known.Load(written)
	if !ok {
		read, err := cfn.Read([]byte(written))
		require.NoError(t, err, written)
		out = text(read)
		known.Store(written, out)
	}
	require.NoError(t, json.Unmarshal([]byte(out.(string)), &all))
	return all
}

// unexpected says what of a template is not as it has to be.
func unexpected(t *testing.T, all map[string]any) (faults []string) {
	t.Helper()
	got, want := sections(all), sections(expected(t, all))
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			faults = append(faults, name+": nothing under functions/ needs it")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if text(got[name]) != text(want[name]) {
			faults = append(faults, fmt.Sprintf("%s: %s, expected %s", name, text(got[name]), text(want[name])))
		}
	}
	return faults
}

// beside is what other tests look at: by type, what is said of a resource there.
var beside = map[string][]string{
	"AWS::CloudWatch::Alarm":    {"AlarmDescription"},
	"AWS::IAM::Role":            {"Policies"},                     // onawstest, and the tests that compare roles with calls
	"AWS::IAM::Policy":          {"PolicyDocument", "PolicyName"}, // the same, and TestTemplatePoliciesBesideRoles
	"AWS::DynamoDB::Table":      {"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"},
	"AWS::Serverless::Function": {"MemorySize"},
}

// sections are all parts of a template by name, as "Resources Receptor", less what other tests look at.
func sections(all map[string]any) map[string]any {
	out := map[string]any{}
	for section, v := range all {
		switch section {
		case "Resources", "Conditions", "Globals":
			for name, part := range v.(map[string]any) {
				out[section+" "+name] = less(part.(map[string]any))
			}
		case "AWSTemplateFormatVersion", "Description", "Parameters", "Rules", "Mappings", "Outputs":
		default:
			out[section] = v
		}
	}
	return out
}

func less(part map[string]any) map[string]any {
	kind, _ := part["Type"].(string)
	p, ok := part["Properties"].(map[string]any)
	if !ok {
		return part
	}
	part, p = maps.Clone(part), maps.Clone(p)
	for _, name := range beside[kind] {
		delete(p, name)
	}
	part["Properties"] = p
	return part
}

// line is a function with its queue and what leads to it.
type line struct {
	Function, Folder, Word      string
	Plugin, Inspector           bool
	Topic                       string // that its queue subscribes to, if any
	Visibility, Receives, Batch int
	Parameter                   string // without which the plugin is not deployed
	Variables                   []string
	Calls                       []string // the roles that its own policy is put on
}

// queue is what a queue's policy and alarm speak of.
type queue struct {
	Queue, Condition, Topic string
	Rules                   bool // EventBridge sends to it
	Others                  bool // other accounts send to it
}

// Condition is where the line is deployed.
func (l line) Condition() string {
	if l.Plugin {
		return "With" + l.Function
	}
	return ""
}

func (l line) Main() queue {
	alerts := l.Word == "Alert"
	return queue{l.Word + "Queue", l.Condition(), l.Topic, alerts, alerts}
}
func (l line) DeadLetters() queue {
	return queue{Queue: l.Word + "DeadLetters", Condition: l.Condition()}
}
func (l line) Undelivered() queue {
	return queue{Queue: l.Word + "Undelivered", Condition: l.Condition(), Topic: l.Topic, Rules: l.Word == "Alert"}
}

// works is what the stages work off, which the plugins' queues are called after themselves.
var works = map[string]string{"Receptor": "Alert", "Dispatcher": "Inspection", "Submitter": "Submission", "Reviewer": "Review"}

// lines are those of all folders under functions/.
func lines(t *testing.T, all map[string]any) (out []line) {
	t.Helper()
	for pattern, kind := range map[string]line{
		"*": {Visibility: int(pipeline.StageVisibility.Seconds()), Receives: pipeline.StageReceives, Batch: pipeline.StageBatch},
		"inspectors/*": {Plugin: true, Inspector: true, Topic: "TaskNotification",
			Visibility: int(pipeline.PluginVisibility.Seconds()), Receives: pipeline.PluginReceives, Batch: pipeline.InspectorBatch},
		"emitters/*": {Plugin: true, Topic: "ReportNotification",
			Visibility: int(pipeline.PluginVisibility.Seconds()), Receives: pipeline.PluginReceives, Batch: pipeline.EmitterBatch},
	} {
		found, err := filepath.Glob(root + "functions/" + pattern + "/main.go")
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, main := range found {
			l := kind
			l.Folder = path.Base(path.Dir(main))
			l.Function = camel(l.Folder)
			l.Word = l.Function
			if !l.Plugin {
				l.Word = works[l.Function]
			}
			if l.Word == "Alert" {
				l.Topic = "AlertNotification"
			}
			if l.Plugin {
				given := properties(all).at("Conditions", "With"+l.Function, "Fn::Not", 0, "Fn::Equals", 0)
				l.Parameter = refers(given)
				require.True(t, strings.HasPrefix(l.Parameter, cmp.Or(with[l.Function], l.Function)), "%s: no parameter of its own", l.Function)
				l.Calls = l.calls(all)
			}
			l.Variables = l.variables(all)
			out = append(out, l)
		}
	}
	return out
}

// with are the functions that are deployed where another one is.
var with = map[string]string{"Historian": "History"}

// calls are the roles that the function's own policy is put on, if there is one: its own, and that of a function which is
// deployed with it.
func (l line) calls(all map[string]any) (roles []string) {
	p := properties(all).at("Resources", l.Function+"Calls", "Properties", "Roles")
	for _, r := range each(p) {
		function := strings.TrimSuffix(refers(r), "Role")
		if function == l.Function || with[function] == l.Function {
			roles = append(roles, function+"Role")
		}
	}
	return roles
}

// Looped says whether a loop makes the plugin's conditions: it is deployed where there is a secret for it, or where it is on.
func (l line) Looped() bool {
	return l.Parameter == l.Function+"SecretArn" || l.Parameter == l.Function+"On"
}

// Does says whether the plugin is an emitter that does something: verdicts are all that it needs to hear of. Who tells somebody
// has a secret for it.
func (l line) Does() bool {
	return l.Plugin && !l.Inspector && !strings.HasSuffix(l.Parameter, "SecretArn")
}

// Acts says whether what the plugin may change is a policy of its own, which is there in one of its modes.
func (l line) Acts() bool { return strings.HasSuffix(l.Parameter, "Mode") }

// Types are what an inspector accepts, as a list in YAML.
func (l line) Types() string { return text(accepted[l.Folder]) }

// variables are those that the function has, with the values that their names promise.
func (l line) variables(all map[string]any) (out []string) {
	had, _ := properties(all).at("Resources", l.Function, "Properties", "Environment", "Variables").(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(had)) {
		out = append(out, name+": "+l.valueOf(name))
	}
	return out
}

func (l line) valueOf(variable string) string {
	promised := func(suffix string) string {
		return camel(strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(variable, suffix), "_", "-")))
	}
	switch {
	case variable == "INSPECTOR_ID", variable == "EMITTER_ID":
		return l.Folder
	case variable == "INSPECTOR_TYPES":
		return `!Join [",", ` + l.Types() + `]`
	case variable == "INSPECTORS_PATH":
		return `!Sub "/alertresponder/${AWS::StackName}/inspectors"`
	case strings.HasSuffix(variable, "_QUEUE_URL"):
		return "!Ref " + promised("_QUEUE_URL") + "Queue"
	case strings.HasSuffix(variable, "_TOPIC_ARN"):
		return "!Ref " + promised("_TOPIC_ARN") + "Notification"
	}
	return "!Ref " + promised("")
}

// topic is a topic, and who may publish to it beside those whose roles allow it: this account, its organization and those
// that it trusts, and CloudWatch's alarms.
type topic struct {
	Name                   string
	Named, Account, Alarms bool
}

// expected is the template as it follows from the folders.
func expected(t *testing.T, all map[string]any) map[string]any {
	t.Helper()
	written, err := template.ParseFiles("testdata/stack.yml.tmpl")
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, written.Execute(&out, map[string]any{
		"Topics": []topic{
			{Name: "AlertNotification", Named: true, Account: true, Alarms: true}, {Name: "TaskNotification", Named: true},
			{Name: "ReportNotification", Named: true}, {Name: "ErrorNotification", Alarms: true},
		},
		"Rules":  rules(),
		"Tables": []string{"AlertMap", "ReportData", "PluginData"},
		"Lines":  lines(t, all),
	}))
	return parsed(t, out.String())
}

// Deployed without parameters, the stack has its own roles and reviewer, and nobody else's key, organization, account or
// plugin, and no rule.
func TestConditionsAreAskedFor(t *testing.T) {
	s := theStack(t)
	for name, c := range theTemplate(t)["Conditions"].(map[string]any) {
		asked := properties(map[string]any{"c": c})
		equals := each(asked.at("c", "Fn::Equals"))
		if equals == nil {
			equals = each(asked.at("c", "Fn::Not", 0, "Fn::Equals"))
		}
		if name == "SecurityhubArchives" {
			assert.NotEqual(t, equals[1], s.Parameters[refers(equals[0])].(map[string]any)["Default"], name)
			continue
		}
		if equals != nil && refers(equals[0]) != "WatchlistPrefix" {
			assert.Equal(t, equals[1], s.Parameters[refers(equals[0])].(map[string]any)["Default"], name)
			assert.Contains(t, []any{"", "none"}, equals[1], name)
		}
	}
}
