package envelope_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/internal/envelope"
)

const (
	queueARN = "arn:aws:sqs:eu-central-1:111122223333:Alerts"
	topicARN = "arn:aws:sns:eu-central-1:111122223333:Alerts"
)

func one(t *testing.T, payload string) envelope.Delivery {
	t.Helper()
	ds, err := envelope.Read([]byte(payload))
	require.NoError(t, err)
	require.Len(t, ds, 1)
	return ds[0]
}

func TestReadSQSRawDelivery(t *testing.T) {
	d := one(t, `{"Records":[{"messageId":"m1","receiptHandle":"r1","body":"{\"a\":1}","md5OfBody":"x",
		"attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1700000000123","SenderId":"s",
			"DeadLetterQueueSourceArn":"arn:x"},
		"messageAttributes":{
			"text":{"stringValue":"a<b","dataType":"String"},"n":{"stringValue":"12","dataType":"Number.int"},
			"list":{"stringValue":"[\"a\"]","dataType":"String.Array"},
			"bin":{"binaryValue":"AA==","dataType":"Binary"},"odd":7,"none":null,"wrong":{"stringValue":5}},
		"eventSource":"aws:sqs","eventSourceARN":"`+queueARN+`","awsRegion":"eu-central-1"}]}`)
	assert.Equal(t, envelope.Delivery{
		ID: "m1", ReceiptHandle: "r1", QueueARN: queueARN, Body: `{"a":1}`,
		Attributes: map[string]string{"text": "a<b", "n": "12", "list": `["a"]`},
		SentAt:     time.UnixMilli(1700000000123).UTC(), ReceiveCount: 3,
	}, d)
}

func sqs(body string) string {
	return string(envelope.SQSEvent(envelope.Delivery{ID: "m1", QueueARN: queueARN, Body: body}))
}

func TestReadUnwrapsTheSNSEnvelope(t *testing.T) {
	for name, body := range map[string]string{
		"standard": `{"Type":"Notification","MessageId":"n1","TopicArn":"` + topicARN + `","Subject":"hi","Message":"text",
			"Timestamp":"2024-05-06T07:08:09.123Z","SignatureVersion":"1","Signature":"s","SigningCertURL":"u",
			"MessageAttributes":{"k":{"Type":"String","Value":"v"},"b":{"Type":"Binary","Value":"AA=="}}}`,
		"URLs as in Lambda's SNS event, no signature (FIFO)": `{"Type":"Notification","MessageId":"n1",
			"TopicArn":"` + topicARN + `","Subject":"hi","Message":"text","Timestamp":"2024-05-06T07:08:09.123Z",
			"SequenceNumber":"10000000000000003000","SigningCertUrl":"u","UnsubscribeUrl":"u",
			"MessageAttributes":{"k":{"Type":"String","Value":"v"}}}`,
		"byte order mark": "\ufeff" + `{"Type":"Notification","MessageId":"n1","TopicArn":"` + topicARN + `","Subject":"hi",
			"Message":"text","Timestamp":"2024-05-06T07:08:09.123Z","MessageAttributes":{"k":{"Type":"String","Value":"v"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := one(t, sqs(body))
			at := time.Date(2024, 5, 6, 7, 8, 9, 123e6, time.UTC)
			assert.Equal(t, envelope.Delivery{
				ID: "m1", QueueARN: queueARN, Body: "text", Attributes: map[string]string{"k": "v"},
				NotificationID: "n1", Topic: topicARN, Subject: "hi", SentAt: at, NotifiedAt: at,
			}, d)
		})
	}
}

func TestReadToleratesOddFieldsOfTheEnvelope(t *testing.T) {
	d := one(t, sqs(`{"Type":"Notification","TopicArn":"t","Message":"","Subject":null,"MessageAttributes":null,
		"Timestamp":"yesterday","MessageId":17}`))
	assert.Equal(t, envelope.Delivery{ID: "m1", QueueARN: queueARN, Topic: "t"}, d)
}

func TestReadLeavesOtherBodiesAlone(t *testing.T) {
	for _, body := range []string{
		"", "plain text", "null", `"Notification"`, `{"Type":"Notification"`,
		`{"Type":"Notification","Message":5}`,
		`{"type":"Notification","topicarn":"t","message":"m"}`,
		`{"Type":"SubscriptionConfirmation","TopicArn":"t","Message":"You have chosen","Token":"x"}`,
		`[{"Type":"Notification","TopicArn":"t","Message":"m"}]`,
		strings.Repeat("[", 20000) + `"Notification"`,
	} {
		d := one(t, sqs(body))
		assert.NoError(t, d.Err)
		assert.Equal(t, body, d.Body)
		assert.Empty(t, d.Topic)
	}
}

func TestReadPutsSQSAttributesBeforeThoseOfTheTopic(t *testing.T) {
	body := envelope.Wrap(topicARN, "n1", "", "x", map[string]string{"first_sent": "old", "k": "v"}, time.Time{})
	d := one(t, string(envelope.SQSEvent(envelope.Delivery{
		ID: "m1", Body: body, Attributes: map[string]string{"first_sent": "1700000000000"},
	})))
	assert.Equal(t, map[string]string{"first_sent": "1700000000000", "k": "v"}, d.Attributes)
}

func TestReadSNSEvent(t *testing.T) {
	d := one(t, `{"Records":[{"EventVersion":"1.0","EventSubscriptionArn":"a","EventSource":"aws:sns","Sns":{
		"Type":"Notification","MessageId":"n1","TopicArn":"`+topicARN+`","Subject":null,"Message":"text",
		"Timestamp":"2024-05-06T07:08:09Z","SigningCertUrl":"u","UnsubscribeUrl":"u",
		"MessageAttributes":{"k":{"Type":"String","Value":"v"},"b":{"Type":"Binary","Value":"AA=="}}}}]}`)
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	assert.Equal(t, envelope.Delivery{
		ID: "n1", NotificationID: "n1", Topic: topicARN, Body: "text",
		Attributes: map[string]string{"k": "v"}, SentAt: at, NotifiedAt: at,
	}, d)
}

func TestReadSaysWhatIsWrongWithARecordAndKeepsItsNeighbours(t *testing.T) {
	good := `{"messageId":"good","body":"b","eventSource":"aws:sqs"}`
	for _, tt := range []struct{ record, id, want string }{
		{`{"body":"b","eventSource":"aws:sqs"}`, "", "record: messageId: missing, expected a string"},
		{`{"messageId":"","body":"b","eventSource":"aws:sqs"}`, "", "record: messageId: empty, expected an id"},
		{`{"messageId":["x"],"body":"b","eventSource":"aws:sqs"}`, "", "record: messageId: a list, expected a string"},
		{`{"messageId":"x","eventSource":"aws:sqs"}`, "x", "record: body: missing, expected a string"},
		{`{"messageId":"x","body":null,"eventSource":"aws:sqs"}`, "x", "record: body: null, expected a string"},
		{`{"messageId":"x","body":{},"eventSource":"aws:sqs"}`, "x", "record: body: an object, expected a string"},
		{`{"messageId":"x","body":"{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":{}}","eventSource":"aws:sqs"}`,
			"x", "record: body.Message: an object, expected a string"},
		{`{"messageId":"x","body":"{\"Type\":\"Notification\",\"MessageId\":\"n\",\"Message\":\"m\"}","eventSource":"aws:sqs"}`,
			"x", "record: body.TopicArn: missing, expected a string"},
		{`{"messageId":"x","body":"{\"Type\":\"Notification\",\"TopicArn\":7,\"Message\":\"m\"}","eventSource":"aws:sqs"}`,
			"x", "record: body.TopicArn: a number, expected a string"},
		{`{"messageId":"x","body":"b","eventSource":"aws:s3"}`, "x", "record: eventSource: expected aws:sqs or aws:sns"},
		{`null`, "", "record: eventSource: expected aws:sqs or aws:sns"},
		{`"text"`, "", "record: eventSource: expected aws:sqs or aws:sns"},
		{`{"EventSource":"aws:sns"}`, "", "record: Sns.TopicArn: missing, expected a string"},
		{`{"EventSource":"aws:sns","Sns":{"MessageId":"n","TopicArn":"t","Message":true}}`, "n",
			"record: Sns.Message: a boolean, expected a string"},
		{`{"EventSource":"aws:sns","Sns":{"TopicArn":"t","Message":"m"}}`, "",
			"record: Sns.MessageId: missing, expected a string"},
	} {
		t.Run(tt.record, func(t *testing.T) {
			ds, err := envelope.Read([]byte(`{"Records":[` + good + `,` + tt.record + `,` + good + `]}`))
			require.NoError(t, err)
			require.Len(t, ds, 3)
			assert.EqualError(t, ds[1].Err, tt.want)
			assert.Equal(t, tt.id, ds[1].ID)
			for _, i := range []int{0, 2} {
				assert.Equal(t, envelope.Delivery{ID: "good", Body: "b"}, ds[i])
			}
		})
	}
}

func TestReadOddNumbers(t *testing.T) {
	for _, tt := range []struct {
		count, sent string
		want        int
		at          int64
	}{
		{`"99999999999999999999"`, `"-5"`, 0, 0},
		{`1e400`, `1e400`, 0, 0},
		{`2`, `1700000000000`, 2, 1700000000000},
		{`"-1"`, `"253402300800000"`, 0, 0},
		{`"9223372036854775807"`, `"253402300799999"`, 1 << 30, 253402300799999},
		{`[]`, `{}`, 0, 0},
		{`"4","ApproximateReceiveCount":"5"`, `""`, 5, 0},
	} {
		d := one(t, `{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"b","attributes":
			{"ApproximateReceiveCount":`+tt.count+`,"SentTimestamp":`+tt.sent+`}}]}`)
		assert.NoError(t, d.Err)
		assert.Equal(t, tt.want, d.ReceiveCount, tt.count)
		if tt.at == 0 {
			assert.True(t, d.SentAt.IsZero(), tt.sent)
		} else {
			assert.Equal(t, tt.at, d.SentAt.UnixMilli())
		}
	}
}

func TestIsEvent(t *testing.T) {
	for payload, want := range map[string]bool{
		sqs("x"):            true,
		"\ufeff" + sqs("x"): true,
		`{"Records":[{"EventSource":"aws:sns","Sns":{}}]}`:                  true,
		`{"Records":[{"messageId":"m","body":"b"}]}`:                        true,
		`{"Records":[{"Sns":{}}]}`:                                          true,
		`{"Records":[null,{"eventSource":"aws:sqs"}]}`:                      true,
		`{"Records":[{"eventSource":"aws:s3","s3":{}}]}`:                    false,
		`{"Records":[{"eventSource":"aws:s3","messageId":"m","body":"b"}]}`: false,
		`{"Records":[]}`: false, `{"Records":null}`: false, `{"Records":5}`: false, `{"records":[]}`: false,
		`{}`: false, ``: false, `null`: false, `[]`: false, `"Records"`: false, `{"Records":[`: false,
	} {
		assert.Equal(t, want, envelope.IsEvent([]byte(payload)), payload)
		_, err := envelope.Read([]byte(payload))
		assert.Equal(t, want, err == nil, payload)
	}
}

func TestReadErrorSaysWhatWasExpected(t *testing.T) {
	_, err := envelope.Read([]byte(`{"Records":"x"}`))
	assert.EqualError(t, err, "event: field Records: a string, expected a list of SQS or SNS records")
	_, err = envelope.Read([]byte(`nonsense`))
	assert.EqualError(t, err, "event: no JSON object, expected an SQS or SNS event")
}

func TestSQSEventLooksLikeLambdas(t *testing.T) {
	got := envelope.SQSEvent(envelope.Delivery{
		ID: "m1", ReceiptHandle: "r1", QueueARN: queueARN, Body: "<b>", Attributes: map[string]string{"k": "v"},
		SentAt: time.UnixMilli(1700000000123), ReceiveCount: 2,
	})
	assert.Equal(t, `{"Records":[{"messageId":"m1","receiptHandle":"r1","body":"<b>",`+
		`"attributes":{"ApproximateFirstReceiveTimestamp":"1700000000123","ApproximateReceiveCount":"2",`+
		`"SenderId":"AIDAEXAMPLE","SentTimestamp":"1700000000123"},`+
		`"messageAttributes":{"k":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"}},`+
		`"md5OfBody":"2d5fef6c87f16217aa1b50e1ebc89720","eventSource":"aws:sqs","eventSourceARN":"`+queueARN+`",`+
		`"awsRegion":"eu-central-1"}]}`, string(got))
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(deliveries(), 1, 5).Draw(t, "deliveries")
		got, err := envelope.Read(envelope.SQSEvent(want...))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func deliveries() *rapid.Generator[envelope.Delivery] {
	return rapid.Custom(func(t *rapid.T) envelope.Delivery {
		d := envelope.Delivery{
			ID:            rapid.StringN(1, 20, -1).Draw(t, "id"),
			ReceiptHandle: rapid.String().Draw(t, "handle"),
			QueueARN:      rapid.String().Draw(t, "queue"),
			Body:          rapid.OneOf(rapid.String(), rapid.Just(`{"Type":"Notification"}`)).Draw(t, "body"),
			Attributes:    rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "attributes"),
			ReceiveCount:  rapid.IntRange(0, 1<<30).Draw(t, "count"),
		}
		if len(d.Attributes) == 0 {
			d.Attributes = nil
		}
		if ms := rapid.Int64Range(0, 253402300799999).Draw(t, "sent"); ms > 0 {
			d.SentAt = time.UnixMilli(ms).UTC()
		}
		if rapid.Bool().Draw(t, "wrapped") {
			d.Topic = rapid.StringN(1, 20, -1).Draw(t, "topic")
			d.NotificationID = rapid.String().Draw(t, "notification")
			d.Subject = rapid.String().Draw(t, "subject")
			d.NotifiedAt = time.UnixMilli(rapid.Int64Range(1, 253402300799999).Draw(t, "notified")).UTC()
			if d.SentAt.IsZero() {
				d.SentAt = d.NotifiedAt
			}
		}
		return d
	})
}

func TestFailures(t *testing.T) {
	assert.Equal(t, `{"batchItemFailures":[]}`, string(envelope.Failures(nil)))
	assert.Equal(t, `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`,
		string(envelope.Failures([]string{"a", "b"})))
	for _, ids := range [][]string{{}, {"a"}, {"a", "b<"}} {
		got, err := envelope.ReadFailures(envelope.Failures(ids))
		require.NoError(t, err)
		assert.Equal(t, ids, got)
	}
}

func TestReadFailuresAsLambdaDoes(t *testing.T) {
	for answer, ok := range map[string]bool{
		`null`: true, `{}`: true, `{"batchItemFailures":null}`: true, `{"batchItemFailures":[]}`: true,
		``: false, `[`: false, `[]`: false, `{"batchItemFailures":[{"itemIdentifier":""}]}`: false,
		`{"batchItemFailures":[{"itemIdentifier":null}]}`: false, `{"batchItemFailures":[{"id":"a"}]}`: false,
		`{"batchItemFailures":"a"}`: false,
	} {
		_, err := envelope.ReadFailures([]byte(answer))
		assert.Equal(t, ok, err == nil, answer)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		sqs("x"), sqs(envelope.Wrap("t", "n", "s", "m", map[string]string{"a": "b"}, time.UnixMilli(1))),
		`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"n","TopicArn":"t","Message":"m","MessageAttributes":{"a":{"Type":"String","Value":"v"}}}}]}`,
		`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{\"Type\":\"Notification\",\"TopicArn\":5}"}]}`,
		`{"Records":[null,1,"x",[],{"eventSource":"aws:sqs","attributes":7,"messageAttributes":[1e400]}]}`,
		`{"Records":[{"eventSource":"aws:sqs","body":"\ud800","messageId":"\u0000"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		ds, err := envelope.Read(payload)
		if (err == nil) != envelope.IsEvent(payload) {
			t.Fatalf("IsEvent and Read disagree: %v", err)
		}
		for _, d := range ds {
			if d.Err == nil && d.ID == "" {
				t.Fatal("a readable record without an id")
			}
		}
		if err == nil && !json.Valid(envelope.SQSEvent(ds...)) {
			t.Fatal("SQSEvent wrote no JSON")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10} {
		body := envelope.Wrap(topicARN, "n", "s", `{"x":"`+strings.Repeat("y", size)+`"}`, nil, time.UnixMilli(1))
		var ds []envelope.Delivery
		for range 10 {
			ds = append(ds, envelope.Delivery{ID: "m", Body: body})
		}
		payload := envelope.SQSEvent(ds...)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				if _, err := envelope.Read(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
