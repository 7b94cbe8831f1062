package awscontext

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

const (
	maxText    = 120 // characters of a text: tags, descriptions and names are written by anybody who may
	maxList    = 10  // entries of a list
	maxSummary = 900 // characters of a signal's sentence
)

// The kinds of signals. Exposure is what lets others in; ownership is what and whose a thing is.
const (
	exposure  = "exposure"
	ownership = "ownership"
)

// close completes a page with what was not seen: half of a page must not pass for a whole one, nor for nothing.
func (l *look) close(p responder.Page) responder.Page {
	switch {
	case len(l.notSeen) > 0:
		slices.Sort(l.notSeen)
		p.Error = strings.Join(slices.Compact(l.notSeen), "; ")
		p.Outcome, p.Title = responder.Failed, cmp.Or(p.Title, Name)
	case l.notThere != "" && !p.HasContent():
		p.Outcome, p.Title = responder.Skipped, l.notThere.Error()+"; nothing in the accounts that there is one for"
	}
	return p
}

// says is a signal about the attribute that leads to the resource in the console.
func (l *look) says(kind string, v responder.SignalVerdict, score float64, summary, hash string) responder.Signal {
	return responder.Signal{Kind: kind, Verdict: v, Score: score, Summary: intel.Clean(summary, maxSummary), Source: Name, URL: l.console(hash)}
}

// consoles are the hosts of the console, by partition.
var consoles = map[string]string{"aws": "console.aws.amazon.com", "aws-us-gov": "console.amazonaws-us-gov.com", "aws-cn": "console.amazonaws.cn"}

// console is the address of a page of EC2's console: InstanceDetails:instanceId=i-1.
func (l *look) console(hash string) string {
	host := consoles[l.account.partition]
	if host == "" || hash == "" {
		return ""
	}
	page, value, _ := strings.Cut(hash, "=")
	return "https://" + l.region + "." + host + "/ec2/home?region=" + l.region + "#" + page + "=" + url.QueryEscape(value)
}

// local is a new attribute that is one's own.
func local(kind, value, key string) responder.Attribute {
	return responder.Attribute{Type: kind, Value: value, Key: key, Context: []string{responder.ContextLocal}}
}

// text makes a text of AWS fit to be shown.
func text(s string) string { return intel.Clean(s, maxText) }

// bracketed adds what is known, in brackets.
func bracketed(facts ...string) string {
	if facts = present(facts...); len(facts) == 0 {
		return ""
	}
	return " (" + strings.Join(facts, ", ") + ")"
}

// present are the texts that are not empty, in their order.
func present(list ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}

// labeled is a text with what it is, empty where there is none.
func labeled(label, s string) string {
	if s == "" {
		return ""
	}
	return label + " " + s
}

// several cuts a list, and says how many more there are.
func several(list []string, more string) []string {
	if len(list) <= maxList {
		return list
	}
	return append(slices.Clone(list[:maxList]), more)
}
