package inspectorstest

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/lib/intel"
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

// endless is a body that never ends, and gives nothing. Nobody may wait for it longer than the time-out.
type endless struct {
	t   *testing.T
	ctx context.Context
}

func (e endless) Read([]byte) (int, error) {
	began := time.Now()
	<-e.ctx.Done()
	assert.LessOrEqual(e.t, time.Since(began), intel.Timeout)
	return 0, e.ctx.Err()
}

func (e endless) Close() error { return nil }
