package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
)

// Undoing records that somebody puts an action back, before it is done. One that was begun so and did not end is gone on with.
func (l Ledger) Undoing(ctx context.Context, id, by string) (Action, error) {
	return l.change(ctx, id, func(a *Action) error {
		switch {
		case a.State == Undone:
			return fmt.Errorf("%w: %s was put back at %s", ErrState, id, a.Undone.Format("2006-01-02 15:04:05 UTC"))
		case a.State == Doing && l.Now().Sub(a.Tried) < Attempt:
			return fmt.Errorf("%w: try again in %s", ErrBusy, Attempt)
		}
		a.State, a.By, a.Error = Undoing, cut(by), ""
		return nil
	})
}

// Undone records that it was put back, and what was left as it is.
func (l Ledger) Undone(ctx context.Context, id string, d actions.Done) error {
	_, err := l.change(ctx, id, func(a *Action) error {
		if a.State == Undone {
			return nil
		}
		if a.State != Undoing {
			return fmt.Errorf("%w: %s is %s", ErrState, id, a.State)
		}
		a.State, a.Undone, a.Error, a.Left = Undone, l.Now().UTC(), "", bounded(d.Left)
		return nil
	})
	return err
}

// NotUndone records why it was not put back, or not whole. It stays in state undoing: who tries again goes on.
func (l Ledger) NotUndone(ctx context.Context, id string, why error) error {
	_, err := l.change(ctx, id, func(a *Action) error {
		if a.State != Undoing {
			return fmt.Errorf("%w: %s is %s", ErrState, id, a.State)
		}
		a.Error = cut(why.Error())
		return nil
	})
	return err
}

// change changes the last action on a target: those before it are over.
func (l Ledger) change(ctx context.Context, id string, do func(*Action) error) (Action, error) {
	hash, n, err := parse(id)
	if err != nil {
		return Action{}, err
	}
	for range maxTries {
		s, err := l.load(ctx, hash)
		if err != nil {
			return Action{}, err
		}
		next, ok := s.action(n)
		switch {
		case !ok:
			return Action{}, fmt.Errorf("%s: there is no such action", id)
		case n != s.item.N:
			return Action{}, fmt.Errorf("%w: %s is over; what stands now is %s", ErrState, id, s.Action.ID)
		}
		if err := do(&next); err != nil {
			return next, err
		}
		if s, err = l.swap(ctx, s, next); !errors.Is(err, ErrOvertaken) {
			return s.Action, err
		}
	}
	return Action{}, errContended
}
