package respondertest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// RudeMemory is m as it may be on its worst days, by a seed: calls fail, some of them after the change was made; others are
// made twice, as by a client that got no answer at first, so that a Swap finds its own change and says that it is not of
// its making. What was answered without an error was done. A plugin loses nothing by it, and does not stop for good.
func RudeMemory(m responder.Memory, seed uint64) responder.Memory {
	return &rudeMemory{m: m, random: rand.New(rand.NewPCG(seed, seed))}
}

// ErrRude is the error of a RudeMemory.
var ErrRude = errors.New("the memory is rude")

type rudeMemory struct {
	m      responder.Memory
	mu     sync.Mutex
	random *rand.Rand
}

type mood int

const (
	unsent mood = iota
	lost
	twice
	kind // as in most cases
)

func (r *rudeMemory) mood() mood {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(mood(r.random.IntN(10)), kind)
}

// Load implements responder.Memory.
func (r *rudeMemory) Load(ctx context.Context, key string) (responder.Entry, error) {
	if m := r.mood(); m == unsent || m == lost {
		return responder.Entry{}, ErrRude
	}
	return r.m.Load(ctx, key)
}

// Store implements responder.Memory.
func (r *rudeMemory) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	m := r.mood()
	if m == unsent {
		return ErrRude
	}
	err := r.m.Store(ctx, key, value, expires)
	if err == nil && m == twice {
		err = r.m.Store(ctx, key, value, expires)
	}
	if err == nil && m == lost {
		return ErrRude
	}
	return err
}

// Swap implements responder.Memory.
func (r *rudeMemory) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	m := r.mood()
	if m == unsent {
		return responder.Entry{}, false, ErrRude
	}
	now, made, err := r.m.Swap(ctx, key, was, value, expires)
	if err == nil && m == twice {
		now, made, err = r.m.Swap(ctx, key, was, value, expires)
	}
	if err == nil && m == lost {
		return responder.Entry{}, false, ErrRude
	}
	return now, made, err
}
