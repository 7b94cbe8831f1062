package explain

import (
	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// ownership is which origin brought which attribute into the report. The tables do not say so; they say which origins
// brought some (in the item), and who was asked for what in whose name (in the answers). The rest is the order in
// which the alerts were sent, and that pages come after them.
type ownership map[string][]responder.Attribute // by origin

func (o ownership) of(origin string) []responder.Attribute {
	if list := o[origin]; list != nil {
		return list
	}
	return []responder.Attribute{}
}

func (r *reading) ownership() ownership {
	o, taken := ownership{}, map[entity.Hash]bool{}
	asked := r.askedFor()
	for origin, attrs := range r.carriers() {
		if r.brought(origin) == HandedKnown {
			continue
		}
		for _, a := range attrs {
			names := asked[a.hash]
			if taken[a.hash] || len(taken) >= protocol.MaxAttributes || len(names) > 0 && !names[origin] {
				continue // somebody was asked for it in another's name
			}
			taken[a.hash] = true
			o[origin] = append(o[origin], a.Attribute)
		}
	}
	return o
}

// carriers are the origins with their attributes, new or not: alerts, oldest first, then pages.
func (r *reading) carriers() func(yield func(string, []*entry) bool) {
	return func(yield func(string, []*entry) bool) {
		for _, a := range r.alerts {
			if !yield(a.origin, a.attrs) {
				return
			}
		}
		for _, a := range r.answers {
			if a.wave != "" && !yield(a.wave, a.brings) {
				return
			}
		}
	}
}

// brought says whether an origin brought attributes, by the item: it names each that did.
func (r *reading) brought(origin string) HandedOut {
	item, ok := r.item()
	switch {
	case !ok:
		return HandedDoubt
	case item.Origins.Has(protocol.OriginHash(origin)):
		return HandedYes
	}
	return HandedKnown
}

// askedFor are the origins that have an attribute and in whose name there is an answer about it. An answer about what
// its task did not have says nothing.
func (r *reading) askedFor() map[entity.Hash]map[string]bool {
	answered := map[entity.Hash]map[string]bool{}
	for _, a := range r.answers {
		for _, o := range a.outcomes {
			if o.Attribute == nil {
				continue
			}
			h := entity.HashOf(*o.Attribute)
			if answered[h] == nil {
				answered[h] = map[string]bool{}
			}
			answered[h][a.origin] = false
		}
	}
	for origin, attrs := range r.carriers() {
		for _, a := range attrs {
			if _, ok := answered[a.hash][origin]; ok {
				answered[a.hash][origin] = true
			}
		}
	}
	for _, names := range answered {
		for origin, carries := range names {
			if !carries {
				delete(names, origin)
			}
		}
	}
	return answered
}
