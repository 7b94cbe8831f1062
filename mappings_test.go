package alertresponder

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// mappings are what the settings of a stack say of them.
type mappings struct{ Mappings, MappingsBucket, MappingsKey string }

// withMappings is the stack that has the mappings of these tests: that of engines/integration.sh. Those of another are its owner's.
func withMappings(t *testing.T) (*deployed, mappings) {
	t.Helper()
	d := theStack(t)
	var m mappings
	decode(t, os.Getenv("AR_CONFIG"), &m)
	if !strings.Contains(d.outputs["AlertQueueArn"], ":000000000000:") {
		t.Skip("mappings of the tests are on the local engine only")
	}
	return d, m
}

// A mapping of the parameter reads a message whole, also one that would be taken apart without it.
func TestMappedByTheParameter(t *testing.T) {
	t.Parallel()
	d, _ := withMappings(t)
	run := rand.Text()
	d.publish(t, fmt.Sprintf(`{"tool": "parameter", "run": %q, "Findings": [{"id": 1, "ip": "198.51.100.9"}, {"id": 2, "ip": "192.0.2.15"}]}`, run))

	verdict := await(t, d, fmt.Sprintf(`["by-parameter",%q,"1"]`, run), "a verdict", published)
	assert.Equal(t, "by-parameter", verdict.Alert.Source)
	assert.Equal(t, responder.Urgent, verdict.Result.Severity, verdict.Result.Reason)
	await(t, d, fmt.Sprintf(`["by-parameter",%q,"2"]`, run), "a verdict on the other", published)
}

// A mapping in an object is in use, and so is the one that it is exchanged for, after a minute.
func TestMappedByAnObject(t *testing.T) {
	t.Parallel()
	d, m := withMappings(t)
	id := rand.Text()
	d.publish(t, fmt.Sprintf(`{"tool": "object", "id": %q}`, id))
	verdict := await(t, d, fmt.Sprintf(`["by-object",%q]`, id), "a verdict", published)
	assert.Equal(t, "by-object", verdict.Alert.Source)

	source := "by-object-" + strings.ToLower(rand.Text())
	_, err := s3.NewFromConfig(d.aws, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &m.MappingsBucket, Key: &m.MappingsKey,
		Body: strings.NewReader("{version: 1, mappings: [{source: " + source + ", match: {tool: object}, key: id}]}"),
	})
	require.NoError(t, err)
	d.until = time.Now().Add(patience)
	key := fmt.Sprintf(`[%q,%q]`, source, id)
	for round := 0; len(d.told(t, key)) == 0; round++ {
		if round%20 == 0 {
			d.publish(t, fmt.Sprintf(`{"tool": "object", "id": %q}`, id))
		}
		require.True(t, d.wait(), "the new mappings are in use")
	}
	assert.Equal(t, source, await(t, d, key, "a verdict", published).Alert.Source)
}
