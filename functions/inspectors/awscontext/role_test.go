package main

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

const task = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","origin":"0.A",
	"attributes":[{"type":"instance","value":"i-0123456789abcdef0"}],"alert":{"name":"a"}}`

var answers = map[string][]onawstest.Answer{
	"sts:GetCallerIdentity": {{Status: 200, Body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>
		<Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`}},
	"iam:ListAccountAliases": {{Status: 200, Body: `<ListAccountAliasesResponse/>`}},
	"ec2:DescribeInstances": {
		{Status: 503, Body: `<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>`},
		{Status: 403, Body: `<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>`},
	},
}

// Instances are told of too often at first, and the task waits; then they may not be seen. What else is called stands in the
// inspector's source.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Awscontext", start, onawstest.Work{
		Answers: answers, Bodies: []string{task, task}, Also: calls(t),
	})
}

func TestFaults(t *testing.T) {
	seen := maps.Clone(answers)
	seen["ec2:DescribeInstances"] = []onawstest.Answer{{Status: 200, Body: `<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>`}}
	onawstest.Faults(t, "../../../template.yml", "Awscontext", start, onawstest.Work{Answers: seen, Bodies: []string{task}})
}

// calls are the actions that the inspector's source names.
func calls(t *testing.T) (list []onawstest.Call) {
	t.Helper()
	const source = "../../../internal/inspectors/awscontext"
	known, name := onawstest.Readings(), regexp.MustCompile(`"((?:Get|List|Describe|Lookup|Simulate)[A-Z]\w+)"`)
	var found []string
	require.NoError(t, fs.WalkDir(os.DirFS(source), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(source + "/" + path)
		for _, match := range name.FindAllSubmatch(text, -1) {
			if !strings.HasSuffix(string(match[1]), "Result") { // an element of an answer
				found = append(found, string(match[1]))
			}
		}
		return err
	}))
	// Two actions have names of their own there.
	called, err := os.ReadFile(source + "/bucket.go")
	require.NoError(t, err)
	for name, action := range map[string]string{"awsapi.Buckets(": "ListAllMyBuckets", "awsapi.AccountBlock(": "GetAccountPublicAccessBlock"} {
		require.Contains(t, string(called), name)
		found = append(found, action)
	}
	slices.Sort(found)
	for _, action := range slices.Compact(found) {
		require.Contains(t, known, action, "an action that the table of readings does not have")
		list = append(list, onawstest.Call{Action: known[action]})
	}
	require.Greater(t, len(list), 20)
	return append(list, onawstest.Call{Action: "sts:AssumeRole"})
}
