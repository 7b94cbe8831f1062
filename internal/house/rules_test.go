package house_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule sends what a service finds to AlertQueue.
type rule struct{ Name, Parameter, Pattern string }

// rules are those of all services whose findings can be switched on.
func rules() []rule {
	asText := func(pattern, name, value string) string {
		return "!Sub ['" + pattern + "', {" + name + ": !FindInMap [" + value + "]}]"
	}
	labels := func(parameter, list string) string {
		return "!FindInMap [Severities, !Ref " + parameter + ", " + list + "]"
	}
	return []rule{
		{"GuardDuty", "GuardDutySeverity", asText(
			`{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"severity":[{"numeric":[">=",${Least}]}]}}`,
			"Least", "Severities, !Ref GuardDutySeverity, Number")},
		{"SecurityHub", "SecurityHubSeverity", `{source: [aws.securityhub], detail-type: [Security Hub Findings - Imported],
          detail: {findings: {Severity: {Label: ` + labels("SecurityHubSeverity", "Labels") + `}}}}`},
		{"SecurityHubV2", "SecurityHubV2Severity", asText(
			`{"source":["aws.securityhub"],"detail-type":["Findings Imported V2"],"detail":{"findings":{"severity_id":[{"numeric":[">=",${Least}]}]}}}`,
			"Least", "Severities, !Ref SecurityHubV2Severity, Id")},
		{"Macie", "MacieSeverity", `{source: [aws.macie], detail-type: [Macie Finding],
          detail: {severity: {description: ` + labels("MacieSeverity", "Words") + `}}}`},
		{"Inspector", "InspectorSeverity", `{source: [aws.inspector2], detail-type: [Inspector2 Finding],
          detail: {severity: ` + labels("InspectorSeverity", "Labels") + `}}`},
		{"AccessAnalyzer", "AccessAnalyzerFindings", asText(
			`{"source":["aws.access-analyzer"],"detail-type":["Access Analyzer Finding"],"detail":{"isPublic":[${IsPublic}]}}`,
			"IsPublic", "Access, !Ref AccessAnalyzerFindings, IsPublic")},
	}
}

// CloudFormation looks a mapping up also for what is not deployed: each value of a parameter is in it, with all that is
// asked for, and nothing else is.
func TestEachValueOfARuleIsMapped(t *testing.T) {
	all := theTemplate(t)
	mappings := all["Mappings"].(map[string]any)
	for _, r := range rules() {
		mapping := "Severities"
		if r.Name == "AccessAnalyzer" {
			mapping = "Access"
		}
		p := properties(all).at("Parameters", r.Parameter).(map[string]any)
		assert.Equal(t, "none", p["Default"], r.Parameter)
		for _, value := range each(p["AllowedValues"]) {
			row, ok := mappings[mapping].(map[string]any)[value.(string)].(map[string]any)
			require.True(t, ok, "%s: %s", r.Parameter, value)
			for _, column := range []string{"Number", "Id", "Labels", "Words"} {
				if mapping == "Severities" {
					assert.NotEmpty(t, row[column], "%s: %s", value, column)
				}
			}
		}
	}
}

// A severity that is lower lets through all that a higher one does.
func TestSeveritiesAreInOrder(t *testing.T) {
	all := properties(theTemplate(t))
	at := func(level, column string) any { return all.at("Mappings", "Severities", level, column) }
	for column, want := range map[string][]any{"Number": {"0", "4", "7", "9"}, "Id": {"2", "3", "4", "5"}} {
		for i, level := range []string{"low", "medium", "high", "critical"} {
			assert.Equal(t, want[i], at(level, column), "%s: %s", level, column)
		}
	}
	labels := []any{"LOW", "MEDIUM", "HIGH", "CRITICAL"}
	words := []any{"Low", "Medium", "High"} // Macie knows no critical findings
	for i, level := range []string{"low", "medium", "high"} {
		assert.Equal(t, labels[i:], at(level, "Labels"), level)
		assert.Equal(t, words[i:], at(level, "Words"), level)
	}
	assert.Equal(t, labels[3:], at("critical", "Labels"))
}

// What a rule sends is the whole event: nothing of it is chosen or made anew, and no role is assumed (Amazon EventBridge
// User Guide, "Using resource-based policies for Amazon EventBridge": with one, delivery to queues may fail).
func TestRulesSendTheWholeEvent(t *testing.T) {
	s := theStack(t)
	require.Len(t, s.of("AWS::Events::Rule"), len(rules()))
	for _, name := range s.of("AWS::Events::Rule") {
		p := s.Resources[name].Properties
		require.Len(t, each(p["Targets"]), 1, name)
		for key := range p.at("Targets", 0).(map[string]any) {
			assert.Contains(t, []string{"Id", "Arn", "DeadLetterConfig"}, key, name)
		}
	}
}

// filled is a rule's pattern where its parameter has a value.
func filled(all map[string]any, r rule, value string) string {
	pattern := properties(all).at("Resources", r.Name+"Rule", "Properties", "EventPattern")
	mapped := func(of any) any {
		find := each(properties{"of": of}.at("of", "Fn::FindInMap"))
		return properties(all).at("Mappings", find[0], value, find[2])
	}
	if parts := each(properties{"of": pattern}.at("of", "Fn::Sub")); parts != nil {
		for name, of := range parts[1].(map[string]any) {
			parts[0] = strings.ReplaceAll(parts[0].(string), "${"+name+"}", mapped(of).(string))
		}
		return parts[0].(string)
	}
	return regexp.MustCompile(`\{"Fn::FindInMap":\["\w+",\{"Ref":"\w+"\},"\w+"\]\}`).
		ReplaceAllStringFunc(text(pattern), func(find string) string {
			var of any
			_ = json.Unmarshal([]byte(find), &of) // it was written as JSON
			return text(mapped(of))
		})
}

// The patterns, as they are deployed.
func TestRulesPatterns(t *testing.T) {
	for _, c := range []struct{ rule, value, want string }{
		{"GuardDuty", "low", `{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"severity":[{"numeric":[">=",0]}]}}`},
		{"GuardDuty", "high", `{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"severity":[{"numeric":[">=",7]}]}}`},
		{"SecurityHub", "high", `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Imported"],
			"detail":{"findings":{"Severity":{"Label":["HIGH","CRITICAL"]}}}}`},
		{"SecurityHubV2", "medium", `{"source":["aws.securityhub"],"detail-type":["Findings Imported V2"],"detail":{"findings":{"severity_id":[{"numeric":[">=",3]}]}}}`},
		{"Macie", "medium", `{"source":["aws.macie"],"detail-type":["Macie Finding"],"detail":{"severity":{"description":["Medium","High"]}}}`},
		{"Inspector", "critical", `{"source":["aws.inspector2"],"detail-type":["Inspector2 Finding"],"detail":{"severity":["CRITICAL"]}}`},
		{"AccessAnalyzer", "public", `{"source":["aws.access-analyzer"],"detail-type":["Access Analyzer Finding"],"detail":{"isPublic":[true]}}`},
		{"AccessAnalyzer", "external", `{"source":["aws.access-analyzer"],"detail-type":["Access Analyzer Finding"],"detail":{"isPublic":[true,false]}}`},
	} {
		assert.JSONEq(t, c.want, filled(theTemplate(t), rule{Name: c.rule}, c.value), c.rule+" "+c.value)
	}
}
