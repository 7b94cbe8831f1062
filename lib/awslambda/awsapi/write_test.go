package awsapi

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type block struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
	Acls    bool     `xml:"BlockPublicAcls"`
}

// What is written, as in the API references: method, path and body of Amazon S3 PutPublicAccessBlock, Amazon GuardDuty
// ArchiveFindings, AWS Security Hub BatchUpdateFindings, AWS WAF UpdateIPSet.
func TestWrites(t *testing.T) {
	for name, c := range map[string]struct {
		call                  Call
		request, format, body string
		action                string
	}{
		"s3:PutBucketPublicAccessBlock": {
			call:    S3Put("PutBucketPublicAccessBlock", "my.bucket", "publicAccessBlock", block{Acls: true}).OwnedBy("111122223333"),
			request: "PUT https://s3.eu-west-1.amazonaws.com/my.bucket?publicAccessBlock=", format: "application/xml",
			body: `<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`,
		},
		"s3:PutBucketTagging": {
			call: S3Delete("PutBucketTagging", "a", "tagging"), request: "DELETE https://s3.eu-west-1.amazonaws.com/a?tagging=",
		},
		"guardduty:ArchiveFindings": {
			call:    GuardDuty("ArchiveFindings", "POST", map[string][]string{"findingIds": {"f"}}, "detector", "d/x", "findings", "archive"),
			request: "POST https://guardduty.eu-west-1.amazonaws.com/detector/d%2Fx/findings/archive", format: "application/json",
			body: `{"findingIds":["f"]}`,
		},
		"securityhub:BatchUpdateFindings": {
			call:    SecurityHub("BatchUpdateFindings", "PATCH", struct{ A int }{1}, "findings", "batchupdate"),
			request: "PATCH https://securityhub.eu-west-1.amazonaws.com/findings/batchupdate", format: "application/json", body: `{"A":1}`,
		},
		"guardduty:GetDetector": {
			call: GuardDuty("GetDetector", "GET", nil, "detector", "d"), request: "GET https://guardduty.eu-west-1.amazonaws.com/detector/d",
		},
		"wafv2:UpdateIPSet": {
			call: WAF("UpdateIPSet", struct{ Id string }{"i"}), request: "POST https://wafv2.eu-west-1.amazonaws.com/", format: "application/x-amz-json-1.1",
			body: `{"Id":"i"}`, action: "AWSWAF_20190729.UpdateIPSet",
		},
	} {
		cl, s := client("eu-west-1", says(200, ""))
		require.NoError(t, cl.Do(t.Context(), c.call, nil))
		r := s.asked[0]
		assert.Equal(t, name, c.call.Name())
		assert.Equal(t, c.request, r.Method+" "+r.URL.String())
		assert.Equal(t, []string{c.body, c.format, c.action}, []string{s.bodies[0], r.Header.Get("Content-Type"), r.Header.Get("X-Amz-Target")}, name)
		assert.Equal(t, int64(len(c.body)), r.ContentLength)
	}
}

// A change of a bucket's settings goes with its checksum, which is signed: Amazon S3 refuses it otherwise.
func TestWritesToBucketsHaveAChecksum(t *testing.T) {
	cl, s := client("eu-west-1", says(200, ""))
	require.NoError(t, cl.Do(t.Context(), S3Put("PutBucketTagging", "b", "tagging", struct {
		XMLName xml.Name `xml:"a"`
	}{}), nil))
	assert.Equal(t, "<a></a>", s.bodies[0])
	assert.Equal(t, "qBKmm6aFilTO/bL8OILnzrfWaqHteSViCChy3W7U+SE=", s.asked[0].Header.Get("X-Amz-Checksum-Sha256"), "printf '<a></a>' | openssl dgst -sha256 -binary | base64")
	assert.Contains(t, s.asked[0].Header.Get("Authorization"), "x-amz-checksum-sha256")
	require.NoError(t, cl.Do(t.Context(), S3("GetBucketTagging", "b", "tagging"), nil))
	assert.Empty(t, s.asked[1].Header.Get("X-Amz-Checksum-Sha256"))
}

// What must not be done twice is asked for again only where it was not done.
func TestOnce(t *testing.T) {
	lost := func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }
	fine, broken := says(200, ""), says(500, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>")
	limited := says(503, "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>")
	odd := says(200, "<r><a>")
	var out struct{ A string }
	for name, c := range map[string]struct {
		answer         func(*http.Request) (*http.Response, error)
		asked, usually int
		doubt          bool
	}{
		"lost":    {lost, 1, 2, true},
		"broken":  {broken, 1, 2, true},
		"odd":     {odd, 1, 1, true},
		"limited": {limited, 2, 2, false},
		"refused": {says(400, ""), 1, 1, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			cl, s := client("eu-west-1", c.answer, fine)
			err := cl.Do(t.Context(), EC2("CreateSnapshot").Once(), &out)
			assert.Len(t, s.asked, c.asked, name)
			assert.Equal(t, c.asked == 2, err == nil, name)
			assert.Equal(t, c.doubt, InDoubt(err), name)

			cl, s = client("eu-west-1", c.answer, fine)
			err = cl.Do(t.Context(), EC2("CreateTags"), &out)
			assert.Len(t, s.asked, c.usually, name)
			assert.Equal(t, c.usually == 2, err == nil, name)

			cl, s = client("eu-west-1", c.answer)
			assert.Equal(t, c.doubt, InDoubt(cl.Do(t.Context(), EC2("CreateTags"), &out)), name)
			assert.NotEmpty(t, s.asked)
		})
	}
	assert.False(t, InDoubt(nil) || InDoubt(context.Canceled))
	cl, s := client("nowhere", fine)
	assert.False(t, InDoubt(cl.Do(t.Context(), EC2("CreateTags"), nil)), "no request was made")
	assert.Empty(t, s.asked)
}

func TestIs(t *testing.T) {
	cl, _ := client("eu-west-1", says(400, `{"__type":"WAFNonexistentItemException"}`))
	err := cl.Do(t.Context(), WAF("GetIPSet", nil), nil)
	assert.True(t, Is(err, "X", "WAFNonexistentItemException"))
	assert.True(t, NotFound(err))
	assert.False(t, Is(err, "X") || Is(nil, "") || Is(context.Canceled, ""))
}
