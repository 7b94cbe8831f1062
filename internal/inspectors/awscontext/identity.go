package awscontext

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// More kinds of signals. What somebody is and may do describes, and is unknown as a verdict; what they did may be suspicious.
const (
	privilege = "privilege"
	activity  = "activity"
)

// profile is what is said of one thing: what it is, and facts about it in a row.
type profile struct {
	what    string // IAM user alice
	url     string // of AWS's console
	facts   []string
	signals []responder.Signal
}

const maxFacts = 1200 // characters of all facts together

func (p *profile) fact(format string, args ...any) {
	p.facts = append(p.facts, fmt.Sprintf(format, args...))
}

// signal adds a statement about the thing.
func (p *profile) signal(kind string, verdict responder.SignalVerdict, score float64, format string, args ...any) {
	p.signals = append(p.signals, responder.Signal{
		Kind: kind, Verdict: verdict, Score: score, Source: Name, URL: p.url, Summary: intel.Clean(fmt.Sprintf(format, args...), maxFacts),
	})
}

// page says all of it. The facts go first.
func (p *profile) page(ctx context.Context, l *look) (responder.Page, error) {
	alias, err := l.alias(ctx)
	if err != nil {
		return responder.Page{}, err
	}
	signals := p.signals
	p.signals = nil
	p.signal(ownership, responder.UnknownSignal, 0, "%s of %s: %s", p.what, l.accountName(alias), strings.Join(p.facts, "; "))
	return responder.Page{Title: text(p.what), Signals: append(p.signals, signals...)}, nil
}

// label is a tag of a resource. (IAM, Lambda and tagging call them so; S3 too.)
type label struct{ Key, Value string }

// telling are the keys of tags that say whose something is and what it is for, without what stands between words.
var telling = []string{"owner", "owneremail", "team", "contact", "email", "createdby", "maintainer", "name", "project", "service", "application",
	"app", "environment", "env", "stage", "costcenter", "department", "purpose", "description", "stackname", "cloudformationstackname"}

const maxTags = 8

// tags adds those that tell something.
func (p *profile) tags(tags []label) {
	var said []string
	for _, t := range tags {
		key := strings.ToLower(strings.NewReplacer("-", "", "_", "", ":", "", " ", "", ".", "").Replace(t.Key))
		if slices.Contains(telling, strings.TrimPrefix(key, "aws")) && t.Value != "" {
			said = append(said, text(t.Key)+"="+text(t.Value))
		}
	}
	slices.Sort(said)
	if len(said) > 0 {
		p.fact("tags %s", strings.Join(said[:min(len(said), maxTags)], ", "))
	}
}

// day says when something was, and how long ago.
func (l *look) day(t time.Time) string {
	if t.IsZero() || t.Year() < 2000 {
		return "at an unknown time"
	}
	return fmt.Sprintf("%s (%s)", t.UTC().Format(time.DateOnly), ago(l.now().Sub(t)))
}

// ago is a time that has passed, for people.
func ago(d time.Duration) string {
	switch days := int(d.Hours() / 24); {
	case d < 0:
		return "in the future"
	case days == 0:
		return "less than a day ago"
	case days < 60:
		return several1(days, "day") + " ago"
	case days < 2*365:
		return several1(days/30, "month") + " ago"
	default:
		return several1(days/365, "year") + " ago"
	}
}

// several1 is a number with its noun.
func several1(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// alertTime is when the alert's condition was last seen; now where that is not known or still to come.
func (l *look) alertTime() time.Time {
	t, now := l.task.Alert.Timestamp.LastTime(), l.now()
	if t.IsZero() || t.After(now) {
		return now
	}
	return t
}

// consoleOf is a page of AWS's console, in the partition whose address is known.
func (l *look) consoleOf(service, path string) string {
	if l.account.partition != "aws" {
		return ""
	}
	return "https://" + l.region + ".console.aws.amazon.com/" + service + "/home?region=" + l.region + path
}

// fragment escapes a part of a path behind #.
func fragment(s string) string { return url.PathEscape(s) }

// further are attributes to be looked into next, but for those that the alert has.
func (l *look) further(attrs ...responder.Attribute) (out []responder.Attribute) {
	for _, a := range attrs {
		known := a.Value == "" || a.Type == l.task.Attribute.Type && a.Value == l.task.Attribute.Value ||
			slices.ContainsFunc(slices.Concat(l.task.Alert.Attrs, out), func(b responder.Attribute) bool { return a.Type == b.Type && a.Value == b.Value })
		if !known && len(out) < maxFurther {
			out = append(out, a)
		}
	}
	return out
}

const maxFurther = 3

// ownSide is an attribute of one's own side.
func ownSide(kind, value, key, part string) responder.Attribute {
	return responder.Attribute{Type: kind, Value: value, Key: key, Context: []string{responder.ContextLocal, cmp.Or(part, responder.ContextSubject)}}
}
