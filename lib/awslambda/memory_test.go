package awslambda

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// remembering has the environment of a plugin with this table.
func remembering(t *testing.T, table string, client *dynamodb.Client, err error) responder.Memory {
	emitting(t, table, client, err)
	m, fault := Memory()
	require.NoError(t, fault)
	return m
}

func TestMemoryIsOneCall(t *testing.T) {
	db, ctx := &dynamoDB{}, t.Context()
	m := remembering(t, "data", db.client(), nil)
	_, err := m.Load(ctx, "vt#quota")
	require.NoError(t, err)
	require.NoError(t, m.Store(ctx, "vt#quota", []byte("x"), time.Unix(1779019200, 0)))
	_, made, err := m.Swap(ctx, "vt#quota", 7, []byte("x"), time.Unix(1779019200, 0))
	require.NoError(t, err)
	assert.True(t, made)
	assert.Equal(t, []string{"GetItem", "UpdateItem", "UpdateItem"}, db.calls)
	for _, body := range db.bodies {
		assert.Contains(t, body, `"TableName":"data"`)
		assert.Contains(t, body, `"vt#quota"`)
	}
	for _, body := range db.bodies[1:] {
		assert.Contains(t, body, `{"N":"1779019200"}`)
	}
	assert.Contains(t, db.bodies[0], `"ConsistentRead":true`)
	assert.Contains(t, db.bodies[2], `{"N":"7"}`)
}

func TestMemoryWithoutItsTable(t *testing.T) {
	for name, c := range map[string]struct {
		client *dynamodb.Client
		err    error
	}{
		"refused":        {client: (&dynamoDB{refuse: "ResourceNotFoundException"}).client()},
		"no credentials": {err: errors.New("no credentials")},
	} {
		t.Run(name, func(t *testing.T) {
			m, ctx := remembering(t, "data", c.client, c.err), t.Context()
			_, loaded := m.Load(ctx, "a#x")
			stored := m.Store(ctx, "a#x", nil, time.Time{})
			_, made, swapped := m.Swap(ctx, "a#x", 0, nil, time.Time{})
			assert.False(t, made)
			for _, err := range []error{loaded, stored, swapped} {
				assert.Error(t, err)
				assert.False(t, responder.IsPermanent(err), "%v", err)
			}
		})
	}
	t.Setenv("PLUGIN_DATA", "")
	m, err := Memory()
	assert.Nil(t, m)
	assert.EqualError(t, err, "environment variable PLUGIN_DATA: empty")
}

func TestMemoryConformance(t *testing.T) {
	client := dynamotest.Client(t)
	was := tables
	tables = func(context.Context) (*dynamodb.Client, error) { return client, nil }
	t.Cleanup(func() { tables = was })
	plugindatatest.RunMemory(t, func(t *testing.T) responder.Memory {
		t.Setenv("PLUGIN_DATA", dynamotest.Plugin(t, client))
		m, err := Memory()
		require.NoError(t, err)
		return m
	})
}
