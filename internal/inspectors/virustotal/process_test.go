package virustotal_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// queue takes submissions, unless the process is dead.
type queue struct {
	dead bool
	mu   sync.Mutex
	got  []responder.Submission
}

func (q *queue) Submit(_ ctx, s responder.Submission) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dead {
		return errors.New("killed")
	}
	q.got = append(q.got, s)
	return nil
}

// deliver hands a task to a new process, whose inspector knows nothing but what is in the Memory. It says whether the
// message is done.
func deliver(t testing.TB, f *fake, m responder.Memory, q *queue, addresses int) (done bool) {
	h := host.Inspector(f.inspectorWith(m, map[string]string{"VIRUSTOTAL_LIMITS": "1000/minute", "VIRUSTOTAL_RELATIONS": "public"}),
		host.InspectorPorts{Submit: q, Now: f.now}, host.InspectorOptions{ID: virustotal.ID, Types: virustotal.Types})
	task := responder.TaskMessage{V: 1, ReportID: "AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt", Origin: "0.A"}
	for i := range addresses {
		f.put("ipaddr", address(i), [4]int{9, 0, 50, 20}, day)
		task.Attributes = append(task.Attributes, responder.Attribute{Type: "ipaddr", Value: address(i)})
	}
	body, err := json.Marshal(task)
	require.NoError(t, err)
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"messageId": "m", "receiptHandle": "h", "body": string(body),
		"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:q",
		"attributes": map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1777885200000"}}}})
	require.NoError(t, err)
	out, err := h.Invoke(t.Context(), event)
	require.NoError(t, err)
	var answer struct{ BatchItemFailures []any }
	require.NoError(t, json.Unmarshal(out, &answer))
	return len(answer.BatchItemFailures) == 0
}

func askedOnce(t testing.TB, f *fake, n int) {
	t.Helper()
	assert.Len(t, f.asked, n)
	for path, times := range f.asked {
		assert.Equal(t, 1, times, path)
	}
}

// What a process learnt before it was killed is not asked for again by the next one.
func TestKilledMidway(t *testing.T) {
	f, m, q := newFake(t), responder.NewMemory(), &queue{dead: true}
	f.odd = func(http.ResponseWriter, *http.Request) bool {
		if len(f.times) >= 5 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	require.False(t, deliver(t, f, m, q, 12))
	assert.Len(t, f.asked, 5)
	f.odd, q.dead = nil, false
	require.True(t, deliver(t, f, m, q, 12))
	askedOnce(t, f, 12)
	require.Len(t, q.got, 1)
	assert.Len(t, q.got[0].Pages, 12)
	assert.True(t, q.got[0].Done)
}

func TestRedelivered(t *testing.T) {
	f, m, q := newFake(t), responder.NewMemory(), &queue{}
	require.True(t, deliver(t, f, m, q, 3))
	require.True(t, deliver(t, f, m, q, 3))
	askedOnce(t, f, 3)
	require.Len(t, q.got, 2)
	assert.Equal(t, q.got[0], q.got[1], "the same page twice is one")
}

// Many processes have one key.
func TestOneQuotaForAll(t *testing.T) {
	f, m := newFake(t), responder.NewMemory()
	f.perMinute = 4
	var wg sync.WaitGroup
	for range 8 {
		i := f.inspectorWith(m, nil)
		wg.Go(func() {
			for n := range 4 {
				_, err := i.Inspect(t.Context(), taskOf("ipaddr", address(n)))
				if err != nil {
					assert.ErrorIs(t, err, intel.ErrQuota)
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 4, f.total())
	assert.Zero(t, f.refused)
}

func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		s := f.settings(unlimited)
		s.Transport = deaf{}
		i, err := virustotal.New(s)
		require.NoError(t, err)
		began := time.Now()
		_, err = i.Inspect(t.Context(), taskOf("ipaddr", "8.8.8.8"))
		assert.ErrorIs(t, err, intel.ErrUnavailable)
		assert.False(t, responder.IsPermanent(err))
		assert.Equal(t, intel.Timeout, time.Since(began))
	})
}

// deaf never answers.
type deaf struct{}

func (deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
