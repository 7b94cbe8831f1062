package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

// The template as `make publish` uploads it can be deployed without a bucket: its code is in buckets with the
// longest names that there are, under a long prefix.
func TestPackagedTemplateFits(t *testing.T) {
	text, err := os.ReadFile("../../template.yml")
	require.NoError(t, err)
	code := regexp.MustCompile(`CodeUri: \S+`)
	require.NotEmpty(t, code.FindAll(text, -1))
	where := "s3://" + strings.Repeat("b", 63) + "/" + strings.Repeat("p", 40) + "/" + strings.Repeat("0", 32)
	small, err := minify(code.ReplaceAll(text, []byte("CodeUri: "+where)))
	require.NoError(t, err)
	t.Logf("%d bytes", len(small))
	assert.Equal(t, 1, strings.Count(string(small), where[len("s3://"):len("s3://")+63]), "the bucket")
	// What is published makes the same resources.
	written, err := cfn.Read(code.ReplaceAll(text, []byte("CodeUri: "+where)))
	require.NoError(t, err)
	published, err := cfn.Read(small)
	require.NoError(t, err)
	assert.Equal(t, written, merged(published))
	assert.NotContains(t, string(small), ",Condition: !Sub \"With${Name}\",Type", "a loop makes no stack where Condition is first")
}

// merged is a template with the bucket of the code put back to each function, as SAM does: what Globals have of a mapping is
// merged into that of the function.
func merged(template map[string]any) map[string]any {
	function := part(template, "Globals", "Function")
	bucket, _ := part(function, "CodeUri")["Bucket"].(string)
	delete(function, "CodeUri")
	for _, r := range part(template, "Resources") {
		p := part(r, "Properties")
		if key, ok := part(p, "CodeUri")["Key"].(string); ok {
			p["CodeUri"] = "s3://" + bucket + "/" + key
		}
	}
	return template
}

func TestTheBucketStandsInGlobals(t *testing.T) {
	small := func(f, g string) string {
		t.Helper()
		got, err := minify([]byte("{Globals: {Function: {A: b}}, Resources: {F: {Properties: {CodeUri: " + f + "}}, G: {Properties: {CodeUri: " + g +
			"}}, H: {Properties: {C: d}}}}"))
		require.NoError(t, err)
		return string(got)
	}
	assert.Equal(t, "Globals: {Function: {A: b,CodeUri: {Bucket: b}}}\nResources: {F: {Properties: {CodeUri: {Key: p/1}}},"+
		"G: {Properties: {CodeUri: {Key: \"2\"}}},H: {Properties: {C: d}}}\n", small("s3://b/p/1", "s3://b/2"))
	for _, other := range []string{"s3://c/2", "build/g", "s3://b"} {
		assert.NotContains(t, small("s3://b/p/1", other), "CodeUri: {Bucket: b}}}\nResources", "what is not all in one bucket stays as it is: %s", other)
	}
}

func TestMinify(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"texts":      {"A: [a, 'a b', AWS::X, '1', 2, true, 'true', 'on', 'No', '', null, '~', a.b/c_d-e, 2012-10-17, '=', '<&>']", `[a,"a b",AWS::X,"1",2,true,"true","on","No","",null,"~",a.b/c_d-e,"2012-10-17","=","<&>"]`},
		"colons":     {"A: [a:b, 'a: b', 'a:', ':a', a::b, aws:SourceArn, '12:30', {a:b: c}]", `[a:b,"a: b","a:",":a",a::b,aws:SourceArn,"12:30",{a:b: c}]`},
		"quotes":     {`A: ['{"a":1}', '^\d$', "it's \"", "\t\"", "é\""]`, `['{"a":1}','^\d$',"it's \"","\t\"","é\""]`},
		"tags":       {"A: [!Ref B, !Ref AWS::NoValue, !GetAtt B.C, !Sub 'x', !If [B, !Ref C, 1], !Condition B]", `[!Ref B,!Ref AWS::NoValue,!GetAtt B.C,!Sub x,!If [B,!Ref C,1],!Condition B]`},
		"tag in tag": {"A: [{Ref: !Sub '${B}'}, !GetAtt [!Sub '${B}C', D], !Not [!Equals [{Ref: !Sub '${B}'}, '']], {Fn::Base64: !Ref B}]", `[{Ref: !Sub "${B}"},!GetAtt [!Sub "${B}C",D],!Not [!Equals [{Ref: !Sub "${B}"},""]],{Fn::Base64: !Ref B}]`},
		"a loop":     {"A: {'Fn::ForEach::B': [C, [d], {'E${C}': {Condition: !Sub 'F${C}', Properties: {}, Type: G}}]}", `{Fn::ForEach::B: [A,[d],{"E${A}": {Type: G,Condition: !Sub "F${A}",Properties: {}}}]}`},
		"conditions": {"A: {Condition: {Bool: {a: false}}}", `{Condition: {Bool: {a: false}}}`},
		"comments":   {"A: b # c", `b`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := minify([]byte(c.yaml))
			require.NoError(t, err)
			assert.Equal(t, "A: "+c.want+"\n", string(got))
		})
	}
}

// Whatever stands in a template, it is read as the same.
func TestWhatIsWrittenIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written := map[string]any{"A": anything(3).Draw(t, "template")}
		text, err := json.Marshal(written)
		require.NoError(t, err)
		before, err := cfn.Parse(text)
		require.NoError(t, err)
		var small bytes.Buffer
		require.NoError(t, document(&small, before), "%s", text)
		after, err := cfn.Parse(small.Bytes())
		require.NoError(t, err, "%s", small.String())
		require.Equal(t, before, after, "%s", small.String())
	})
}

// Loops make the same with a letter for each identifier, whatever it was called.
func TestLoopsWithLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outer := rapid.StringMatching(`[A-D]|Name|Kind`).Draw(t, "outer")
		inner := rapid.StringMatching(`[A-D]|Name|Last`).Filter(func(s string) bool { return s != outer }).Draw(t, "inner")
		text := fmt.Sprintf("{Transform: AWS::LanguageExtensions, Resources: {'Fn::ForEach::L': [%[1]s, [X, Y], {'${%[1]s}': {Type: T, P: [!Ref %[1]s, {Ref: !Sub '${%[1]s}Z'}, %[2]s, '${!%[2]s}']},"+
			"'Fn::ForEach::M': [%[2]s, [U, V], {'${%[1]s}${%[2]s}': {Type: T, P: !Sub '${%[2]s} ${%[1]s} ${AWS::Region}'}}]}]}}", outer, inner)
		written, err := cfn.Read([]byte(text))
		require.NoError(t, err, text)
		small, err := minify([]byte(text))
		require.NoError(t, err)
		made, err := cfn.Read(small)
		require.NoError(t, err, "%s", small)
		require.Equal(t, written, made, "%s", small)
		require.NotContains(t, string(small), "${Name}")
	})
	for why, beside := range map[string]string{
		"a letter that is taken":          "Parameters: {A: {}}",
		"a variable that is called alike": "Outputs: {O: {Value: !Sub ['${Name}', {Name: v}]}}",
	} {
		small, err := minify([]byte("{Transform: AWS::LanguageExtensions, " + beside + ", Resources: {'Fn::ForEach::L': [Name, [X], {'${Name}': {}}]}}"))
		require.NoError(t, err, why)
		assert.Contains(t, string(small), "[Name,[X],", why)
	}
}

func anything(depth int) *rapid.Generator[any] {
	names := rapid.OneOf(rapid.SampledFrom([]string{"Ref", "Fn::Sub", "Fn::GetAtt", "Fn::If", "Fn::ForEach::L", "Condition", "Type", "on", "a b"}),
		rapid.StringMatching(`[A-Za-z0-9:. -]{1,6}`))
	texts := rapid.OneOf(names, rapid.StringMatching(`[ -~\n\t→é]{0,8}`))
	scalars := rapid.OneOf(rapid.Map(texts, func(s string) any { return s }), rapid.Map(rapid.IntRange(-9, 99), func(n int) any { return n }),
		rapid.SampledFrom([]any{true, false, nil, 1.5}))
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars,
		rapid.Map(rapid.SliceOfN(anything(depth-1), 0, 3), func(v []any) any { return v }),
		rapid.Map(rapid.MapOfN(names, anything(depth-1), 0, 3), func(v map[string]any) any { return v }))
}

func TestMinifyTooLarge(t *testing.T) {
	_, err := minify([]byte("A: " + strings.Repeat("a", cfn.Limit)))
	assert.ErrorContains(t, err, "bytes, expected at most 51000")
}

func TestRunUsage(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, run(nil, &out), "expected one: the template")
	assert.ErrorContains(t, run([]string{"absent.yml"}, &out), "absent.yml")
	assert.Empty(t, out.String())
}

func TestRunExpand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.yml")
	require.NoError(t, os.WriteFile(path, []byte("{Transform: AWS::LanguageExtensions, Resources: {'Fn::ForEach::L': [X, [A, B], {'${X}': {P: !Ref X}}]}}"), 0o600))
	var out bytes.Buffer
	require.NoError(t, run([]string{"-expand", path}, &out))
	assert.JSONEq(t, `{"Transform":"AWS::LanguageExtensions","Resources":{"A":{"P":"A"},"B":{"P":"B"}}}`, out.String())
}
