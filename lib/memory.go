package responder

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"
)

// Memory is what a plugin remembers beyond one call: answers of services, quotas, indexes. On AWS it is the table
// PluginData, which all functions of a stack share (awslambda.Memory); [NewMemory] is one for a process.
//
// Keys are <plugin>#<anything>, 1 to 1,024 bytes, so that plugins do not meet by chance; values are at most MaxRemembered
// bytes. What has expired may still be there: compare Entry.Expires, which is kept to the second, with your own clock. An error means that the
// change may or may not have been made. Each method is one call, safe for concurrent use.
type Memory interface {
	// Load gives what is remembered under key, the zero Entry where nothing is. It sees all that was stored before.
	Load(ctx context.Context, key string) (Entry, error)
	// Store remembers value under key until expires, whatever stood there.
	Store(ctx context.Context, key string, value []byte, expires time.Time) error
	// Swap does so only where what stands there is still of version was (0: nothing stood there). It returns what stands
	// there now, and whether that is of its making.
	Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (now Entry, made bool, err error)
}

// Entry is what a Memory has under a key. The zero Entry is nothing.
type Entry struct {
	Value   []byte
	Ver     int64 // grows with each change; 0: nothing is there
	Expires time.Time
}

// MaxRemembered is the size in bytes of the largest value that a Memory keeps.
const MaxRemembered = 128 << 10

// CheckMemory says what is wrong with a key and a value of a Memory.
func CheckMemory(key string, value []byte) error {
	if key == "" || len(key) > 1024 {
		return Permanent(fmt.Errorf("memory key: %.80q, expected 1 to 1024 bytes", key))
	}
	if len(value) > MaxRemembered {
		return Permanent(fmt.Errorf("memory %.80q: %d bytes, expected at most %d", key, len(value), MaxRemembered))
	}
	return nil
}

// NewMemory makes a Memory that ends with the process, for tests and laptops. Nothing in it ever expires.
func NewMemory() Memory { return &processMemory{entries: map[string]Entry{}} }

type processMemory struct {
	mu      sync.Mutex
	entries map[string]Entry
}

// Load implements Memory.
func (m *processMemory) Load(ctx context.Context, key string) (Entry, error) {
	if err := ready(ctx, key, nil); err != nil {
		return Entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[key].clone(), nil
}

// Store implements Memory.
func (m *processMemory) Store(ctx context.Context, key string, value []byte, expires time.Time) error {
	if err := ready(ctx, key, value); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value, expires)
	return nil
}

// Swap implements Memory.
func (m *processMemory) Swap(ctx context.Context, key string, was int64, value []byte, expires time.Time) (Entry, bool, error) {
	if err := ready(ctx, key, value); err != nil {
		return Entry{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if stands := m.entries[key]; stands.Ver != was {
		return stands.clone(), false, nil
	}
	return m.put(key, value, expires), true, nil
}

func (m *processMemory) put(key string, value []byte, expires time.Time) Entry {
	e := Entry{Value: value, Ver: m.entries[key].Ver + 1, Expires: time.Unix(expires.Unix(), 0).UTC()}.clone()
	m.entries[key] = e
	return e.clone()
}

func (e Entry) clone() Entry {
	e.Value = bytes.Clone(e.Value)
	return e
}

func ready(ctx context.Context, key string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return CheckMemory(key, value)
}
