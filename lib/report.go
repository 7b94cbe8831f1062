package responder

import "encoding/json"

// Report is everything that is known of one incident: the reviewer's input, and the message on
// ReportNotification, whose SNS message attributes are status and severity (String).
type Report struct {
	V        int    `json:"v,omitempty"`
	ReportID string `json:"report_id"`
	// Alert is the first alert of the report; in a notice the one that has just arrived.
	Alert   Alert   `json:"alert"`
	Content Content `json:"content"`
	Result  Result  `json:"result"`
	Status  Status  `json:"status"`

	// Seq grows with every notification of the report. An even one is a notice (new, ongoing), an odd one a
	// verdict (published). One verdict seq has one content.
	Seq int64 `json:"seq"`
	// Alerts are those that brought evidence, oldest first; AlertCount counts repeats too.
	Alerts      []Alert      `json:"alerts,omitempty"`
	AlertCount  int64        `json:"alert_count"`
	Inspections []Inspection `json:"inspections,omitempty"`
	Signals     []Signal     `json:"signals,omitempty"`
	OpenedAt    Time         `json:"opened_at,omitzero"`
	// SettledAt is when the verdict was made; absent in notices.
	SettledAt Time `json:"settled_at,omitzero"`
	// Truncated says that something did not fit and was left out of this message or of the report.
	Truncated bool `json:"truncated,omitempty"`
}

// Title is the name of the alert, or something to call the report by.
func (r Report) Title() string {
	for _, s := range []string{r.Alert.Name, r.Alert.Rule, r.ReportID} {
		if s != "" {
			return s
		}
	}
	return "report"
}

// Status says what a notification is: of a report just opened, of more alerts for it, or of a verdict.
type Status string

// The statuses.
const (
	StatusNew       Status = "new"
	StatusOngoing   Status = "ongoing"
	StatusPublished Status = "published"
)

// Content is the evidence for people, merged by identity.
type Content struct {
	OpponentHosts map[string]OpponentHost `json:"opponent_hosts"`
	AlliedHosts   map[string]AlliedHost   `json:"allied_hosts"`
	SubjectUsers  map[string]SubjectUser  `json:"subject_users"`
}

// MarshalJSON writes an absent map as an empty one: readers in any language can index it.
func (c Content) MarshalJSON() ([]byte, error) {
	type plain Content
	if c.OpponentHosts == nil {
		c.OpponentHosts = map[string]OpponentHost{}
	}
	if c.AlliedHosts == nil {
		c.AlliedHosts = map[string]AlliedHost{}
	}
	if c.SubjectUsers == nil {
		c.SubjectUsers = map[string]SubjectUser{}
	}
	return json.Marshal(plain(c))
}

// Inspection is one row of who was asked and what came of it: an inspector and one attribute, or an
// inspector alone where it is missing or answered without a page.
type Inspection struct {
	Inspector string `json:"inspector"`
	// Origin is the one of the task, see TaskMessage.
	Origin    string     `json:"origin,omitempty"`
	Attribute *Attribute `json:"attribute,omitempty"`
	Outcome   Outcome    `json:"outcome"`
	Title     string     `json:"title,omitempty"`
	Error     string     `json:"error,omitempty"`
}

// Result is a reviewer's verdict.
type Result struct {
	Severity Severity `json:"severity"`
	// Reason says why, in words for people.
	Reason string `json:"reason"`
	// Rules names the rules of the policy that led to the verdict.
	Rules []string `json:"rules,omitempty"`
}

// Receipt is what an emitter's destination gave back for the previous notification of the same report, such
// as a message's id, so that the emitter updates it. It is remembered until the report expires; 4 KB at most.
type Receipt map[string]string
