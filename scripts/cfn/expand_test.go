package cfn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

func TestExpand(t *testing.T) {
	for name, c := range map[string]struct{ yaml, json string }{
		"keys": {
			`{Resources: {"Fn::ForEach::L": [X, [A, B], {"${X}Q": {Type: T}, "P&{X}": {Type: U}}]}}`,
			`{"Resources":{"AQ":{"Type":"T"},"BQ":{"Type":"T"},"PA":{"Type":"U"},"PB":{"Type":"U"}}}`,
		},
		"beside others": {`{Resources: {C: {Type: T}, "Fn::ForEach::L": [X, [A], {"${X}": {Type: T}}]}}`, `{"Resources":{"A":{"Type":"T"},"C":{"Type":"T"}}}`},
		"references": {
			`{Resources: {"Fn::ForEach::L": [X, [A], {"${X}": {Type: T, Condition: !Sub "With${X}", P: [!Ref X, {Ref: !Sub "${X}Q"}, !GetAtt [!Sub "${X}Q", Arn], !Sub "${AWS::StackName}/${X}"]}}]}}`,
			`{"Resources":{"A":{"Type":"T","Condition":"WithA","P":["A",{"Ref":"AQ"},{"Fn::GetAtt":["AQ","Arn"]},{"Fn::Sub":"${AWS::StackName}/A"}]}}}`,
		},
		"in each other": {
			`{Resources: {"Fn::ForEach::L": [X, [A, B], {"${X}": {Type: T}, "Fn::ForEach::M": [Y, [C, D], {"${X}${Y}": {P: !Sub "${Y}of${X}"}}]}]}}`,
			`{"Resources":{"A":{"Type":"T"},"AC":{"P":"CofA"},"AD":{"P":"DofA"},"B":{"Type":"T"},"BC":{"P":"CofB"},"BD":{"P":"DofB"}}}`,
		},
		"in properties": {
			`{Resources: {R: {Properties: {"Fn::ForEach::L": [X, [A], {"${X}": !Ref X}]}}}}`,
			`{"Resources":{"R":{"Properties":{"A":"A"}}}}`,
		},
		"conditions, outputs": {
			`{Conditions: {"Fn::ForEach::L": [X, [A], {"With${X}": !Not [!Equals [{Ref: !Sub "${X}Arn"}, ""]]}]}, Outputs: {"Fn::ForEach::M": [X, [A], {"${X}": {Value: !Ref X}}]}}`,
			`{"Conditions":{"WithA":{"Fn::Not":[{"Fn::Equals":[{"Ref":"AArn"},""]}]}},"Outputs":{"A":{"Value":"A"}}}`,
		},
		"a mapping": {
			`{Mappings: {M: {A: {Id: a, List: [x, y]}}}, Resources: {"Fn::ForEach::L": [X, [A], {"${X}": {N: !Sub ["/${AWS::StackName}/${I}", {I: !FindInMap [M, !Ref X, Id]}], L: !FindInMap [M, !Ref X, List]}}]}}`,
			`{"Mappings":{"M":{"A":{"Id":"a","List":["x","y"]}}},"Resources":{"A":{"N":{"Fn::Sub":"/${AWS::StackName}/a"},"L":["x","y"]}}}`,
		},
		"what only the stack knows": {
			`{Mappings: {M: {A: {Id: a}}}, Resources: {R: {A: !FindInMap [M, !Ref P, Id], B: !Sub ["${V}", {V: !Ref P}], C: !If [D, !Ref X, !Ref AWS::NoValue]}}}`,
			`{"Mappings":{"M":{"A":{"Id":"a"}}},"Resources":{"R":{"A":{"Fn::FindInMap":["M",{"Ref":"P"},"Id"]},"B":{"Fn::Sub":["${V}",{"V":{"Ref":"P"}}]},"C":{"Fn::If":["D",{"Ref":"X"},{"Ref":"AWS::NoValue"}]}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(c.yaml)
			require.NoError(t, err)
			delete(got, "Transform")
			text, err := json.Marshal(got)
			require.NoError(t, err)
			assert.JSONEq(t, c.json, string(text))
		})
	}
}

// read reads a template that is one line, with the transform.
func read(yaml string) (map[string]any, error) {
	return cfn.Read([]byte("{Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31], " + strings.TrimPrefix(yaml, "{")))
}

func TestExpandLeavesTheTemplate(t *testing.T) {
	written, err := cfn.Parse([]byte(`{Transform: AWS::LanguageExtensions, Resources: {"Fn::ForEach::L": [X, [A, B], {"${X}": {P: [!Ref X]}}]}}`))
	require.NoError(t, err)
	before, err := json.Marshal(written)
	require.NoError(t, err)
	out, err := cfn.Expand(written)
	require.NoError(t, err)
	out["Resources"].(map[string]any)["A"].(map[string]any)["P"].([]any)[0] = "changed"
	after, err := json.Marshal(written)
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after))
	assert.Equal(t, "B", cfn.At(out, "Resources", "B", "P", 0))
}

func TestExpandRefuses(t *testing.T) {
	loop := func(identifier, collection, fragment string) string {
		return `{Parameters: {P: {}}, Resources: {R: {}, "Fn::ForEach::L": [` + identifier + `, ` + collection + `, ` + fragment + `]}}`
	}
	for yaml, want := range map[string]string{
		`{Resources: {"Fn::ForEach::": [X, [A], {"${X}": {}}]}}`:                                                       `its name "", expected letters`,
		`{Resources: {"Fn::ForEach::R": [X, [A], {"${X}": {}}], R: {}}}`:                                               "the name R is taken",
		`{Resources: {"Fn::ForEach::L": [X, [A], {"${X}": {}}]}, Outputs: {"Fn::ForEach::L": [X, [A], {"${X}": {}}]}}`: "the name L is taken",
		`{Resources: {"Fn::ForEach::L": [X, [A]]}}`:                                                                    "2 parts, expected",
		`{Parameters: {"Fn::ForEach::L": [X, [A], {"${X}": {}}]}}`:                                                     "Parameters: Fn::ForEach::L, expected in Conditions, Resources, Outputs only",
		loop(`"a b"`, `[A]`, `{"${X}": {}}`):                                                                           "identifier a b, expected letters",
		loop(`P`, `[A]`, `{"${P}": {}}`):                                                                               "the identifier P is taken",
		loop(`R`, `[A]`, `{"${R}": {}}`):                                                                               "the identifier R is taken",
		loop(`X`, `[]`, `{"${X}": {}}`):                                                                                "expected a list of words",
		loop(`X`, `!Ref P`, `{"${X}": {}}`):                                                                            "expected a list of words",
		loop(`X`, `[A, A]`, `{"${X}": {}}`):                                                                            "expected different words",
		loop(`X`, `[1]`, `{"${X}": {}}`):                                                                               "expected different words",
		loop(`X`, `[A]`, `{}`):                                                                                         "a fragment of nothing",
		loop(`X`, `[A]`, `{Q: {}}`):                                                                                    "Q: expected ${X} in it",
		loop(`X`, `[A-B]`, `{"${X}": {}}`):                                                                             `"A-B", expected letters and digits`,
		loop(`X`, `[R]`, `{"${X}": {}}`):                                                                               "R is there twice",
		loop(`X`, `[A]`, `{"${X}": {}, "&{X}": {}}`):                                                                   "A is there twice",
		loop(`X`, `[A]`, `{"${X}": {Condition: "With${X}"}}`):                                                          "expected Fn::Sub where an identifier is replaced",
		loop(`X`, `[A]`, `{"${X}": {"Of${X}": 1}}`):                                                                    "expected Fn::Sub where an identifier is replaced",
		loop(`X`, `[A]`, `{"${X}": {P: !Sub "&{X}"}}`):                                                                 "expected Fn::Sub where an identifier is replaced",
		loop(`X`, `[A]`, `{"${X}": {P: !If ["With${X}", 1, 2]}}`):                                                      "expected Fn::Sub where an identifier is replaced",
		loop(`X`, `[A]`, `{"${X}": {P: {"Fn::If": [!GetAtt [!Sub "${X}", B], 1, 2]}}}`):                                "expected the name of a condition",
		loop(`X`, `[A]`, `{"${X}": {P: !FindInMap [M, !Ref X, Id]}}`):                                                  "Fn::FindInMap of [M A Id]: nothing is there",
		loop(`X`, `[A]`, `{"${X}": {P: !FindInMap [M, !Ref X]}}`):                                                      "expected three names",
		loop(`X`, `[A]`, `{"Fn::ForEach::M": [X, [B], {"${X}": {}}]}`):                                                 "the identifier X is taken",
		`{Resources: {P: !Sub [1, {}]}}`:                                                                               "expected a text",
		`{Resources: {P: !Sub [a, b]}}`:                                                                                "expected a text and values",
	} {
		_, err := read(yaml)
		assert.ErrorContains(t, err, want, yaml)
	}
	for _, transform := range []string{"", "Transform: AWS::Serverless-2016-10-31, ", "Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions], "} {
		_, err := cfn.Read([]byte(`{` + transform + `Resources: {"Fn::ForEach::L": [X, [A], {"${X}": {}}]}}`))
		assert.ErrorContains(t, err, "expected AWS::LanguageExtensions before any other", transform)
	}
	deep, fragment := "", `{"${X0}${X1}${X2}${X3}${X4}${X5}": {}}`
	for _, n := range []string{"5", "4", "3", "2", "1", "0"} {
		deep = `"Fn::ForEach::L` + n + `": [X` + n + `, [A], ` + fragment + `]`
		fragment = "{" + deep + "}"
	}
	_, err := read(`{Resources: {` + deep + `}}`)
	assert.ErrorContains(t, err, "a loop in 5 others, expected at most 4")
}
