package mapping

import (
	"slices"
	"strings"

	"github.com/jmespath-community/go-jmespath/pkg/util"
	"go.yaml.in/yaml/v3"
)

// condition is what a value has to be. Of a list, one element has to.
type condition struct {
	value          *expression
	equals         []string
	prefix, suffix []string
	exists         *bool
}

// matching reads topic and match. A mapping is asked before the parsers that ship, so it has to say what is its own.
func (r *reader) matching(n *yaml.Node, f map[string]*yaml.Node, field string, m *mapping) {
	if v, ok := f["topic"]; ok {
		m.topics = r.texts(v, sub(field, "topic"), "the name or ARN of a topic or queue")
	}
	v, ok := f["match"]
	at, before := sub(field, "match"), r.Found()
	switch {
	case !ok && len(m.topics) == 0:
		r.missing(n, field, "match", "a table of fields and their values")
	case !ok:
	case v.Kind == yaml.MappingNode:
		for _, e := range r.table(v, at, "a table of fields and their values") {
			m.match = append(m.match, r.condition(e, at))
		}
		if len(v.Content) == 0 {
			r.Fault(v, at, "an empty table, expected at least one field and its value")
		}
	default:
		m.whole = r.expression(v, at)
	}
	if ok && len(m.topics) == 0 && r.Found() == before && m.matches(map[string]any{}, "") {
		r.Fault(v, at, "holds for every message, expected a field and its value")
	}
}

func (r *reader) condition(e entry, field string) condition {
	c := condition{value: r.expression(e.key, sub(field, e.key.Value))}
	field = sub(field, e.key.Value)
	if e.value.Kind != yaml.MappingNode {
		c.equals = r.texts(e.value, field, "a value, or a list of values")
		return c
	}
	f := r.fields(e.value, field, "equals", "prefix", "suffix", "exists")
	for name, into := range map[string]*[]string{"equals": &c.equals, "prefix": &c.prefix, "suffix": &c.suffix} {
		if v, ok := f[name]; ok {
			*into = r.texts(v, sub(field, name), "a value, or a list of values")
		}
	}
	if v, ok := f["exists"]; ok {
		yes := v.Value == "true"
		if c.exists = &yes; v.Kind != yaml.ScalarNode || v.Value != "true" && v.Value != "false" {
			r.Fault(v, sub(field, "exists"), "%s, expected true or false", kind(v))
		}
	}
	if len(f) == 0 {
		r.Fault(e.value, field, "an empty table, expected equals prefix suffix exists")
	}
	return c
}

// matches says whether the mapping knows a message.
func (m mapping) matches(message any, topic string) bool {
	if len(m.topics) > 0 && !slices.Contains(m.topics, topic) && !slices.Contains(m.topics, topic[strings.LastIndexByte(topic, ':')+1:]) {
		return false
	}
	if m.whole != nil {
		v, err := m.whole.search(message, message)
		return err == nil && !util.IsFalse(v)
	}
	for _, c := range m.match {
		if !c.holds(message) {
			return false
		}
	}
	return true
}

func (c condition) holds(message any) bool {
	v, err := c.value.search(message, message)
	if err != nil {
		return false
	}
	if c.exists != nil && *c.exists != (v != nil) {
		return false
	}
	have := texts(v)
	for _, test := range []struct {
		words []string
		is    func(s, word string) bool
	}{
		{c.equals, func(s, word string) bool { return s == word }}, {c.prefix, strings.HasPrefix}, {c.suffix, strings.HasSuffix},
	} {
		if len(test.words) == 0 {
			continue
		}
		if !slices.ContainsFunc(have, func(s string) bool {
			return slices.ContainsFunc(test.words, func(word string) bool { return test.is(s, word) })
		}) {
			return false
		}
	}
	return true
}
