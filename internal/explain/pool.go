package explain

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxPool is how many bytes of attributes are kept, each once.
const maxPool = 16 << 20

// entry is an attribute with its hash.
type entry struct {
	responder.Attribute
	hash entity.Hash
}

// pool keeps attributes: a storm of alerts has the same ones again and again.
type pool struct {
	entries map[entity.Hash]*entry
	size    int
}

// of gives the entry of an attribute; nil if there is no room for another one.
func (p *pool) of(a responder.Attribute) *entry {
	a = attribute(a)
	h := entity.HashOf(a)
	if e := p.entries[h]; e != nil {
		return e
	}
	if p.entries == nil {
		p.entries = map[entity.Hash]*entry{}
	}
	const overhead = 200
	size := overhead + len(a.Type) + len(a.Value) + len(a.Key)
	if p.size+size > maxPool {
		return nil
	}
	p.size += size
	a.Type, a.Value, a.Key = strings.Clone(a.Type), strings.Clone(a.Value), strings.Clone(a.Key)
	p.entries[h] = &entry{a, h}
	return p.entries[h]
}

// told is an attribute that is told of in any case, cut if there is no room.
func (p *pool) told(a *responder.Attribute) *responder.Attribute {
	if a == nil {
		return nil
	}
	if e := p.of(*a); e != nil {
		return &e.Attribute
	}
	short := attribute(*a)
	short.Type, short.Value, short.Key = strings.Clone(short.Type), cut(short.Value, 64), ""
	return &short
}

// attribute is an attribute as it is told: bounded, without the role that it plays in one alert.
func attribute(a responder.Attribute) responder.Attribute {
	a = entity.Normalize(a)
	a.Context = nil
	return a
}

// entries are the attributes of an alert or a page, each once, as far as there is room.
func (r *reading) entries(attrs []responder.Attribute) (list []*entry) {
	seen := map[entity.Hash]bool{}
	for _, a := range attrs[:min(len(attrs), maxAttributes)] {
		e := r.pool.of(a)
		switch {
		case e == nil:
			r.leftOut++
		case e.Type != "" && e.Value != "" && !seen[e.hash]:
			seen[e.hash] = true
			list = append(list, e)
		}
	}
	return list
}
