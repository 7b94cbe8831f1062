package responder

// Task is what an Inspector is asked: to look into one attribute of an alert.
type Task struct {
	ReportID string `json:"report_id"`
	// Origin is who brought the attribute: <wave>.<id>, see TaskMessage.
	Origin    string    `json:"origin"`
	Attribute Attribute `json:"attribute"`
	// Alert is the alert that brought the report, without Raw.
	Alert Alert `json:"alert"`
}

// TaskMessage is the message on TaskNotification. The SNS message attribute types (String.Array) holds the
// distinct types of Attributes, and always "*".
type TaskMessage struct {
	V        int    `json:"v,omitempty"`
	ReportID string `json:"report_id"`
	// Origin is <wave>.<id>: wave 0 and the alert's id; or wave 1 or 2 and 128 bits of SHA-256 of the page that
	// brought the attributes.
	Origin     string      `json:"origin"`
	Attributes []Attribute `json:"attributes"`
	Alert      Alert       `json:"alert"`
}

// Tasks gives the task of each attribute.
func (m TaskMessage) Tasks() []Task {
	tasks := make([]Task, len(m.Attributes))
	for i, a := range m.Attributes {
		tasks[i] = Task{ReportID: m.ReportID, Origin: m.Origin, Attribute: a, Alert: m.Alert}
	}
	return tasks
}

// Token is what the inspector with the given id puts into its submissions for the task.
func (m TaskMessage) Token(inspector string) string { return m.Origin + "/" + inspector }

// Submission is the message on SubmissionQueue: what an inspector found. Several are allowed for one token;
// only one with Done says that the inspector has finished.
type Submission struct {
	V        int    `json:"v,omitempty"`
	ReportID string `json:"report_id"`
	// Token is <origin>/<inspector id>.
	Token string `json:"token"`
	Pages []Page `json:"pages"`
	Done  bool   `json:"done"`
}
