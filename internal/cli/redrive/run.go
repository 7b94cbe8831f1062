package redrive

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	// hidden is how long a letter that was received stays unseen by others: longer than a batch takes. After a crash it
	// comes back then.
	hidden = 5 * time.Minute
	// poll is how long SQS looks for messages. Without it, SQS asks only some of its servers.
	poll = time.Second
	// grace is for what is being done when a person says stop, so that it is known what became of it.
	grace = 5 * time.Second
	// samples is how many failures are told of each queue.
	samples = 10
)

// Run puts back letters, of one queue after the other.
type Run struct {
	SQS SQS
	// Max is how many letters are put back at most, in all; 0 is no bound.
	Max int
	// Dry only says what would be done.
	Dry bool
	// Tell hears how many of a queue's letters are put back so far. It may be nil.
	Tell func(q Queue, done int)

	done int
}

// Outcome is what became of a queue's letters.
type Outcome struct {
	Queue   Queue
	PutBack int // or would be, in a dry run
	Failed  int // could not be put back, and stay
	// Failures are some of those.
	Failures []Failure
	// Twice are put back and could not be deleted: they stay too, and would go back once more.
	Twice int
	// Newer came in since: they stay.
	Newer int
	// Nameless and Timeless were put back without delivery_id or first_sent, for want of room.
	Nameless, Timeless int
	// Err is why the queue was left before its end.
	Err error
}

// OK says whether all that was to be put back is.
func (o Outcome) OK() bool { return o.Failed == 0 && o.Twice == 0 && o.Err == nil }

// Nothing says whether there was no letter, and none is in flight.
func (o Outcome) Nothing() bool {
	return o.OK() && o.PutBack+o.Newer == 0 && o.Unseen() <= 0
}

// Unseen is about how many letters were counted when the queue was found, and not met since.
func (o Outcome) Unseen() int {
	return o.Queue.Letters + o.Queue.Hidden - o.PutBack - o.Failed - o.Newer
}

// Interrupted says whether a person ended it.
func (o Outcome) Interrupted() bool { return errors.Is(o.Err, context.Canceled) }

// Failure is a letter that stays, and why.
type Failure struct {
	MessageID string
	Why       error
}

// work is the work on one queue. Each letter that was received is in one of the maps, by its id.
type work struct {
	*Run
	out Outcome
	// held letters stay, and are given free at the end; sent ones are put back; of those, undeleted ones are still here.
	held, undeleted map[string]string // → receipt handle
	sent            map[string]bool
	// names are the delivery ids of what is put back.
	names map[string]bool
}

// Queue puts back the letters that were in a queue when it was found. When the context ends, what is being done is
// finished and the rest is left; the context's error is in the outcome.
func (r *Run) Queue(ctx context.Context, q Queue) Outcome {
	w := &work{Run: r, out: Outcome{Queue: q}, held: map[string]string{}, undeleted: map[string]string{}}
	w.sent, w.names = map[string]bool{}, map[string]bool{}
	switch {
	case q.Err != nil:
		w.out.Err = q.Err
		return w.out
	case q.fifo():
		w.out.Err = errors.New("it is a FIFO queue, whose order would be lost")
		return w.out
	}
	w.loop(ctx)
	w.end(ctx)
	return w.out
}

// patience is how many answers in a row may have nothing to put back. An empty one counts as half of them: it may be
// wrong once, unless all that was counted was seen. In a storm of new dead letters, the old ones are between them.
const patience = 20

func (w *work) loop(ctx context.Context) {
	for left := patience; left > 0 && w.out.Err == nil && w.left() > 0; {
		if w.out.Err = ctx.Err(); w.out.Err != nil {
			return
		}
		got, old, err := w.batch(ctx)
		w.out.Err = err
		switch {
		case old > 0:
			left = patience
		case got > 0:
			left--
		case w.out.Unseen() <= 0:
			left = 0
		default:
			left -= patience / 2
		}
		if w.Tell != nil {
			w.Tell(w.out.Queue, w.out.PutBack)
		}
	}
}

// left is how many letters may still be put back, up to a batch.
func (w *work) left() int {
	if w.Max == 0 {
		return batchSize
	}
	return min(w.Max-w.done, batchSize)
}

// batch puts back one batch, and says how many messages it got, and how many of them were here from the beginning and
// are seen for the first time.
func (w *work) batch(ctx context.Context) (got, old int, err error) {
	ctx, stop := finishing(ctx)
	defer stop()
	messages, err := receive(ctx, w.SQS, w.out.Queue.URL, w.left(), hidden)
	if err != nil {
		return 0, 0, err
	}
	var letters []letter
	for _, m := range messages {
		if l := newLetter(m); w.fresh(l) {
			letters = append(letters, l)
		}
	}
	err = w.putBack(ctx, letters)
	var ids []string
	for _, m := range messages {
		if id := *m.MessageId; w.undeleted[id] != "" {
			ids = append(ids, id)
		}
	}
	return len(messages), len(letters), errors.Join(err, w.delete(ctx, ids))
}

// fresh notes a letter that was received, and says whether it is to be put back.
func (w *work) fresh(l letter) bool {
	_, known := w.held[l.id]
	switch {
	case w.sent[l.id]: // it could not be deleted, or SQS gives it once more
		w.undeleted[l.id] = l.handle
		return false
	case known:
		w.held[l.id] = l.handle
		return false
	}
	w.held[l.id] = l.handle
	if w.newer(l) {
		w.out.Newer++
		return false
	}
	return true
}

// newer says whether a letter came in since the queue was found, so that none goes in circles. The service says its time
// in whole seconds: of what was sent in that one, it is what this run has put back.
func (w *work) newer(l letter) bool {
	began := w.out.Queue.AsOf
	return !l.sent.Before(began.Add(time.Second)) || !l.sent.Before(began) && w.names[l.name()]
}

// putBack sends letters to where they come from.
func (w *work) putBack(ctx context.Context, letters []letter) error {
	byURL, order := map[string][]letter{}, []string(nil)
	for _, l := range letters {
		t, err := w.out.Queue.route(l)
		if err != nil {
			w.fail(l, err)
			continue
		}
		if byURL[t.URL] == nil {
			order = append(order, t.URL)
		}
		byURL[t.URL] = append(byURL[t.URL], l)
	}
	for _, url := range order {
		for _, batch := range pack(byURL[url]) {
			if err := w.send(ctx, url, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) fail(l letter, err error) {
	w.out.Failed++
	if len(w.out.Failures) < samples {
		w.out.Failures = append(w.out.Failures, Failure{l.id, err})
	}
}

// accepted notes a letter that is where it comes from.
func (w *work) accepted(l letter) {
	w.done++
	w.out.PutBack++
	if l.nameless {
		w.out.Nameless++
	}
	if l.timeless {
		w.out.Timeless++
	}
	if w.Dry {
		return
	}
	delete(w.held, l.id)
	w.sent[l.id], w.names[l.name()] = true, true
	w.undeleted[l.id] = l.handle
}

// end tries once more to delete what is put back, and gives free what stays, so that it is seen at once.
func (w *work) end(ctx context.Context) {
	ctx, stop := finishing(ctx)
	defer stop()
	if err := w.delete(ctx, slices.Sorted(maps.Keys(w.undeleted))); w.out.Err == nil {
		w.out.Err = err
	}
	w.out.Twice = len(w.undeleted)
	maps.Copy(w.held, w.undeleted)
	release(ctx, w.SQS, w.out.Queue.URL, w.held)
}

// finishing is a context that outlives another one by the grace.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}

// receive takes up to n messages of a queue, and hides them for a while.
func receive(ctx context.Context, client SQS, url string, n int, hide time.Duration) ([]types.Message, error) {
	out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: int32(n),
		VisibilityTimeout: int32(hide / time.Second), WaitTimeSeconds: int32(poll / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	var list []types.Message
	at := map[string]int{}
	for _, m := range out.Messages {
		id := aws.ToString(m.MessageId)
		if i, ok := at[id]; ok {
			list[i] = m // only the last handle is good
		} else if id != "" && m.ReceiptHandle != nil {
			at[id] = len(list)
			list = append(list, m)
		}
	}
	return list, nil
}

// Done says whether as many are put back as may be.
func (r *Run) Done() bool { return r.Max > 0 && r.done >= r.Max }
