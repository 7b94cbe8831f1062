package cfn

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The transform that loops need, and the one of SAM, which has to stand behind it.
const (
	extensions = "AWS::LanguageExtensions"
	serverless = "AWS::Serverless-2016-10-31"
)

// looped are the sections that may have loops.
var looped = []string{"Conditions", "Resources", "Outputs"}

const (
	forEach = "Fn::ForEach::"
	deepest = 5 // loops in loops
)

// Expand carries out what AWS::LanguageExtensions does with the loops of a template (AWS CloudFormation Template Reference,
// "Fn::ForEach"), and looks up what mappings say of names that are written out. What is left is as if it had been written
// without loops. The template stays as it is.
//
// It knows less than AWS, and refuses the rest: a collection is a list of words. An identifier is replaced in keys,
// in Fn::Sub and by Ref; a text that has it otherwise is refused, since CloudFormation leaves it there in some places.
func Expand(template map[string]any) (map[string]any, error) {
	e := &expansion{template: template, loops: map[string]bool{}}
	out := maps.Clone(template)
	for _, section := range slices.Sorted(maps.Keys(template)) {
		if !slices.Contains(looped, section) {
			if name := loopIn(template[section]); name != "" {
				return nil, fmt.Errorf("%s: %s, expected in %s only", section, name, strings.Join(looped, ", "))
			}
			continue
		}
		v, err := e.value(template[section], nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", section, err)
		}
		out[section] = v
	}
	if len(e.loops) > 0 {
		return out, transforms(template)
	}
	return out, nil
}

// transforms says what is wrong with those of a template that has loops.
func transforms(template map[string]any) error {
	list, _ := template["Transform"].([]any)
	if text, ok := template["Transform"].(string); ok {
		list = []any{text}
	}
	first, second := slices.Index(list, any(extensions)), slices.Index(list, any(serverless))
	if first < 0 || (second >= 0 && second < first) {
		return fmt.Errorf("transform: %v, expected %s before any other for Fn::ForEach", list, extensions)
	}
	return nil
}

// loopIn is the name of a loop somewhere in v.
func loopIn(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if strings.HasPrefix(name, forEach) {
				return name
			}
			if found := loopIn(inner); found != "" {
				return found
			}
		}
	case []any:
		for _, inner := range v {
			if found := loopIn(inner); found != "" {
				return found
			}
		}
	}
	return ""
}

type expansion struct {
	template map[string]any
	loops    map[string]bool // by name: whether it was met
}

// bindings are the identifiers of the loops around a value.
type bindings map[string]string

func (e *expansion) value(v any, b bindings) (any, error) {
	switch v := v.(type) {
	case string:
		return v, b.unbound(v)
	case []any:
		return e.list(v, b)
	case map[string]any:
		return e.mapping(v, b)
	}
	return v, nil
}

func (e *expansion) list(v []any, b bindings) ([]any, error) {
	out := make([]any, len(v))
	for i, inner := range v {
		var err error
		if out[i], err = e.value(inner, b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *expansion) mapping(v map[string]any, b bindings) (any, error) {
	if sub, ok := v["Fn::Sub"]; ok && len(v) == 1 {
		return e.sub(sub, b)
	}
	if name, ok := v["Ref"].(string); ok && len(v) == 1 {
		if item, bound := b[name]; bound {
			return item, nil
		}
	}
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if strings.HasPrefix(key, forEach) {
			if err := e.loop(key, v[key], b, out, v); err != nil {
				return nil, err
			}
			continue
		}
		if err := b.unbound(key); err != nil {
			return nil, err
		}
		inner, err := e.value(v[key], b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = inner
	}
	if arguments, ok := out["Fn::FindInMap"].([]any); ok && len(out) == 1 {
		return e.find(arguments, out)
	}
	return out, resolved(out)
}

// resolved says where a name is left that CloudFormation takes as a text only.
func resolved(v map[string]any) error {
	arguments, _ := v["Fn::If"].([]any)
	if len(arguments) > 0 {
		if _, ok := arguments[0].(string); !ok {
			return fmt.Errorf("Fn::If of %v: expected the name of a condition", arguments[0])
		}
	}
	return nil
}

// loop puts what a loop makes into out. beside is what stands beside it.
func (e *expansion) loop(key string, v any, b bindings, out, beside map[string]any) error {
	identifier, items, fragment, err := e.declared(key, v, b)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for _, item := range items {
		inner := maps.Clone(b)
		if inner == nil {
			inner = bindings{}
		}
		inner[identifier] = item
		for _, name := range slices.Sorted(maps.Keys(fragment)) {
			if strings.HasPrefix(name, forEach) {
				err = e.loop(name, fragment[name], inner, out, beside)
			} else {
				err = e.member(name, fragment[name], identifier, inner, out, beside)
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", key, name, err)
			}
		}
	}
	return nil
}

// member puts one thing that a loop makes into out.
func (e *expansion) member(name string, v any, identifier string, b bindings, out, beside map[string]any) error {
	if !strings.Contains(name, "${"+identifier+"}") && !strings.Contains(name, "&{"+identifier+"}") {
		return fmt.Errorf("expected ${%s} in it", identifier)
	}
	made := b.in(name, "$&")
	if !word.MatchString(made) {
		return fmt.Errorf("%q, expected letters and digits", made)
	}
	_, twice := out[made]
	_, written := beside[made]
	if twice || written {
		return fmt.Errorf("%s is there twice", made)
	}
	value, err := e.value(v, b)
	out[made] = value
	return err
}

var word = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// declared are the parts of a loop.
func (e *expansion) declared(key string, v any, b bindings) (identifier string, items []string, fragment map[string]any, err error) {
	name := strings.TrimPrefix(key, forEach)
	resources, _ := e.template["Resources"].(map[string]any)
	parts, _ := v.([]any)
	if len(parts) != 3 {
		return "", nil, nil, fmt.Errorf("%d parts, expected an identifier, a collection and a fragment", len(parts))
	}
	identifier, _ = parts[0].(string)
	fragment, _ = parts[2].(map[string]any)
	switch _, taken := resources[name]; {
	case !word.MatchString(name):
		return "", nil, nil, fmt.Errorf("its name %q, expected letters and digits", name)
	case taken, len(b) == 0 && e.loops[name]:
		return "", nil, nil, fmt.Errorf("the name %s is taken", name)
	case !word.MatchString(identifier):
		return "", nil, nil, fmt.Errorf("identifier %v, expected letters and digits", parts[0])
	case e.names(identifier), b[identifier] != "":
		return "", nil, nil, fmt.Errorf("the identifier %s is taken", identifier)
	case len(fragment) == 0:
		return "", nil, nil, fmt.Errorf("a fragment of nothing")
	case len(b) >= deepest:
		return "", nil, nil, fmt.Errorf("a loop in %d others, expected at most %d", len(b), deepest-1)
	}
	e.loops[name] = true
	items, err = collection(parts[1])
	return identifier, items, fragment, err
}

// names says whether a resource or a parameter is called so.
func (e *expansion) names(identifier string) bool {
	return At(e.template, "Resources", identifier) != nil || At(e.template, "Parameters", identifier) != nil
}

func collection(v any) (items []string, err error) {
	list, _ := v.([]any)
	for _, item := range list {
		text, ok := item.(string)
		if !ok || text == "" || slices.Contains(items, text) {
			return nil, fmt.Errorf("collection: %v, expected different words", list)
		}
		items = append(items, text)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("collection: %v, expected a list of words", v)
	}
	return items, nil
}
