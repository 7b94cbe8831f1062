package receptor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/envelope"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Again puts a message back into AlertQueue, to be delivered after a delay.
type Again interface {
	Alert(ctx context.Context, body string, attributes map[string]string, delay time.Duration) error
}

// chosen is the attribute of a message that was sent again for some of its alerts: how often that was, how many alerts the
// message has, and which are meant by their order, as in "1/100:3,17". What it does not say is not done again.
const chosen = "alertresponder_alerts"

const (
	// maxAgain is how often a message is sent again. Each time fewer alerts are left, but Lambda ends what it takes for a
	// loop after about 16.
	maxAgain = 8
	// againAfter is how long the rest of a message waits whose error says nothing else.
	againAfter = 30 * time.Second
	// lastWords is the time for sending when that of the batch is over: less than what the host keeps back.
	lastWords = 500 * time.Millisecond
)

// choice is which of a delivery's alerts are meant; all of them, if of is nil.
type choice struct {
	times int
	of    map[int]bool
}

// choose reads which of n alerts are meant. An odd text means all, and so does one of another number of alerts: since then
// a release or a mapping reads the message otherwise. Nothing is lost by doing it again.
func choose(d envelope.Delivery, n int) choice {
	head, list, _ := strings.Cut(d.Attributes[chosen], ":")
	times, of, _ := strings.Cut(head, "/")
	c := choice{of: map[int]bool{}}
	var err error
	if c.times, err = strconv.Atoi(times); err != nil || c.times < 0 || of != strconv.Itoa(n) {
		return choice{}
	}
	for _, s := range strings.Split(list, ",") {
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 || i >= n {
			return choice{}
		}
		c.of[i] = true
	}
	return c
}

func (c choice) has(n int) bool { return c.of == nil || c.of[n] }

// answers are the errors of the deliveries. Where some alerts of one are done and others failed, it is sent again for
// those that failed, and is done itself: what is done is not done again. If that cannot be, it fails as a whole, and comes
// back as a whole. One of which nothing is done fails itself, so that its receives are counted, and end.
func (r *Receptor) answers(ctx context.Context, ds []envelope.Delivery, groups []*group) []error {
	all, failed := make([]int, len(ds)), make([][]*arrival, len(ds))
	errs := make([]error, len(ds))
	for _, g := range groups {
		for _, a := range g.arrivals {
			all[a.delivery]++
			if a.failed != nil {
				failed[a.delivery] = append(failed[a.delivery], a)
				errs[a.delivery] = errors.Join(errs[a.delivery], a.failed)
			}
		}
	}
	for n, d := range ds {
		if left := len(failed[n]); left == 0 || left == all[n] || r.Again == nil || failed[n][0].times >= maxAgain {
			continue
		}
		if err := r.again(ctx, d, failed[n], errs[n]); err != nil {
			errs[n] = errors.Join(errs[n], err)
			continue
		}
		r.Log.WarnContext(ctx, "some alerts of a message failed and will be delivered again",
			"message_id", entity.Cut(d.ID, 200), "failed", len(failed[n]), "of", all[n], "error", errs[n])
		errs[n] = nil
	}
	return errs
}

// again sends a delivery again for the alerts that failed, with all that its alerts and their ids are made of: that of a topic
// in the topic's envelope, another with the id that it had.
func (r *Receptor) again(ctx context.Context, d envelope.Delivery, failed []*arrival, why error) error {
	which := make([]int, len(failed))
	for i, a := range failed {
		which[i] = a.index
	}
	slices.Sort(which)
	text := make([]string, len(which))
	for i, n := range which {
		text[i] = strconv.Itoa(n)
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
	}
	delay, ok := responder.RetryDelay(why)
	if !ok {
		delay = againAfter
	}
	body, attributes := asItWas(d)
	attributes[chosen] = fmt.Sprintf("%d/%d:%s", failed[0].times+1, failed[0].of, strings.Join(text, ","))
	return r.Again.Alert(ctx, body, attributes, delay)
}

func asItWas(d envelope.Delivery) (body string, attributes map[string]string) {
	own := maps.Clone(d.Attributes)
	delete(own, chosen)
	if d.NotificationID != "" && d.Topic != "" {
		attributes = map[string]string{}
		if at := d.FirstSent(); !at.IsZero() {
			attributes["first_sent"] = strconv.FormatInt(at.UnixMilli(), 10)
		}
		return envelope.Wrap(d.Topic, d.NotificationID, d.Subject, d.Body, own, d.NotifiedAt), attributes
	}
	if own == nil {
		own = map[string]string{}
	}
	if own["delivery_id"] == "" {
		own["delivery_id"] = d.ID
	}
	if at := d.FirstSent(); own["first_sent"] == "" && !at.IsZero() {
		own["first_sent"] = strconv.FormatInt(at.UnixMilli(), 10)
	}
	return d.Body, own
}
