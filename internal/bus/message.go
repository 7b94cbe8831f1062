package bus

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// MaxAttributes is how many attributes SQS takes with a message, and raw delivery carries from a topic.
const MaxAttributes = 10

// DataType is what the services call the attribute's type. Both take it: SQS as a String with a label.
func (a Attribute) DataType() string {
	if a.List != nil {
		return "String.Array"
	}
	return "String"
}

// Text is the attribute's value on the wire; a list is JSON.
func (a Attribute) Text() string {
	if a.List != nil {
		return escaped(string(entity.JSON(a.List...)))
	}
	return a.Value
}

// Size is what the services count: the body, and name, type and value of each attribute, in bytes.
func (m Message) Size() int {
	n := len(m.Body)
	for _, a := range m.Attributes {
		n += len(a.Name) + len(a.DataType()) + len(a.Text())
	}
	return n
}

// CheckNotification says what a topic would refuse of the message, as a permanent error.
func (m Message) CheckNotification() error { return m.check(MaxNotification) }

// CheckMessage says what a queue would refuse of the message, as a permanent error.
func (m Message) CheckMessage() error {
	if n := len(m.Attributes); n > MaxAttributes {
		return responder.Permanent(fmt.Errorf("attributes: %d, expected at most %d", n, MaxAttributes))
	}
	return m.check(MaxMessage)
}

func (m Message) check(limit int) error {
	err := checkText(m.Body)
	if err != nil {
		return responder.Permanent(fmt.Errorf("body: %w", err))
	}
	names := map[string]bool{}
	for _, a := range m.Attributes {
		if err := a.check(); err != nil {
			return responder.Permanent(err)
		}
		if names[a.Name] {
			return responder.Permanent(fmt.Errorf("attribute %s: given twice", a.Name))
		}
		names[a.Name] = true
	}
	if n := m.Size(); n > limit {
		return responder.Permanent(fmt.Errorf("message: %d bytes with its attributes, expected at most %d", n, limit))
	}
	return nil
}

func (a Attribute) check() error {
	if a.Name == "" || len(a.Name) > 256 || strings.Trim(a.Name, nameChars) != "" {
		return fmt.Errorf("attribute: name %.80q, expected 1 to 256 of a-z A-Z 0-9 . _ -", a.Name)
	}
	if err := checkText(a.Text()); err != nil {
		return fmt.Errorf("attribute %s: %w", a.Name, err)
	}
	return nil
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

// checkText says why a service would refuse a text; the error has none of the text in it.
//
// Rules: Amazon SQS API Reference, SendMessage: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to
// #x10FFFF. The same goes for topics, since what they take must reach queues.
func checkText(s string) error {
	if s == "" {
		return errors.New("empty, expected a text")
	}
	for i, r := range s {
		switch {
		case r >= 0x20 && r < utf8.RuneError, r == '\t', r == '\n', r == '\r', r > 0xffff:
		case r != utf8.RuneError:
			return fmt.Errorf("character %U at byte %d, which the service does not take", r, i)
		case !strings.HasPrefix(s[i:], "\uFFFD"):
			return fmt.Errorf("byte %d: invalid UTF-8", i)
		}
	}
	return nil
}

// ClampDelay is what a queue makes of a delay or of a visibility time-out: at least 0, at most limit, in whole
// seconds, rounded up, so that nothing comes too early.
func ClampDelay(d, limit time.Duration) time.Duration {
	d = min(max(d, 0), limit)
	return (d + time.Second - 1).Truncate(time.Second)
}
