// Package slack keeps a message of each report in a channel of Slack, and its story in the thread below it.
//
// in → out: a report → its message: posted once, kept at the latest state, coloured by severity; a reply for each change, with
// the evidence where there is a new verdict; a mention where it got worse; and the receipt with the message's id.
//
// One call of Emit makes few requests: a new report one (chat.postMessage), a known one two (chat.update, and chat.postMessage
// of the reply), and one for each further part of the evidence where one reply cannot hold it.
//
// An update notifies nobody, so what people have to be told of at once is a message of its own: the first one, or a reply that
// is also shown in the channel. That happens when the severity rises, once, and never for a repeat.
//
// Nothing is done twice: where an answer was lost, or a function died, our own messages are looked for by their metadata, which
// nobody's data can bring there. That takes a scope that an installation may lack; then it is rather said twice than not at all.
//
// The key may be the URL of an incoming webhook instead, the lesser mode: nothing can be updated then and there is no thread, so
// each verdict that differs is a message. See hook.go.
//
// There is a good library, github.com/slack-go/slack. It is not used: four of its more than two hundred methods are needed; the
// package that has them has the real time API too, and so needs a websocket library; it reads answers without a bound; and what
// makes the difference here, to know of each failure whether the message may be there all the same, whether the key has to be
// read anew, and when to try again, is in lib/delivery, the same for all services.
package slack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// ID is the emitter's id.
const ID = "slack"

type emitter struct {
	channel string // as it was configured; empty: only the URL of a webhook can do
	options options
	render  render.Options
	api     *api
}

// New makes the emitter. All faults of the settings are one error.
func New(s delivery.Settings) (responder.Emitter, error) {
	channel, err1 := parseChannel(s.Env("SLACK_CHANNEL"))
	o, err2 := parseOptions(s.Env("SLACK_OPTIONS"))
	view, err3 := render.FromEnv(s.Env)
	var err4 error
	if s.Key == nil {
		err4 = errors.New("key: missing, expected a bot token, or the URL of an incoming webhook")
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return &emitter{channel, o, view, newAPI(s)}, nil
}

// Emit implements responder.Emitter.
func (e *emitter) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	kind, err := e.api.kind(ctx)
	if err != nil {
		return nil, err
	}
	n := &notification{emitter: e, report: r, prev: prev, receipt: maps.Clone(prev), view: e.render.View(r, prev["state"])}
	if kind == byHook {
		return n.in(inHook).receipt, n.carryByHook(ctx)
	}
	if e.channel == "" {
		return nil, fmt.Errorf("%s: %w", ID, mendable("SLACK_CHANNEL is empty, expected the id of a channel"))
	}
	return n.in(e.channel).receipt, n.carry(ctx)
}

// inHook is the place of what a webhook posts.
const inHook = "webhook"

// notification is one on its way.
type notification struct {
	*emitter
	report  responder.Report
	view    render.View
	prev    responder.Receipt
	receipt responder.Receipt // the next one
}

// What a receipt has, all of it of one place: what is known of another one is not known of this one.
//
//	in       the place, as it was configured
//	channel  id of the channel, and
//	ts         of the message in it; the two are the id of a message
//	opened   seq of the notification with which it was posted
//	shown    seq of the notification that it shows, and
//	verdict    the severity in it
//	told     seq of the notification that is told in the thread, and how many of its replies are there: 5.2
//	reply    ts of the last of all replies
//	loud     severity of which people were told last
//	over     that its source says that it is over was told; with verdict, all that is known of a webhook
//	state    see render.View
//	doubt    something may have been done of which nothing is known
func (n *notification) in(place string) *notification {
	if n.receipt == nil {
		n.receipt = responder.Receipt{}
	}
	strange := false
	if was := n.receipt["in"]; was != place {
		strange = len(n.receipt) > 0 && was != inHook // it may be the same one by its other name, or one of before
		clear(n.receipt)
		n.receipt["in"] = place
	}
	if ts := n.receipt["ts"]; ts != "" && (!isTS(ts) || !isID(n.receipt["channel"], conversations)) {
		delete(n.receipt, "ts")
		delete(n.receipt, "reply")
		strange = true
	}
	if strange {
		n.receipt["doubt"] = "1"
	}
	return n
}

// carry brings the notification to its message and its thread. What was done is in the receipt, also where the rest fails.
func (n *notification) carry(ctx context.Context) error {
	if err := n.recall(ctx); err != nil || n.late() {
		return err
	}
	if err := n.show(ctx); err != nil {
		return err
	}
	if err := n.tell(ctx); err != nil {
		return err
	}
	delete(n.receipt, "doubt")
	if !n.blind() {
		n.receipt["state"] = n.view.State()
	}
	return nil
}

func (n *notification) seq() string { return strconv.FormatInt(n.report.Seq, 10) }

func (n *notification) notice() bool {
	return n.view.Phase == render.New || n.view.Phase == render.Ongoing
}

// late says whether the message shows a later notification, of which no receipt was left.
func (n *notification) late() bool {
	shown, err := strconv.ParseInt(n.receipt["shown"], 10, 64)
	return err == nil && shown > n.report.Seq
}

// blind says whether the message shows more than can be shown now: there is a verdict in it, of which this is only a notice,
// and what the verdict said is not remembered. The next verdict shows all again.
func (n *notification) blind() bool {
	return n.notice() && n.prev["state"] == "" && n.receipt["verdict"] != "" && n.receipt["shown"] != n.seq()
}

// doubt remembers that something may have been done although there is an error.
func (n *notification) doubt(err error) {
	if delivery.InDoubt(err) {
		n.receipt["doubt"] = "1"
	}
}
