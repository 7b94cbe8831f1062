package inprocess

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// stages are the functions of template.yml, and the queue of each.
var stages = map[string]string{
	"Receptor": bus.AlertQueue, "Dispatcher": bus.InspectionQueue, "Submitter": bus.SubmissionQueue, "Reviewer": bus.ReviewQueue,
}

// Each stage's role allows what the stage does in all scenarios, with and without faults, and nothing else. How functions
// are wired is tested beside their main functions.
func TestStagesMayDoWhatTheyDo(t *testing.T) {
	e := newEngine(t)
	for _, s := range engineScenarios() {
		w := e.play(t.Context(), s, schedule{})
		require.Empty(t, w.broken, s.name)
		for n := range w.names {
			if s.whole { // what failed in part is sent again
				require.Empty(t, e.play(t.Context(), s, schedule{faults: map[int]fault{n: refused}}).broken, "call %d, %s", n, w.names[n])
			}
		}
		if s.name != "two incidents at once" {
			continue
		}
		for n := range w.names { // what there was no time for is postponed
			plan := schedule{faults: map[int]fault{n: timedOut}, hurry: hurried(w, n, timedOut)}
			require.Empty(t, e.play(t.Context(), s, plan).broken, "call %d, %s", n, w.names[n])
		}
	}
	// No scenario has mappings: what reads them is tested beside the function.
	e.made.by[bus.AlertQueue][onawstest.MappingsObject] = true
	for function, queue := range stages {
		onawstest.Allowed(t, "../../template.yml", function, e.made.by[queue])
	}
}

// callsOf is what a call is, in the words of IAM.
func callsOf(input any) (calls []onawstest.Call) {
	add := func(action, resource string) {
		calls = append(calls, onawstest.Call{Action: action, Resource: resource})
	}
	switch in := input.(type) {
	case *dynamodb.GetItemInput:
		add("dynamodb:GetItem", tableOf(in.TableName))
	case *dynamodb.PutItemInput:
		add("dynamodb:PutItem", tableOf(in.TableName))
	case *dynamodb.UpdateItemInput:
		add("dynamodb:UpdateItem", tableOf(in.TableName))
	case *dynamodb.QueryInput:
		add("dynamodb:Query", tableOf(in.TableName)+onawstest.Index(in.IndexName))
	case *sns.PublishInput:
		add("sns:Publish", last(*in.TopicArn, ":"))
	case *sqs.SendMessageInput:
		add("sqs:SendMessage", last(*in.QueueUrl, "/"))
	case *sqs.ChangeMessageVisibilityInput:
		add("sqs:ChangeMessageVisibility", last(*in.QueueUrl, "/"))
	case *ssm.GetParametersByPathInput:
		add("ssm:GetParametersByPath", *in.Path)
	case *lambda.InvokeInput:
		add("lambda:InvokeFunction", *in.FunctionName)
	default:
		panic(input)
	}
	return calls
}

// tableOf is a table as the template calls it.
func tableOf(name *string) string {
	table, _, _ := strings.Cut(*name, "-")
	return table
}
