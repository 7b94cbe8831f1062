package responder

// Attribute is one entity of an alert: an address, a domain, a user, a file…
type Attribute struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	// Key is the label that a person reads, such as "remote IP address".
	Key string `json:"key"`
	// Context is the role that the entity plays in the alert.
	Context []string `json:"context,omitempty"`
}

// The types of attributes. The list is open: senders and plugins may use more.
const (
	TypeIPAddr    = "ipaddr"
	TypeDomain    = "domain"
	TypeUsername  = "username"
	TypeFileHash  = "filehash"
	TypeURL       = "url"
	TypeInstance  = "instance"
	TypeAccessKey = "accesskey"
	TypeBucket    = "bucket"
	TypeEmail     = "email"
	TypeJSON      = "json"
)

// The contexts of attributes. The list is open.
const (
	ContextRemote  = "remote"
	ContextLocal   = "local"
	ContextClient  = "client"
	ContextServer  = "server"
	ContextSubject = "subject"
	ContextObject  = "object"
	ContextFile    = "file"
)

// Match says whether the attribute has the context.
func (a Attribute) Match(context string) bool {
	for _, c := range a.Context {
		if c == context {
			return true
		}
	}
	return false
}
