package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// message is the body of chat.postMessage and chat.update.
type message struct {
	Channel   string    `json:"channel,omitempty"`
	TS        string    `json:"ts,omitempty"`        // of the message to update
	Thread    string    `json:"thread_ts,omitempty"` // of the message to reply to
	Broadcast bool      `json:"reply_broadcast,omitempty"`
	Parse     string    `json:"parse,omitempty"` // none: chat.update would look for names otherwise
	Unfurl    *bool     `json:"unfurl_links,omitempty"`
	Media     *bool     `json:"unfurl_media,omitempty"`
	Metadata  *metadata `json:"metadata,omitempty"`
	Text      string    `json:"text"`
	// Attachments are there also where they are empty: chat.update keeps those of before otherwise.
	Attachments []render.SlackAttachment `json:"attachments"`
}

// newMessage is a message for the channel, or for the thread of another one.
func newMessage(channel, thread string, m render.SlackMessage) message {
	no := false
	return message{Channel: channel, Thread: thread, Parse: none, Unfurl: &no, Media: &no, Text: m.Text,
		Attachments: append([]render.SlackAttachment{}, m.Attachments...)}
}

func (m message) isPlain() bool { return len(m.Attachments) == 0 }

// plain is the message without what may be wrong with it.
func (m message) plain() message {
	m.Attachments = []render.SlackAttachment{}
	m.Text += "\nSlack did not take the rest of this message."
	return m
}

// metadata tells our own messages, and what each was for. Users do not see it and cannot write it, other apps can
// (docs.slack.dev, "Using message metadata").
type metadata struct {
	Type    string  `json:"event_type"`
	Payload payload `json:"event_payload"`
}

// The types of our messages.
const (
	theMessage = "alertresponder_report"
	aReply     = "alertresponder_reply"
)

type payload struct {
	Report   string             `json:"report"`
	Seq      int64              `json:"seq,string"` // of the notification that it shows or tells
	Severity responder.Severity `json:"severity"`
	Opened   int64              `json:"opened,string,omitempty"` // the same, in the message as it was posted
	Part     int                `json:"part,string,omitempty"`   // of the replies of a notification, from 1
}

// mark is metadata of the notification.
func (n *notification) mark(kind string) *metadata {
	return &metadata{kind, payload{Report: reportKey(n.report.ReportID), Seq: n.report.Seq, Severity: n.view.Severity}}
}

// reportKey is a report's id, or a hash of what cannot be one.
func reportKey(id string) string {
	if len(id) > 0 && len(id) <= 80 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "x-" + hex.EncodeToString(sum[:16])
}

// show has the message show the notification, by one request at most; by two where it was there and is gone.
func (n *notification) show(ctx context.Context) error {
	if n.receipt["ts"] == "" {
		return n.post(ctx)
	}
	if n.receipt["shown"] == n.seq() || n.blind() {
		return nil
	}
	m := newMessage(n.receipt["channel"], "", n.view.Slack())
	m.TS, m.Unfurl, m.Media, m.Metadata = n.receipt["ts"], nil, nil, n.mark(theMessage)
	_, err := n.api.write(ctx, "chat.update", m)
	if is(err, gone) { // people took it away, or the workspace lets nobody edit what is so old
		delete(n.receipt, "ts")
		delete(n.receipt, "reply")
		return n.post(ctx)
	}
	if err == nil {
		n.shown()
	}
	return err
}

func (n *notification) shown() {
	n.receipt["shown"], n.receipt["verdict"] = n.seq(), string(n.view.Severity)
}

// post posts the message.
func (n *notification) post(ctx context.Context) error {
	to := n.receipt["channel"]
	if !isID(to, conversations) {
		to = n.channel
	}
	m := newMessage(to, "", n.view.Slack())
	m.Metadata = n.mark(theMessage)
	m.Metadata.Payload.Opened = n.report.Seq
	if n.rises() {
		m.Text = n.loudly(m.Text)
	}
	out, err := n.api.write(ctx, "chat.postMessage", m)
	n.doubt(err)
	if err != nil {
		return err
	}
	n.api.learn(n.channel, out.Channel)
	n.receipt["channel"], n.receipt["ts"], n.receipt["opened"] = out.Channel, out.TS, n.seq()
	n.shown()
	n.heard()
	return nil
}
