package responder

// Page is what an inspector found about one attribute. The zero Page says that nothing was found.
//
// The three lists of hosts and users are for people; a policy judges Signals.
type Page struct {
	ReportID string `json:"report_id,omitempty"`
	Title    string `json:"title,omitempty"`
	Author   string `json:"author,omitempty"`

	OpponentHosts []OpponentHost `json:"opponent_hosts,omitempty"`
	AlliedHosts   []AlliedHost   `json:"allied_hosts,omitempty"`
	SubjectUsers  []SubjectUser  `json:"subject_users,omitempty"`

	// Attribute is the one that was inspected. The host fills it in where the plugin left it empty.
	Attribute *Attribute `json:"attribute,omitempty"`
	// Outcome is filled in by the host where the plugin left it empty: found if the page has content.
	Outcome Outcome `json:"outcome,omitempty"`
	// Error says, for people, why the outcome is failed.
	Error   string   `json:"error,omitempty"`
	Signals []Signal `json:"signals,omitempty"`
	// NewAttributes are to be inspected in a further wave: two at most, each attribute once per report.
	NewAttributes []Attribute `json:"new_attributes,omitempty"`

	V int `json:"v,omitempty"`
}

// HasContent says whether the page tells anything.
func (p Page) HasContent() bool {
	return len(p.OpponentHosts)+len(p.AlliedHosts)+len(p.SubjectUsers)+len(p.Signals)+len(p.NewAttributes) > 0
}

// Outcome is how an inspection of one attribute ended. A failed or missing inspection never looks like a
// clean one.
type Outcome string

// The outcomes. Missing stands only in a Report: the inspector has not answered.
const (
	Found   Outcome = "found"
	Nothing Outcome = "nothing"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
	Missing Outcome = "missing"
)

// OpponentHost is a host on the other side. Hosts are merged by ID; where it is empty, the identity is the
// attribute that was inspected.
type OpponentHost struct {
	ID             string    `json:"id"`
	IPAddr         []string  `json:"ipaddr,omitempty"`
	Country        []string  `json:"country,omitempty"`
	ASOwner        []string  `json:"as_owner,omitempty"`
	RelatedMalware []Malware `json:"related_malware,omitempty"`
	RelatedDomains []Domain  `json:"related_domains,omitempty"`
	RelatedURLs    []URL     `json:"related_urls,omitempty"`
}

// Malware is a file that was seen with a host.
type Malware struct {
	SHA256    string        `json:"sha256"`
	Timestamp Time          `json:"timestamp,omitzero"`
	Scans     []MalwareScan `json:"scans,omitempty"`
	Relation  string        `json:"relation,omitempty"`
}

// MalwareScan is what one engine says of a file.
type MalwareScan struct {
	Vendor   string `json:"vendor"`
	Name     string `json:"name,omitempty"`
	Positive bool   `json:"positive"`
	Source   string `json:"source,omitempty"`
}

// Domain is a name that a host had.
type Domain struct {
	Name      string `json:"name"`
	Timestamp Time   `json:"timestamp,omitzero"`
	Source    string `json:"source,omitempty"`
}

// URL is an address under which a host served something. Show it defanged, never fetch it.
type URL struct {
	URL       string `json:"url"`
	Reference string `json:"reference,omitempty"`
	Timestamp Time   `json:"timestamp,omitzero"`
	Source    string `json:"source,omitempty"`
}

// AlliedHost is a host of one's own. Merged by ID, like OpponentHost.
type AlliedHost struct {
	ID         string     `json:"id"`
	UserName   []string   `json:"username,omitempty"`
	Owner      []string   `json:"owner,omitempty"`
	OS         []string   `json:"os,omitempty"`
	IPAddr     []string   `json:"ipaddr,omitempty"`
	MACAddr    []string   `json:"macaddr,omitempty"`
	HostName   []string   `json:"hostname,omitempty"`
	Country    []string   `json:"country,omitempty"`
	Software   []string   `json:"software,omitempty"`
	Activities []Activity `json:"activities,omitempty"`
}

// SubjectUser is a user that the alert is about. Merged by UserName.
type SubjectUser struct {
	UserName   string     `json:"username"`
	Activities []Activity `json:"activities,omitempty"`
}

// Activity is something that a host or user did.
type Activity struct {
	ServiceName string `json:"service_name,omitempty"`
	RemoteAddr  string `json:"remote_addr,omitempty"`
	Principal   string `json:"principal,omitempty"`
	Action      string `json:"action,omitempty"`
	Target      string `json:"target,omitempty"`
	LastSeen    Time   `json:"last_seen,omitzero"`
}
