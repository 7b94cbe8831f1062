package render

// SlackMessage is what Slack takes as a message: chat.postMessage, chat.update and incoming webhooks have these fields.
type SlackMessage struct {
	// Text is for notifications and screen readers; escaped.
	Text string `json:"text"`
	// Attachments has one attachment, whose colour is that of the severity and whose blocks are the message.
	Attachments []SlackAttachment `json:"attachments,omitempty"`
}

// SlackAttachment is a bar of colour beside blocks.
type SlackAttachment struct {
	Color  string       `json:"color"`
	Blocks []SlackBlock `json:"blocks"`
}

// SlackBlock is a block of Block Kit: header, section, context, actions or divider.
type SlackBlock struct {
	Type     string      `json:"type"`
	Text     *SlackText  `json:"text,omitempty"`
	Fields   []SlackText `json:"fields,omitempty"`
	Elements []SlackText `json:"elements,omitempty"`
}

// SlackText is a text of Block Kit: plain_text or mrkdwn; in the elements of an actions block a button.
type SlackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// Slack is the message of an incident, which is updated as the report grows: title, verdict, why, what counts most, who is
// missing, links.
func (v View) Slack() SlackMessage { return SlackMessage{Text: v.Headline()} }

// SlackChange is what has changed, for the thread; false: nothing has.
func (v View) SlackChange() (SlackMessage, bool) { return SlackMessage{Text: v.Headline()}, true }

// SlackDetails are all findings, gaps and facts, for the thread, in as many messages as it takes, ten at most.
func (v View) SlackDetails() []SlackMessage { return nil }
