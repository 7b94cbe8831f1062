package main

import (
	"maps"
	"strings"
)

// shared is the template with what all functions have said once: the bucket of their code, where it is one, which stands in
// Globals (AWS SAM Developer Guide, "Globals section of the AWS SAM template": maps are merged; FunctionCode has Bucket and Key).
// The template stays as it is.
func shared(template map[string]any) map[string]any {
	bucket, resources := "", map[string]any{}
	for name, r := range part(template, "Resources") {
		resources[name] = r
		uri, ok := part(r, "Properties")["CodeUri"].(string)
		if !ok {
			continue
		}
		of, key, ok := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
		if !ok || !strings.HasPrefix(uri, "s3://") || bucket != "" && of != bucket {
			return template
		}
		bucket = of
		resources[name] = with(part(r), "Properties", with(part(r, "Properties"), "CodeUri", map[string]any{"Key": key}))
	}
	if bucket == "" {
		return template
	}
	function := with(part(template, "Globals", "Function"), "CodeUri", map[string]any{"Bucket": bucket})
	out := with(template, "Globals", with(part(template, "Globals"), "Function", function))
	out["Resources"] = resources
	return out
}

// part is the mapping under a path of names; nil where there is none.
func part(v any, path ...string) map[string]any {
	m, _ := v.(map[string]any)
	for _, name := range path {
		m, _ = m[name].(map[string]any)
	}
	return m
}

// with is a copy of a mapping in which something else stands under a name.
func with(m map[string]any, name string, v any) map[string]any {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]any{}
	}
	out[name] = v
	return out
}
