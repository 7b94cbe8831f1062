// Package render makes of a report what people see: in plain text, in Markdown, in Slack's blocks.
//
// in → out: a report, and what was shown of it before → a View, the same for all formats → text of one of them, within
// its limits.
//
// A View has no markup: its texts are cleaned, bounded and defanged, and a format escapes them for where they go. Nothing
// that comes from outside becomes a link, an image, a mention or markup. What becomes a link is https, and of a host that
// the options name or that an inspector which ships leads to.
//
// An emitter keeps View.State in its receipt, and gives it back with the next notification: a notice has no evidence, so
// that what it adds to is taken from there, and what has changed since is told.
package render
