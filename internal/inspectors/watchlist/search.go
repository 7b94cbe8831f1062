package watchlist

import (
	"net/netip"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// match is an entry that an attribute stands under.
type match struct {
	*item
	// part of the attribute that matched, and what it is of it; both empty for the whole.
	part, of string
	// rank is how specific the entry is: the length of the network, the number of the domain's labels, or exact.
	rank int
}

const exact = 1000

// search is one look-up.
type search struct {
	*index
	now    int64
	kind   string // the attribute's type
	part   string
	of     string
	found  []match
	probes int // how often a map was asked
}

// find gives the entries that an attribute stands under.
func (x *index) find(a responder.Attribute, now time.Time) []match {
	s := x.search(a, now)
	return s.found
}

func (x *index) search(a responder.Attribute, now time.Time) *search {
	a = entity.Normalize(a)
	s := &search{index: x, now: now.Unix(), kind: a.Type}
	switch a.Type {
	case responder.TypeIPAddr, responder.TypeDomain:
		if s.host(a.Value) {
			return s // an address is never kept as a mere text
		}
	case responder.TypeURL:
		s.url(a.Value)
	case responder.TypeEmail:
		s.email(a.Value)
	case responder.TypeFileHash:
		s.text(classHash, a.Value, exact)
	default:
		s.guess(a.Value)
	}
	s.text(classOther, a.Value, exact)
	return s
}

func (s *search) url(v string) {
	text, host := urlParts(v)
	s.text(classURL, text, exact)
	s.part, s.of = host, "host"
	s.host(host)
	s.part, s.of = "", ""
}

func (s *search) email(v string) {
	s.text(classEmail, v, exact)
	if at := strings.LastIndexByte(v, '@'); at >= 0 {
		s.part, s.of = v[at+1:], "domain"
		s.domain(v[at+1:])
		s.part, s.of = "", ""
	}
}

// guess looks up an attribute of another type by the looks of its value, as a list is read. Only entries of any type
// or of the same one count.
func (s *search) guess(v string) {
	found, _ := guess(v)
	for _, i := range found {
		switch {
		case i.class == classNetwork && isName(s.kind):
			s.around(i.prefix, exact)
		case i.class == classNetwork:
			s.network(i.prefix)
		default:
			s.text(i.class, i.text, exact)
		}
	}
}

// host asks for an address or a name, and says whether it was an address.
func (s *search) host(v string) bool {
	p, ok := network(v)
	if ok {
		s.network(p)
	} else {
		s.domain(v)
	}
	return ok
}

// network asks for all networks around one, 33 or 129 at most.
func (s *search) network(p netip.Prefix) {
	for bits, used := range s.lengths(p.Addr())[:p.Bits()+1] {
		if !used {
			continue
		}
		around, _ := p.Addr().Prefix(bits) // bits are in range
		s.around(around, bits)
	}
}

func (s *search) around(p netip.Prefix, rank int) {
	s.probes++
	if at, ok := s.networks[p]; ok {
		s.take(at, rank)
	}
}

// domain asks for a name and for all above it, 127 at most.
func (s *search) domain(v string) {
	if v = strings.TrimSuffix(v, "."); !isDomain(v) {
		return
	}
	for labels := strings.Count(v, ".") + 1; labels > 0; labels-- {
		s.text(classDomain, v, labels)
		_, v, _ = strings.Cut(v, ".")
	}
}

func (s *search) text(c class, v string, rank int) {
	s.probes++
	if at, ok := s.texts[text{c, v}]; ok {
		s.take(at, rank)
	}
}

// take takes all entries from a place on that are about the attribute and have not expired.
func (s *search) take(at int32, rank int) {
	for ; at != none; at = s.nodes[at].next {
		i := s.nodes[at].item
		if s.accepts(i) && (i.expires == 0 || i.expires > s.now) {
			s.found = append(s.found, match{item: i, part: s.part, of: s.of, rank: rank})
		}
	}
}

// accepts says whether an entry is about the attribute's type: by its own, or by how it is compared.
func (s *search) accepts(i *item) bool {
	if i.kind == "" || i.kind == s.kind {
		return true
	}
	return i.class != classOther && hasLook(s.kind)
}
