package ingest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

func TestEventBridge(t *testing.T) {
	a := one(t, `{"id":"ev-1","source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","account":"111122223333","region":"eu-west-1",
	 "time":"2026-05-04T03:02:01Z","resources":["arn:aws:ec2:eu-west-1:111122223333:instance/i-0aa"],"detail":{"state":"stopped <now>"}}`).Alert
	assert.Equal(t, []any{"aws.ec2", "EC2 Instance State-change Notification: stopped <now>", "eu-west-1", `{"state":"stopped <now>"}`},
		[]any{a.Source, a.Name, a.Region, a.Description})
	assert.Equal(t, []string{"instance i-0aa local,object"}, roles(a))

	two := func(id string) string {
		return one(t, `{"id":"`+id+`","source":"aws.securityhub","detail-type":"Custom","resources":["arn:aws:securityhub:x:1:action/custom/a"],
			"detail":{"findings":[{"Id":"`+id+`"}]}}`).Fingerprint
	}
	assert.NotEqual(t, two("a"), two("b"), "what all events of a kind have in common is no key")

	bare := delivery(`{"id":"ev","source":"aws.signin","detail-type":"x","account":"1","region":"r","resources":[],"detail":null}`)
	first := ingest.Alerts(bare)[0].Fingerprint
	bare.NotificationID = "sns-2"
	assert.Equal(t, first, ingest.Alerts(bare)[0].Fingerprint, "an event that is about nothing is itself, however often it is delivered")
}

// A detector of one's own may use a bus.
func TestOwnEvent(t *testing.T) {
	event := `{"id":"e","source":"my.detector","detail-type":"alert","account":"111122223333","region":"eu-west-1","time":"2026-05-04T03:02:01Z",
		"detail":{"name":"n","rule":"r","key":"k","attrs":[{"type":"domain","value":"a.example"}]}}`
	in := one(t, event)
	a := in.Alert
	assert.Equal(t, []any{"n", "r", "k", "native", "111122223333", "eu-west-1", event}, []any{a.Name, a.Rule, a.Key, a.Source, a.Account, a.Region, a.Raw})
	assert.Equal(t, []string{"domain a.example"}, roles(a))
	assert.Equal(t, time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), a.Timestamp.LastTime())
	assert.Equal(t, "aws.x", one(t, strings.Replace(event, "my.detector", "aws.x", 1)).Alert.Source, "a service of AWS writes its own")
}

// A region stands in the name of a host: what is none makes no link to a stranger's.
func TestLinksLeadHome(t *testing.T) {
	for region, host := range map[string]string{
		"eu-west-1": "eu-west-1.console.aws.amazon.com", "cn-north-1": "console.amazonaws.cn", "us-gov-west-1": "console.amazonaws-us-gov.com",
		"eusc-de-east-1": "eusc-de-east-1.console.amazonaws-eusc.eu", "us-iso-east-1": "",
		"evil.example/": "", "a@evil.example": "", "evil.example?": "", "evil.example#": "", `evil.example\\`: "", "": "", "EU (Ireland)": "",
	} {
		for _, body := range []string{
			strings.Replace(finding("", ""), "eu-west-1", region, 1),
			`{"AlarmName":"x","NewStateValue":"ALARM","AlarmArn":"arn:aws:cloudwatch:` + region + `:1:alarm:x"}`,
		} {
			u, err := url.Parse(one(t, body).Alert.Link)
			require.NoError(t, err)
			assert.Equal(t, host, u.Host, body)
		}
	}
}

// What no row knows is looked for, and what is known by its name is not taken for found in a text.
func TestUnknownServices(t *testing.T) {
	event := with(t, read(t, "eventbridge/unknown.json"), `"severity": "HIGH"`, `"severity": "HIGH", "notes": ["seen at http://drop.example.net/x from 198.51.100.7", "arn:aws:sqs:eu-west-1:111122223333:jobs"]`)
	got := roles(one(t, event).Alert)
	for _, want := range []string{"ipaddr 198.51.100.7 remote,client", "username deployer local,subject", "url http://drop.example.net/x extracted", "arn arn:aws:sqs:eu-west-1:111122223333:jobs local,extracted"} {
		assert.Contains(t, got, want)
	}
	for severity, want := range map[string]float64{`"HIGH"`: 70, `"critical"`: 90, `"odd"`: 0, `7.5`: 75, `10`: 100, `55`: 55, `1000`: 100, `"8"`: 80, `{"label":"LOW"}`: 1, `{"score":5}`: 50, `[]`: 0, `null`: 0} {
		assert.Equal(t, want, one(t, with(t, event, `"severity": "HIGH"`, `"severity": `+severity)).Alert.Severity, severity)
	}
}
