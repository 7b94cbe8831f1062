package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

const task = `{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","origin":"0.A",
		"attributes":[{"type":"ipaddr","value":"198.51.100.66","context":["remote"]}],"alert":{"name":"a"}}`

var listed = onawstest.Answer{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>lists/malicious.txt</Key>
	<ETag>"e"</ETag><Size>14</Size><LastModified>2026-03-04T05:06:07.000Z</LastModified></Contents></ListBucketResult>`}

// The list cannot be read at first, and the task waits; then it is answered.
func TestRole(t *testing.T) {
	onawstest.Role(t, "../../../template.yml", "Watchlist", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"s3:ListBucket": {{Status: 500, Body: "<Error><Code>InternalError</Code></Error>"}, listed},
		"s3:GetObject":  {{Status: 200, Body: "198.51.100.66\n"}},
	}, Bodies: []string{task, task}})
}

func TestFaults(t *testing.T) {
	onawstest.Faults(t, "../../../template.yml", "Watchlist", start, onawstest.Work{Answers: map[string][]onawstest.Answer{
		"s3:ListBucket": {listed}, "s3:GetObject": {{Status: 200, Body: "198.51.100.66\n"}},
	}, Bodies: []string{task}})
}
