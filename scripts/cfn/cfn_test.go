package cfn_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/scripts/cfn"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ yaml, json string }{
		"ref":       {"A: !Ref B", `{"A":{"Ref":"B"}}`},
		"condition": {"A: !And [!Condition B, !Condition C]", `{"A":{"Fn::And":[{"Condition":"B"},{"Condition":"C"}]}}`},
		"attribute": {"A: !GetAtt B.C.D", `{"A":{"Fn::GetAtt":["B","C.D"]}}`},
		"list":      {"A: !GetAtt [B, C]", `{"A":{"Fn::GetAtt":["B","C"]}}`},
		"if":        {"A: !If\n  - B\n  - {C: 1}\n  - !Ref AWS::NoValue", `{"A":{"Fn::If":["B",{"C":1},{"Ref":"AWS::NoValue"}]}}`},
		"long":      {`A: {"Fn::Sub": "${B}"}`, `{"A":{"Fn::Sub":"${B}"}}`},
		"dates":     {"A: 2012-10-17\nB: \"2012-10-17\"", `{"A":"2012-10-17","B":"2012-10-17"}`},
		"scalars":   {`{A: 1, B: true, C: 1.5, D: null, E: "1"}`, `{"A":1,"B":true,"C":1.5,"D":null,"E":"1"}`},
		"account":   {`A: "000000000000"`, `{"A":"000000000000"}`},
		"anchor":    {"A: &x [1]\nB: *x", `{"A":[1],"B":[1]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cfn.Read([]byte(c.yaml))
			require.NoError(t, err)
			text, err := json.Marshal(got)
			require.NoError(t, err)
			assert.JSONEq(t, c.json, string(text))
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for yaml, want := range map[string]string{
		"":                      "0 documents",
		"[A]":                   "expected a mapping",
		"A: 1\nB: {A: 1, A: 2}": "line 2: A is there twice",
		"A: [":                  "template: yaml",
	} {
		_, err := cfn.Read([]byte(yaml))
		assert.ErrorContains(t, err, want, "%q", yaml)
	}
}
