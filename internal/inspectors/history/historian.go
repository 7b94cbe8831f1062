package history

import (
	"context"
	"errors"
	"fmt"
	"sync"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	atOnce   = 8  // entries that are written at the same time
	attempts = 32 // of one entry, where others change it meanwhile
)

// historian writes the index. It is the emitter.
type historian struct{ Options }

// Emit implements responder.Emitter. Notices are nothing new. All attributes are tried, whatever becomes of one; an entry that
// cannot be read stays as it is until it expires, since to begin anew would forget what was urgent.
//
// There is no receipt to go by. Where a verdict was half written when the function died, and another one overtook
// it, the receipt would be that of the one before; so each entry is asked what stands there, and written where it says
// something else.
func (h *historian) Emit(ctx context.Context, r responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	all := evidence(r)
	errs := make([]error, len(all))
	room := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, s := range all {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			errs[i] = h.record(ctx, s)
		})
	}
	wg.Wait()
	return nil, worst(errs)
}

// worst are the errors that trying again can mend; where there are none, the others.
func worst(errs []error) error {
	var passing, lasting []error
	for _, err := range errs {
		if responder.IsPermanent(err) {
			lasting = append(lasting, err)
		} else {
			passing = append(passing, err)
		}
	}
	if err := errors.Join(passing...); err != nil {
		return err
	}
	return errors.Join(lasting...)
}

// record puts what a report says of an attribute into its entry.
func (h *historian) record(ctx context.Context, s seen) error {
	key := keyOf(s.attribute)
	stands, err := h.Memory.Load(ctx, key)
	if err != nil {
		return fmt.Errorf("history of %s: %w", key, err)
	}
	for range attempts {
		was, err := read(stands, h.Now())
		if err != nil {
			return fmt.Errorf("history of %s: %w", key, err)
		}
		next, changed := was.with(s.row, h.Keep, h.Now())
		if !changed {
			return nil
		}
		now, made, err := h.Memory.Swap(ctx, key, stands.Ver, next.text(), h.Now().Add(h.Keep))
		if err != nil {
			return fmt.Errorf("history of %s: %w", key, err)
		}
		if made {
			return nil
		}
		stands = now
	}
	return fmt.Errorf("history of %s: others changed it %d times meanwhile", key, attempts)
}
