package ingest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// guardDutyFields are what GuardDuty says of the service in the product fields, as the object that it once was: of
// "aws/guardduty/service/action/…", and of "action/…" in old findings (Amazon GuardDuty User Guide, "Typical finding
// from GuardDuty"). Lists are written "portProbeDetails.0_/remoteIpDetails/…".
func guardDutyFields(f object) object {
	product, _ := readARN(f.text("productArn"))
	if product.resource != guardDutyProduct {
		return nil
	}
	fields, root := f.at("productFields"), node{}
	for n, name := range slices.Sorted(maps.Keys(fields)) {
		value, isText := fields[name].(string)
		if !isText || value == "" || n == maxFields {
			continue
		}
		if path, ok := strings.CutPrefix(name, "aws/guardduty/service/"); ok {
			root.put(path, value)
		} else if !strings.HasPrefix(name, "aws/") {
			root.put(name, value)
		}
	}
	o, _ := root.value().(map[string]any)
	return o
}

// maxFields and maxDepth bound the product fields that are read; Security Hub allows 50 of them.
const (
	maxFields = 1_000
	maxDepth  = 12
)

// node is a value that is put together of its parts.
type node struct {
	text     string
	fields   map[string]*node
	elements map[int]*node
}

func (n *node) put(path, value string) {
	for depth := 0; path != "" && depth < maxDepth; depth++ {
		var name string
		name, path, _ = strings.Cut(path, "/")
		name, index, isList := element(name)
		if n.fields == nil {
			n.fields = map[string]*node{}
		}
		n = child(n.fields, name)
		if isList {
			if n.elements == nil {
				n.elements = map[int]*node{}
			}
			n = child(n.elements, index)
		}
	}
	n.text = value
}

func child[K comparable](of map[K]*node, name K) *node {
	if of[name] == nil {
		of[name] = &node{}
	}
	return of[name]
}

// element reads the name of a list's element: "threatNames.0_".
func element(name string) (list string, index int, ok bool) {
	bare, marked := strings.CutSuffix(name, "_")
	dot := strings.LastIndexByte(bare, '.')
	if !marked || dot <= 0 {
		return name, 0, false
	}
	index, err := strconv.Atoi(bare[dot+1:])
	if err != nil || index < 0 {
		return name, 0, false
	}
	return bare[:dot], index, true
}

// value gives the parts as JSON has them. What is a text and has parts keeps the parts.
func (n *node) value() any {
	switch {
	case n.fields != nil:
		out := map[string]any{}
		for name, inner := range n.fields {
			out[name] = inner.value()
		}
		return out
	case n.elements != nil:
		var out []any
		for _, index := range slices.Sorted(maps.Keys(n.elements)) {
			out = append(out, n.elements[index].value())
		}
		return out
	}
	return n.text
}
