package awslambda

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Memory is the table in the environment variable PLUGIN_DATA as what a plugin remembers; the error says that it is empty.
//
// Permissions: dynamodb:GetItem (Load) and dynamodb:UpdateItem (Store, Swap) on the table.
func Memory() (responder.Memory, error) {
	table, err := need("PLUGIN_DATA")
	if err != nil {
		return nil, err
	}
	return &memory{client: tables, table: table}, nil
}

type memory struct {
	client func(context.Context) (*dynamodb.Client, error)
	table  string
}

func (m *memory) driver(ctx context.Context) (responder.Memory, error) {
	c, err := m.client(ctx)
	if err != nil {
		return nil, err
	}
	return dynamo.NewMemory(c, m.table), nil
}

// Load implements responder.Memory.
func (m *memory) Load(ctx context.Context, key string) (responder.Entry, error) {
	d, err := m.driver(ctx)
	if err != nil {
		return responder.Entry{}, err
	}
	return d.Load(ctx, key)
}

// Store implements responder.Memory.
func (m *memory) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	d, err := m.driver(ctx)
	if err != nil {
		return err
	}
	return d.Store(ctx, key, value, expires)
}

// Swap implements responder.Memory.
func (m *memory) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	d, err := m.driver(ctx)
	if err != nil {
		return responder.Entry{}, false, err
	}
	return d.Swap(ctx, key, was, value, expires)
}
