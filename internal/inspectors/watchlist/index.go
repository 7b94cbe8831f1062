package watchlist

import "net/netip"

// index finds entries without going through them: addresses by the networks around them, one for each length that is
// in use, domains by the names above them, everything else by its text.
type index struct {
	networks map[netip.Prefix]int32
	texts    map[text]int32
	nodes    []node
	lengths4 [33]bool
	lengths6 [129]bool
}

type text struct {
	class class
	text  string
}

// node is one of the entries with the same indicator; next is the place of another one, or none.
type node struct {
	*item
	next int32
}

const none = -1

func newIndex(lists []*list) *index {
	n := 0
	for _, l := range lists {
		n += len(l.items)
	}
	x := &index{networks: map[netip.Prefix]int32{}, texts: map[text]int32{}, nodes: make([]node, 0, n)}
	for _, l := range lists {
		for i := range l.items {
			x.add(&l.items[i])
		}
	}
	return x
}

func (x *index) add(i *item) {
	at := int32(len(x.nodes))
	if i.class == classNetwork {
		x.nodes = append(x.nodes, node{i, before(x.networks, i.prefix)})
		x.networks[i.prefix] = at
		x.lengths(i.prefix.Addr())[i.prefix.Bits()] = true
		return
	}
	key := text{i.class, i.text}
	x.nodes = append(x.nodes, node{i, before(x.texts, key)})
	x.texts[key] = at
}

func before[K comparable](m map[K]int32, key K) int32 {
	if at, ok := m[key]; ok {
		return at
	}
	return none
}

// lengths are those of the networks that there are of an address's kind.
func (x *index) lengths(a netip.Addr) []bool {
	if a.Is4() {
		return x.lengths4[:]
	}
	return x.lengths6[:]
}
