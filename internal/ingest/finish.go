package ingest

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The bounds of an alert, in bytes. What is longer is cut.
const (
	maxName        = 512
	maxKey         = 2 << 10
	maxDescription = 8 << 10
	maxLink        = 2 << 10
	maxWord        = 128
	// maxAttributes is one more than a report hands out, so that the report says that some were left out.
	maxAttributes = protocol.MaxAttributes + 1
)

// finish bounds an alert that a parser made, and completes it.
func finish(a responder.Alert, m message) responder.Alert {
	a.Name, a.Rule = entity.Cut(a.Name, maxName), identity(a.Rule, maxName)
	if a.Rule == "" {
		a.Rule = a.Source
	}
	if a.Name == "" {
		a.Name = entity.Cut(a.Rule, maxName)
	}
	a.Key = identity(a.Key, maxKey)
	a.Description = entity.Cut(a.Description, maxDescription)
	a.Source = entity.Cut(a.Source, maxWord)
	a.Account, a.Region = entity.Cut(a.Account, maxWord), entity.Cut(a.Region, maxWord)
	a.Link = link(a.Link)
	a.Severity = severity(a.Severity)
	a.Timestamp = timestamp(a.Timestamp, m)
	a.Attrs = attributes(a.Attrs)
	a.Raw = strings.ToValidUTF8(m.text, "\uFFFD")
	a.V = responder.SchemaVersion
	return a
}

// identity bounds what identifies to n bytes, so that two long ones that begin alike stay two.
func identity(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	return entity.Cut(s, n-64) + " " + entity.ID([]byte(s))
}

// link keeps what can be shown as a link.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxLink || !utf8.ValidString(s) || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

func severity(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return min(max(f, 0), 100)
}

// timestamp fills in what the message does not say by when it was sent.
func timestamp(t responder.Timestamp, m message) responder.Timestamp {
	sent := responder.Span(m.sentAt, m.sentAt)
	if t.LastTime().IsZero() {
		t.Last = sent.Last
		if !t.InitTime().IsZero() {
			t.Last = max(t.Init, sent.Last)
		}
	}
	if !m.sentAt.IsZero() && t.LastTime().After(m.sentAt.Add(ahead)) {
		t.Last = sent.Last
		t.Init = min(t.Init, t.Last)
	}
	if t.InitTime().IsZero() {
		t.Init = t.Last
	}
	return t
}

// ahead is how far a sender's clock may be ahead. What it says of a later time was when the message was sent: it would outrank
// every later change of state.
const ahead = 10 * time.Minute

// attributes normalizes attributes, each once. What one that stands there already says of its role is added to it.
func attributes(in []responder.Attribute) []responder.Attribute {
	var out []responder.Attribute
	at := map[entity.Hash]int{}
	for _, a := range in {
		a = entity.Normalize(a)
		if a.Type == "" || a.Value == "" {
			continue
		}
		if a.Key == "" {
			a.Key = a.Type
		}
		h := entity.HashOf(a)
		if n, ok := at[h]; ok {
			out[n].Context = bothContexts(out[n], a)
			continue
		}
		if len(out) == maxAttributes {
			continue
		}
		a.Context = contexts(nil, a.Context)
		at[h] = len(out)
		out = append(out, a)
	}
	return out
}

// bothContexts joins the roles of one entity from two places. What one of them knows is not only extracted.
func bothContexts(a, b responder.Attribute) []string {
	list := contexts(a.Context, b.Context)
	if a.Match(responder.ContextExtracted) && b.Match(responder.ContextExtracted) {
		return list
	}
	list = slices.DeleteFunc(list, func(c string) bool { return c == responder.ContextExtracted })
	return contexts(nil, list)
}

func contexts(have, more []string) []string {
	for _, c := range more {
		if c != "" && !slices.Contains(have, c) && len(have) < entity.MaxContexts {
			have = append(have, c)
		}
	}
	return have
}

// pairs are the types and values of attributes, sorted, as JSON.
func pairs(attrs []responder.Attribute) string {
	var list []string
	for _, a := range attrs {
		list = append(list, string(entity.JSON(a.Type, a.Value)))
	}
	slices.Sort(list)
	return "[" + strings.Join(list, ",") + "]"
}

// line is the beginning of a text, on one line.
func line(s string, n int) string {
	s = entity.Cut(s, 4*n)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return entity.Cut(strings.Join(strings.Fields(s), " "), n)
}
