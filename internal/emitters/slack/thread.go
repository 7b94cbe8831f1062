package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/render"
)

// rank orders severities by how much somebody has to look.
func rank(s responder.Severity) int {
	return slices.Index([]responder.Severity{"", responder.Safe, responder.Unclassified, responder.Urgent}, s)
}

// rises says whether people have to be told at once, if it is so configured: it got worse than they know. Nobody is called by
// a test.
func (n *notification) rises() bool {
	return rank(n.view.Severity) > rank(responder.Severity(n.receipt["loud"])) && !n.view.Sample
}

// heard remembers what people were told of. A notice may know of no verdict; there is one all the same.
func (n *notification) heard() {
	if n.view.Severity != "" {
		n.receipt["loud"] = string(n.view.Severity)
	}
}

// loudly is a text with the mentions of the severity before it.
func (n *notification) loudly(text string) string {
	return strings.Join(append(slices.Clone(n.options.mention[n.view.Severity]), text), " ")
}

// broadcasts says whether a reply is shown in the channel too: where it is so configured, and where it mentions all who are
// there, since a thread has only those who follow it.
func (n *notification) broadcasts() bool {
	who := n.options.mention[n.view.Severity]
	return n.options.broadcast[n.view.Severity] || slices.Contains(who, "<!here>") || slices.Contains(who, "<!channel>")
}

// most is how many bytes of JSON a reply may have that is put together of several messages: Slack takes about 9,000 characters,
// which have a byte at least, and about 15,000 bytes.
const most = 8500

// replies are what the thread gets: what has changed, unless the message itself is new; with a new verdict all evidence, in the
// same reply if it fits.
func (n *notification) replies() (out []render.SlackMessage) {
	if n.blind() {
		return []render.SlackMessage{n.view.Slack()}
	}
	if change, ok := n.view.SlackChange(); ok && n.receipt["opened"] != n.seq() {
		out = append(out, change)
	}
	if n.view.Phase != render.Verdict && n.view.Phase != render.Correction {
		return out
	}
	details := n.view.SlackDetails()
	if len(out) == 1 && len(details) == 1 {
		one := render.SlackMessage{Text: out[0].Text, Attachments: slices.Concat(out[0].Attachments, details[0].Attachments)}
		if text, _ := json.Marshal(one); len(text) <= most && blocks(one) <= 50 {
			return []render.SlackMessage{one}
		}
	}
	return append(out, details...)
}

func blocks(m render.SlackMessage) (n int) {
	for _, a := range m.Attachments {
		n += len(a.Blocks)
	}
	return n
}

// tell tells the notification in the thread.
func (n *notification) tell(ctx context.Context) error {
	replies := n.replies()
	for k := n.told(); k < len(replies); k++ {
		m := newMessage(n.receipt["channel"], n.receipt["ts"], replies[k])
		m.Metadata = n.mark(aReply)
		m.Metadata.Payload.Part = k + 1
		if n.rises() {
			m.Text, m.Broadcast = n.loudly(m.Text), n.broadcasts()
		}
		out, err := n.api.write(ctx, "chat.postMessage", m)
		if is(err, closed) {
			if m.Text == replies[k].Text && !m.Broadcast {
				return nil // the message is up to date, and nobody is to be called
			}
			m.Thread, m.Broadcast = "", false
			_, err = n.api.write(ctx, "chat.postMessage", m)
		}
		n.doubt(err)
		if err != nil {
			return err
		}
		n.receipt["told"] = fmt.Sprintf("%s.%d", n.seq(), k+1)
		if m.Thread != "" {
			n.receipt["reply"] = out.TS
		}
		n.heard()
	}
	return nil
}

// told is how many of the notification's replies are there.
func (n *notification) told() int {
	var k int
	if _, err := fmt.Sscanf(n.receipt["told"], n.seq()+".%d", &k); err != nil {
		return 0
	}
	return k
}
