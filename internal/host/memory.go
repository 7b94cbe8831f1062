package host

import (
	"slices"
	"sync"

	"github.com/m-mizutani/AlertResponder/internal/entity"
)

// memory is which attributes of unfinished tasks have been answered by this process. The zero value is empty.
type memory struct {
	mu    sync.Mutex
	tasks map[string]map[entity.Hash]bool
	order []string // oldest first
}

const maxRemembered = 1024 // tasks

// get gives a copy.
func (m *memory) get(key string) map[entity.Hash]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[entity.Hash]bool{}
	for h := range m.tasks[key] {
		out[h] = true
	}
	return out
}

func (m *memory) add(key string, hashes []entity.Hash) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tasks == nil {
		m.tasks = map[string]map[entity.Hash]bool{}
	}
	if m.tasks[key] == nil {
		m.tasks[key] = map[entity.Hash]bool{}
		m.order = append(m.order, key)
	}
	for _, h := range hashes {
		m.tasks[key][h] = true
	}
	for len(m.tasks) > maxRemembered {
		delete(m.tasks, m.order[0])
		m.order = m.order[1:]
	}
}

func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tasks[key] != nil {
		delete(m.tasks, key)
		m.order = slices.DeleteFunc(m.order, func(k string) bool { return k == key })
	}
}
