package responder

// Attribute is one entity of an alert: an address, a domain, a user, a file…
type Attribute struct {
	// Type is what the entity is: ipaddr, domain, username, filehash, url, instance, accesskey, bucket, email, json, arn, hostname,
	// process, filepath, container, image, cve, or one of your own.
	Type  string `json:"type"`
	Value string `json:"value"`
	// Key is the label that a person reads, such as "remote IP address".
	Key string `json:"key"`
	// Context is the role that the entity plays in the alert: remote (the other side) or local (one's own), client or server (who
	// opened the connection), subject (who acted) or object (what was acted upon), file (hashes and paths), extracted (found in a
	// text), or one of your own. Without local, an address, domain, URL, hash or e-mail address may be an attacker's.
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
	TypeARN       = "arn"       // a resource of AWS that is none of the above, by its ARN
	TypeHostname  = "hostname"  // of a machine, a pod or a node; no domain of the internet
	TypeProcess   = "process"   // path of an executable, or its name
	TypeFile      = "filepath"  // path of a file, or its name
	TypeContainer = "container" // id of a container
	TypeImage     = "image"     // reference of a container image
	TypeCVE       = "cve"       // id of a vulnerability
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
	// ContextExtracted marks what was found in a text that nobody wrote for machines: a policy may weigh it less.
	ContextExtracted = "extracted"
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
