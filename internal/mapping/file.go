package mapping

import (
	"math"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/m-mizutani/AlertResponder/internal/yamlfile"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Version is the version of the file that is read.
const Version = "1"

// Parse reads a mapping file. The error has all its faults (see Faults).
func Parse(text []byte) (*Set, error) {
	doc, err := yamlfile.Document(text)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		return nil, Fault{Line: 1, Column: 1, Text: "the file is empty, expected version and mappings"}
	}
	r := &reader{lines: strings.Split(string(text), "\n")}
	s := &Set{}
	top := r.fields(doc, "", "version", "mappings")
	if v, ok := top["version"]; !ok {
		r.missing(doc, "", "version", Version)
	} else if got := r.text(v, "version", Version); got != "" && got != Version {
		r.Fault(v, "version", "%s, expected %s", kind(v), Version)
	}
	if list, ok := top["mappings"]; !ok {
		r.missing(doc, "", "mappings", "a list of mappings")
	} else {
		s.mappings = r.mappings(list)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	s.warnings = r.warnings
	return s, nil
}

func (r *reader) missing(n *yaml.Node, field, name, expected string) {
	if n.Kind == yaml.MappingNode { // else there is a fault already
		r.Fault(n, sub(field, name), "is missing, expected %s", expected)
	}
}

func (r *reader) mappings(n *yaml.Node) (out []mapping) {
	sources := map[string]bool{}
	if n.Kind != yaml.SequenceNode {
		r.Fault(n, "mappings", "%s, expected a list of mappings", kind(n))
		return nil
	}
	for i, e := range r.list(n, "mappings") {
		field := nth("mappings", i)
		m := r.mapping(of(e), field)
		if m.source != "" && sources[m.source] {
			r.Fault(e, sub(field, "source"), "%q is taken by another mapping", m.source)
		}
		sources[m.source] = true
		out = append(out, m)
	}
	return out
}

var mappingFields = []string{"source", "topic", "match", "alerts", "name", "rule", "key", "description", "severity", "state",
	"sample", "account", "region", "link", "timestamp", "attrs"}

func (r *reader) mapping(n *yaml.Node, field string) (m mapping) {
	f := r.fields(n, field, mappingFields...)
	if v, ok := f["source"]; !ok {
		r.missing(n, field, "source", "a name for the sender, such as acme-edr")
	} else {
		m.source = r.source(v, sub(field, "source"))
	}
	r.matching(n, f, field, &m)
	if v, ok := f["key"]; !ok {
		r.missing(n, field, "key", "one or several expressions that say which incident it is")
	} else {
		for i, e := range r.list(v, sub(field, "key")) {
			m.key = append(m.key, r.expression(e, nth(sub(field, "key"), i)))
		}
	}
	for name, into := range map[string]**expression{
		"alerts": &m.alerts, "name": &m.name, "rule": &m.rule, "description": &m.description, "sample": &m.sample,
		"account": &m.account, "region": &m.region, "link": &m.link,
	} {
		if v, ok := f[name]; ok {
			*into = r.expression(v, sub(field, name))
		}
	}
	if v, ok := f["severity"]; ok {
		m.severity = r.severity(v, sub(field, "severity"))
	}
	if v, ok := f["state"]; ok {
		m.state = r.state(v, sub(field, "state"))
	}
	if v, ok := f["timestamp"]; ok {
		r.timestamp(v, sub(field, "timestamp"), &m)
	}
	if v, ok := f["attrs"]; ok {
		m.attrs = r.attrs(v, sub(field, "attrs"))
	}
	return m
}

// reserved are the sources of the parsers that ship, and what marks a message that nobody could read.
var reserved = []string{"guardduty", "securityhub", "ocsf", "cloudwatch", "falco", "alertmanager", "wazuh", "native", "unknown", "unparsed"}

func (r *reader) source(n *yaml.Node, field string) string {
	s := r.text(n, field, "a name")
	switch {
	case s == "":
	case slices.Contains(reserved, s) || strings.HasPrefix(s, "aws.") || s == "aws":
		r.Fault(n, field, "%q is reserved for senders that AlertResponder knows, expected a name of your own", s)
	case len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || strings.ContainsRune("._-", rune(s[0])):
		r.Fault(n, field, "%s, expected 1 to 64 of a-z, 0-9, and . _ - after the first", kind(n))
	}
	return s
}

// severity is an expression alone, or with a table of words or a scale.
func (r *reader) severity(n *yaml.Node, field string) *severity {
	s := &severity{max: 100}
	if n.Kind != yaml.MappingNode {
		s.value = r.expression(n, field)
		return s
	}
	f := r.fields(n, field, "value", "words", "min", "max")
	s.value = r.inner(n, f, field)
	if v, ok := f["words"]; ok {
		s.words = map[string]float64{}
		for _, e := range r.table(v, sub(field, "words"), "a table of words with numbers from 0 to 100") {
			word := strings.ToLower(strings.TrimSpace(e.key.Value))
			if _, ok := s.words[word]; ok {
				r.Fault(e.key, sub(field, "words"), "%q is there twice", word)
			}
			s.words[word] = r.number(e.value, sub(sub(field, "words"), e.key.Value), "a number from 0 to 100", 0, 100)
		}
	}
	for name, into := range map[string]*float64{"min": &s.min, "max": &s.max} {
		if v, ok := f[name]; ok {
			*into = r.number(v, sub(field, name), "a number", -math.MaxFloat32, math.MaxFloat32)
		}
	}
	if s.min == s.max {
		r.Fault(n, field, "min and max are the same, expected the two ends of the sender's scale")
	}
	return s
}

func (r *reader) inner(n *yaml.Node, f map[string]*yaml.Node, field string) *expression {
	v, ok := f["value"]
	if !ok {
		r.missing(n, field, "value", "a JMESPath expression")
		return &expression{}
	}
	return r.expression(v, sub(field, "value"))
}

// state is an expression alone, or with the values that mean resolved.
func (r *reader) state(n *yaml.Node, field string) *state {
	s := &state{resolved: []string{string(responder.Resolved)}}
	if n.Kind != yaml.MappingNode {
		s.value = r.expression(n, field)
		return s
	}
	f := r.fields(n, field, "value", "resolved")
	s.value = r.inner(n, f, field)
	if v, ok := f["resolved"]; ok {
		s.resolved = nil
		for _, word := range r.texts(v, sub(field, "resolved"), "a value that means that it is over") {
			s.resolved = append(s.resolved, strings.ToLower(strings.TrimSpace(word)))
		}
	}
	return s
}

// timestamp is an expression for both times, or one for each, and layouts.
func (r *reader) timestamp(n *yaml.Node, field string, m *mapping) {
	if n.Kind != yaml.MappingNode {
		m.init = r.expression(n, field)
		m.last = m.init
		return
	}
	f := r.fields(n, field, "init", "last", "layout")
	for name, into := range map[string]**expression{"init": &m.init, "last": &m.last} {
		if v, ok := f[name]; ok {
			*into = r.expression(v, sub(field, name))
		}
	}
	if m.init == nil && m.last == nil {
		r.missing(n, field, "init", "an expression for the first time, or last for the last")
	}
	if v, ok := f["layout"]; ok {
		for i, l := range r.list(v, sub(field, "layout")) {
			m.layouts = append(m.layouts, r.layout(l, nth(sub(field, "layout"), i)))
		}
	}
}

// layout is a layout of Go's package time, that says the day at least.
func (r *reader) layout(n *yaml.Node, field string) string {
	const expected = "the time 2006-01-02 15:04:05 as the sender would write it"
	s := r.text(n, field, expected)
	day := time.Date(2013, 11, 12, 0, 0, 0, 0, time.UTC)
	if back, err := time.Parse(s, day.Format(s)); s != "" && (err != nil || !back.Equal(day)) {
		r.Fault(n, field, "%s, expected %s", kind(n), expected)
	}
	return s
}

var kinds = []string{
	responder.TypeIPAddr, responder.TypeDomain, responder.TypeUsername, responder.TypeFileHash, responder.TypeURL, responder.TypeInstance,
	responder.TypeAccessKey, responder.TypeBucket, responder.TypeEmail, responder.TypeJSON, responder.TypeARN, responder.TypeHostname,
	responder.TypeProcess, responder.TypeFile, responder.TypeContainer, responder.TypeImage, responder.TypeCVE,
}

var contexts = []string{responder.ContextRemote, responder.ContextLocal, responder.ContextClient, responder.ContextServer,
	responder.ContextSubject, responder.ContextObject, responder.ContextFile, responder.ContextExtracted}

func (r *reader) attrs(n *yaml.Node, field string) (out []attribute) {
	if n.Kind != yaml.SequenceNode {
		r.Fault(n, field, "%s, expected a list of attributes", kind(n))
		return nil
	}
	for i, e := range r.list(n, field) {
		at := nth(field, i)
		e = of(e)
		f := r.fields(e, at, "type", "value", "key", "context", "when")
		a := attribute{value: r.inner(e, f, at)}
		if v, ok := f["type"]; !ok {
			r.missing(e, at, "type", "one of "+strings.Join(kinds, " "))
		} else {
			a.kind = r.word(v, sub(at, "type"), "attribute type", kinds)
		}
		if v, ok := f["key"]; ok {
			a.key = r.text(v, sub(at, "key"), "a label that a person reads")
		}
		if v, ok := f["context"]; ok {
			for j, c := range r.list(v, sub(at, "context")) {
				a.context = append(a.context, r.word(c, nth(sub(at, "context"), j), "context", contexts))
			}
		}
		if v, ok := f["when"]; ok {
			a.when = r.expression(v, sub(at, "when"))
		}
		out = append(out, a)
	}
	return out
}

// word is one of an open list: another one is a warning.
func (r *reader) word(n *yaml.Node, field, what string, known []string) string {
	s := r.text(n, field, what)
	switch {
	case s == "" || slices.Contains(known, s):
	case len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "":
		r.Fault(n, field, "%s, expected at most 64 of a-z, 0-9, and . _ -", kind(n))
	default:
		r.warn(n, field, "%s is no %s that ships%s", kind(n), what, orNearest(s, known))
	}
	return s
}
