package explain

import (
	"slices"

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

// names are origins by attribute.
type names map[entity.Hash][]string

func (n names) add(a responder.Attribute, origin string) {
	if h := entity.HashOf(a); !slices.Contains(n[h], origin) {
		n[h] = append(n[h], origin)
	}
}

func (r *reading) ownership() ownership {
	o, taken := ownership{}, map[entity.Hash]bool{}
	asked, carried := r.askedFor(), r.carried()
	add := func(origin string, attrs []responder.Attribute) {
		for _, a := range attrs {
			h := entity.HashOf(a)
			if taken[h] || len(taken) >= protocol.MaxAttributes || !carried.only(asked[h], h, origin) {
				continue
			}
			taken[h] = true
			o[origin] = append(o[origin], a)
		}
	}
	for _, a := range r.alerts {
		if r.brought(a.origin) != HandedKnown {
			add(a.origin, a.attrs)
		}
	}
	for _, a := range r.answers {
		if a.wave != "" && r.brought(a.wave) != HandedKnown {
			add(a.wave, a.brings)
		}
	}
	return o
}

// only says that nobody was asked for an attribute in the name of another origin that has it. An answer about what
// its task did not have says nothing.
func (n names) only(asked []string, h entity.Hash, origin string) bool {
	return slices.Contains(asked, origin) ||
		!slices.ContainsFunc(asked, func(other string) bool { return slices.Contains(n[h], other) })
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

// askedFor are the origins in whose name there is an answer about an attribute.
func (r *reading) askedFor() names {
	out := names{}
	for _, a := range r.answers {
		for _, row := range a.outcomes {
			if row.Attribute != nil {
				out.add(*row.Attribute, a.origin)
			}
		}
	}
	return out
}

// carried are the origins that have an attribute, new or not.
func (r *reading) carried() names {
	out := names{}
	for _, a := range r.alerts {
		for _, attr := range a.attrs {
			out.add(attr, a.origin)
		}
	}
	for _, a := range r.answers {
		for _, attr := range a.brings {
			if a.wave != "" {
				out.add(attr, a.wave)
			}
		}
	}
	return out
}
