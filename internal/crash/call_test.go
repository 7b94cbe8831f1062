package crash

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// call is a call of AWS.
type call struct {
	function string // whose, by the name in template.yml
	name     string // what on what: "PutItem ReportData"
	text     string // what was handed over: JSON
}

// aFingerprint is one, also in a report's id.
var aFingerprint = regexp.MustCompile(`[A-Z2-7]{26}`)

// readCall reads what the protocols of DynamoDB, SQS and the Parameter Store (JSON) and of SNS (a form) have in common.
// Names are those of the resources in the templates, by their physical ones.
func readCall(r *http.Request, body []byte, names map[string]string) call {
	c := call{text: string(body)}
	var on string
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.name = target[strings.LastIndexByte(target, '.')+1:]
		var in struct{ TableName, QueueUrl, Path string }
		_ = json.Unmarshal(body, &in)
		on = in.TableName + in.QueueUrl + in.Path
	} else {
		form, _ := url.ParseQuery(string(body))
		c.name, on, c.text = form.Get("Action"), form.Get("TopicArn"), form.Get("Message")
	}
	if logical, ok := names[on]; ok {
		on = logical
	}
	c.name = strings.TrimSpace(c.name + " " + on)
	return c
}

// incidentOf is the first of some incidents that a call names.
func incidentOf(c call, known map[string]*incident) *incident {
	for _, print := range aFingerprint.FindAllString(c.text, -1) {
		if in := known[print]; in != nil {
			return in
		}
	}
	return nil
}

// lists says that it reads the list of inspectors.
func (c call) lists() bool { return strings.HasPrefix(c.name, "GetParametersByPath") }
