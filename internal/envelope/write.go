package envelope

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

type sqsRecord struct {
	MessageID         string                  `json:"messageId"`
	ReceiptHandle     string                  `json:"receiptHandle"`
	Body              string                  `json:"body"`
	Attributes        map[string]string       `json:"attributes"`
	MessageAttributes map[string]sqsAttribute `json:"messageAttributes"`
	MD5OfBody         string                  `json:"md5OfBody"`
	EventSource       string                  `json:"eventSource"`
	EventSourceARN    string                  `json:"eventSourceARN"`
	AWSRegion         string                  `json:"awsRegion"`
}

type sqsAttribute struct {
	StringValue      string   `json:"stringValue"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues []string `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// SQSEvent writes the event that Lambda delivers for messages of a queue. A delivery with a Topic gets the
// SNS envelope around its body again, with the attributes in it; so Read returns what was written. Attributes
// are Strings; a ReceiveCount or SentAt of zero is left out.
func SQSEvent(ds ...Delivery) []byte {
	event := struct {
		Records []sqsRecord `json:"Records"`
	}{make([]sqsRecord, len(ds))}
	for i, d := range ds {
		event.Records[i] = d.record()
	}
	return marshal(event)
}

func (d Delivery) record() sqsRecord {
	attrs := map[string]sqsAttribute{}
	body := d.Body
	if d.Topic != "" {
		body = Wrap(d.Topic, d.NotificationID, d.Subject, d.Body, d.Attributes, d.NotifiedAt)
	} else {
		for name, value := range d.Attributes {
			attrs[name] = sqsAttribute{value, []string{}, []string{}, "String"}
		}
	}
	sum := md5.Sum([]byte(body))
	return sqsRecord{
		MessageID: d.ID, ReceiptHandle: d.ReceiptHandle, Body: body,
		Attributes: d.systemAttributes(), MessageAttributes: attrs, MD5OfBody: hex.EncodeToString(sum[:]),
		EventSource: sqsSource, EventSourceARN: d.QueueARN, AWSRegion: regionOf(d.QueueARN),
	}
}

func (d Delivery) systemAttributes() map[string]string {
	m := map[string]string{"SenderId": "AIDAEXAMPLE"}
	if d.ReceiveCount > 0 {
		m["ApproximateReceiveCount"] = strconv.Itoa(d.ReceiveCount)
	}
	if !d.SentAt.IsZero() {
		ms := strconv.FormatInt(d.SentAt.UnixMilli(), 10)
		m["SentTimestamp"], m["ApproximateFirstReceiveTimestamp"] = ms, ms
	}
	return m
}

func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}

type failures struct {
	BatchItemFailures []failure `json:"batchItemFailures"`
}

type failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// Failures writes the answer that makes Lambda deliver only these messages again; none is an empty list, never
// null.
//
// Format: AWS Lambda Developer Guide, "Handling errors for an SQS event source", ReportBatchItemFailures.
func Failures(ids []string) []byte {
	f := failures{make([]failure, len(ids))}
	for i, id := range ids {
		f.BatchItemFailures[i].ItemIdentifier = id
	}
	return marshal(f)
}

// ReadFailures reads that answer as Lambda does: nothing, or null, is a full success; an error means that the
// whole batch counts as failed.
func ReadFailures(answer []byte) ([]string, error) {
	var f failures
	if err := json.Unmarshal(answer, &f); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	ids := make([]string, len(f.BatchItemFailures))
	for i, item := range f.BatchItemFailures {
		if item.ItemIdentifier == "" {
			return nil, fmt.Errorf("answer: batchItemFailures[%d].itemIdentifier: empty, expected a messageId", i)
		}
		ids[i] = item.ItemIdentifier
	}
	return ids, nil
}
