package awslambda

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/store/storetest/dynamotest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// dynamoDB answers each call with an item that has nothing but its key, or refuses it.
type dynamoDB struct {
	refuse string // error code
	calls  []string
	bodies []string
}

func (d *dynamoDB) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	d.calls, d.bodies = append(d.calls, name), append(d.bodies, string(body))
	status, answer := http.StatusOK, `{"Attributes":{"key":{"S":"k"}}}`
	if d.refuse != "" {
		status, answer = http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#`+d.refuse+`","message":"no"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func (d *dynamoDB) client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "eu-west-1", HTTPClient: d, RetryMaxAttempts: 1, DisableValidateResponseChecksum: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		})})
}

// emitting has the environment of an emitter with this table.
func emitting(t *testing.T, table string, client *dynamodb.Client, err error) *fakeQueues {
	t.Helper()
	q, was := onLambda(t), tables
	t.Setenv("EMITTER_ID", "")
	t.Setenv("RETENTION_DAYS", "")
	t.Setenv("PLUGIN_DATA", table)
	tables = func(context.Context) (*dynamodb.Client, error) { return client, err }
	t.Cleanup(func() { tables = was })
	return q
}

// told notes what it is told, and answers with a number of its own.
type told struct {
	seqs  []int64
	prevs []responder.Receipt
}

func (e *told) Emit(_ context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	e.seqs, e.prevs = append(e.seqs, r.Seq), append(e.prevs, prev)
	return responder.Receipt{"ticket": "T-1"}, nil
}

func report(t *testing.T, id string, seq int64) string {
	t.Helper()
	b, err := json.Marshal(responder.Report{V: 1, ReportID: id, Seq: seq, Status: responder.StatusPublished,
		Result: responder.Result{Severity: responder.Safe, Reason: strings.Repeat("x", int(seq))}})
	require.NoError(t, err)
	return string(b)
}

func TestEmitterIsTwoCalls(t *testing.T) {
	db, e := &dynamoDB{}, &told{}
	emitting(t, "receipts", db.client(), nil)
	h := Emitter(e, quiet)
	answer := invoke(t, h, deliveryOf("1", report(t, "AAAA-1", 1)), deliveryOf("2", report(t, "AAAA-1", 2)))
	assert.JSONEq(t, `{"batchItemFailures":[]}`, answer)
	assert.Equal(t, []int64{2}, e.seqs, "of a batch the latest")
	assert.Equal(t, []string{"UpdateItem", "UpdateItem"}, db.calls)
	for _, body := range db.bodies {
		assert.Contains(t, body, `"TableName":"receipts"`)
		assert.Contains(t, body, `"mine#AAAA-1"`)
	}
	assert.Contains(t, db.bodies[1], "T-1")
}

func TestEmitterWithoutItsTable(t *testing.T) {
	for name, c := range map[string]struct {
		client *dynamodb.Client
		err    error
	}{
		"refused":        {client: (&dynamoDB{refuse: "ResourceNotFoundException"}).client()},
		"no credentials": {err: errors.New("no credentials")},
	} {
		t.Run(name, func(t *testing.T) {
			e := &told{}
			q := emitting(t, "receipts", c.client, c.err)
			answer := invoke(t, Emitter(e, quiet), deliveryOf("1", report(t, "AAAA-1", 1)))
			assert.JSONEq(t, `{"batchItemFailures":[{"itemIdentifier":"1"}]}`, answer)
			assert.Empty(t, e.seqs, "nothing goes out that would be forgotten")
			require.Len(t, q.hidden, 1)
			assert.Equal(t, "handle-1", *q.hidden[0].ReceiptHandle)
		})
	}
}

func TestEmitterRemembers(t *testing.T) {
	client := dynamotest.Client(t)
	e := &told{}
	emitting(t, dynamotest.Plugin(t, client), client, nil)
	h := Emitter(e, quiet)
	for _, seq := range []int64{1, 3, 3, 2} {
		assert.JSONEq(t, `{"batchItemFailures":[]}`, invoke(t, h, deliveryOf("1", report(t, "AAAA-1", seq))))
	}
	assert.Equal(t, []int64{1, 3}, e.seqs, "what is late is dropped")
	assert.Equal(t, []responder.Receipt{nil, {"ticket": "T-1"}}, e.prevs)
}
