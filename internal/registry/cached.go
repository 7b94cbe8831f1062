package registry

import (
	"context"
	"sync"
	"time"
)

// Source lists who is awaited. An error means that nobody knows.
type Source interface {
	Inspectors(ctx context.Context) ([]Inspector, error)
}

const (
	// keepFor is how long a list is used: a new inspector is awaited after a minute at the latest.
	keepFor = time.Minute
	// failFor is how long a failure is answered without another call. An old list is not used instead: a
	// verdict that waits for the deadline is better than one that did not wait for who was asked.
	failFor = 5 * time.Second
)

// Cached asks its source once a minute, one call at a time. Many may ask it at once.
type Cached struct {
	Source Source
	Now    func() time.Time

	once  sync.Once
	turn  chan struct{} // holds one token: who has it may look at what is below
	until time.Time
	list  []Inspector
	err   error
}

// Inspectors returns the list, a minute old at most. It is not to be changed.
func (c *Cached) Inspectors(ctx context.Context) ([]Inspector, error) {
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	defer func() { <-c.turn }()
	if c.Now().Before(c.until) {
		return c.list, c.err
	}
	list, err := c.Source.Inspectors(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, err // of this caller, not of the source
	}
	c.list, c.err, c.until = list, err, c.Now().Add(keepFor)
	if err != nil {
		c.list, c.until = nil, c.Now().Add(failFor)
	}
	return c.list, c.err
}

// wait takes the turn, or ends with the caller's time.
func (c *Cached) wait(ctx context.Context) error {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
