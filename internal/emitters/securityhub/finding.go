package securityhub

import (
	"encoding/json"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// finding is one in Security Hub, and in GuardDuty if it is GuardDuty's.
type finding struct {
	ID      string `json:"i"`
	Product string `json:"p"` // its ARN
	Account string `json:"a"`
	Region  string `json:"r"`
}

// The bounds of what is taken from an alert: of a finding's fields (API Reference, AwsSecurityFinding: Id has 512 characters,
// ProductArn 2,048), and of findings. A report is about one finding, which may have come in several forms.
const (
	maxField    = 512
	maxFindings = 4
	maxMessages = 100 // in one: Security Hub sends one finding with each event, or those that a person chose
)

const guardDutyProduct = "product/aws/guardduty"

// message is what the original message of an alert may be: a finding of Security Hub (User Guide, "AWS Security Finding
// Format (ASFF)") or of GuardDuty (User Guide, "GuardDuty finding format"), in an event or alone. Names are read in any case.
type message struct {
	ID           string `json:"id"`
	ProductArn   string `json:"productArn"`
	AwsAccountID string `json:"awsAccountId"`
	AccountID    string `json:"accountId"`
	Region       string `json:"region"`
	Arn          string `json:"arn"`
	Service      struct {
		DetectorID string `json:"detectorId"`
	} `json:"service"`
}

// findings are those that a report's alerts are about, as their original messages say.
func findings(r responder.Report) (out []finding) {
	for _, a := range append(slices.Clip(r.Alerts), r.Alert) {
		f, ok := findingOf(a)
		if ok && !slices.Contains(out, f) && len(out) < maxFindings {
			out = append(out, f)
		}
	}
	return out
}

// findingOf is the finding that an alert is about. The alert's key is made of the finding's account, Region and id: what is
// in the message and does not agree with it is not what was judged.
func findingOf(a responder.Alert) (finding, bool) {
	var key []string
	if a.Source != "securityhub" && a.Source != "guardduty" || json.Unmarshal([]byte(a.Key), &key) != nil || len(key) < 3 {
		return finding{}, false
	}
	for _, m := range messages([]byte(a.Raw), 2) {
		f, ok := m.finding()
		if ok && f.Account == key[0] && f.Region == key[1] && slices.Contains([]string{f.ID, f.guardDutyID()}, key[len(key)-1]) {
			return f, true
		}
	}
	return finding{}, false
}

// messages are those in a text: itself, its detail, the findings of either.
func messages(text []byte, depth int) (out []message) {
	var inner struct {
		Detail   json.RawMessage   `json:"detail"`
		Findings []json.RawMessage `json:"findings"`
	}
	var m message
	if json.Unmarshal(text, &m) == nil {
		out = append(out, m)
	}
	if depth == 0 || json.Unmarshal(text, &inner) != nil {
		return out
	}
	list := inner.Findings[:min(len(inner.Findings), maxMessages)]
	for _, one := range append(slices.Clip(list), inner.Detail) {
		if len(one) > 0 {
			out = append(out, messages(one, depth-1)...)
		}
	}
	return out
}

// finding is what identifies a message's finding in Security Hub. That of GuardDuty is there by its ARN (Amazon GuardDuty
// User Guide, "Viewing GuardDuty findings in AWS Security Hub CSPM").
func (m message) finding() (finding, bool) {
	f := finding{ID: m.ID, Product: m.ProductArn, Account: m.AwsAccountID, Region: m.Region}
	if m.ProductArn == "" {
		partition := awsapi.Partition(m.Region)
		f = finding{ID: m.Arn, Product: "arn:" + partition + ":securityhub:" + m.Region + "::" + guardDutyProduct, Account: m.AccountID, Region: m.Region}
		if f.ID == "" {
			f.ID = "arn:" + partition + ":guardduty:" + m.Region + ":" + m.AccountID + ":detector/" + m.Service.DetectorID + "/finding/" + m.ID
		}
		if f.guardDutyID() != m.ID || m.ID == "" {
			return finding{}, false
		}
	}
	product := strings.SplitN(f.Product, ":", 6)
	if f.Region == "" && len(product) == 6 { // old ones say it only there
		f.Region = product[3]
	}
	ok := len(product) == 6 && product[0] == "arn" && product[1] == awsapi.Partition(f.Region) && product[2] == "securityhub" && product[3] == f.Region &&
		strings.HasPrefix(product[5], "product/") && awsapi.IsRegion(f.Region) && f.ID != "" && f.Account != ""
	for _, s := range []string{f.ID, f.Product, f.Account, f.Region} {
		ok = ok && len(s) <= maxField
	}
	return f, ok
}

// guardDuty takes the ARN of a finding of GuardDuty apart; empty where it is none, by its product, which others cannot use.
func (f finding) guardDuty() (detector, id string) {
	arn := strings.SplitN(f.ID, ":", 6)
	if len(arn) != 6 || arn[2] != "guardduty" || arn[3] != f.Region || !strings.HasSuffix(f.Product, "::"+guardDutyProduct) {
		return "", ""
	}
	parts := strings.Split(arn[5], "/")
	if len(parts) != 4 || parts[0] != "detector" || parts[1] == "" || parts[2] != "finding" {
		return "", ""
	}
	return parts[1], parts[3]
}

func (f finding) guardDutyID() string {
	_, id := f.guardDuty()
	return id
}

func (f finding) isGuardDuty() bool { return f.guardDutyID() != "" }

// mark is a short name of a finding.
func (f finding) mark() string { return hash(f.ID, f.Product) }
