package scaffold

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// theTemplate is the one that is written for an inspector, as text by resource.
func theTemplate(t *testing.T) map[string]string {
	t.Helper()
	p, err := (&Inspector{Name: "asset-db", Dir: t.TempDir() + "/x", Types: []string{"ipaddr"}}).plan()
	require.NoError(t, err)
	files, err := p.files()
	require.NoError(t, err)
	n := slices.IndexFunc(files, func(f file) bool { return f.name == "template.yml" })
	require.GreaterOrEqual(t, n, 0)
	var doc struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
	}
	require.NoError(t, yaml.Unmarshal(files[n].text, &doc))
	out := map[string]string{}
	for name, node := range doc.Resources {
		text, err := yaml.Marshal(&node)
		require.NoError(t, err)
		out[name] = string(text)
	}
	return out
}

// What is given up is heard of, queues are encrypted and refuse what is not, and nothing may do everything.
func TestTheTemplateIsAsTheStacksOwn(t *testing.T) {
	all := theTemplate(t)
	queues := 0
	for name, text := range all {
		if !strings.Contains(text, "Type: AWS::SQS::Queue\n") {
			continue
		}
		queues++
		assert.Contains(t, text, "SqsManagedSseEnabled: true", name)
		assert.Contains(t, all[name+"Policy"], `"aws:SecureTransport": false`, name)
		if name != "Queue" {
			assert.Contains(t, all[name+"Alarm"], "!GetAtt "+name+".QueueName", name)
			assert.Contains(t, all[name+"Alarm"], "AlarmTopicArn", name)
		}
	}
	assert.Equal(t, 3, queues)
	assert.Contains(t, all["Subscription"], "deadLetterTargetArn: !GetAtt Undelivered.Arn")
	assert.Contains(t, all["Queue"], "deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 50")
	assert.Contains(t, all["Function"], "FunctionResponseTypes: [ReportBatchItemFailures]")
	assert.Contains(t, all["Function"], "BatchSize: 1\n")
	assert.NotContains(t, all["Role"], "Resource: \"*\"")
	assert.NotContains(t, all["Role"], "ManagedPolicyArns")
}

// One list of types is the filter, what is awaited, and what the function takes.
func TestTheTypesStandOnce(t *testing.T) {
	all := theTemplate(t)
	assert.Contains(t, all["Subscription"], "FilterPolicy: {types: !Ref Types}")
	assert.Contains(t, all["Registration"], `Value: !Join [",", !Ref Types]`)
	assert.Contains(t, all["Function"], `INSPECTOR_TYPES: !Join [",", !Ref Types]`)
}
