package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// found is what is read of a message in a channel or a thread.
type found struct {
	TS   string `json:"ts"`
	Bot  string `json:"bot_id"`
	User string `json:"user"`
	// Metadata may be another app's, and of any form. It is there where include_all_metadata asks for it; the payload would only
	// come for types that the app's manifest declares otherwise (slackapi/python-slack-sdk#1501).
	Metadata json.RawMessage `json:"metadata"`
}

// of gives what our own metadata of a kind says.
func (m found) of(kind string) (payload, bool) {
	var own metadata
	if len(m.Metadata) == 0 || json.Unmarshal(m.Metadata, &own) != nil {
		return payload{}, false
	}
	return own.Payload, own.Type == kind
}

// Bounds of what is looked through: a page is within what is read of an answer, since a message has 15 KB.
const (
	perPage = 100
	pages   = 10
	skew    = time.Hour // between our clocks and Slack's
)

// recall looks for what an earlier call has done of which no receipt tells.
func (n *notification) recall(ctx context.Context) error {
	if !responder.Interrupted(ctx) && n.receipt["doubt"] == "" {
		return nil
	}
	err := n.recallMessage(ctx)
	if err == nil && n.receipt["ts"] != "" {
		err = n.recallReplies(ctx)
	}
	if is(err, setUp, form, gone, closed) { // the token may not look, or there is nothing to look at
		return nil
	}
	return err
}

// recallMessage finds the report's message where its id is not known. Where the channel's id is not known either, it cannot.
func (n *notification) recallMessage(ctx context.Context) error {
	channel := n.receipt["channel"] // of a message that is gone
	if !isID(channel, conversations) {
		channel = n.api.channelID(n.channel)
	}
	if n.receipt["ts"] != "" || channel == "" {
		return nil
	}
	q := url.Values{"channel": {channel}}
	if t := n.report.OpenedAt.Time; !t.IsZero() {
		q.Set("oldest", strconv.FormatInt(t.Add(-skew).Unix(), 10))
	}
	return n.look(ctx, "conversations.history", q, theMessage, func(m found, p payload) {
		if !isTS(m.TS) || m.TS < n.receipt["ts"] { // of several, which there may be after an error, the last one
			return
		}
		n.receipt["channel"], n.receipt["ts"], n.receipt["opened"] = channel, m.TS, strconv.FormatInt(p.Opened, 10)
		n.receipt["shown"], n.receipt["verdict"] = strconv.FormatInt(p.Seq, 10), known(p.Severity)
		if p.Seq == p.Opened { // what it was updated to later did not notify anybody
			n.receipt["loud"] = known(p.Severity)
		}
	})
}

// recallReplies finds which replies of the notification are there, and of what the last one told.
func (n *notification) recallReplies(ctx context.Context) error {
	var last, part int64
	q := url.Values{"channel": {n.receipt["channel"]}, "ts": {n.receipt["ts"]}}
	if isTS(n.receipt["reply"]) { // a thread is read from its beginning, and may be long
		q.Set("oldest", n.receipt["reply"])
	}
	return n.look(ctx, "conversations.replies", q, aReply, func(_ found, p payload) {
		if p.Seq >= last {
			last, n.receipt["loud"] = p.Seq, known(p.Severity)
		}
		if p.Seq == n.report.Seq && int64(p.Part) > part {
			part, n.receipt["told"] = int64(p.Part), fmt.Sprintf("%d.%d", p.Seq, p.Part)
		}
	})
}

// known is a severity that is one.
func known(s responder.Severity) string {
	if rank(s) < 0 {
		return ""
	}
	return string(s)
}

// look goes through the pages of a list, for our own messages of the report.
func (n *notification) look(ctx context.Context, method string, q url.Values, kind string, mine func(found, payload)) error {
	q.Set("include_all_metadata", "true")
	q.Set("limit", strconv.Itoa(perPage))
	for range pages {
		var out struct {
			Messages []found
			Next     struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := n.api.get(ctx, method, q, &out); err != nil {
			return err
		}
		for _, m := range out.Messages {
			if p, ok := m.of(kind); ok && p.Report == reportKey(n.report.ReportID) {
				if me, err := n.api.me(ctx); err != nil {
					return err
				} else if me.wrote(m) {
					mine(m, p)
				}
			}
		}
		if out.Next.Cursor == "" {
			return nil
		}
		q.Set("cursor", out.Next.Cursor)
	}
	return nil
}
