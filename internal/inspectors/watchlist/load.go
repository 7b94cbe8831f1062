package watchlist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// loader keeps the lists of a source.
type loader struct {
	source Source
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	held    *holding // nil: nothing was ever loaded
	checked time.Time
	running *attempt // nil: nobody is loading
}

// holding is what was loaded at a time. It is not changed any more.
type holding struct {
	lists  map[string]*loaded // by path
	index  *index
	broken []error // of lists of which no version could be used
}

// loaded is one version of a list. With err, the version cannot be used, and list is the one before, or nil.
type loaded struct {
	version string
	list    *list
	err     error
}

// attempt is a loading that others may wait for.
type attempt struct {
	done chan struct{}
	err  error
}

// current gives the lists, and looks for changes where that is due. While one caller does that, the others get what
// there is, or wait if there is nothing.
func (l *loader) current(ctx context.Context) (*holding, error) {
	l.mu.Lock()
	if age := l.now().Sub(l.checked); l.held != nil && (l.running != nil || age >= 0 && age < reloadEvery) {
		defer l.mu.Unlock()
		return l.held, nil
	}
	if a := l.running; a != nil {
		l.mu.Unlock()
		return l.await(ctx, a)
	}
	a := &attempt{done: make(chan struct{}), err: errors.New("the lists could not be loaded")}
	l.running = a
	was := l.held
	l.mu.Unlock()

	var next *holding
	defer func() { l.settle(ctx, a, next) }()
	next, a.err = l.load(ctx, was)
	return cmp.Or(next, was), unless(was != nil, a.err)
}

func unless(fine bool, err error) error {
	if fine {
		return nil
	}
	return err
}

func (l *loader) await(ctx context.Context, a *attempt) (*holding, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-a.done:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, unless(l.held != nil, a.err)
}

// settle ends an attempt, also one that panicked.
func (l *loader) settle(ctx context.Context, a *attempt, next *holding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.err != nil && l.held != nil {
		l.log.WarnContext(ctx, "the lists could not be loaded again, the old ones stay in use", "error", a.err)
	}
	l.held, l.checked, l.running = cmp.Or(next, l.held), l.now(), nil
	close(a.done)
}

// load asks the source, and reads what has changed.
func (l *loader) load(ctx context.Context, was *holding) (*holding, error) {
	files, err := l.source.Lists(ctx)
	if err != nil {
		return nil, err
	}
	if len(files) > MaxLists {
		return nil, fmt.Errorf("more than %d lists", MaxLists)
	}
	if len(files) == 0 {
		l.log.WarnContext(ctx, "there are no lists")
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	next := &holding{lists: map[string]*loaded{}}
	changed, left := was == nil || len(was.lists) != len(files), MaxIndicators
	for _, f := range files {
		old := was.get(f.Path)
		if old == nil || old.version != f.Version {
			if old, err = l.read(ctx, f, old, left); err != nil {
				return nil, err
			}
			changed = true
		}
		next.lists[f.Path] = old
		left -= old.list.size()
	}
	if !changed {
		return was, nil
	}
	next.build()
	return next, nil
}

func (h *holding) get(path string) *loaded {
	if h == nil {
		return nil
	}
	return h.lists[path]
}

func (h *holding) build() {
	var lists []*list
	for _, p := range slices.Sorted(maps.Keys(h.lists)) {
		v := h.lists[p]
		if v.list != nil {
			lists = append(lists, v.list)
		} else {
			h.broken = append(h.broken, v.err)
		}
	}
	h.index = newIndex(lists)
}

// read reads one list. What is wrong with its content is no error, but said once, and the version before is kept.
func (l *loader) read(ctx context.Context, f File, old *loaded, left int) (*loaded, error) {
	v := &loaded{version: f.Version}
	v.list, v.err = open(ctx, f, left)
	switch {
	case v.err != nil && !responder.IsPermanent(v.err):
		return nil, v.err
	case v.err != nil:
		l.log.WarnContext(ctx, "a list cannot be used", "list", f.Path, "error", v.err)
		if v.list = nil; old != nil {
			v.list = old.list
		}
		if errors.Is(v.err, io.ErrUnexpectedEOF) { // it may have been cut on its way
			v.version = ""
		}
	case v.list.faults.Count > 0:
		l.log.WarnContext(ctx, "lines of a list were skipped", "list", f.Path,
			"faults", v.list.faults.Count, "first", v.list.faults.First)
	}
	return v, nil
}
