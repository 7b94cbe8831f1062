package house_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule sends what a service finds to AlertQueue.
type rule struct{ Name, Parameter, Pattern string }

// rules are those of all services whose findings can be switched on.
func rules() []rule {
	pattern := func(source, finding, detail, name, value string) string {
		return `!Sub ['{"source":["aws.` + source + `"],"detail-type":["` + finding + `"],"detail":{` + detail + `}}', {` + name + ": !FindInMap [" + value + "]}]"
	}
	finder := func(name, source, finding, detail string) rule {
		return rule{name, name + "Severity", pattern(source, finding, detail, "Least", "Severities, !Ref "+name+"Severity, "+name)}
	}
	return []rule{
		finder("GuardDuty", "guardduty", "GuardDuty Finding", `"severity":[{"numeric":[">=",${Least}]}]`),
		finder("SecurityHub", "securityhub", "Security Hub Findings - Imported", `"findings":{"Severity":{"Label":[${Least}]}}`),
		finder("SecurityHubV2", "securityhub", "Findings Imported V2", `"findings":{"severity_id":[{"numeric":[">=",${Least}]}]}`),
		finder("Macie", "macie", "Macie Finding", `"severity":{"description":[${Least}]}`),
		finder("Inspector", "inspector2", "Inspector2 Finding", `"severity":[${Least}]`),
		{"AccessAnalyzer", "AccessAnalyzerFindings", pattern("access-analyzer", "Access Analyzer Finding", `"isPublic":[${IsPublic}]`,
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
			if mapping == "Severities" {
				assert.NotEmpty(t, row[r.Name], "%s: %s", value, r.Name)
			}
		}
	}
}

// A severity that is lower lets through all that a higher one does.
func TestSeveritiesAreInOrder(t *testing.T) {
	all := properties(theTemplate(t))
	levels := []string{"low", "medium", "high", "critical"}
	at := func(level, of string) any { return all.at("Mappings", "Severities", level, of) }
	for of, want := range map[string][]any{"GuardDuty": {"0", "4", "7", "9"}, "SecurityHubV2": {"2", "3", "4", "5"}} {
		for i, level := range levels {
			assert.Equal(t, want[i], at(level, of), "%s: %s", level, of)
		}
	}
	for of, words := range map[string][]string{
		"SecurityHub": {`"LOW"`, `"MEDIUM"`, `"HIGH"`, `"CRITICAL"`}, "Inspector": {`"LOW"`, `"MEDIUM"`, `"HIGH"`, `"CRITICAL"`},
		"Macie": {`"Low"`, `"Medium"`, `"High"`}, // it knows no critical findings
	} {
		for i, level := range levels {
			assert.Equal(t, strings.Join(words[min(i, len(words)-1):], ","), at(level, of), "%s: %s", level, of)
		}
	}
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
	parts := each(properties{"of": pattern}.at("of", "Fn::Sub"))
	out := parts[0].(string)
	for name, of := range parts[1].(map[string]any) {
		out = strings.ReplaceAll(out, "${"+name+"}", mapped(of).(string))
	}
	return out
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
