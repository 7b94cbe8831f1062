package inspectorstest

import (
	"context"
	"io"
	"sync/atomic"
)

// counted says how much of a body was read, and whether it was closed.
type counted struct {
	io.ReadCloser
	read   atomic.Int64
	closed atomic.Bool
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) Close() error {
	c.closed.Store(true)
	return c.ReadCloser.Close()
}

// endless is a body that never ends, and gives nothing.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func (e endless) Close() error { return nil }
