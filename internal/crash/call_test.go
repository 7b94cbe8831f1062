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
	form     url.Values
	body     []byte
}

// aFingerprint is one, also in a report's id.
var aFingerprint = regexp.MustCompile(`[A-Z2-7]{26}`)

// readCall reads what the protocols of DynamoDB, SQS and the Parameter Store (JSON) and of SNS (a form) have in common.
// Names are those of the resources in the templates, by their physical ones.
func readCall(r *http.Request, body []byte, names map[string]string) call {
	c := call{body: body}
	var on string
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.name = target[strings.LastIndexByte(target, '.')+1:]
		var in struct{ TableName, QueueUrl, Path string }
		_ = json.Unmarshal(body, &in)
		on = in.TableName + in.QueueUrl + in.Path
	} else {
		c.form, _ = url.ParseQuery(string(body))
		c.name, on = c.form.Get("Action"), c.form.Get("TopicArn")
	}
	if logical, ok := names[on]; ok {
		on = logical
	}
	c.name = strings.TrimSpace(c.name + " " + on)
	return c
}

// incidentOf is the first of some incidents that a call names.
func incidentOf(c call, known map[string]*incident) *incident {
	for _, print := range aFingerprint.FindAll(c.body, -1) {
		if in := known[string(print)]; in != nil {
			return in
		}
	}
	return nil
}

// lists says that it reads the list of inspectors.
func (c call) lists() bool { return strings.HasPrefix(c.name, "GetParametersByPath") }
