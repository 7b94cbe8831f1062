package slack

import (
	"context"
	"net/http"
)

// carryByHook posts the notification to an incoming webhook. Its answer has no id of the message, so that it can neither be
// updated nor have a thread, nor be looked for (docs.slack.dev, "Sending messages using incoming webhooks"): a message for the
// first notification, and for each that says something else than the last one; twice, where an answer was lost.
func (n *notification) carryByHook(ctx context.Context) error {
	over, verdict := "", n.receipt["verdict"]
	if n.view.Resolved {
		over = "1"
	}
	if !n.notice() {
		verdict = string(n.view.Severity)
	}
	if n.receipt["state"] != "" && n.receipt["verdict"] == verdict && n.receipt["over"] == over {
		return nil
	}
	m := newMessage("", "", n.view.Slack())
	m.Parse = "" // not documented for webhooks
	if n.rises() {
		m.Text = n.loudly(m.Text)
	}
	err := n.postByHook(ctx, m)
	if is(err, form) {
		err = n.postByHook(ctx, m.plain())
	}
	if err != nil {
		return err
	}
	n.receipt["verdict"], n.receipt["over"], n.receipt["state"] = verdict, over, n.view.State()
	n.heard()
	return nil
}

func (n *notification) postByHook(ctx context.Context, m message) error {
	return n.api.call(ctx, n.api.hook, http.MethodPost, "", m, nil)
}
