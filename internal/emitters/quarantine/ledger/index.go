package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	// window is an hour, and what an action may take after it got its place: so there are never more within any hour.
	window = time.Hour + Attempt
	// MaxCeiling bounds the ceiling: the index has place for more.
	MaxCeiling = 100
	maxPlaces  = 500
	maxTries   = 20
)

func (l Ledger) indexKey() string { return l.prefix() + "index" }

// index has the last actions, in the order in which they were last tried.
type index struct {
	V      int     `json:"v"`
	Writer string  `json:"writer"`
	Places []place `json:"places"`
}

// place is one below the ceiling.
type place struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

func (l Ledger) index(ctx context.Context) (index, int64, error) {
	e, err := l.Memory.Load(ctx, l.indexKey())
	if err != nil {
		return index{}, 0, err
	}
	x, err := l.readIndex(e)
	return x, e.Ver, err
}

// readIndex fails where it cannot be read: nobody would know how many actions there were.
func (l Ledger) readIndex(e responder.Entry) (x index, err error) {
	if e.Ver == 0 || !e.Expires.IsZero() && e.Expires.Before(l.Now()) {
		return x, nil
	}
	if err := json.Unmarshal(e.Value, &x); err != nil {
		return x, fmt.Errorf("the record %s cannot be read", l.indexKey())
	}
	if err := responder.CheckVersion(x.V); err != nil {
		return x, fmt.Errorf("the record %s: %w", l.indexKey(), err)
	}
	return x, nil
}

// place takes a place for an action, from now on; one that it has already is no other.
func (l Ledger) place(ctx context.Context, id string, ceiling int) error {
	x, ver, err := l.index(ctx)
	for range maxTries {
		if err != nil {
			return err
		}
		now := l.Now().UTC()
		if x.others(id, now) >= min(ceiling, MaxCeiling) {
			return fmt.Errorf("%w: %d", ErrCeiling, ceiling)
		}
		text, bad := json.Marshal(x.with(id, now))
		if bad != nil {
			return bad
		}
		stands, made, failure := l.Memory.Swap(ctx, l.indexKey(), ver, text, now.Add(keep))
		if failure != nil {
			return failure
		}
		if made || bytes.Equal(stands.Value, text) {
			return nil
		}
		ver = stands.Ver
		x, err = l.readIndex(stands)
	}
	return responder.RetryAfter(errContended, 5*time.Second)
}

// others counts the actions within the window but this one. One of a clock that is ahead counts too.
func (x index) others(id string, now time.Time) (n int) {
	for _, p := range x.Places {
		if p.ID != id && now.Sub(p.At) < window {
			n++
		}
	}
	return n
}

func (x index) with(id string, now time.Time) index {
	list := slices.DeleteFunc(slices.Clone(x.Places), func(p place) bool { return p.ID == id })
	list = append(list, place{id, now})
	slices.SortStableFunc(list, func(a, b place) int { return a.At.Compare(b.At) })
	return index{responder.SchemaVersion, rand.Text(), list[max(len(list)-maxPlaces, 0):]}
}
