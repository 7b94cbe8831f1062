package explain

import responder "github.com/m-mizutani/AlertResponder/lib"

// Version is that of the JSON of an Explanation. Fields are added, never renamed or reused.
const Version = 1

// Explanation is why a report says what it says. Texts in it come from outside: whoever shows them escapes them.
// Lists are never null. Times that are not stored are absent.
type Explanation struct {
	V        int    `json:"v"`
	ReportID string `json:"report_id"`
	Title    string `json:"title"`
	// ReadAt is when the tables were read.
	ReadAt responder.Time `json:"read_at"`
	// Live says what AlertMap has: only with current is it known what is going on now.
	Live Standing `json:"live"`
	// LiveError says why the item is unreadable.
	LiveError string `json:"live_error,omitempty"`
	// ReplacedBy is the present report of the same incident.
	ReplacedBy string `json:"replaced_by,omitempty"`

	Incident Incident  `json:"incident"`
	Alerts   []Alert   `json:"alerts"`   // those that are stored, in the order in which they were sent
	Asked    []Asked   `json:"asked"`    // by wave, then by who brought the attributes
	Waves    []Wave    `json:"waves"`    // pages that brought attributes
	Verdicts []Verdict `json:"verdicts"` // by ver
	Present  Present   `json:"present"`
	Timeline []Event   `json:"timeline"`

	// Unread are rows that could not be read; LeftOut is how many more notes did not fit into memory.
	Unread  []Unread `json:"unread"`
	LeftOut int      `json:"left_out"`

	rows int
}

// Found says whether there is such a report at all.
func (e Explanation) Found() bool { return e.Live == Current || e.rows > 0 }

// Standing is what AlertMap has of a report.
type Standing string

// The standings. An unreadable item may be that of this report or of another.
const (
	Current    Standing = "current"
	Replaced   Standing = "replaced"
	Gone       Standing = "gone"
	Unreadable Standing = "unreadable"
)

// Incident is what makes alerts one report.
type Incident struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	Key         string `json:"key"`
	// KeyFrom says where the key came from.
	KeyFrom KeySource `json:"key_from"`
	// Matches says that the fingerprint is that of rule and key, as they are stored with the alert.
	Matches bool `json:"matches"`

	OpenedAt responder.Time `json:"opened_at,omitzero"`
	// ClosesAt, DeadlineAt and LastSeen are known of a current report only.
	ClosesAt   responder.Time `json:"closes_at,omitzero"`
	DeadlineAt responder.Time `json:"deadline_at,omitzero"`
	LastSeen   responder.Time `json:"last_seen,omitzero"`

	// AlertCount is how many alerts there were, repeats included; AtLeast that there may have been more repeats.
	AlertCount int64 `json:"alert_count"`
	AtLeast    bool  `json:"at_least,omitempty"`
	// Counted are those with nothing new, Dropped those that had something new and were not stored, being too many.
	Counted int64 `json:"counted"`
	Dropped int64 `json:"dropped,omitempty"`
	// Unreadable are those that are stored and could not be read, LeftOut those that there was no room for here. Of a report
	// that is not current, it is not stored how many were dropped: these are among the counted.
	Unreadable int64 `json:"unreadable,omitempty"`
	LeftOut    int64 `json:"left_out,omitempty"`
}

// KeySource is where an alert's key came from.
type KeySource string

// The sources: the message itself, or what its parser made of it; topic and subject of a message that nobody could
// parse; and, for a message without a key, its attributes, or its delivery's own id. Given is every key that is not just the
// one that is made; unknown is that of a message that is too large to be looked at, and of none.
const (
	KeyGiven      KeySource = "given"
	KeyTopic      KeySource = "topic"
	KeyAttributes KeySource = "attributes"
	KeyDelivery   KeySource = "delivery"
	KeyUnknown    KeySource = "unknown"
)

// Alert is an alert whose body is stored: it had something new.
type Alert struct {
	ID       string                `json:"id"`
	SentAt   responder.Time        `json:"sent_at,omitzero"`
	Name     string                `json:"name"`
	Source   string                `json:"source,omitempty"`
	Severity float64               `json:"severity,omitempty"`
	State    responder.State       `json:"state"`
	Sample   bool                  `json:"sample,omitempty"`
	Late     bool                  `json:"late,omitempty"`
	Attrs    int                   `json:"attributes"` // how many it has
	News     []News                `json:"news"`
	New      []responder.Attribute `json:"new_attributes"`
	// WasSeverity and WasState are what stood before, where they are news.
	WasSeverity float64         `json:"was_severity,omitempty"`
	WasState    responder.State `json:"was_state,omitempty"`
}

// News is what was new in an alert. It is worked out from the order in which the alerts were sent, and from the
// item's origins where it is current.
type News string

// The news. NewsOther is none of the others: the 10th, 100th, 1000th of its kind, or one that was stored when another
// change came first.
const (
	NewsFirst      News = "first"
	NewsAttributes News = "attributes"
	NewsSeverity   News = "severity"
	NewsState      News = "state"
	NewsOther      News = "other"
)

// Asked is an inspector that was asked for the attributes of one origin, or that answered unasked.
type Asked struct {
	Token     string     `json:"token"`
	Wave      int        `json:"wave"`
	Origin    string     `json:"origin"`
	Inspector string     `json:"inspector"`
	Kind      OriginKind `json:"kind"`
	// BroughtBy is the alert's id, or the key of the submission, that brought the attributes; empty if it is not
	// stored.
	BroughtBy string `json:"brought_by,omitempty"`
	// Task are the attributes of the task, as far as is known; the inspector gets those of the types that it accepts.
	Task   []responder.Attribute `json:"task"`
	Status Status                `json:"status"`
	// MissingIn are the verdicts that had to do without it.
	MissingIn []int64  `json:"missing_in"`
	Answers   []Answer `json:"answers"`
}

// OriginKind is what brought attributes.
type OriginKind string

// The kinds of origins: an alert, a page, or none, of what was handed in unasked.
const (
	FromAlert  OriginKind = "alert"
	FromPage   OriginKind = "page"
	FromNobody OriginKind = "unasked"
	FromUnread OriginKind = "unknown" // neither its alert nor its page is stored and could be read
)

// Status is how it stands with who was asked.
type Status string

// The statuses. Unfinished has handed in pages, and has not said that these are all, and nobody waits for more.
const (
	Answered   Status = "answered"
	Unfinished Status = "unfinished"
	Awaited    Status = "awaited"
	Missing    Status = "missing" // not done by the deadline, nor since
	Lost       Status = "unknown" // was missing, is not any more, and its answer could not be read
)

// Answer is one submission.
type Answer struct {
	Key string `json:"key"`
	// AnsweredAt is when it was sent: the last time, if it was sent several times. Older releases did not store it.
	AnsweredAt responder.Time `json:"answered_at,omitzero"`
	Done       bool           `json:"done"`
	Pages      int            `json:"pages"`
	Judge      Judge          `json:"judged"`
	// First is the ver of the first verdict that has it, NotIn that of the last one before that does not. A verdict made
	// before it was sent does not have it. Where AnsweredAt is not stored, the verdict may have another one with the same
	// outcomes, which was sent before in its place.
	First    int64     `json:"first_verdict,omitempty"`
	NotIn    int64     `json:"not_in_verdict,omitempty"`
	Outcomes []Outcome `json:"outcomes"`
	// Wave is the origin of the attributes that it brought.
	Wave string `json:"wave,omitempty"`
}

// Judge says whether an answer is in a verdict.
type Judge string

// An answer is in a verdict, or in none yet. It may not be known of one in a report that is not whole, and of one that was
// sent when the verdicts with its outcomes were made: what they have may have been the same.
const (
	Judged   Judge = "yes"
	Unjudged Judge = "not_yet"
	InDoubt  Judge = "unknown"
)

// Outcome is what came of one attribute, or of a page that is about nothing in particular.
type Outcome struct {
	Attribute *responder.Attribute `json:"attribute,omitempty"`
	Outcome   responder.Outcome    `json:"outcome"`
	Title     string               `json:"title,omitempty"`
	Error     string               `json:"error,omitempty"`
}

// Wave is a submission that brought attributes.
type Wave struct {
	Wave      int                   `json:"wave"`
	Origin    string                `json:"origin,omitempty"` // of their task; none after the last wave
	Token     string                `json:"token"`            // who brought them
	Key       string                `json:"key"`
	New       []responder.Attribute `json:"new_attributes"` // those that the report did not have
	Known     int                   `json:"known"`          // how many it had already
	HandedOut HandedOut             `json:"handed_out"`
}

// HandedOut says whether attributes became a task.
type HandedOut string

// An attribute is handed out, or all were known already, or the last wave was over.
const (
	HandedYes   HandedOut = "yes"
	HandedKnown HandedOut = "known_already"
	HandedOver  HandedOut = "last_wave_over"
	HandedDoubt HandedOut = "unknown" // the item that would say so is not there
)

// Verdict is one verdict of the history.
type Verdict struct {
	Ver int64 `json:"ver"`
	Seq int64 `json:"seq,omitempty"`
	// At is when the evidence for it was read.
	At       responder.Time     `json:"at,omitzero"`
	Severity responder.Severity `json:"severity"`
	Reason   string             `json:"reason,omitempty"`
	Rules    []string           `json:"rules"` // that matched, in their order
	// Published is certain of the one that the item names, and of those that people saw replaced it is not stored.
	Published bool `json:"published,omitempty"`
	Truncated bool `json:"truncated,omitempty"`

	AlertCount int64 `json:"alert_count"`
	Alerts     int   `json:"alerts"` // with something new
	// Missing are the tokens that it had to do without.
	Missing []string `json:"missing"`
	// SignalCount is how many signals the policy was given; Signals are the strongest.
	SignalCount int      `json:"signal_count"`
	Signals     []Signal `json:"signals"`
	// New are the keys of the answers that no verdict before it had.
	New []string `json:"new_answers"`
	// Unread says why nothing more is known of it.
	Unread string `json:"unread,omitempty"`
}

// Signal is what a policy was given.
type Signal struct {
	Inspector string                  `json:"inspector"`
	Attribute *responder.Attribute    `json:"attribute,omitempty"`
	Verdict   responder.SignalVerdict `json:"verdict"`
	Score     float64                 `json:"score,omitempty"`
	Kind      string                  `json:"kind,omitempty"`
	Summary   string                  `json:"summary,omitempty"`
	Source    string                  `json:"source,omitempty"`
	// Decided says that the rule that matched is about it. It is known of the reviewer that ships.
	Decided bool `json:"decided,omitempty"`
}

// Present is the verdict that stands, and whether all evidence is in it.
type Present struct {
	Standing Currency           `json:"standing"`
	Severity responder.Severity `json:"severity,omitempty"`
	// Ver counts changes of evidence, Judged is the one that the published verdict is on. Of a report that is not
	// current, Judged is the last stored verdict.
	Ver    int64 `json:"ver,omitempty"`
	Judged int64 `json:"judged,omitempty"`
	// Awaited are the tokens awaited.
	Awaited []string `json:"awaited"`
	// Overdue says that the deadline has passed so long ago that its message must be lost.
	Overdue bool `json:"overdue,omitempty"`
	// Since are the keys of the answers that are in no verdict.
	Since []string `json:"since"`
	// Truncated says that something was left out, TruncatedBy of what, as far as the item says so.
	Truncated   bool     `json:"truncated,omitempty"`
	TruncatedBy []string `json:"truncated_by"`
}

// Currency says whether a verdict has all evidence.
type Currency string

// The currencies.
const (
	UpToDate  Currency = "current"
	Behind    Currency = "behind"
	NoVerdict Currency = "none"
	Unknown   Currency = "unknown"
)

// Event is a moment of the report; the times in a timeline never go back. An answer stands behind what it answers and
// behind the last verdict that does not have it, and before the first that has it; between these at its time. (An answer
// that was judged before its page was sent again stands before that page.) Where its
// time is not stored, or is not between these, it has none here, and stands as early as can be, or in no verdict as late.
type Event struct {
	At    responder.Time `json:"at,omitzero"`
	Kind  EventKind      `json:"kind"`
	Alert string         `json:"alert,omitempty"` // its id
	Token string         `json:"token,omitempty"`
	Key   string         `json:"key,omitempty"` // of an answer
	Ver   int64          `json:"ver,omitempty"`
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventOpened   EventKind = "opened"
	EventAlert    EventKind = "alert"
	EventAnswer   EventKind = "answer"
	EventVerdict  EventKind = "verdict"
	EventDeadline EventKind = "deadline"
	EventLastSeen EventKind = "last_seen"
	EventRead     EventKind = "read"
	EventCloses   EventKind = "closes"
	EventReplaced EventKind = "replaced"
)

// Unread is a row that could not be read.
type Unread struct {
	Key string `json:"key"`
	Why string `json:"why"`
}
